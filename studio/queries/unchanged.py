"""Answers that are kept for as long as nothing is written to the store.

A page is drawn again on every press of a button, and most presses write nothing; figures over a hundred thousand tasks
are then what they were.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import lru_cache, wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

from studio.queries.opened import store_path

P = ParamSpec("P")
R = TypeVar("R")

_KEPT = 64


def mark(path: Path) -> tuple[object, ...]:
    """What changes with every write to the store: both files' times and sizes, and which files they are."""
    found: list[object] = [str(path)]
    for name in (str(path), f"{path}-wal"):
        try:
            state = os.stat(name)
        except OSError:
            found.append(None)
        else:
            found.append((state.st_ino, state.st_size, state.st_mtime_ns))
    return tuple(found)


def until_written(read: Callable[P, R]) -> Callable[P, R]:
    """Keeps the answers of a read, whose arguments can be hashed, until something is written to the store."""

    @lru_cache(maxsize=_KEPT)
    def kept(state: tuple[object, ...], *arguments: P.args, **named: P.kwargs) -> R:
        del state
        return read(*arguments, **named)

    @wraps(read)
    def answer(*arguments: P.args, **named: P.kwargs) -> R:
        # Taken before the read: a write in between makes the answer newer than its mark, and it is asked for again.
        return kept(mark(store_path()), *arguments, **named)

    return answer
