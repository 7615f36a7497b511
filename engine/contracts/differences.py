"""Compares what a contract expects with what a tool did, and says the differences in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from engine.models.base import Row
from engine.models.trace import Key, RowChange


class AnyValue:
    """Stands where the contract states `any`: every value matches it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "ANY"

    def __copy__(self) -> AnyValue:
        return self

    def __deepcopy__(self, memo: object) -> AnyValue:
        return self

    def __reduce__(self) -> str:
        return "ANY"


ANY: Final = AnyValue()
"""The only instance of `AnyValue`."""

Change = RowChange | Sequence[Any]
"""A row change, as a model or as plain `(table, key, before, after)`."""


def matches(expected: Any, actual: Any, place: str = "result") -> list[str]:
    """Differences between an expected and an actual value, each a sentence; none if they match.

    `ANY` matches everything. Numbers are compared exactly, an integer equals the same real number, a
    boolean equals only a boolean; tuples equal lists.

    Args:
        place: How the sentences name the value.
    """
    if expected is ANY:
        return []
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        return _mappings(expected, actual, place)  # pyright: ignore[reportUnknownArgumentType]
    if isinstance(expected, (list, tuple)) and isinstance(actual, (list, tuple)):
        return _lists(expected, actual, place)  # pyright: ignore[reportUnknownArgumentType]
    one_is_boolean = isinstance(expected, bool) or isinstance(actual, bool)
    same = expected is actual if one_is_boolean else bool(expected == actual)
    return [] if same else [f"{place}: expected {_short(expected)}, found {_short(actual)}"]


def matches_changes(expected: Iterable[Change], actual: Iterable[Change]) -> list[str]:
    """Differences between expected and actual net changes, in whatever order they come.

    A row whose only expected change is to `ANY` may stay as it was.
    """
    wanted = {(table, key): (before, after) for table, key, before, after in map(_plain, expected)}
    found = {(table, key): (before, after) for table, key, before, after in map(_plain, actual)}
    problems: list[str] = []
    for place, (before, after) in wanted.items():
        name = f"{place[0]} {place[1]!r}"
        if place in found:
            problems += _rows(before, found[place][0], f"{name} before the call")
            problems += _rows(after, found[place][1], name)
        elif not _may_stay(before, after):
            problems.append(
                f"{name}: expected {_verb(before, after)} of {_written(before, after)}, but the row stayed as it was"
            )
    for place, (before, after) in found.items():
        if place not in wanted:
            problems.append(
                f"{place[0]} {place[1]!r}: {_verb(before, after)} of {_written(before, after)}, which the contract does not declare"
            )
    return problems


def _plain(change: Change) -> tuple[str, Key, Row | None, Row | None]:
    if isinstance(change, RowChange):
        return change.table, change.key, change.before, change.after
    table, key, before, after = change
    return table, tuple(key) if isinstance(key, list) else key, before, after  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]


def _rows(expected: Row | None, actual: Row | None, place: str) -> list[str]:
    if expected is None or actual is None:
        return [] if expected is actual else [f"{place}: expected {_short(expected)}, found {_short(actual)}"]
    return _mappings(expected, actual, place)


def _mappings(expected: Mapping[str, Any], actual: Mapping[str, Any], place: str) -> list[str]:
    problems: list[str] = []
    for name, value in expected.items():
        if name in actual:
            problems += matches(value, actual[name], f"{place}.{name}")
        else:
            problems.append(f"{place}.{name}: expected {_short(value)}, found nothing")
    problems += [
        f"{place}.{name}: found {_short(actual[name])}, expected nothing" for name in actual if name not in expected
    ]
    return problems


def _lists(expected: Sequence[Any], actual: Sequence[Any], place: str) -> list[str]:
    if len(expected) != len(actual):
        return [f"{place}: expected {len(expected)} items {_short(expected)}, found {len(actual)} {_short(actual)}"]
    problems: list[str] = []
    for index, (wanted, found) in enumerate(zip(expected, actual, strict=True)):
        problems += matches(wanted, found, f"{place}[{index}]")
    return problems


def _may_stay(before: Row | None, after: Row | None) -> bool:
    if before is None or after is None:
        return False
    return all(value is ANY or value == before.get(name) for name, value in after.items())


def _verb(before: Row | None, after: Row | None) -> str:
    if before is None:
        return "an insert"
    return "a delete" if after is None else "an update"


def _written(before: Row | None, after: Row | None) -> str:
    if before is None or after is None:
        return _short(after or before)
    return _short({name: value for name, value in after.items() if value is ANY or value != before.get(name)})


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:197]}..."
