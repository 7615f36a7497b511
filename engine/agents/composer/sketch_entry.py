"""From a tool in words to its entry in the blueprint language, as far as kind, entity, columns and states say it.

What is only words (business rules, further changes, what is computed) is left to the contract agent; a plain sketch
has none, so that its whole contract follows from here, whoever plays that role.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from pydantic import ValidationError

from engine.agents.composer.naming import stem
from engine.agents.composer.schema import compose_database
from engine.agents.roles import CannotAnswer
from engine.models.database import DatabaseSchema, Role, Table
from engine.seeds.blueprint import Blueprint
from engine.seeds.idea import ToolSketch
from engine.seeds.tool_entry import ParameterEntry, ReturnEntry, ToolEntry

MOST_FILTERS = 6
_MOST_NAMES = 2
_MOST_FIGURES = 3

NUMBERS: frozenset[Role] = frozenset({"money", "quantity", "number", "percent", "rating", "duration"})
MOMENTS: frozenset[Role] = frozenset({"date", "datetime"})
ASKED_FOR: tuple[Role, ...] = (
    "title", "person_name", "status", "enum", "label", "date", "datetime", "money", "city", "flag", "rating", "quantity",
)  # fmt: skip
"""Roles by which people look for something, the likeliest first."""

_WRITTEN_BY_DATABASE: frozenset[Role] = frozenset({"created_at", "updated_at"})
_LOWER = re.compile(r"^(?:min|minimum|from|earliest|after|since)_(.+)$|^(.+)_(?:from|after|min|minimum|since)$")
_UPPER = re.compile(r"^(?:max|maximum|until|latest|before|to)_(.+)$|^(.+)_(?:until|before|max|maximum)$")


def entry_of(sketch: ToolSketch, blueprint: Blueprint, database: DatabaseSchema | None = None) -> ToolEntry:
    """The entry that a sketch's kind, columns and states say; figures of a `compute` are counted up from what points to it.

    Args:
        sketch: The tool in words; rules, effects and answers in words are not looked at.
        blueprint: Entities and value lists.
        database: The schema that is composed from it, where that is at hand.

    Raises:
        CannotAnswer: The words alone would say what the tool does, or they contradict the entities.
    """
    database = database or compose_database(blueprint)
    fields = skeleton(sketch, blueprint, database)
    if sketch.kind == "compute":
        fields = _figures(fields, sketch, database)
    elif sketch.kind == "action":
        raise CannotAnswer(f"`{sketch.name}` is an action, whose changes are words that only a model understands.")
    try:
        return ToolEntry.model_validate(fields)
    except ValidationError as error:
        words = error.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")
        raise CannotAnswer(f"`{sketch.name}`: {words}.") from None


def skeleton(sketch: ToolSketch, blueprint: Blueprint, database: DatabaseSchema) -> dict[str, Any]:
    """The fields of the entry that kind, columns and states say; those of `compute` and `action` lack what they do.

    Raises:
        CannotAnswer: There is no such entity, or nothing that the kind could work on.
    """
    table = database.table.get(sketch.entity)
    if table is None:
        raise CannotAnswer(f"`{sketch.name}` is about `{sketch.entity}`, which is no entity.")
    fields: dict[str, Any] = {"kind": sketch.kind, "description": sketch.description, "summary": sketch.summary}
    fields |= _OF_KIND[sketch.kind](sketch, table, blueprint, database)
    if sketch.from_states and sketch.kind in ("update", "delete", "transition", "assign", "unassign", "batch"):
        fields["states"] = sketch.from_states
    return fields


def column_named(table: Table, word: str) -> str | None:
    """The column that a word stands for: its name, or what a reference points to."""
    if word in table.column:
        return word
    if f"{word}_id" in table.column:
        return f"{word}_id"
    for key in table.foreign_keys:
        if len(key.columns) == 1 and key.table == word:
            return key.columns[0]
    return None


def bound_of(word: str) -> tuple[str, str] | None:
    """The column and the comparison that a criterion such as `maximum_price` or `due_on_from` speaks of."""
    for pattern, operator in ((_LOWER, ">="), (_UPPER, "<=")):
        if match := pattern.match(word):
            return match[1] or match[2], operator
    return None


def _columns(sketch: ToolSketch, table: Table) -> list[str]:
    found = (column_named(table, word) for word in sketch.parameters)
    return list(dict.fromkeys(column for column in found if column is not None))


def _references(table: Table) -> list[str]:
    return [key.columns[0] for key in table.foreign_keys if len(key.columns) == 1]


def _state_of(blueprint: Blueprint, table: Table) -> str | None:
    lifecycle = blueprint.entities[table.name].lifecycle
    return lifecycle.column if lifecycle is not None else None


def _owner_column(blueprint: Blueprint, table: Table) -> str | None:
    """The column of the table at which its owner path begins."""
    owner = blueprint.entities[table.name].owner
    if owner is None:
        return None
    first, dot, _ = owner.partition(".")
    return f"{first}_id" if dot else first


Builder = Callable[[ToolSketch, Table, Blueprint, DatabaseSchema], dict[str, Any]]


def _get(_sketch: ToolSketch, table: Table, _blueprint: Blueprint, database: DatabaseSchema) -> dict[str, Any]:
    named = _names_of_parents(table, database)
    returns = {name: f"{table.name}.{path}" for name, path in named.items()}
    return {"returns": returns} if returns else {}


def _lookup(sketch: ToolSketch, table: Table, _blueprint: Blueprint, _database: DatabaseSchema) -> dict[str, Any]:
    unique = {columns[0] for columns in table.unique if len(columns) == 1}
    given = [column for column in _columns(sketch, table) if column in unique]
    known = given or [column.name for column in table.columns if column.name in unique]
    if not known:
        raise CannotAnswer(f"`{sketch.name}` looks a {table.name} up, but no column that people know is unique.")
    return {"by": (known[0],)}


def _search(sketch: ToolSketch, table: Table, _blueprint: Blueprint, database: DatabaseSchema) -> dict[str, Any]:
    filters = [one for word in sketch.parameters if (one := _filter(table, word)) is not None]
    if not filters:
        likely = [column.name for role in ASKED_FOR for column in table.columns if column.role == role]
        filters = [one for column in likely if (one := _filter(table, column)) is not None]
    unique = list({one.split()[-1]: one for one in filters}.values())[:MOST_FILTERS]
    return {"filters": tuple(unique), **_shown(table, database)}


def _list(sketch: ToolSketch, table: Table, blueprint: Blueprint, database: DatabaseSchema) -> dict[str, Any]:
    references = _references(table)
    given = _columns(sketch, table)
    parents = [column for column in given if column in references]
    owner = _owner_column(blueprint, table)
    parent = next(iter([*parents, *([owner] if owner in references else []), *references]), None)
    if parent is None:
        return _search(sketch, table, blueprint, database) | {"kind": "search"}
    others = [column for column in given if column != parent]
    filters = [one for column in others if (one := _filter(table, column)) is not None]
    return {"by": (parent,), "filters": tuple(filters[:MOST_FILTERS]), **_shown(table, database)}


def _filter(table: Table, word: str) -> str | None:
    """A criterion as the blueprint language writes it."""
    column = column_named(table, word)
    if column is None:
        bound = bound_of(word)
        if bound is not None and bound[0] in table.column and table.column[bound[0]].role in NUMBERS | MOMENTS:
            return f"{bound[0]} {bound[1]} {word}"
        return None
    role = table.column[column].role
    if role in NUMBERS:
        return f"{column} <= maximum_{column}"
    if role in MOMENTS:
        return f"{column} >= {column}_from"
    return column


def _shown(table: Table, database: DatabaseSchema) -> dict[str, Any]:
    """Order and fields of rows that are listed: the newest first, and with the names of what they point to."""
    shown: dict[str, Any] = {}
    recent = next(
        (column.name for role in ("created_at", "datetime", "date") for column in table.columns
         if column.role == role and not column.nullable), None)  # fmt: skip
    if recent is not None:
        shown["order"] = (f"-{recent}",)
    elif table.label is not None and not table.column[table.label].nullable:
        shown["order"] = (table.label,)
    named = _names_of_parents(table, database)
    if named:
        shown["fields"] = {column.name: f"row.{column.name}" for column in table.columns} | {
            name: f"row.{path}" for name, path in named.items()
        }
    return shown


def _names_of_parents(table: Table, database: DatabaseSchema) -> dict[str, str]:
    """Field -> path to what the rows that this one points to are called."""
    found: dict[str, str] = {}
    for column in _references(table):
        called, reference = stem(column), table.reference_of(column)
        label = database.table[reference.table].label if reference is not None else None
        if called is None or label is None or called in table.column:
            continue
        field = label if label.startswith(f"{called}_") else f"{called}_{label}"
        if table.column[column].nullable or field in table.column or len(found) == _MOST_NAMES:
            continue
        found[field] = f"{called}.{label}"
    return found


def _create(sketch: ToolSketch, table: Table, blueprint: Blueprint, _database: DatabaseSchema) -> dict[str, Any]:
    given = _columns(sketch, table)
    if not given:
        return {}
    made = {
        _state_of(blueprint, table),
        _owner_column(blueprint, table) if "." not in (blueprint.entities[table.name].owner or ".") else None,
    }
    askable = [
        column.name
        for column in table.columns
        if not column.generated and column.role not in _WRITTEN_BY_DATABASE and column.name not in made
    ]
    needed = [name for name in askable if not table.column[name].nullable and table.column[name].default is None]
    return {"columns": tuple(name for name in askable if name in needed or name in given)}


def _update(sketch: ToolSketch, table: Table, blueprint: Blueprint, _database: DatabaseSchema) -> dict[str, Any]:
    fixed = {*table.primary_key, _state_of(blueprint, table), _owner_column(blueprint, table)}
    given = [
        column
        for column in _columns(sketch, table)
        if column not in fixed
        and not table.column[column].generated
        and table.column[column].role not in _WRITTEN_BY_DATABASE
    ]
    if given or not sketch.is_plain:
        return {"columns": tuple(given)}  # none: what is said beyond the kind changes it, and the caller gives nothing
    return {}


def _transition(sketch: ToolSketch, _table: Table, _blueprint: Blueprint, _database: DatabaseSchema) -> dict[str, Any]:
    return {"to": sketch.to_state}


def _assign(sketch: ToolSketch, table: Table, blueprint: Blueprint, _database: DatabaseSchema) -> dict[str, Any]:
    references = _references(table)
    given = [column for column in _columns(sketch, table) if column in references]
    named = [column for column in references if (stem(column) or column) in sketch.name]
    owner = _owner_column(blueprint, table)
    free = [column for column in references if column != owner]
    if sketch.kind == "unassign":
        free = [column for column in free if table.column[column].nullable]
    found = next(iter([*given, *named, *free]), None)
    if found is None:
        raise CannotAnswer(f"`{sketch.name}` is to {sketch.kind} something, but a {table.name} points to nothing.")
    return {"column": found}


def _transfer(sketch: ToolSketch, table: Table, _blueprint: Blueprint, _database: DatabaseSchema) -> dict[str, Any]:
    numbers = [column.name for column in table.columns if column.role in NUMBERS]
    found = next(iter([*(column for column in _columns(sketch, table) if column in numbers), *numbers]), None)
    if found is None:
        raise CannotAnswer(f"`{sketch.name}` is to move an amount, but a {table.name} has no number.")
    return {"column": found}


def _free(sketch: ToolSketch, table: Table, _blueprint: Blueprint, _database: DatabaseSchema) -> dict[str, Any]:
    """Parameters of what has no form of its own: the columns that it takes, or the row that it is about."""
    given = _columns(sketch, table) or list(table.primary_key)
    return {"parameters": {column: f"{table.name}.{column}" for column in given}}


def _nothing(_sketch: ToolSketch, _table: Table, _blueprint: Blueprint, _database: DatabaseSchema) -> dict[str, Any]:
    return {}


_OF_KIND: dict[str, Builder] = {
    "get": _get, "lookup": _lookup, "search": _search, "list": _list, "create": _create, "update": _update,
    "delete": _nothing, "transition": _transition, "assign": _assign, "unassign": _assign, "transfer": _transfer,
    "batch": _transition, "compute": _free, "action": _free,
}  # fmt: skip


def _figures(fields: dict[str, Any], sketch: ToolSketch, database: DatabaseSchema) -> dict[str, Any]:
    """How many rows point to one, and what they come to."""
    table = database.table[sketch.entity]
    if len(table.primary_key) != 1:
        raise CannotAnswer(f"`{sketch.name}`: a {table.name} has no single key by which to count.")
    key = table.primary_key[0]
    returns: dict[str, ReturnEntry] = {}
    for child, reference in database.children(table.name)[: 2 * _MOST_FIGURES]:
        if reference.references != (key,) or len(returns) >= 2 * _MOST_FIGURES:
            continue
        found = f"'{child.name}', {reference.columns[0]}={key}"
        returns.setdefault(f"{child.name}_count", ReturnEntry(value=f"count({found})", type="integer"))
        money = next((column for column in child.columns if column.role == "money"), None)
        if money is not None:
            some = f" if row.{money.name} is not None" if money.nullable else ""
            total = f"money(sum(row.{money.name} for row in rows({found}){some}))"
            returns.setdefault(f"{child.name}_total_{money.name}", ReturnEntry(value=total, type="real"))
    if not returns:
        raise CannotAnswer(f"`{sketch.name}`: nothing points to a {table.name} that could be counted.")
    return fields | {"parameters": {key: ParameterEntry(like=f"{table.name}.{key}")}, "returns": returns}
