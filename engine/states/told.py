"""Values that somebody wrote down: read for a column, kept to its type and bounds, and to what can be worked with."""

from __future__ import annotations

import math
import re
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any

from engine.models.base import Value
from engine.models.database import Column
from engine.states.values import within_bounds

LONGEST = 200
"""Characters of a text."""
_YEARS = timedelta(days=3 * 366)
"""Moments further away are mistakes, and counting from them may leave the calendar."""
_MOST = 10_000_000
_WORDS = {"true": True, "yes": True, "false": False, "no": False}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")


def told_value(column: Column, raw: Any, now: str) -> Value:
    """What was written as a value of `column`, or `None` where it is none.

    Args:
        column: Type, choices and bounds.
        raw: Text, or a value of JSON.
        now: The episode's clock; a moment lies within some years of it.
    """
    value = _typed(column, raw, now)
    return value if value is not None and within_bounds(column, value) else None


def _typed(column: Column, raw: Any, now: str) -> Value:
    if column.type == "boolean":
        return raw if isinstance(raw, bool) else _WORDS.get(str(raw).strip().lower())
    if isinstance(raw, bool) or not isinstance(raw, str | int | float):
        return None
    if column.type in ("integer", "real"):
        return _number(str(raw), whole=column.type == "integer")
    text = " ".join(str(raw).split())
    if column.type in ("date", "datetime", "time"):
        return _moment(text, column.type, now)
    if column.enum:
        return next((word for word in column.enum if word.lower() == text.lower()), None)
    return text if 0 < len(text) <= LONGEST and not _CONTROL.search(text) else None


def _number(text: str, *, whole: bool) -> int | float | None:
    with suppress(ValueError, OverflowError):
        number = float(text.strip().lstrip("$").replace(",", ""))
        if math.isfinite(number) and abs(number) <= _MOST:
            if not whole:
                return round(number, 2)
            return int(number) if number.is_integer() else None
    return None


def _moment(text: str, kind: str, now: str) -> str | None:
    with suppress(ValueError, OverflowError):
        if kind == "time":
            return datetime.strptime(text[:5], "%H:%M").strftime("%H:%M")
        if kind == "date":
            day = date.fromisoformat(text[:10])
            return day.isoformat() if abs(day - datetime.fromisoformat(now).date()) <= _YEARS else None
        moment = datetime.fromisoformat(text).replace(tzinfo=None, microsecond=0)
        return moment.isoformat() if abs(moment - datetime.fromisoformat(now)) <= _YEARS else None
    return None
