"""A part of a domain's base rows that is small enough to build a task over, and still whole."""

from __future__ import annotations

import random

from engine.contracts.state import PlainState, sorted_keys
from engine.models.base import Row, Rows
from engine.models.database import DatabaseSchema
from engine.models.trace import Key

SAMPLE_FROM = 600
"""Base rows up to which a task is built over all of them."""
SAMPLE = 25
"""Rows of each table that are sampled from a larger base."""


def sample(database: DatabaseSchema, rows: Rows, rng: random.Random) -> Rows:
    """Some rows of a large base with everything that they point to; all rows of a small one."""
    if sum(len(content) for content in rows.values()) <= SAMPLE_FROM:
        return rows
    whole = PlainState(database, rows, "")
    chosen: dict[str, dict[Key, Row]] = {table.name: {} for table in database.tables}
    waiting = [
        (table, row)
        for table in database.tables
        for row in rng.sample(rows.get(table.name, []), min(SAMPLE, len(rows.get(table.name, []))))
    ]
    while waiting:
        table, row = waiting.pop()
        key = table.key_of(row)
        if key in chosen[table.name]:
            continue
        chosen[table.name][key] = row
        for foreign_key in table.foreign_keys:
            values = {
                name: row[column] for column, name in zip(foreign_key.columns, foreign_key.references, strict=True)
            }
            if None not in values.values():
                parent = database.table[foreign_key.table]
                waiting += [(parent, found) for found in whole.rows(parent.name, values)[:1]]
    return {name: [held[key] for key in sorted_keys(held)] for name, held in chosen.items()}
