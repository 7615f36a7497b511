"""Gives the generated ids of s0 new numbers, so that nothing can be told from them.

Rows are made in the order in which the task needs them; without this the first id would mostly be the right one.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from engine.contracts.state import PlainState, generated_column, make_id
from engine.graph.footprint import Footprint
from engine.graph.knowledge import entity_of, root
from engine.models.base import Row, Rows, Value
from engine.models.chain import ArgumentList, ChainArgument, ChainStep, FromOutput
from engine.models.database import DatabaseSchema
from engine.models.domain import Domain
from engine.models.task import Mention
from engine.models.trace import Key

Numbering = dict[str, dict[Value, Value]]
"""`table.column` of a generated key -> old id -> new id."""


def numbering(database: DatabaseSchema, rows: Rows, base: PlainState, rng: random.Random) -> Numbering:
    """New ids for all `rows`, behind those of the `base` that they stand beside, in no order that says anything."""
    result: Numbering = {}
    for table in database.tables:
        column = generated_column(table)
        if column is None or table.primary_key != (column.name,) or table.reference_of(column.name) is not None:
            continue
        own = [row[column.name] for row in rows.get(table.name, ())]
        if not own or column.maximum is not None:
            continue
        first = base.counter(table.name)
        numbers = rng.sample(range(first + 1, first + 20 + 12 * len(own)), len(own))
        result[f"{table.name}.{column.name}"] = {
            key: make_id(table, column, number) for key, number in zip(own, numbers, strict=True)
        }
    return result


class Renumbered:
    """Rewrites rows, mentions and steps by a numbering."""

    def __init__(self, domain: Domain, new: Numbering) -> None:
        self._domain = domain
        self._database = domain.database
        self._new = new

    def _map(self, place: str, value: Any) -> Any:
        return self._new.get(root(self._database, place), {}).get(value, value) if value is not None else None

    def rows(self, rows: Rows) -> Rows:
        """All rows with new ids, links included, in primary-key order."""
        changed: Rows = {}
        for table in self._database.tables:
            mapped = [name for name in table.column if root(self._database, f"{table.name}.{name}") in self._new]
            content: list[Row] = [
                {**row, **{name: self._map(f"{table.name}.{name}", row[name]) for name in mapped}} if mapped else row
                for row in rows.get(table.name, ())
            ]
            if content:
                changed[table.name] = content
        return changed

    def key(self, table: str, key: Key) -> Key:
        """A row's new key."""
        names = self._database.table[table].primary_key
        if isinstance(key, tuple):
            return tuple(self._map(f"{table}.{name}", part) for name, part in zip(names, key, strict=True))
        return self._map(f"{table}.{names[0]}", key)

    def mention(self, mention: Mention) -> Mention:
        """A mention of the same row."""
        return mention.model_copy(
            update={
                "key": self.key(mention.table, mention.key),
                "facts": {name: self._map(f"{mention.table}.{name}", value) for name, value in mention.facts.items()},
                "links": {name: self.mention(linked) for name, linked in mention.links.items()},
            }
        )

    def steps(self, steps: list[ChainStep], prints: Mapping[str, Footprint]) -> list[ChainStep]:
        """The steps with the ids that people say."""
        changed: list[ChainStep] = []
        for step in steps:
            tool = self._domain.tool[step.tool]
            arguments = {
                name: self._argument(argument, entity_of(self._database, tool.parameter[name]), steps, prints)
                for name, argument in step.arguments.items()
            }
            changed.append(ChainStep(tool=step.tool, arguments=arguments))
        return changed

    def _argument(
        self, argument: Any, place: str | None, steps: list[ChainStep], prints: Mapping[str, Footprint]
    ) -> ChainArgument:
        if isinstance(argument, ArgumentList):
            items: Any = tuple(self._argument(item, place, steps, prints) for item in argument.items)
            return ArgumentList(items=items)
        if isinstance(argument, FromOutput):
            select = {
                name: self._selected(argument, name, value, steps, prints) for name, value in argument.select.items()
            }
            return argument.model_copy(update={"select": select})
        return argument if place is None else argument.model_copy(update={"value": self._map(place, argument.value)})

    def _selected(
        self, source: FromOutput, name: str, value: Value, steps: list[ChainStep], prints: Mapping[str, Footprint]
    ) -> Value:
        tool = self._domain.tool[steps[source.step].tool]
        query = next((field.query for field in tool.contract.returns if field.name == source.path), None)
        shape = prints[tool.name].item(query, name) if query is not None and name in query.fields else None
        return self._map(f"{shape.table}.{shape.column}", value) if shape is not None else value
