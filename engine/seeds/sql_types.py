"""Column types and values: from what SQL declares and stores to the engine's seven types."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Literal

from engine.models.base import Value
from engine.models.database import ColumnType
from engine.seeds.sql_names import singular
from engine.seeds.sql_reader import SqlValue
from engine.seeds.sql_tokens import tokenize

Declared = Literal["text", "integer", "real", "boolean", "date", "datetime", "time", "blob", "unknown"]

MAX_TEXT_VALUE = 20_000
_INTEGER_LIMIT = 2**63

_DATE = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})")
_DATETIME = re.compile(
    r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*(?:Z|UTC|[+-]00:?00)?",
    re.IGNORECASE,
)
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::\d{2}(?:\.\d+)?)?")
_EPOCH_FROM, _EPOCH_TO, _MILLISECONDS = 10**8, 4 * 10**9, 10**11
_COUNTED_AS = frozenset(
    {"available", "present", "paid", "done", "read", "required", "deleted", "approved", "completed"}
)
_NO_QUESTION = frozenset(
    {"amount", "total", "fee", "fees", "price", "sum", "money", "number", "qty", "quantity", "balance"}
)
_TRUE = frozenset({"true", "t", "yes", "y", "1"})
_FALSE = frozenset({"false", "f", "no", "n", "0"})

_DECLARED: tuple[tuple[str, Declared], ...] = (
    (r"^BOOL|^BIT$|^BIT\(1\)|^TINYINT\(1\)|^LOGICAL", "boolean"),
    (r"INTERVAL|POINT|GEOMETRY|POLYGON|LINESTRING|RANGE|VECTOR", "text"),
    (r"DATETIME|TIMESTAMP", "datetime"),
    (r"^DATE", "date"),
    (r"^TIME", "time"),
    (r"BLOB|BINARY|BYTEA|IMAGE|^RAW", "blob"),
    (
        r"CHAR|CLOB|TEXT|STRING|UUID|GUID|UNIQUEIDENTIFIER|JSON|XML|^ENUM|^SET|INET|^CIDR|CITEXT|^URL|EMAIL|SYSNAME",
        "text",
    ),
    (r"INT|SERIAL|^YEAR|^COUNTER|^LONG|^SHORT|^BYTE|^AUTONUMBER", "integer"),
    (r"REAL|FLOA|DOUB|DECIMAL|NUMERIC|NUMBER|MONEY|CURRENCY|^DEC\b|^FIXED", "real"),
)


def declared_type(declared: str) -> Declared:
    """What a declared type says, by SQLite's affinities refined by the names that people use."""
    upper = " ".join(declared.upper().split())
    for pattern, found in _DECLARED:
        if re.search(pattern, upper):
            if (
                found == "real"
                and re.search(r"\(\s*\d+\s*(,\s*0\s*)?\)", upper)
                and not re.search("REAL|FLOA|DOUB", upper)
            ):
                return "integer"
            return found
    return "unknown"


def fit(value: SqlValue, to: ColumnType) -> Value:
    """A stored value as one of the given type; blank text is null where no text is wanted.

    Raises:
        ValueError: It can't be read as one.
    """
    if value is None:
        return None
    if isinstance(value, bytes):
        raise ValueError("a BLOB")
    if to == "text":
        return _text(value)
    if isinstance(value, str) and not value.strip():
        return None
    if to == "integer":
        return _integer(value)
    if to == "real":
        return _real(value)
    if to == "boolean":
        word = str(value).strip().lower()
        if word in _TRUE or value == 1:
            return True
        if word in _FALSE or value == 0:
            return False
        raise ValueError(f"{value!r} is neither true nor false")
    return _moment(value, to)


def _text(value: str | int | float) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value!r} is not a number")
    text = str(value)
    if len(text) > MAX_TEXT_VALUE or "\x00" in text:
        raise ValueError("the text is too long or holds a zero byte")
    return text


def _integer(value: str | int | float) -> int:
    if isinstance(value, str):
        if not re.fullmatch(r"\s*[+-]?\d{1,18}\s*", value):
            raise ValueError(f"{value!r} is not a whole number")
        return int(value)
    if isinstance(value, float) and not (math.isfinite(value) and value.is_integer() and abs(value) < _INTEGER_LIMIT):
        raise ValueError(f"{value!r} is not a whole number")
    return int(value)


