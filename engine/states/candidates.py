"""Values worth trying when a comparison must come out one way or the other."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any, cast

from engine.contracts import clock
from engine.errors import StateError
from engine.models.database import Column, DatabaseSchema
from engine.states.values import make_value

_SIGNS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
    ast.Is: "==",
    ast.IsNot: "!=",
}
_MIRRORED: dict[str, str] = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_OPPOSITE: dict[str, str] = {
    "<": ">=",
    "<=": ">",
    ">": "<=",
    ">=": "<",
    "==": "!=",
    "!=": "==",
    "in": "not in",
    "not in": "in",
}

_APPLY: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "in": lambda left, right: left in right,
    "not in": lambda left, right: left not in right,
}


def sign_of(operator: ast.cmpop) -> str:
    """The comparison's sign; `is` counts as `==`."""
    return _SIGNS[type(operator)]


def mirrored(sign: str) -> str:
    """The sign after swapping both sides."""
    return _MIRRORED[sign]


def opposite(sign: str) -> str:
    """The sign that holds exactly where this one does not."""
    return _OPPOSITE[sign]


def compare(left: Any, sign: str, right: Any) -> bool | None:
    """Whether `left sign right` holds; `None` where the two can't be compared."""
    try:
        return bool(_APPLY[sign](left, right))
    except TypeError:
        return None


def fitting(sign: str, other: Any, column: Column | None, offers: Iterable[Any]) -> list[Any]:
    """The values of a column's kind, each once, for which `value sign other` holds: near ones first."""
    found: list[Any] = []
    for offer in [*around(other, column), *offers]:
        value = of_kind(offer, column)
        if any(value == known and type(value) is type(known) for known in found):
            continue
        if compare(value, sign, other):
            found.append(value)
    return found


def around(other: Any, column: Column | None) -> list[Any]:
    """The value itself and its neighbours: one unit and a bit more to either side."""
    if isinstance(other, bool):
        return [other, not other]
    if isinstance(other, int):
        steps: list[Any] = [other + step for step in (0, 1, -1, 2, -2, 7, -7)]
        return [*steps, other * 2 + 3, other // 2]
    if isinstance(other, float):
        if column is not None and column.type == "integer":
            return [int(other), int(other) + 1, int(other) - 1]
        return [clock.money(other + step) for step in (0, 0.01, -0.01, 1, -1, 10, -10)] + [other]
    if isinstance(other, str):
        return _around_text(other, column)
    if isinstance(other, list | tuple):
        return list(cast("Sequence[Any]", other))
    return [other]


def _around_text(other: str, column: Column | None) -> list[Any]:
    kind = column.type if column is not None else None
    try:
        if len(other) == 19 and other[10] == "T" and kind != "date":
            moment = datetime.fromisoformat(other)
            deltas = (0, 1, -1, 30, -30, 60 * 24, -60 * 24, 60 * 24 * 9, -60 * 24 * 9)
            return [(moment + timedelta(minutes=delta)).isoformat() for delta in deltas]
        if len(other) in (10, 19) and other[4:5] == "-" and other[7:8] == "-":
            days = [clock.add_days(other[:10], delta) for delta in (0, 1, -1, 5, -5, 30, -30)]
            return [f"{day}T{hour}:00:00" for day in days for hour in ("00", "12")] if kind == "datetime" else days
        if len(other) == 5 and other[2] == ":":
            minutes = int(other[:2]) * 60 + int(other[3:])
            near = [minutes + delta for delta in (0, 1, -1, 30, -30, 120, -120)]
            return [f"{minute // 60:02d}:{minute % 60:02d}" for minute in near if 0 <= minute < 24 * 60]
    except ValueError:
        pass  # It only looked like a date; a plain text then.
    return [other]


def of_kind(value: Any, column: Column | None) -> Any:
    """The value in the column's type, where that changes nothing about it."""
    if column is None or value is None or isinstance(value, bool):
        return value
    if column.type == "real" and isinstance(value, int):
        return float(value)
    if column.type == "integer" and isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def choices(
    column: Column | None, referred: Iterable[Any], database: DatabaseSchema, now: str, rng: Random
) -> list[Any]:
    """Some legal values of a column: enum members, values that rows have, and made-up ones."""
    if column is None:
        return []
    found: list[Any] = list(referred)
    if column.enum:
        members: list[Any] = list(column.enum)
        rng.shuffle(members)
        return members
    if column.type == "boolean":
        return [True, False]
    for _ in range(3):
        try:
            found.append(make_value(column, rng, now, database))
        except StateError:
            break  # Its bounds leave no value: only what is offered otherwise can be tried.
    return found
