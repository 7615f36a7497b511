"""Keeps runs going: a thread of the server that starts a process for each that waits, and takes up those whose process died.

The processes are detached: they outlive this server, however it ends, and the next server looks after them. Several
servers on one store agree through it (`engine.store.run_queue`).
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from engine.errors import ScaleEnvError
from engine.executors.local import default_workers
from engine.models.run import Run
from engine.pipeline.worker import start_worker
from engine.store import Store
from engine.store.lease import is_gone

LOOK_SECONDS = 2.0
"""How often it looks; a run that somebody just asked for doesn't wait for that."""

GRACE_SECONDS = 6.0
"""For so long a waiting run belongs to whoever queued it: `scaleenv synth` claims its run a moment after."""

SILENT_SECONDS = 6.0
"""How long a silent process that may still live is given after its lease ran out, as when the machine wakes from sleep."""

PATIENCE = 5.0
"""Seconds that it waits for another process's write; it tries again anyway."""

Spawn = Callable[[Path, str, int], int]


def _spawn(path: Path, run: str, workers: int) -> int:
    return start_worker(path, run, workers=workers)


def most_at_once() -> int:
    """How many runs work at the same time: `SCALEENV_RUNS`, or one a core; the others wait for their turn."""
    wanted = os.environ.get("SCALEENV_RUNS", "")
    return int(wanted) if wanted.isdigit() and int(wanted) else default_workers()


class Supervisor:
    """Starts processes for the runs of one store.

    Args:
        path: The store's file; it may appear later.
        most: How many runs work at once.
        spawn: Starts a process and returns its number; takes the store, the run and the processes that it may use.
        clock: Seconds since 1970, as in the store.
        timer: Seconds, of any origin.
    """

    def __init__(
        self,
        path: Path,
        *,
        most: int | None = None,
        spawn: Spawn = _spawn,
        clock: Callable[[], float] = time.time,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path, self._most, self._spawn = path, most or most_at_once(), spawn
        self._clock, self._timer = clock, timer
        self._wanted: set[str] = set()
        self._children: dict[str, int] = {}
        self._silent: dict[tuple[str, str, float], float] = {}
        self._wake = threading.Event()
        self._stopped = False
        self._looking = threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begins to look, in a thread of its own."""
        self._thread = threading.Thread(target=self._watch, daemon=True, name="supervisor")
        self._thread.start()

    def stop(self) -> None:
        """Looks no more; processes at work go on."""
        self._stopped = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(PATIENCE)

    def want(self, run: str) -> None:
        """Somebody asks for a run: it is started at once, or as soon as its turn comes."""
        self._wanted.add(run)
        self._wake.set()

    def _watch(self) -> None:
        while not self._stopped:
            # A store that is locked, full or not there yet is no reason to give up: the next look may succeed.
            with suppress(ScaleEnvError, OSError):
                self.look()
            self._wake.wait(LOOK_SECONDS)
            self._wake.clear()

    def look(self) -> list[str]:
        """Starts a process for each run that stands still and may be started.

        Returns:
            The runs for which one was started.

        Raises:
            StoreError: The store refuses.
        """
        started: list[str] = []
        if not self._path.exists():
            return started
        with self._looking, Store.open(self._path, create=False, timeout=PATIENCE) as store:
            runs = store.queue.open()
            self._children = {id: pid for id, pid in self._children.items() if _lives(pid)}
            self._wanted.intersection_update(run.id for run in runs)
            waiting = {run.id for run in runs if run.status == "queued"}
            busy = sum(run.status == "running" for run in runs) + len(waiting & self._children.keys())
            self._forget({(run.id, run.owner, run.heartbeat) for run in runs})
            for run in runs:
                if busy >= self._most:
                    break
                if not self._stands_still(run):
                    continue
                taken = store.queue.take_up(run, wanted=run.id in self._wanted)
                self._wanted.discard(run.id)
                if taken == "start":
                    # The more runs share the machine, the fewer processes each of them uses.
                    self._children[run.id] = self._spawn(self._path, run.id, max(1, default_workers() // (busy + 1)))
                    started.append(run.id)
                    busy += 1
        return started

    def _stands_still(self, run: Run) -> bool:
        """Whether a run needs a process and nobody is about to give it one."""
        if run.status == "running" or run.id in self._children:
            return False
        if run.status == "queued":
            return run.id in self._wanted or run.updated_at < self._clock() - GRACE_SECONDS
        if is_gone(run.owner):
            return True
        since = self._silent.setdefault((run.id, run.owner, run.heartbeat), self._timer())
        return self._timer() - since >= SILENT_SECONDS

    def _forget(self, known: set[tuple[str, str, float]]) -> None:
        self._silent = {key: since for key, since in self._silent.items() if key in known}


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


_current: Supervisor | None = None
_lock = threading.Lock()


def begin(path: Path) -> Supervisor:
    """The one supervisor of this server, started where it is not there yet."""
    global _current
    with _lock:
        if _current is None:
            _current = Supervisor(path)
            _current.start()
        return _current


def end() -> None:
    """Stops this server's supervisor."""
    global _current
    with _lock:
        if _current is not None:
            _current.stop()
        _current = None


def current() -> Supervisor | None:
    """This server's supervisor, where it has one."""
    return _current
