"""Which rows a mention fits: the check that what is said of an entity names exactly one."""

from __future__ import annotations

from collections.abc import Iterator

from engine.contracts.expression import StateView
from engine.models.base import Row, Value
from engine.models.database import DatabaseSchema
from engine.models.task import Mention
from engine.models.trace import Key


def fitting(mention: Mention, database: DatabaseSchema, state: StateView) -> tuple[Key, ...]:
    """Keys of all rows that everything said of the entity is true of, in key order."""
    return tuple(database.table[mention.table].key_of(row) for row in _rows(mention, database, state))


def facts_of(mention: Mention) -> Iterator[tuple[str, str, Value]]:
    """Every (table, column, value) that is said, of the entity and of those it is linked to."""
    for column, value in mention.facts.items():
        yield mention.table, column, value
    for linked in mention.links.values():
        yield from facts_of(linked)


def entities_of(mention: Mention) -> Iterator[Mention]:
    """The mention and all within it."""
    yield mention
    for linked in mention.links.values():
        yield from entities_of(linked)


def _rows(mention: Mention, database: DatabaseSchema, state: StateView) -> list[Row]:
    table = database.table[mention.table]
    if mention.me:
        row = state.get(mention.table, mention.key)
        return [row] if row is not None else []
    rows = state.rows(mention.table, mention.facts)
    for column, linked in mention.links.items():
        foreign_key = table.reference_of(column)
        if foreign_key is None:
            return []
        allowed = [row[foreign_key.references[0]] for row in _rows(linked, database, state)]
        rows = [row for row in rows if row[column] in allowed]
    return rows
