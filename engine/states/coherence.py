"""Makes the values of one row fit each other where a person would notice: spans, names, times of change."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from random import Random
from typing import Any

from engine.models.base import Row, Value
from engine.models.database import Column, Table
from engine.states import words
from engine.states.values import within_bounds

_SPANS: tuple[tuple[str, str], ...] = (
    ("start", "end"),
    ("begin", "end"),
    ("starts", "ends"),
    ("from", "to"),
    ("from", "until"),
    ("check_in", "check_out"),
    ("checkin", "checkout"),
    ("open", "close"),
    ("opens", "closes"),
    ("departure", "arrival"),
    ("min", "max"),
    ("minimum", "maximum"),
    ("low", "high"),
    ("created", "updated"),
    ("ordered", "shipped"),
    ("shipped", "delivered"),
    ("issued", "due"),
    ("posted", "expires"),
)


Spans = list[tuple[Column, Column]]
"""Pairs of columns of which one comes before the other."""


def cohere(table: Table, row: Row, fixed: Collection[str], rng: Random, pairs: Spans) -> None:
    """Changes columns of `row` outside `fixed` so that spans run forward and an e-mail is its owner's.

    Args:
        table: The row's table.
        row: Changed in place.
        fixed: Columns that must stay.
        rng: Source of all choices.
        pairs: The table's `spans`.
    """
    for first, last in pairs:
        _shorten(first, last, row, fixed, rng)
        _forward(first, last, row, fixed)
    for column in table.columns:
        plain = column.type == "text" and column.enum is None and column.values is None
        if column.role == "email" and plain and column.name not in fixed and row.get(column.name) is not None:
            name = _name_in(table, row)
            if name:
                row[column.name] = words.email_of(name, rng)


def spans(table: Table) -> Spans:
    """Pairs of columns of one type whose names say that one comes before the other."""
    found: Spans = []
    for first in table.columns:
        lower = first.name.lower()
        for before, after in _SPANS if first.type != "text" else ():
            if before not in lower:
                continue
            last = table.column.get(first.name.replace(before, after)) or table.column.get(lower.replace(before, after))
            if last is not None and last.name != first.name and last.type == first.type:
                found.append((first, last))
    return found


def turned(row: Row, pairs: Spans) -> list[tuple[str, Value]]:
    """What would make the spans of a row that run backward run forward: each column with the value that it would need.

    Args:
        row: The row.
        pairs: Its table's `spans`.
    """
    found: list[tuple[str, Value]] = []
    for first, last in pairs:
        low: Any = row[first.name]
        high: Any = row[last.name]
        if low is None or high is None or low <= high:
            continue
        for column, value in ((last, _moved(last, low, 1)), (first, _moved(first, high, -1))):
            if value is not None and within_bounds(column, value):
                found.append((column.name, value))
    return found


def _shorten(first: Column, last: Column, row: Row, fixed: Collection[str], rng: Random) -> None:
    """A span of datetimes lasts hours rather than weeks, one of dates days rather than months."""
    start = row.get(first.name)
    if last.name in fixed or not isinstance(start, str) or row.get(last.name) is None or "created" in first.name:
        return
    try:
        if first.type == "datetime":
            moved = (datetime.fromisoformat(start) + timedelta(minutes=15 * rng.randint(2, 14))).isoformat()
        elif first.type == "date":
            moved = (datetime.fromisoformat(start) + timedelta(days=rng.randint(1, 21))).date().isoformat()
        else:
            return
    except ValueError:
        return  # A given value that is no date; leave the pair as it is.
    if within_bounds(last, moved):
        row[last.name] = moved


def _forward(first: Column, last: Column, row: Row, fixed: Collection[str]) -> None:
    low: Any = row.get(first.name)
    high: Any = row.get(last.name)
    if low is None or high is None or low < high:
        return
    if first.name not in fixed and last.name not in fixed and low != high:
        if within_bounds(first, high) and within_bounds(last, low):
            row[first.name], row[last.name] = high, low
        return
    if last.name not in fixed:
        moved = _moved(last, low, 1)
        if moved is not None and within_bounds(last, moved):
            row[last.name] = moved
    elif first.name not in fixed:
        moved = _moved(first, high, -1)
        if moved is not None and within_bounds(first, moved):
            row[first.name] = moved


def _moved(column: Column, value: str | int | float | None, sign: int) -> str | int | float | None:
    if isinstance(value, int | float):
        return value + sign * (1 if column.type == "integer" else 0.5)
    if not isinstance(value, str):
        return None
    try:
        if column.type == "date":
            return (datetime.fromisoformat(value) + timedelta(days=sign * 2)).date().isoformat()
        if column.type == "datetime":
            return (datetime.fromisoformat(value) + timedelta(minutes=sign * 60)).isoformat()
        if column.type == "time":
            minutes = int(value[:2]) * 60 + int(value[3:]) + sign * 60
            return f"{minutes // 60:02d}:{minutes % 60:02d}" if 0 <= minutes < 24 * 60 else None
    except ValueError:
        return None  # A given value that is no date; nothing to add to.
    return None


def _name_in(table: Table, row: Row) -> str:
    """The person's name that a row holds, in one column or in two."""
    parts = [str(row[column.name]) for column in table.columns if column.role == "person_name" and row.get(column.name)]
    return " ".join(parts[:2]) if len(parts) > 1 and " " not in parts[0] else (parts[0] if parts else "")
