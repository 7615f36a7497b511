"""Arithmetic on ISO dates and datetimes, for the contract language only.

The tools' prelude has functions of the same names, written separately: a fault in one of the two shows
as a difference in procedural testing instead of hiding in both.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

_DATE = len("2026-03-01")
_DATETIME = len("2026-03-01T09:30:00")


def _moment(text: str) -> datetime:
    """Reads a date (as its midnight) or a datetime; anything else raises `ValueError`."""
    if len(text) == _DATE or (len(text) == _DATETIME and text[_DATE] == "T"):
        return datetime.fromisoformat(text)
    raise ValueError(f"{text!r} is neither YYYY-MM-DD nor YYYY-MM-DDTHH:MM:SS")


def _day(text: str) -> date:
    return date.fromisoformat(text[:_DATE])


def _whole(count: int) -> int:
    if isinstance(count, bool) or not isinstance(count, int):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"{count!r} is not a whole number")
    return count


def add_days(moment: str, days: int) -> str:
    """`moment` moved by whole days; a date stays a date, a datetime a datetime."""
    if len(moment) == _DATE:
        return (_day(moment) + timedelta(days=_whole(days))).isoformat()
    return (_moment(moment) + timedelta(days=_whole(days))).isoformat(timespec="seconds")


def add_minutes(moment: str, minutes: int) -> str:
    """The datetime that lies whole `minutes` after `moment` (a date counts as its midnight)."""
    return (_moment(moment) + timedelta(minutes=_whole(minutes))).isoformat(timespec="seconds")


def days_between(start: str, end: str) -> int:
    """Whole days from the date of `start` to the date of `end`; negative when `end` is earlier."""
    return (_day(end) - _day(start)).days


def minutes_between(start: str, end: str) -> int:
    """Whole minutes from `start` to `end`, rounded down; negative when `end` is earlier."""
    return (_moment(end) - _moment(start)) // timedelta(minutes=1)


def date_of(moment: str) -> str:
    """The date of a datetime (of a date: itself)."""
    return moment[:_DATE]


def time_of(moment: str) -> str:
    """The time of day of a datetime as `HH:MM`."""
    if len(moment) != _DATETIME:
        raise ValueError(f"{moment!r} is not a datetime")
    return moment[_DATE + 1 : _DATE + 6]


def weekday(moment: str) -> int:
    """The day of the week of a date or datetime, 0 for Monday."""
    return _day(moment).weekday()


def money(amount: float) -> float:
    """`amount` rounded to whole cents, the half to the even cent: `round(amount * 100) / 100`."""
    return round(amount * 100) / 100


def lower(text: str) -> str:
    """`text` in lower case."""
    return text.lower()


def contains(text: str, part: str) -> bool:
    """Whether `part` occurs in `text`, letter case aside."""
    return part.lower() in text.lower()
