"""Makes up one column's value: realistic by role, legal by type, enum, bounds and value list."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from engine.errors import StateError
from engine.models.base import Value
from engine.models.database import Column, DatabaseSchema
from engine.states import words

_INTEGER_WINDOWS: dict[str, tuple[int, int]] = {
    "quantity": (1, 40),
    "percent": (0, 100),
    "rating": (1, 5),
    "money": (5, 900),
    "number": (1, 500),
    "duration": (5, 240),
    "id": (1, 9999),
    "reference": (1, 9999),
    "code": (1000, 99999),
    "flag": (0, 1),
}
_REAL_WINDOWS: dict[str, tuple[float, float]] = {
    "money": (5.0, 900.0),
    "percent": (0.0, 100.0),
    "rating": (1.0, 5.0),
    "quantity": (0.5, 40.0),
}
_PAST = ("created", "since", "joined", "posted", "began", "hired", "registered", "last", "purchas", "publish")
_FUTURE = ("due", "deadline", "expir", "until", "valid", "next", "close", "renew", "return")
_SPREAD_DAYS = 60
_TEXT_MAKERS: dict[str, Callable[[str, Random], str]] = {
    "person_name": words.person_name,
    "email": lambda _, rng: words.email(rng),
    "phone": lambda _, rng: words.phone(rng),
    "username": lambda _, rng: words.username(rng),
    "title": words.title,
    "text": lambda _, rng: words.text(rng),
    "label": words.label,
    "address": lambda _, rng: words.address(rng),
    "city": lambda _, rng: words.pick("cities", rng),
    "country": lambda _, rng: words.pick("countries", rng),
    "url": lambda _, rng: (
        f"https://{words.pick('labels', rng).lower()}{rng.randint(1, 999)}.example/{words.pick('words', rng)}"
    ),
}


def make_value(column: Column, rng: Random, now: str, database: DatabaseSchema, hint: str = "") -> Value:
    """A legal, never null value for `column`.

    Args:
        column: What the value is for.
        rng: Source of all choices.
        now: The episode's clock; dates lie around it, `created_at` before it.
        database: Holds the value lists.
        hint: More about the meaning, such as the table's name.

    Raises:
        StateError: The bounds leave no value.
    """
    if column.enum:
        return _typed(rng.choice(column.enum), column)
    if column.values is not None and database.values.get(column.values):
        value = _typed(rng.choice(database.values[column.values]), column)
        if within_bounds(column, value):
            return value
    if column.type == "boolean":
        return rng.random() < 0.5
    if column.type == "integer":
        return _integer(column, rng, now)
    if column.type == "real":
        return _real(column, rng)
    if column.type in ("date", "datetime", "time"):
        return _moment(column, rng, now)
    maker = _TEXT_MAKERS.get(column.role)
    if maker is not None:
        return maker(f"{column.name} {hint}", rng)
    if column.role in ("id", "code", "reference"):
        return f"{_letters(column.name)}-{rng.randint(1000, 99999)}"
    if column.role in ("status", "enum", "flag"):
        return words.pick("labels", rng).lower()
    if column.role in ("created_at", "updated_at", "datetime", "date", "time"):
        return _moment(column.model_copy(update={"type": "datetime"}), rng, now)
    if column.role in ("money", "quantity", "number", "percent", "rating", "duration"):
        return str(rng.randint(1, 500))
    return words.label(f"{column.name} {hint}", rng)


def distinct_value(
    column: Column, rng: Random, now: str, database: DatabaseSchema, taken: Collection[Value], hint: str = ""
) -> Value:
    """A legal value that is not among `taken`.

    Raises:
        StateError: Every legal value is taken, or none was found.
    """
    start = make_value(column, rng, now, database, hint)
    for _ in range(12):
        if start not in taken:
            return start
        start = make_value(column, rng, now, database, hint)
    for value in _further(column, start, rng):
        if value not in taken and within_bounds(column, value):
            return value
    raise StateError(f"No value is left for `{column.name}` ({column.type}) beside the {len(taken)} that are taken.")


def within_bounds(column: Column, value: Any) -> bool:
    """Whether a non-null value keeps the column's enum and bounds."""
    if column.enum is not None and value not in column.enum:
        return False
    for bound, sign in ((column.minimum, 1), (column.maximum, -1)):
        if bound is None:
            continue
        if isinstance(bound, str) != isinstance(value, str):
            continue
        if value < bound if sign == 1 else value > bound:
            return False
    return True


def _typed(text: Value, column: Column) -> Value:
    if isinstance(text, str) and column.type in ("integer", "real"):
        try:
            return int(text) if column.type == "integer" else float(text)
        except ValueError as error:
            raise StateError(f"`{text}` in the choices of `{column.name}` is not of type {column.type}.") from error
    return text


def _letters(name: str) -> str:
    letters = "".join(letter for letter in name if letter.isalpha()).upper()
    return letters[:3] or "REF"


