"""Keeps a run's lease while its process is busy with a long step."""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from engine.errors import StoreError
from engine.store import Store
from engine.store.lease import BEAT_SECONDS


class Heartbeat:
    """Says every few seconds that the owner lives, from a thread with a connection of its own.

    A beat that the store refuses (locked, disk full) is not an error: the next one may get through, and each step
    checks the lease anyway.
    """

    def __init__(self, path: Path, run: str, owner: str) -> None:
        self._path, self._run, self._owner = path, run, owner
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True, name=f"heartbeat-{run}")

    def _beat(self) -> None:
        while not self._stopped.wait(BEAT_SECONDS):
            with suppress(StoreError), Store.open(self._path, create=False, timeout=BEAT_SECONDS) as store:
                if not store.runs.beat(self._run, self._owner):
                    return

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._thread.join()