def _real(value: str | int | float) -> float:
    if isinstance(value, str) and not re.fullmatch(r"\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?\s*", value):
        raise ValueError(f"{value!r} is not a number")
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{value!r} is not a number")
    return number


def _moment(value: str | int | float, to: ColumnType) -> str:
    """ISO text of a date, a datetime or a time."""
    if not isinstance(value, str):
        if to != "datetime":
            raise ValueError(f"{value!r} is a number, not a {to}")
        return _epoch(value)
    text = value.strip()
    if to == "time":
        found = _TIME.fullmatch(text)
        if not found or int(found[1]) > 23 or int(found[2]) > 59:
            raise ValueError(f"{value!r} is not a time")
        return f"{int(found[1]):02d}:{found[2]}"
    found = _DATETIME.fullmatch(text)
    if found:
        moment = datetime(*(int(part or 0) for part in found.groups()))  # pyright: ignore[reportArgumentType]
        if to == "datetime":
            return moment.isoformat(timespec="seconds")
        if (moment.hour, moment.minute, moment.second) != (0, 0, 0):
            raise ValueError(f"{value!r} has a time of day")
        return moment.date().isoformat()
    found = _DATE.fullmatch(text)
    if not found:
        raise ValueError(f"{value!r} is not a {to}")
    day = date(int(found[1]), int(found[2]), int(found[3])).isoformat()
    return day if to == "date" else f"{day}T00:00:00"


def _epoch(value: int | float) -> str:
    """The moment of a Unix time, in seconds or milliseconds since 1970, as ISO text without its zone (UTC)."""
    seconds = value / 1000 if abs(value) >= _MILLISECONDS else value
    if not _EPOCH_FROM <= seconds <= _EPOCH_TO:
        raise ValueError(f"{value!r} is a number, not a datetime")
    return datetime.fromtimestamp(int(seconds), UTC).replace(tzinfo=None).isoformat()


def holds_moments(words: Sequence[str], values: Sequence[SqlValue]) -> bool:
    """Whether a column of whole numbers holds Unix times: its name speaks of a moment, and no value seen contradicts.

    Args:
        words: The words of its name.
        values: Values seen in it, nulls left out.
    """
    named = words[-1:] in (["at"], ["timestamp"], ["datetime"]) and (len(words) > 1 or words != ["at"])
    named = (
        named or words[-1:] == ["date"] or list(words) in (["created"], ["updated"], ["modified"], ["last", "login"])
    )
    return named and fits(values, "datetime")


def fits(values: Sequence[SqlValue], to: ColumnType) -> bool:
    """Whether every value can be read as that type."""
    try:
        for value in values:
            fit(value, to)
    except ValueError:
        return False
    return True


def column_type(declared: str, words: Sequence[str], values: Sequence[SqlValue]) -> ColumnType | Literal["blob"]:
    """The type of a column from its declaration, the words of its name and the values seen in it.

    Values decide where there are any: a declared type that they do not fit falls back to text.
    """
    said = declared_type(declared)
    telling = [value for value in values if _tells(value)]
    if telling:
        return _seen_type(said, words, telling)
    if values and all(isinstance(value, bytes) for value in values):
        return "blob"
    if said == "blob":
        return "blob"
    if said in ("text", "unknown"):
        return _named_type(said, words)
    if said == "integer" and _is_flag(words):
        return "boolean"
    return said


def _tells(value: SqlValue) -> bool:
    """Whether a value says anything about its column's type: not a BLOB, an infinity or blank text among others."""
    if isinstance(value, float):
        return math.isfinite(value)
    return not isinstance(value, bytes) and not (isinstance(value, str) and not value.strip())


