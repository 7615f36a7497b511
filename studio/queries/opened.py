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


def said(path: Path) -> str:
    """A path as the pages say it: from where the studio was started, where it lies below that."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


@contextmanager
def opened() -> Iterator[Store]:
    """The store, opened for one read or write.

    Opening costs 0.6 ms, checks of the schema included, in a small store as in a large one. Streamlit runs every page and fragment
    in a thread of its own, so a connection that was kept would have to be handed from thread to thread, for little.
    """
    store = Store.open(store_path(), timeout=PATIENCE)
    try:
        yield store
    finally:
        store.close()
