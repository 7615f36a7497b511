"""A column as one short text, such as `note:text?`, `plan:enum free|premium =free` or `price:money 1..500`."""

from __future__ import annotations

import re
from math import isfinite
from typing import Any

from engine.agents.checks.names import plain_name
from engine.agents.composer.role_guess import guessed_role, said_role
from engine.models.base import Value
from engine.seeds.blueprint import EntityColumn
from engine.seeds.idea import Attribute

_BOUNDS = re.compile(r"(-?[\d.]{0,15}\d|[\d-]{10})\s*\.\.\s*(-?[\d.]{0,15}\d|[\d-]{10})")
_DEFAULT = re.compile(r"=\s*([^\s|,]+)")
_LONGEST_VALUE = 40
_MOST_VALUES = 20


def read_column(text: str, entity: str, entities: tuple[str, ...] = ()) -> tuple[str, EntityColumn] | None:
    """Name and column of a text; `None` where it names nothing.

    `NAME:ROLE`, then in any order `?` (may be empty), `!` (unique), `A|B|C` (the values of an enum), `MIN..MAX` and
    `=DEFAULT`; `NAME:ref ENTITY` is a reference. Forgiving: an unknown role is guessed from the name.

    Args:
        text: As a model wrote it.
        entity: Whose column it is.
        entities: What a reference may point to.
    """
    said, _, rest = text.replace("(", " ").replace(")", " ").partition(":")
    name, rest = plain_name(said), rest.strip()
    if not name:
        return None
    optional, unique = "?" in rest or said.rstrip().endswith("?"), "!" in rest
    rest = rest.replace("?", " ").replace("!", " ").strip()
    default = _DEFAULT.search(rest)
    rest = _DEFAULT.sub(" ", rest).strip()
    bounds = _BOUNDS.search(rest)
    rest = _BOUNDS.sub(" ", rest).strip()
    word, _, others = rest.partition(" ")
    target = _target(word, others, entities)
    if target:
        return (name if name.endswith("_id") else f"{name}_id"), EntityColumn(
            role="reference", to=target, nullable=optional
        )
    values = _values(others if others and "|" not in word else rest.removeprefix("enum"))
    if word.startswith("enum") or "|" in rest:
        if len(values) > 1:
            return name, EntityColumn(
                role="enum", enum=values, nullable=optional, unique=unique, default=_one_of(default, values)
            )
        word = ""
    role = said_role(plain_name(word), name, entity) if word else guessed_role(name, entity)
    if role in ("id", "reference", "status", "enum"):  # made by the engine, or of no use without more
        role = "code" if role == "id" else "label"
    extra: dict[str, Any] = {}
    if bounds is not None and role in _BOUNDED:
        low, high = _bound(bounds[1]), _bound(bounds[2])
        if isinstance(low, float) and isinstance(high, float) and low <= high:
            extra = {"minimum": low, "maximum": high}
    if default is not None:
        extra["default"] = _default(default[1], role)
    return name, EntityColumn(role=role, nullable=optional, unique=unique, **extra)


def read_attribute(text: str, entity: str) -> Attribute | None:
    """The same as an attribute of an idea; references and columns that the engine makes are left out."""
    read = read_column(text, entity)
    if read is None:
        return None
    name, column = read
    return Attribute(name=name, role=column.role, optional=column.nullable, values=column.enum or ())


def write_attribute(attribute: Attribute) -> str:
    """An attribute as text."""
    values = f" {'|'.join(attribute.values)}" if attribute.values else ""
    return f"{attribute.name}:{attribute.role}{'?' if attribute.optional else ''}{values}"


def write_column(name: str, column: EntityColumn) -> str:
    """A column as text; bounds and defaults with it."""
    if column.to is not None:
        return f"{name}:ref {column.to}{'?' if column.nullable else ''}"
    marks = ("?" if column.nullable else "") + ("!" if column.unique else "")
    parts = [f"{name}:{column.role}{marks}"]
    if column.enum:
        parts.append("|".join(column.enum))
    if isinstance(column.minimum, float) and isinstance(column.maximum, float):
        parts.append(f"{column.minimum:g}..{column.maximum:g}")
    if column.default is not None:
        parts.append(f"={str(column.default).lower() if isinstance(column.default, bool) else column.default}")
    return " ".join(parts)


_BOUNDED = frozenset({"money", "quantity", "number", "percent", "rating", "duration"})


def _target(word: str, others: str, entities: tuple[str, ...]) -> str:
    if word in ("ref", "reference", "->", "fk", "id"):
        named = plain_name(others.split("|")[0].split(".")[0])
    elif word.startswith("->"):
        named = plain_name(word[2:])
    else:
        return ""
    return named if named in entities else ""


def _values(text: str) -> tuple[str, ...]:
    parts = re.split(r"[|,/]", text) if re.search(r"[|,/]", text) else text.split()
    cleaned = [re.sub(r"[^\w .+&-]", "", part).strip()[:_LONGEST_VALUE] for part in parts]
    return tuple(dict.fromkeys(part for part in cleaned if part))[:_MOST_VALUES]


def _one_of(default: re.Match[str] | None, values: tuple[str, ...]) -> str | None:
    return default[1] if default is not None and default[1] in values else None


def _bound(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if isfinite(number) else None


def _default(text: str, role: str) -> Value:
    if role == "flag":
        return {"true": True, "false": False, "yes": True, "no": False, "1": True, "0": False}.get(text.lower())
    if role in _BOUNDED:
        number = _bound(text)
        whole = role in ("quantity", "duration")
        return None if number is None or abs(number) > 1e12 else int(number) if whole else number
    return None