def _seen_type(said: Declared, words: Sequence[str], values: Sequence[SqlValue]) -> ColumnType | Literal["blob"]:
    numbers = all(isinstance(value, int | float) for value in values)
    if said == "boolean" and fits(values, "boolean"):
        return "boolean"
    if said == "integer" and _is_flag(words) and numbers and all(value in (0, 1) for value in values):
        return "boolean"
    if said in ("date", "datetime", "time") or (said in ("text", "unknown") and not numbers):
        order: tuple[ColumnType, ...] = ("date", "datetime", "time")
        for candidate in order:
            if fits(values, candidate):
                return candidate
        return "text" if not numbers else _number_type(values)
    if said == "text":
        return "text"
    if said == "real" and fits(values, "real"):
        return "real"
    if said == "blob" or not numbers:
        return "integer" if said == "integer" and fits(values, "integer") else "text"
    return _number_type(values)


def _number_type(values: Sequence[SqlValue]) -> ColumnType:
    if fits(values, "integer") and not any(isinstance(value, float) for value in values):
        return "integer"
    return "real" if fits(values, "real") else "text"


def _named_type(said: Declared, words: Sequence[str]) -> ColumnType:
    """The type that the name of a column suggests, where text or nothing was declared and no values are at hand."""
    last = words[-1] if words else ""
    if last in ("at", "datetime", "timestamp") and (len(words) > 1 or last != "at"):
        return "datetime"
    if (
        "date" in words[-2:]
        or last in ("birthday", "dob", "birthdate", "deadline")
        or (last == "on" and len(words) > 1)
    ):
        return "date"
    if last == "time" and len(words) < 3:
        return "time"
    if said == "unknown":
        if last in (
            "price",
            "amount",
            "cost",
            "total",
            "salary",
            "fee",
            "balance",
            "rate",
            "weight",
            "latitude",
            "longitude",
        ):
            return "real"
        if last in (
            "quantity",
            "qty",
            "count",
            "id",
            "number",
            "no",
            "year",
            "age",
            "position",
            "rank",
            "capacity",
            "seats",
        ):
            return "integer"
        if _is_flag(words):
            return "boolean"
    return "text"


def _is_flag(words: Sequence[str]) -> bool:
    """Whether a column's name asks a yes-or-no question."""
    if not words:
        return False
    before = words[-2] if len(words) > 1 else ""
    if words[-1] in _COUNTED_AS and (before in _NO_QUESTION or (before != singular(before))):
        return False  # `copies_available` and `amount_paid` say how many and how much
    return words[0] in ("is", "has", "can", "allow", "allows", "should", "was", "enable", "show", "requires") or words[-1] in (
        "active", "enabled", "disabled", "deleted", "visible", "hidden", "locked", "verified", "confirmed", "approved",
        "paid", "flag", "featured", "default", "required", "discontinued", "archived", "banned", "pinned", "done", "read",
        "sticky", "present", "available", "completed", "public", "private", "admin", "staff", "superuser", "superhost",
    )  # fmt: skip


def default_value(default: str | None, to: ColumnType) -> tuple[Value, str]:
    """A column's default as (value, what it is): `none`, `constant`, `clock` or `expression`."""
    if default is None:
        return None, "none"
    tokens = tokenize(default)
    while len(tokens) > 2 and tokens[0].is_operator("(") and tokens[-1].is_operator(")"):
        tokens = tokens[1:-1]
    if not tokens or (len(tokens) == 1 and tokens[0].is_word("NULL")):
        return None, "none"
    words = {token.text.upper() for token in tokens}
    if words & {"CURRENT_TIMESTAMP", "CURRENT_DATE", "CURRENT_TIME", "UNIXEPOCH"} or "now" in {
        token.text.lower() for token in tokens
    }:
        return None, "clock"
    sign = 1
    if len(tokens) == 2 and tokens[0].is_operator("-", "+"):
        sign = -1 if tokens[0].text == "-" else 1
        tokens = tokens[1:]
    if len(tokens) != 1 or tokens[0].kind not in ("string", "number", "word", "name"):
        return None, "expression"
    token = tokens[0]
    raw: SqlValue = token.text
    if token.kind == "number":
        try:
            raw = sign * (
                float(token.text) if re.search(r"[.eE]", token.text) and "x" not in token.text else int(token.text, 0)
            )
        except ValueError:
            raw = sign * float(token.text)
    elif token.kind == "word" and not token.is_word("TRUE", "FALSE"):
        return None, "expression"
    try:
        return fit(raw, to), "constant"
    except ValueError:
        return None, "expression"
