"""The pure functions of tool code: dates, money and text.

It runs as it stands in CPython, in the sandbox and in every bundle: the standard library only, no inheritance, no
`del`, no `yield`, no properties, and exceptions with one argument.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

# Texts found to be well-formed, because most are seen again and again.
_known_moments: dict[str, dict[str, bool]] = {"date": {}, "datetime": {}, "time": {}}


def _is_date(text: str) -> bool:
    if len(text) != 10 or text[4] != "-" or text[7] != "-":
        return False
    digits = text[:4] + text[5:7] + text[8:]
    if not (digits.isascii() and digits.isdigit()):
        return False
    year, month, day = int(text[:4]), int(text[5:7]), int(text[8:])
    if year < 1 or not 1 <= month <= 12 or day < 1:
        return False
    if month == 2:
        return day <= (29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28)
    return day <= (30 if month in (4, 6, 9, 11) else 31)


def _is_time(text: str) -> bool:
    digits = text[:2] + text[3:]
    if len(text) != 5 or text[2] != ":" or not (digits.isascii() and digits.isdigit()):
        return False
    return int(text[:2]) < 24 and int(text[3:]) < 60


def _is_datetime(text: str) -> bool:
    if len(text) != 19 or text[10] != "T" or text[16] != ":" or not (_is_date(text[:10]) and _is_time(text[11:16])):
        return False
    seconds = text[17:]
    return seconds.isascii() and seconds.isdigit() and int(seconds) < 60


def is_moment(form: str, text: str) -> bool:
    """Whether `text` is a well-formed `date`, `datetime` or `time`."""
    known = _known_moments[form]
    if text in known:
        return True
    good = _is_date(text) if form == "date" else _is_datetime(text) if form == "datetime" else _is_time(text)
    if good:
        if len(known) >= 2_048:
            known.clear()
        known[text] = True
    return good


def _moment(text: str) -> datetime:
    if not is_moment("date" if len(text) == 10 else "datetime", text):
        raise ValueError(f"not a date or datetime: {text!r}")
    return datetime.fromisoformat(text)


def _day(text: str) -> date:
    day = text[:10]
    if not is_moment("date", day):
        raise ValueError(f"not a date or datetime: {text!r}")
    return date.fromisoformat(day)


def _whole(count: int) -> int:
    if type(count) is not int:
        raise TypeError(f"not a whole number: {count!r}")
    return count


def add_days(moment: str, days: int) -> str:
    """`moment` (a date or datetime) moved by `days`; a date stays a date."""
    if len(moment) == 10:
        return (_day(moment) + timedelta(days=_whole(days))).isoformat()
    return (_moment(moment) + timedelta(days=_whole(days))).isoformat()


def add_minutes(moment: str, minutes: int) -> str:
    """The datetime `minutes` after `moment`."""
    return (_moment(moment) + timedelta(minutes=_whole(minutes))).isoformat()


def days_between(start: str, end: str) -> int:
    """Whole days from the date of `start` to the date of `end`."""
    return (_day(end) - _day(start)).days


def minutes_between(start: str, end: str) -> int:
    """Whole minutes from `start` to `end`, rounded down."""
    gap = _moment(end) - _moment(start)
    return (gap.days * 86_400 + gap.seconds) // 60


def date_of(moment: str) -> str:
    """The date of a datetime."""
    return moment[:10]


def time_of(moment: str) -> str:
    """The time of a datetime, `HH:MM`."""
    if len(moment) != 19:
        raise ValueError(f"not a datetime: {moment!r}")
    return moment[11:16]


def weekday(moment: str) -> int:
    """The day of the week, 0 for Monday."""
    return _day(moment).weekday()


def money(amount: float) -> float:
    """`amount` in whole cents."""
    return round(amount * 100) / 100


def lower(text: str) -> str:
    """`text` in lower case."""
    return text.lower()


def contains(text: str, part: str) -> bool:
    """Whether `part` occurs in `text`, in upper or lower case."""
    return part.lower() in text.lower()


TOOL_FUNCTIONS: dict[str, Any] = {
    "add_days": add_days,
    "add_minutes": add_minutes,
    "days_between": days_between,
    "minutes_between": minutes_between,
    "date_of": date_of,
    "time_of": time_of,
    "weekday": weekday,
    "money": money,
    "lower": lower,
    "contains": contains,
}
