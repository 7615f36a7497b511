"""A database state that is being worked on: indexed, and every change can be taken back.

Rows in it are never changed in place (a change puts a new row in the old one's place), so taking back
is cheap, and so is handing rows out.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping
from typing import Any

from engine.contracts.expression import Expression, Scope, Undefined, parse
from engine.errors import StateError
from engine.models.base import Row, Rows, Value
from engine.models.database import DatabaseSchema, ForeignKey, Table
from engine.models.trace import Key
from engine.states.values import within_bounds

_Index = dict[tuple[Value, ...], dict[Any, None]]


class Draft:
    """Rows by table with indexes on keys, unique sets and foreign keys, and a journal of changes."""

    def __init__(self, database: DatabaseSchema, now: str, rows: Rows | None = None) -> None:
        self.database = database
        self.now = now
        self.after: Draft | None = None
        self.facts: dict[str, Any] = {}
        """What builders worked out about each table, kept for the next builder on this draft."""
        self._rows: dict[str, dict[Key, Row]] = {table.name: {} for table in database.tables}
        self._order: dict[str, list[Any]] = {table.name: [] for table in database.tables}
        self._indexes: dict[str, dict[tuple[str, ...], _Index]] = {
            table.name: {columns: {} for columns in _indexed_columns(database, table)} for table in database.tables
        }
        self._journal: list[tuple[str, Key, Row | None]] = []
        self._checks: dict[str, list[Expression]] = {
            table.name: [parse(check.expression) for check in table.checks] for table in database.tables
        }
        for name, table_rows in (rows or {}).items():
            if name not in self._rows:
                raise StateError(f"The rows name a table `{name}` that the schema does not have.")
            for row in table_rows:
                self.insert(name, row)
        self._journal.clear()

    # reading

    def get(self, table: str, key: Any) -> Row | None:
        """The row with that key, or `None`."""
        return self._rows[table].get(key)

    def rows(self, table: str, where: Mapping[str, Value]) -> list[Row]:
        """The rows that are equal on the given columns, in primary-key order."""
        held = self._rows[table]
        if not where:
            return [held[key] for key in self._order[table]]
        columns = tuple(where)
        if len(columns) == 1 and columns in self._indexes[table]:
            keys = self._indexes[table][columns].get((where[columns[0]],), {})
            return [held[key] for key in sorted(keys)]
        wanted = tuple(where.items())
        return [held[key] for key in self._order[table] if all(held[key][name] == value for name, value in wanted)]

    def table_rows(self, table: str) -> list[Row]:
        """All rows of a table in primary-key order."""
        return self.rows(table, {})

    def keys(self, table: str) -> list[Any]:
        """All keys of a table in order."""
        return list(self._order[table])

    def count(self, table: str) -> int:
        """How many rows a table has."""
        return len(self._order[table])

    def to_rows(self) -> Rows:
        """A copy of everything, tables in the schema's order, rows in primary-key order."""
        return {
            table.name: [dict(row) for row in self.table_rows(table.name)]
            for table in self.database.tables
            if self._order[table.name]
        }

    def matching(self, table: str, columns: tuple[str, ...], values: tuple[Value, ...]) -> list[Key]:
        """Keys of the rows with these values in these (indexed) columns."""
        definition = self.database.table[table]
        if columns == definition.primary_key:
            key: Key = values[0] if len(values) == 1 else values
            return [key] if key in self._rows[table] else []
        index = self._indexes[table].get(columns)
        if index is not None:
            return list(index.get(values, {}))
        return [key for key, row in self._rows[table].items() if tuple(row[name] for name in columns) == values]

    def referrers(self, table: str, row: Row) -> Iterator[tuple[Table, ForeignKey, Key]]:
        """Every (table, foreign key, key) of a row that points to `row`."""
        for other, foreign_key in self.database.children(table):
            values = tuple(row[name] for name in foreign_key.references)
            for key in self.matching(other.name, foreign_key.columns, values):
                yield other, foreign_key, key

    # writing

    def insert(self, table: str, row: Row) -> Key:
        """Adds a row whose key is free.

        Raises:
            StateError: The key is taken or has a null.
        """
        key = self.database.table[table].key_of(row)
        if key in self._rows[table]:
            raise StateError(f"Two rows of `{table}` have the key {key!r}.")
        if key is None or (isinstance(key, tuple) and None in key):
            raise StateError(f"A row of `{table}` has a null in its key {key!r}.")
        self._put(table, key, row)
        self._journal.append((table, key, None))
        return key

    def change(self, table: str, key: Key, changes: Mapping[str, Value]) -> None:
        """Puts new values into a row, not into its key."""
        before = self._rows[table][key]
        self._take(table, key)
        self._put(table, key, {**before, **changes})
        self._journal.append((table, key, before))

    def delete(self, table: str, key: Key) -> None:
        """Takes a row out; whether something points to it is the caller's business."""
        before = self._rows[table][key]
        self._take(table, key)
        self._journal.append((table, key, before))

    def mark(self) -> int:
        """A point to which `rollback` can return."""
        return len(self._journal)

    def rollback(self, mark: int) -> None:
        """Takes back every change since `mark`."""
        while len(self._journal) > mark:
            table, key, before = self._journal.pop()
            if key in self._rows[table]:
                self._take(table, key)
            if before is not None:
                self._put(table, key, before)

    def touched(self, mark: int) -> list[tuple[str, Key]]:
        """The (table, key) of each change since `mark`, each once, in order."""
        return list(dict.fromkeys((table, key) for table, key, _ in self._journal[mark:]))

    # validity

    def problems(self, table: str, row: Row, own_key: Key | None = None) -> list[str]:
        """What the schema has against a row, in words; empty where it is legal.

        Args:
            table: Its table.
            row: The whole row.
            own_key: Key under which it is already in the draft, or `None` for a new row.
        """
        return (
            self.column_problems(table, row)
            + self.unique_problems(table, row, own_key)
            + self.reference_problems(table, row)
            + self.check_problems(table, row)
        )

    def column_problems(self, table: str, row: Row) -> list[str]:
        """Nulls and values outside enum or bounds."""
        found: list[str] = []
        for column in self.database.table[table].columns:
            value = row.get(column.name)
            if value is None:
                if not column.nullable or column.name in self.database.table[table].primary_key:
                    found.append(f"`{column.name}` is null")
            elif not within_bounds(column, value):
                found.append(f"`{column.name}` = {value!r} is outside its choices or bounds")
        return found

    def unique_problems(self, table: str, row: Row, own_key: Key | None = None) -> list[str]:
        """Unique sets (the primary key included) that another row already holds."""
        definition = self.database.table[table]
        found: list[str] = []
        for columns in (definition.primary_key, *definition.unique):
            values = tuple(row[name] for name in columns)
            if None in values:
                continue
            if any(key != own_key for key in self.matching(table, columns, values)):
                found.append(f"{', '.join(columns)} = {values!r} is not unique")
        return found

    def reference_problems(self, table: str, row: Row) -> list[str]:
        """Foreign keys that point to no row (a row may point to itself)."""
        found: list[str] = []
        for foreign_key in self.database.table[table].foreign_keys:
            values = tuple(row[name] for name in foreign_key.columns)
            if None in values:
                continue
            itself = foreign_key.table == table and tuple(row[name] for name in foreign_key.references) == values
            if not itself and not self.matching(foreign_key.table, foreign_key.references, values):
                found.append(f"{', '.join(foreign_key.columns)} = {values!r} is not in `{foreign_key.table}`")
        return found

    def check_problems(self, table: str, row: Row) -> list[str]:
        """Row checks that do not hold; one with a null in it, or undefined otherwise, passes."""
        found: list[str] = []
        for expression in self._checks[table]:
            if any(row.get(name) is None for name in expression.names):
                continue
            try:
                holds = bool(expression.evaluate(Scope(names=row, state=self)))
            except Undefined:
                continue
            if not holds:
                found.append(expression.text)
        return found

    # indexes

    def _put(self, table: str, key: Key, row: Row) -> None:
        self._rows[table][key] = row
        order = self._order[table]
        if order and order[-1] < key:
            order.append(key)
        else:
            insort(order, key)
        for columns, index in self._indexes[table].items():
            index.setdefault(tuple([row[name] for name in columns]), {})[key] = None

    def _take(self, table: str, key: Key) -> None:
        row = self._rows[table].pop(key)
        order = self._order[table]
        del order[bisect_left(order, key)]
        for columns, index in self._indexes[table].items():
            values = tuple([row[name] for name in columns])
            keys = index[values]
            del keys[key]
            if not keys:
                del index[values]


def _indexed_columns(database: DatabaseSchema, table: Table) -> list[tuple[str, ...]]:
    """Unique sets, own foreign keys, and what others' foreign keys refer to."""
    wanted = [*table.unique, *(foreign_key.columns for foreign_key in table.foreign_keys)]
    wanted.extend(foreign_key.references for _, foreign_key in database.children(table.name))
    return [columns for columns in dict.fromkeys(wanted) if columns != table.primary_key]
