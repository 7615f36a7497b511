"""Makes up a tool's arguments: valid by type, enum and bounds, and pointing to rows that are there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from random import Random
from typing import Any

from engine.contracts.expression import parse
from engine.errors import StateError
from engine.models.base import Value, items_of
from engine.models.database import Column, DatabaseSchema
from engine.models.tool import Parameter, Tool
from engine.states.draft import Draft
from engine.states.reading import Names
from engine.states.values import make_value, within_bounds

_ROLES: dict[str, str] = {"date": "date", "datetime": "datetime", "time": "time", "boolean": "flag", "real": "number"}


def parameter_column(parameter: Parameter, database: DatabaseSchema) -> Column:
    """A column with the parameter's kind of values: its type and bounds, and its source's role and value list."""
    source: Column | None = None
    for place in (parameter.source, parameter.refers_to):
        if place is not None and source is None:
            table, _, name = place.partition(".")
            if table in database.table:
                source = database.table[table].column.get(name)
    role: Any = _ROLES.get(parameter.type, "quantity" if parameter.type == "integer" else "label")
    made = Column(
        name=parameter.name,
        type=parameter.type,
        role=source.role if source is not None and source.type == parameter.type else role,
        nullable=not parameter.required and parameter.default is None,
        enum=parameter.enum,
        minimum=parameter.minimum,
        maximum=parameter.maximum,
    )
    if source is None or source.type != parameter.type:
        return made
    return made.model_copy(
        update={
            "enum": parameter.enum or source.enum,
            "minimum": parameter.minimum if parameter.minimum is not None else source.minimum,
            "maximum": parameter.maximum if parameter.maximum is not None else source.maximum,
            "values": source.values,
        }
    )


def argument_names(tool: Tool, database: DatabaseSchema) -> Names:
    """What the names in the tool's contract mean."""
    return Names(
        columns={parameter.name: parameter_column(parameter, database) for parameter in tool.parameters},
        arrays=frozenset(parameter.name for parameter in tool.parameters if parameter.array),
        bindings={binding.name: parse(binding.expression) for binding in tool.contract.bindings},
        entities={
            parameter.name: (place[0], place[2])
            for parameter in tool.parameters
            if parameter.refers_to is not None and (place := parameter.refers_to.partition("."))[0] in database.table
        },
    )


def defaults_of(tool: Tool) -> dict[str, Any]:
    """What parameters stand at when they are left out."""
    return {parameter.name: parameter.default for parameter in tool.parameters}


def make_arguments(
    tool: Tool,
    draft: Draft,
    rng: Random,
    names: Names,
    optional: Collection[str] | None = None,
    size: int | None = None,
) -> dict[str, Any]:
    """Arguments that the runtime accepts, each unlike the others as far as its kind allows.

    Args:
        tool: Whose parameters.
        draft: Where entities are taken from.
        rng: Source of all choices.
        names: The tool's `argument_names`.
        optional: Which optional parameters are given; `None` lets chance decide.
        size: How many items arrays have; `None` lets chance decide between 1 and 3.
    """
    made: dict[str, Any] = {}
    for parameter in tool.parameters:
        given = parameter.required or (rng.random() < 0.5 if optional is None else parameter.name in optional)
        if not given:
            continue
        column = names.columns[parameter.name]
        if not parameter.array:
            made[parameter.name] = _one(parameter, column, draft, rng, list(made.values()))
            continue
        count = size if size is not None else rng.randint(1, 3)
        items: list[Any] = []
        for _ in range(count):
            item = _one(parameter, column, draft, rng, [*made.values(), *items])
            if item not in items:
                items.append(item)
        made[parameter.name] = items
    return made


def _one(parameter: Parameter, column: Column, draft: Draft, rng: Random, others: list[Any]) -> Value:
    held: list[Value] = []
    if parameter.refers_to is not None:
        table, _, name = parameter.refers_to.partition(".")
        if table in draft.database.table and name in draft.database.table[table].column:
            held = [row[name] for row in draft.table_rows(table) if row[name] is not None]
            apart = [value for value in held if value not in others]
            if apart or held:
                return rng.choice(apart or held)
    try:
        value = make_value(column, rng, draft.now, draft.database)
        for _ in range(6):
            if value not in others:
                break
            value = make_value(column, rng, draft.now, draft.database)
    except StateError:
        plain = column.model_copy(update={"values": None})
        value = make_value(plain, rng, draft.now, draft.database)
    return value


def accepts(parameter: Parameter, value: Any) -> bool:
    """Whether the runtime lets the value through to the tool: type, enum and bounds, item by item."""
    if parameter.array:
        return isinstance(value, list) and all(_accepts_one(parameter, item) for item in items_of(value))
    return _accepts_one(parameter, value)


def _accepts_one(parameter: Parameter, value: Any) -> bool:
    if value is None:
        return False
    if parameter.type == "boolean":
        return isinstance(value, bool)
    if isinstance(value, bool):
        return False
    if parameter.type == "integer":
        fits = isinstance(value, int)
    elif parameter.type == "real":
        fits = isinstance(value, int | float)
    else:
        fits = isinstance(value, str) and _is_moment(parameter.type, value)
    if not fits:
        return False
    bounds = Column(
        name=parameter.name,
        type=parameter.type,
        role="number",
        enum=parameter.enum,
        minimum=parameter.minimum,
        maximum=parameter.maximum,
    )
    return within_bounds(bounds, value)


def _is_moment(kind: str, text: str) -> bool:
    try:
        if kind == "date":
            return len(text) == 10 and date.fromisoformat(text).isoformat() == text
        if kind == "datetime":
            return len(text) == 19 and datetime.fromisoformat(text).isoformat() == text
        if kind == "time":
            return len(text) == 5 and text[2] == ":" and int(text[:2]) < 24 and int(text[3:]) < 60
    except ValueError:
        return False
    return True


def given_arguments(tool: Tool, values: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments as a caller gives them: optional ones that are null are left out, in parameter order."""
    return {
        parameter.name: values[parameter.name]
        for parameter in tool.parameters
        if parameter.name in values and (values[parameter.name] is not None or parameter.required)
    }
