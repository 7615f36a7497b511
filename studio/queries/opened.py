"""The store that this server shows, opened for one read or write."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.store import Store

PATIENCE = 10.0
"""Seconds that a page waits for another process's write before it says so."""


def store_path() -> Path:
    """The store that this server shows: `SCALEENV_DB`, or `data/studio.db`."""
    return Path(os.environ.get("SCALEENV_DB") or "data/studio.db")


@contextmanager
def opened() -> Iterator[Store]:
    """The store, opened for one read or write; connections belong to the thread of one page run."""
    store = Store.open(store_path(), timeout=PATIENCE)
    try:
        yield store
    finally:
        store.close()
