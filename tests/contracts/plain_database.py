"""A tiny `db` over `PlainState`, to run written code without the runtime."""

from __future__ import annotations

from typing import Any, NoReturn

from engine.contracts import clock
from engine.contracts.differences import matches, matches_changes
from engine.contracts.evaluate import Expectation
from engine.contracts.state import PlainState, generated_column
from engine.models.tool import Tool
from engine.models.trace import RowChange


class Rejection(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class PlainDatabase:
    def __init__(self, state: PlainState) -> None:
        self.state = state.copy()
        self.before = state

    def now(self) -> str:
        return self.state.now

    def get(self, table: str, key: Any) -> dict[str, Any] | None:
        row = self.state.get(table, key)
        return None if row is None else dict(row)

    def find(self, table: str, where: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        return [dict(row) for row in self.state.rows(table, where or {})]

    def count(self, table: str, where: dict[str, Any] | None = None) -> int:
        return len(self.state.rows(table, where or {}))

    def insert(self, table: str, values: dict[str, Any]) -> dict[str, Any]:
        schema = self.state.database.table[table]
        row = {column.name: column.default for column in schema.columns} | values
        generated = generated_column(schema)
        if generated is not None and generated.name not in values:
            row[generated.name] = self.state.next_id(table)
        self._apply(RowChange(table=table, key=schema.key_of(row), before=None, after=row))
        return dict(row)

    def update(self, table: str, key: Any, changes: dict[str, Any]) -> dict[str, Any]:
        before = self.state.get(table, key)
        assert before is not None
        after = before | changes
        self._apply(RowChange(table=table, key=key, before=before, after=after))
        return dict(after)

    def delete(self, table: str, key: Any) -> None:
        self._apply(RowChange(table=table, key=key, before=self.state.get(table, key), after=None))

    def reject(self, code: str, message: str) -> NoReturn:
        raise Rejection(code, message)

    def _apply(self, change: RowChange) -> None:
        self.state.apply([change])

    def net(self) -> list[RowChange]:
        changes: list[RowChange] = []
        for table in self.state.database.tables:
            before = {table.key_of(row): row for row in self.before.rows(table.name, {})}
            after = {table.key_of(row): row for row in self.state.rows(table.name, {})}
            changes += [
                RowChange(table=table.name, key=key, before=before.get(key), after=after.get(key))
                for key in {**before, **after}
                if before.get(key) != after.get(key)
            ]
        return changes


def load(tool: Tool, source: str) -> Any:
    scope: dict[str, Any] = {name: getattr(clock, name) for name in dir(clock) if not name.startswith("_")}
    scope["Database"] = PlainDatabase
    exec(compile(source, tool.name, "exec"), scope)
    return scope[tool.name]


def difference(
    tool: Tool, source: str, state: PlainState, arguments: dict[str, Any], expected: Expectation
) -> list[str]:
    """How what the code does differs from what the contract expects."""
    db = PlainDatabase(state)
    try:
        result = load(tool, source)(db, **arguments)
    except Rejection as rejection:
        return [] if rejection.code == expected.code else [f"rejected with {rejection.code}, expected {expected.code}"]
    if expected.code is not None:
        return [f"accepted, expected {expected.code}"]
    return matches(expected.result, result) + matches_changes(expected.changes, db.net())
