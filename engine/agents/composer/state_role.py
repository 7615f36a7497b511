"""The state agent offline: what is drawn by lot stays, and look-alikes differ from their row in one value."""

from __future__ import annotations

import random

from engine.agents.roles.tasks import StateAnswer, StateRequest
from engine.errors import StateError
from engine.models.base import Row, Rows, digest
from engine.models.database import Column, DatabaseSchema, Table
from engine.states.values import distinct_value

_FIXED = frozenset({"id", "reference", "created_at", "updated_at", "status"})


class ComposerState:
    """Makes look-alikes of the rows that a task is about.

    Task building has near misses of its own, which know what will be said of each row; these here do without that
    knowledge, for a state that somebody else planned.
    """

    async def furnish(self, request: StateRequest) -> StateAnswer:
        """See `StateAgent.furnish`."""
        database = request.domain.database
        settled = set(request.settled)
        targets = [
            (database.table[name], row)
            for name, rows in request.rows.items()
            for row in rows
            if (name, database.table[name].key_of(row)) in settled
        ]
        rng = random.Random(f"state/{digest([request.task, request.rows, request.now])}")
        made: Rows = {}
        for number in range(request.distractors if targets else 0):
            table, row = targets[number % len(targets)]
            other = _look_alike(table, row, database, request.now, rng)
            if other is not None:
                made.setdefault(table.name, []).append(other)
        return StateAnswer(distractors=made)


def _look_alike(table: Table, row: Row, database: DatabaseSchema, now: str, rng: random.Random) -> Row | None:
    own = {column.name for column in table.columns if column.generated or column.name in table.primary_key}
    varied = [column for column in table.columns if column.name not in own and _varies(table, column, row)]
    if not varied:
        return None
    column = rng.choice(varied)
    try:
        value = distinct_value(column, rng, now, database, (row[column.name],), table.name)
    except StateError:
        return None
    return {**{name: held for name, held in row.items() if name not in own}, column.name: value}


def _varies(table: Table, column: Column, row: Row) -> bool:
    return column.role not in _FIXED and row[column.name] is not None and table.reference_of(column.name) is None
