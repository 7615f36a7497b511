"""What a column means to people, guessed where nobody said it, or said it in other words than ours."""

from __future__ import annotations

from typing import get_args

from engine.models.database import ColumnType, Role
from engine.seeds.sql_roles import MONEY, QUANTITY, column_role

ROLES: frozenset[Role] = frozenset(get_args(Role))

_SAID: dict[str, Role] = {
    "string": "label", "str": "label", "varchar": "label", "char": "label", "word": "label", "tag": "label", "brand": "label",
    "int": "quantity", "integer": "quantity", "count": "quantity", "amount": "quantity", "float": "number", "real": "number",
    "decimal": "number", "double": "number", "boolean": "flag", "bool": "flag", "timestamp": "datetime", "moment": "datetime",
    "day": "date", "price": "money", "currency": "money", "cost": "money", "name": "title", "description": "text",
    "note": "text", "memo": "text", "longtext": "text", "mail": "email", "telephone": "phone", "percentage": "percent",
    "minutes": "duration", "score": "rating", "link": "url", "state": "enum", "status": "enum", "category": "label",
    "choice": "enum", "type": "label", "id": "code", "identifier": "code", "number_plate": "code", "serial": "code",
    "person": "person_name", "full_name": "person_name",
}  # fmt: skip
"""What else a role may be called."""
_VAGUE: frozenset[str] = frozenset(
    {"string", "str", "varchar", "char", "int", "integer", "float", "real", "decimal", "number"}
)


def said_role(word: str, name: str, entity: str) -> Role:
    """The role that a word names; where it names none, or only a type, the column's name decides."""
    if word in ROLES and word != "number":
        return word  # pyright: ignore[reportReturnType]
    if word in _VAGUE or word not in _SAID:
        kind: ColumnType = "text"
        if word in ("int", "integer"):
            kind = "integer"
        elif word in ("float", "real", "decimal", "number"):
            kind = "real"
        guess = guessed_role(name, entity) if kind == "text" else column_role(name.split("_"), kind, entity, ())
        return _SAID[word] if word in _SAID and guess == "label" else guess
    return _SAID[word]


def guessed_role(name: str, entity: str) -> Role:
    """The role that a column's name speaks for."""
    words = name.split("_")
    last, found = words[-1], set(words)
    if last == "at":
        return column_role(words, "datetime", entity, ())
    if (last in ("on", "date", "day", "birthday", "deadline", "until") and len(words) > 1) or name == "date":
        return column_role(words, "date", entity, ())
    if words[0] in ("is", "has", "can", "allows", "wants", "needs") or last in ("enabled", "active", "verified"):
        return "flag"
    if last in ("minutes", "duration"):
        return "duration"
    if last in ("percent", "percentage"):
        return "percent"
    if last in ("rating", "stars"):
        return "rating"
    if found & MONEY or "price" in found:
        return "money"
    if found & QUANTITY or last in ("count", "hours", "days", "number", "maximum", "minimum", "limit", "year", "years"):
        return "quantity"
    return column_role(words, "text", entity, ())
