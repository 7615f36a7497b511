"""The steps of which wishes are made, and how streams of wishes are mixed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from engine.models.base import Value
from engine.models.trace import Key


class SetName(NamedTuple):
    """An argument gets a value (in a row check: a column of the row)."""

    name: str
    value: Any


class SetItem(NamedTuple):
    """One item of an array argument gets a value."""

    name: str
    position: int
    value: Any


class SetColumn(NamedTuple):
    """A column of a row gets a value."""

    table: str
    key: Key
    column: str
    value: Value


class Insert(NamedTuple):
    """A new row with these columns given."""

    table: str
    given: dict[str, Value]


class Delete(NamedTuple):
    """A row goes away, with what can't be without it."""

    table: str
    key: Key


Step = SetName | SetItem | SetColumn | Insert | Delete
Wish = tuple[Step, ...]
"""Steps to be tried together."""


def interleaved(streams: list[Iterator[Wish]]) -> Iterator[Wish]:
    """Takes from each stream in turn, so that no stream keeps the others waiting."""
    waiting = list(streams)
    while waiting:
        left: list[Iterator[Wish]] = []
        for stream in waiting:
            wish = next(stream, None)
            if wish is not None:
                yield wish
                left.append(stream)
        waiting = left
