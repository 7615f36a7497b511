"""Drafts arguments for an experiment: values that stand in the state, or that fit the parameter's meaning."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

from engine.graph.knowledge import entity_of, locate, root
from engine.models.base import Row, Value, items_of
from engine.models.database import DatabaseSchema, Table
from engine.models.tool import Parameter, Tool
from engine.states.arguments import parameter_column
from engine.states.builder import StateBuilder
from engine.states.values import make_value


def column_for(database: DatabaseSchema, parameter: Parameter, table: Table) -> str | None:
    """The column of `table` whose values a parameter takes: the same entity, the same source, or the same name."""
    entity = entity_of(database, parameter)
    if entity is not None:
        own = [column.name for column in table.columns if root(database, f"{table.name}.{column.name}") == entity]
        return parameter.name if parameter.name in own else (own[0] if own else None)
    if parameter.source is not None:
        place, _, column = parameter.source.partition(".")
        return column if place == table.name and column in table.column else None
    return parameter.name if parameter.name in table.column else None


Finder = Callable[[str, Mapping[str, Value]], list[Row]]
"""(table, column -> value) -> the rows that have these values."""


class Pool:
    """Values that belong together in one experiment, newest first: what its rows and calls are about."""

    def __init__(self, database: DatabaseSchema) -> None:
        self._database = database
        self._entities: dict[str, list[Value]] = {}
        self._rows: list[tuple[Table, Row]] = []

    def add_row(self, table: str, row: Row) -> None:
        """Makes a row's values, its references included, the preferred ones."""
        definition = self._database.table[table]
        self._rows.insert(0, (definition, row))
        for column in definition.columns:
            value = row.get(column.name)
            place = root(self._database, f"{table}.{column.name}")
            if value is not None and (place != f"{table}.{column.name}" or column.name in definition.primary_key):
                self._add(place, value)

    def add_family(self, table: str, row: Row, rows: Finder) -> None:
        """Adds a row after the rows that it points to, and those they point to, so that its own values come first."""
        self._family(table, row, rows, 3)

    def _family(self, table: str, row: Row, rows: Finder, depth: int) -> None:
        for foreign_key in self._database.table[table].foreign_keys if depth > 0 else ():
            values = {
                name: row[column] for column, name in zip(foreign_key.columns, foreign_key.references, strict=True)
            }
            if None not in values.values() and foreign_key.table != table:
                for parent in rows(foreign_key.table, values)[:1]:
                    self._family(foreign_key.table, parent, rows, depth - 1)
        self.add_row(table, row)

    def add_arguments(self, tool: Tool, arguments: Mapping[str, Any]) -> None:
        """Makes the entities among a call's arguments the preferred ones."""
        for parameter in tool.parameters:
            place = entity_of(self._database, parameter)
            value = arguments.get(parameter.name)
            if place is not None and value is not None:
                for item in items_of(value):
                    self._add(place, item)

    def _add(self, place: str, value: Value) -> None:
        values = self._entities.setdefault(place, [])
        if value in values:
            values.remove(value)
        values.insert(0, value)

    def links(self, table: Table) -> dict[str, Value]:
        """The preferred values for the references of a new row."""
        found: dict[str, Value] = {}
        for column in table.columns:
            place = root(self._database, f"{table.name}.{column.name}")
            values = self._entities.get(place)
            if values and place != f"{table.name}.{column.name}":
                found[column.name] = values[0]
        return found

    def value(self, parameter: Parameter) -> Value:
        """The preferred value for a parameter, or `None`."""
        place = entity_of(self._database, parameter)
        if place is not None:
            values = self._entities.get(place)
            return values[0] if values else None
        source = self._entities.get(root(self._database, parameter.source)) if parameter.source is not None else None
        if source:
            return source[0]
        for table, row in self._rows:
            column = column_for(self._database, parameter, table)
            if column is not None and row.get(column) is not None:
                return row[column]
        return None


def draft(
    tool: Tool,
    builder: StateBuilder,
    pool: Pool,
    given: Mapping[str, Any],
    rng: random.Random,
    *,
    fresh: bool = False,
    optional: bool = False,
    apart: float = 0.0,
    linked: float = 0.7,
) -> dict[str, Any]:
    """Arguments for every required parameter, and for some optional ones of a write.

    Entities come from `pool`, or are made as new rows in `builder`; a read's criteria come from `pool`'s rows,
    so that it finds them.

    Args:
        tool: What will be called.
        builder: The state; rows are added to it where an entity is missing.
        pool: What the experiment is about.
        given: Arguments that are settled already.
        rng: Source of choices.
        optional: Give optional parameters of a read too.
        apart: How likely an entity is a new row beside the pool's.
        linked: How likely each reference of such a row is the pool's (the same owner, mostly).
        fresh: Make up plain values even where the pool has one, as a write that must change something needs.
    """
    database = builder.database
    arguments = dict(given)
    for parameter in tool.parameters:
        if parameter.name in arguments:
            continue
        if not parameter.required and rng.random() < (0.6 if tool.mutates_state or optional else 1.0):
            continue
        entity = entity_of(database, parameter)
        beside = entity is not None and apart > 0 and rng.random() < apart
        value = None if (fresh and entity is None) or beside else pool.value(parameter)
        if value is None and entity is not None and (found := locate(database, entity)) is not None:
            links = (
                {name: link for name, link in pool.links(found[0]).items() if rng.random() < linked} if beside else {}
            )
            row = builder.add_row(found[0].name, links)
            pool.add_family(found[0].name, row, builder.draft.rows)
            value = row[found[1].name]
        if value is None:
            value = make_value(parameter_column(parameter, database), rng, builder.now, database)
        arguments[parameter.name] = [value] if parameter.array else value
    return arguments
