"""A failing execution in a few lines: the rows that it had to do with, the calls, what came of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from engine.agents.llm.text.cases import write_call
from engine.models.base import Row
from engine.models.database import DatabaseSchema
from engine.models.trace import Key, Trace, TraceStep

MOST_ROWS = 10
"""Rows that are shown: those that the calls read or changed, or whose keys they were given."""
_LONGEST = 400


def trace_text(trace: Trace, database: DatabaseSchema) -> str:
    """The execution as text."""
    lines: list[str] = []
    rows = list(_rows(trace, database))
    if rows:
        lines += ["rows before:", *(write_call(table, row) for table, row in rows[:MOST_ROWS])]
    if trace.now:
        lines.append(f"db.now() is {trace.now!r}")
    for step in trace.steps:
        lines += ["call:", _short(write_call(step.call.name, step.call.arguments))]
        false = [truth.code for truth in step.conditions if truth.holds is False]
        lines.append(f"conditions that are false then: {', '.join(false) or 'none'}")
        lines.append(f"found: {_found(step)}")
    return "\n".join(lines)


def _rows(trace: Trace, database: DatabaseSchema) -> Iterator[tuple[str, Row]]:
    touched: dict[tuple[str, Any], None] = {}
    for step in trace.steps:
        touched.update(((table, _plain(key)), None) for table, key in step.reads if key is not None)
        touched.update(((change.table, _plain(change.key)), None) for change in step.diff)
    given = {value for step in trace.steps for value in map(_plain, step.call.arguments.values()) if value is not None}
    for table, rows in (trace.rows or {}).items():
        definition = database.table.get(table)
        if definition is None:
            continue
        for row in rows:
            key = definition.key_of(row)
            if (table, key) in touched or (definition.id_prefix and key in given):
                yield table, row


def _plain(key: Key | Any) -> Any:
    return tuple(key) if isinstance(key, list) else key  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


def _found(step: TraceStep) -> str:
    if step.problem is not None:
        details = f" {_short(json.dumps(step.problem.details, ensure_ascii=False))}" if step.problem.details else ""
        return f"{step.outcome} `{step.problem.code}`: {_short(step.problem.message)}{details}"
    written = [
        f"{change.operation} {change.table} {change.key!r}: {_short(repr(_changed(change.before, change.after)))}"
        for change in step.diff
    ]
    return "; ".join([f"success, answer {_short(repr(step.result))}", *written])


def _changed(before: Row | None, after: Row | None) -> Row | None:
    if before is None or after is None:
        return after
    return {name: value for name, value in after.items() if before.get(name) != value}


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
