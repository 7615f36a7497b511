"""The database as it stood at a step of a trace: initial rows and all changes up to there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from engine.models.base import Row, Rows
from engine.models.database import DatabaseSchema
from engine.models.domain import DomainSpec
from engine.models.task import Task
from engine.models.trace import Key, RowChange, Trace
from engine.tasks.replay import key_order

Mark = Literal["", "inserted", "changed", "deleted"]


class StateRow(NamedTuple):
    """A row as it stood after the step.

    Attributes:
        values: The row; for a deleted one what it last was.
        before: The row of the initial state; null where there was none.
        mark: What the steps up to here did to it, net.
        here: The step itself changed it.
        read: The step read it.
    """

    key: Key
    values: Row
    before: Row | None
    mark: Mark
    here: bool
    read: bool


class TableState(NamedTuple):
    """A table that the calls up to a step touched.

    Attributes:
        rows: In key order: every row that was changed or that the step read, and others as far as there is room.
        hidden: How many rows are not among them.
    """

    table: str
    rows: tuple[StateRow, ...]
    hidden: int


def initial_rows(trace: Trace, task: Task | None, spec: DomainSpec | None) -> Rows | None:
    """The rows at the start of a trace, those of the domain's base included; null where they are not known."""
    if task is None:
        return trace.rows
    own = task.initial_state.rows if trace.rows is None else trace.rows
    if not task.initial_state.extends_base or spec is None:
        return own
    base = spec.base_rows
    return {table: [*base.get(table, ()), *own.get(table, ())] for table in {**base, **own}}


def touched_tables(trace: Trace, upto: int) -> list[str]:
    """The tables that calls up to the step `upto` read or wrote, in alphabetical order."""
    found: set[str] = set()
    for step in trace.steps[: upto + 1]:
        found.update(table for table, _ in step.reads)
        found.update(table for _, table, _ in step.writes)
        found.update(change.table for change in step.diff)
    return sorted(found)


def state_at(
    trace: Trace, upto: int, rows: Rows, database: DatabaseSchema | None, *, room: int = 40
) -> tuple[TableState, ...]:
    """The touched tables after the step with index `upto`.

    Args:
        trace: The execution.
        upto: Index of the step.
        rows: The initial rows, see `initial_rows`.
        database: The schema, for keys. Rows of a table that it does not have are shown as they were at first.
        room: Rows of a table up to which untouched ones are shown too.
    """
    read = set(trace.steps[upto].reads) if trace.steps else set[tuple[str, Key]]()
    return tuple(
        _table(
            table,
            rows.get(table, []),
            [
                (step.index == upto, change)
                for step in trace.steps[: upto + 1]
                for change in step.diff
                if change.table == table
            ],
            {key for name, key in read if name == table and key is not None},
            database,
            room,
        )
        for table in touched_tables(trace, upto)
    )


def _table(
    table: str,
    initial: Sequence[Row],
    changes: Sequence[tuple[bool, RowChange]],
    read: set[Key],
    database: DatabaseSchema | None,
    room: int,
) -> TableState:
    schema = None if database is None else database.table.get(table)
    if schema is None:
        shown = tuple(StateRow(None, row, row, "", here=False, read=False) for row in initial[:room])
        return TableState(table, shown, len(initial) - len(shown))
    first: dict[Key, Row] = {schema.key_of(row): row for row in initial}
    last: dict[Key, Row | None] = {}
    dying: dict[Key, Row] = {}
    here: set[Key] = set()
    for now, change in changes:
        last[change.key] = change.after
        if change.before is not None:
            dying[change.key] = change.before
        if now:
            here.add(change.key)
    special = last.keys() | (read & first.keys())
    others = [key for key in first if key not in special]
    free = max(room - len(special), 0)
    kept = [*special, *sorted(others, key=key_order)[:free]] if others else list(special)
    found: list[StateRow] = []
    for key in sorted(kept, key=key_order):
        before = first.get(key)
        after = last.get(key, before)
        values = after if after is not None else dying.get(key)
        if values is None:
            continue
        found.append(StateRow(key, values, before, _mark(before, after), key in here, key in read))
    return TableState(table, tuple(found), len(others) - min(free, len(others)))


def _mark(before: Row | None, after: Row | None) -> Mark:
    if after is None:
        return "deleted"
    if before is None:
        return "inserted"
    return "" if before == after else "changed"
