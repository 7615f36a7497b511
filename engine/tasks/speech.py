"""How a person says a value: one table of forms, used to write instructions and to audit them.

Every form determines the value (with the episode's year where a date leaves its year out), so a hard argument
stays derivable from what was said.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple

from engine.models.base import Value
from engine.models.database import ColumnType, Role

_NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_QUOTED_ROLES = frozenset({"title", "text"})


class Meaning(NamedTuple):
    """What is needed to say a value: its type, and the role of the column whose meaning it has."""

    type: ColumnType
    role: Role | None = None
    enum: bool = False


def forms(value: Value, meaning: Meaning, now: str) -> tuple[str, ...]:
    """Every way in which instructions say `value`, the most usual ones first; empty for a null.

    Args:
        value: A database value.
        meaning: Its type and role.
        now: The episode's clock; dates of its year may be said without the year.
    """
    if value is None:
        return ()
    if isinstance(value, bool):
        return ("yes",) if value else ("no",)
    if isinstance(value, str):
        return _text_forms(value, meaning, now)
    return _number_forms(value, meaning)


def say(value: Value, meaning: Meaning, now: str, rng: random.Random) -> str:
    """One form, chosen by `rng` with a leaning to the first ones; titles and texts come in quotation marks."""
    choices = forms(value, meaning, now)
    if not choices:
        return "nothing"
    usual = choices if meaning.type in ("date", "datetime", "time") else choices[:2]
    if meaning.role == "duration":
        usual = choices[:-1]  # a bare number does not say that it counts minutes
    chosen = usual[min(int(rng.expovariate(1.1)), len(usual) - 1)]
    quoted = meaning.role in _QUOTED_ROLES and not meaning.enum and meaning.type == "text"
    return f'"{chosen}"' if quoted else chosen


def said(value: Value, meaning: Meaning, now: str, text: str) -> str | None:
    """The longest form of `value` that stands in `text` as words of its own, or `None`."""
    for form in sorted(forms(value, meaning, now), key=len, reverse=True):
        if find(form, text) is not None:
            return form
    return None


def find(form: str, text: str) -> tuple[int, int] | None:
    """Where `form` stands in `text`, not as a part of a longer word or number; case counts little."""
    start = r"(?<![\w$.,/-])" if form[:1].isdigit() else r"(?<!\w)"
    end = r"(?![\w/%:-])(?![.,]\d)" if form[-1:].isdigit() else r"(?!\w)"
    match = re.search(start + re.escape(form) + end, text, re.IGNORECASE)
    return match.span() if match is not None else None


def unsaid(values: Iterable[tuple[Value, Meaning]], now: str, text: str) -> list[Value]:
    """The values that `text` does not say.

    Each distinct value needs words of its own: the 3 of "March 3" is no quantity 3. Longer forms are looked
    for first, and what one value has used is gone for the others.
    """
    wanted = {
        (type(value).__name__, value, meaning): (value, meaning) for value, meaning in values if value is not None
    }
    order = sorted(
        wanted.values(), key=lambda item: (-max(map(len, forms(item[0], item[1], now))), str(item[0]), str(item[1]))
    )
    missing: list[Value] = []
    used: dict[str, str] = {}
    for value, meaning in order:
        form = said(value, meaning, now, text)
        if form is not None:
            span = find(form, text)
            assert span is not None
            text = text[: span[0]] + "\x00" + text[span[1] :]
            used[str(value)] = form
        elif not any(earlier == str(value) or earlier.startswith(f"{value}T") for earlier in used):
            missing.append(value)  # not even in another role, nor as the day of a moment
    return missing


def words(name: str) -> str:
    """An identifier as words: `coverLetter` and `cover_letter` become `cover letter`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return re.sub(r"[\W_]+", " ", spaced).strip().lower()


def spoken_enum(value: str) -> str:
    """An enum's word as people write it: `full_time` becomes `full-time`, `IN_PROGRESS` `in progress`."""
    spaced = value.replace("_", " ").strip()
    return spaced.lower() if spaced.isupper() and len(spaced) > 3 else spaced


def _text_forms(value: str, meaning: Meaning, now: str) -> tuple[str, ...]:
    if meaning.type == "date":
        return _date_forms(value, now)
    if meaning.type == "datetime":
        return _datetime_forms(value, now)
    if meaning.type == "time":
        return _time_forms(value)
    if meaning.enum or meaning.role in {"status", "enum"}:
        spaced = spoken_enum(value)
        return tuple(dict.fromkeys((spaced, spaced.replace(" ", "-"))))
    return (value,)


def _date_forms(value: str, now: str) -> tuple[str, ...]:
    try:
        day = date.fromisoformat(value[:10])
    except ValueError:
        return (value,)
    month = _MONTHS[day.month - 1]
    full = (f"{month} {day.day}, {day.year}", value, f"{day.day} {month} {day.year}")
    if now[:4] == value[:4]:
        return (f"{month} {day.day}", f"{month} {_ordinal(day.day)}", *full, f"the {_ordinal(day.day)} of {month}")
    return full


def _datetime_forms(value: str, now: str) -> tuple[str, ...]:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return (value,)
    if moment.second or moment.microsecond:
        return (value.replace("T", " "), value)
    clock = value[11:16]
    days = _date_forms(value[:10], now)
    near = (f"{days[0]} at {form}" for form in _time_forms(clock))
    return (*near, f"{value[:10]} {clock}", f"{value[:10]} at {clock}", value)


def _time_forms(value: str) -> tuple[str, ...]:
    hour, minute = value[:2], value[3:5]
    if not (hour.isdigit() and minute.isdigit()) or len(value) > 5:
        return (value,)
    half = "AM" if int(hour) < 12 else "PM"
    twelve = f"{(int(hour) + 11) % 12 + 1}"
    exact = f"{twelve}:{minute} {half}"
    return (f"{twelve} {half}", exact, value) if minute == "00" else (exact, value)


def _number_forms(value: int | float, meaning: Meaning) -> tuple[str, ...]:
    plain = _plain(value)
    whole = float(value).is_integer()
    if meaning.role == "money":
        cents = f"{value:,.2f}" if round(value, 2) == value else plain
        short = (
            (f"${int(value):,}", f"{int(value):,} dollars", f"${cents}") if whole else (f"${cents}", f"{cents} dollars")
        )
        return tuple(dict.fromkeys((*short, f"{plain} dollars", cents, plain)))
    if meaning.role == "percent":
        return (f"{plain}%", f"{plain} percent", plain)
    if meaning.role == "duration":
        hours = (_hours(int(value)),) if whole and value > 0 and int(value) % 60 == 0 else ()
        return (f"{plain} minutes", *hours, plain)
    if meaning.role == "quantity" and whole and 0 <= value <= 12:
        return (plain, _NUMBERS[int(value)])
    if meaning.role == "number" and whole and abs(value) >= 10000:
        return (plain, f"{int(value):,}")
    return (plain,)


def _plain(value: int | float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(value)


def _hours(minutes: int) -> str:
    hours = minutes // 60
    return "one hour" if hours == 1 else f"{_NUMBERS[hours] if hours <= 12 else hours} hours"


def _ordinal(number: int) -> str:
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