def _window(column: Column, low: float, high: float) -> tuple[float, float]:
    """The role's usual window cut to the column's bounds, or moved into them where they are apart."""
    minimum = float(column.minimum) if isinstance(column.minimum, int | float) else None
    maximum = float(column.maximum) if isinstance(column.maximum, int | float) else None
    if minimum is not None and maximum is not None and minimum > maximum:
        raise StateError(f"`{column.name}` has a minimum {minimum} above its maximum {maximum}.")
    span = high - low
    if minimum is not None and (low < minimum or high < minimum):
        low, high = minimum, max(high, minimum + span) if high < minimum else high
    if maximum is not None and high > maximum:
        low, high = (
            (low if low <= maximum else max(maximum - span, minimum if minimum is not None else maximum - span)),
            maximum,
        )
    return low, max(low, high)


def _integer(column: Column, rng: Random, now: str) -> int:
    lowered = column.name.lower()
    if column.role == "number" and "year" in lowered:
        year = int(now[:4])
        low, high = _window(column, year - 30, year)
    else:
        low, high = _window(column, *_INTEGER_WINDOWS.get(column.role, (1, 500)))
    whole_low, whole_high = -int(-low // 1), int(high // 1)
    if whole_low > whole_high:
        raise StateError(
            f"`{column.name}` has no whole number between its bounds {column.minimum} and {column.maximum}."
        )
    value = rng.randint(whole_low, whole_high)
    if column.role == "duration" and whole_high - whole_low >= 30:
        value = max(whole_low, min(whole_high, round(value / 5) * 5))
    return value


def _real(column: Column, rng: Random) -> float:
    low, high = _window(column, *_REAL_WINDOWS.get(column.role, (1.0, 500.0)))
    digits = 2 if column.role in ("money", "number") else 1
    value = round(rng.uniform(low, high), digits)
    return float(min(max(value, low), high))


def _moment(column: Column, rng: Random, now: str) -> str:
    """A date, datetime or time around `now`, on the side of it that the column's name suggests."""
    clock = datetime.fromisoformat(now)
    lowered = column.name.lower()
    if column.type == "time":
        return _clamped(column, f"{rng.randint(8, 18):02d}:{rng.choice((0, 15, 30, 45)):02d}")
    if "birth" in lowered or lowered == "dob":
        day = clock.date() - timedelta(days=rng.randint(19 * 365, 70 * 365))
    elif column.role in ("created_at", "updated_at") or any(part in lowered for part in _PAST):
        day = clock.date() - timedelta(days=rng.randint(2, 90))
    elif any(part in lowered for part in _FUTURE):
        day = clock.date() + timedelta(days=rng.randint(3, _SPREAD_DAYS))
    else:
        day = clock.date() + timedelta(days=rng.randint(-_SPREAD_DAYS // 2, _SPREAD_DAYS))
    day = _into_bounds(column, day, rng)
    if column.type == "date":
        return day.isoformat()
    text = f"{day.isoformat()}T{rng.randint(8, 18):02d}:{rng.choice((0, 15, 30, 45)):02d}:00"
    return _clamped(column, text)


def _into_bounds(column: Column, day: date, rng: Random) -> date:
    low = date.fromisoformat(column.minimum[:10]) if isinstance(column.minimum, str) else None
    high = date.fromisoformat(column.maximum[:10]) if isinstance(column.maximum, str) else None
    if low is not None and high is not None and low > high:
        raise StateError(f"`{column.name}` has a minimum {low} after its maximum {high}.")
    if low is not None and day < low:
        last = high if high is not None else low + timedelta(days=_SPREAD_DAYS)
        return low + timedelta(days=rng.randint(0, max(0, min((last - low).days, _SPREAD_DAYS))))
    if high is not None and day > high:
        first = low if low is not None else high - timedelta(days=_SPREAD_DAYS)
        return high - timedelta(days=rng.randint(0, max(0, min((high - first).days, _SPREAD_DAYS))))
    return day


def _clamped(column: Column, text: str) -> str:
    if isinstance(column.minimum, str) and text < column.minimum:
        return column.minimum
    if isinstance(column.maximum, str) and text > column.maximum:
        return column.maximum
    return text


def _further(column: Column, start: Value, rng: Random) -> Iterator[Value]:
    """More candidates, tried in order once random ones were all taken."""
    signs = (1, -1)
    if column.enum:
        yield from (_typed(value, column) for value in column.enum)
    elif column.type == "boolean":
        yield from (False, True)
    elif isinstance(start, int) and not isinstance(start, bool):
        yield from (start + sign * step for step in range(1, 20000) for sign in signs)
    elif isinstance(start, float):
        yield from (round(start + sign * step / 10, 2) for step in range(1, 20000) for sign in signs)
    elif column.type == "date" and isinstance(start, str):
        day = date.fromisoformat(start)
        yield from ((day + timedelta(days=sign * step)).isoformat() for step in range(1, 20000) for sign in signs)
    elif column.type == "datetime" and isinstance(start, str):
        moment = datetime.fromisoformat(start)
        yield from ((moment + timedelta(minutes=15 * sign * s)).isoformat() for s in range(1, 20000) for sign in signs)
    elif column.type == "time":
        yield from (f"{minute // 60:02d}:{minute % 60:02d}" for minute in range(24 * 60))
    elif isinstance(start, str) and "@" in start:
        local, _, host = start.partition("@")
        yield from (f"{local}{number}@{host}" for number in range(2, 20000))
    elif isinstance(start, str):
        offset = rng.randint(2, 40)
        yield from (f"{start} {number}" for number in range(offset, offset + 20000))
