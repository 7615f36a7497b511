"""The engine's own tiny database state, apart from the prelude that tools run on.

Rows are treated as immutable: a change replaces a row, so copies share everything that is the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine.errors import ContractError, ExpressionError
from engine.models.base import Row, Rows
from engine.models.database import Column, DatabaseSchema, Table
from engine.models.trace import Key, RowChange

_SCAN = 12  # rows up to which a scan is faster than an index


class _Content:
    """The rows of one table by key, with their order and indexes, which are worked out when asked for."""

    __slots__ = ("by_key", "indexes", "ordered")

    def __init__(self, by_key: dict[Key, Row]) -> None:
        self.by_key = by_key
        self.ordered: list[Row] | None = None
        self.indexes: dict[str, dict[Any, list[Row]]] = {}

    def in_order(self) -> list[Row]:
        if self.ordered is None:
            by_key = self.by_key
            self.ordered = [by_key[key] for key in sorted_keys(by_key)]
        return self.ordered

    def index(self, column: str) -> dict[Any, list[Row]]:
        index = self.indexes.get(column)
        if index is None:
            index = self.indexes[column] = {}
            for row in self.in_order():
                index.setdefault(row[column], []).append(row)
        return index


def sorted_keys(keys: Iterable[Key]) -> list[Key]:
    """Keys in primary-key order; a null (which few databases allow in a key) comes first."""
    listed: list[Any] = list(keys)
    try:
        return sorted(listed)
    except TypeError:
        return sorted(listed, key=_order)


def _order(key: Key) -> tuple[tuple[bool, Any], ...]:
    parts = key if isinstance(key, tuple) else (key,)
    return tuple((part is not None, part) for part in parts)


class PlainState:
    """A database state.

    Generated ids: a table has at most one generated column (the first that is marked; the key if it is) and one
    counter. The counter starts at the largest number among the rows' ids: for an integer column the largest value,
    for a text column the largest n among the ids that are `id_prefix`, a hyphen and decimal digits; 0 where there is none. The next id is
    the counter plus one, as the number itself or as `f"{id_prefix}-{n:04d}"`. Inserting a row
    with a larger number raises the counter to it; the counter never goes back, even when rows are deleted.

    Args:
        rows: Whole rows (every column) by table, in any order; not changed. Tables without rows may be left out.
        now: The clock, as an ISO datetime.
    """

    __slots__ = ("_contents", "_counters", "_own", "database", "now")

    def __init__(self, database: DatabaseSchema, rows: Rows, now: str) -> None:
        self.database = database
        self.now = now
        self._contents: dict[str, _Content] = {}
        self._counters: dict[str, int] = {}
        self._own: set[str] = set(database.table)  # tables whose content no copy shares
        for table in database.tables:
            self._contents[table.name] = _Content({table.key_of(row): row for row in rows.get(table.name, ())})
        for name in rows:
            if name not in self._contents:
                raise ContractError(f"rows for an unknown table `{name}`; the schema has {', '.join(self._contents)}")

    def get(self, table: str, key: Key) -> Row | None:
        """The row with this primary key (a tuple for a composite one), or `None`."""
        return self._content(table).by_key.get(key)

    def rows(self, table: str, where: Mapping[str, Any]) -> list[Row]:
        """The rows that equal `where` on its columns (a null equals a null), in primary-key order."""
        content = self._content(table)
        if not where:
            return list(content.in_order())
        known = self.database.table[table].column
        for column in where:
            if column not in known:
                raise ExpressionError(f"table `{table}` has no column `{column}`; it has {', '.join(known)}")
        if len(content.by_key) <= _SCAN:
            candidates, rest = content.in_order(), where
        else:
            first, *others = where
            candidates = content.index(first).get(where[first], [])
            rest = {column: where[column] for column in others}
        if len(rest) == 1:
            ((column, wanted),) = rest.items()
            return [row for row in candidates if row[column] == wanted]
        return [row for row in candidates if all(row[column] == wanted for column, wanted in rest.items())]

    def counter(self, table: str) -> int:
        """The number of the last generated id of the table."""
        found = self._counters.get(table)
        if found is None:
            schema = self.database.table[table]
            column = generated_column(schema)
            found = 0
            if column is not None:
                for row in self._content(table).by_key.values():
                    found = max(found, id_number(schema, column, row[column.name]))
            self._counters[table] = found
        return found

    def next_id(self, table: str) -> str | int:
        """Takes the next generated id of the table.

        Raises:
            ContractError: The table has no generated column.
        """
        schema = self.database.table[table]
        column = generated_column(schema)
        if column is None:
            raise ContractError(f"table `{table}` has no generated column")
        number = self._counters[table] = self.counter(table) + 1
        return make_id(schema, column, number)

    def copy(self) -> PlainState:
        """An independent state with the same rows, clock and counters; cheap whatever the size."""
        twin = PlainState.__new__(PlainState)
        twin.database, twin.now = self.database, self.now
        twin._contents, twin._counters, twin._own = dict(self._contents), dict(self._counters), set()
        self._own = set()
        return twin

    def apply(self, changes: Iterable[RowChange]) -> None:
        """Makes the changes; each must fit the row that is there.

        Raises:
            ContractError: A row to insert exists, or one to update or delete does not.
        """
        for change in changes:
            schema = self.database.table[change.table]
            column = generated_column(schema)
            if column is not None:
                self.counter(change.table)  # before a delete could hide the largest id
            by_key = self._writable(change.table)
            if (change.key in by_key) is (change.before is None):
                problem = "exists already" if change.before is None else "does not exist"
                raise ContractError(f"can't {change.operation} `{change.table}` row {change.key!r}: it {problem}")
            if change.after is None:
                del by_key[change.key]
                continue
            key = schema.key_of(change.after)
            if key != change.key:
                del by_key[change.key]
            by_key[key] = change.after
            if column is not None:
                number = id_number(schema, column, change.after[column.name])
                self._counters[change.table] = max(self._counters[change.table], number)

    def put(self, table: str, row: Row) -> None:
        """Inserts the row or replaces the one with its key; for those who build states by trial."""
        schema = self.database.table[table]
        key = schema.key_of(row)
        before = self.get(table, key)
        self.apply([RowChange.model_construct(table=table, key=key, before=before, after=row)])

    def to_rows(self) -> Rows:
        """All rows by table, in schema and primary-key order; the rows themselves are not copied."""
        return {name: list(content.in_order()) for name, content in self._contents.items()}

    def _content(self, table: str) -> _Content:
        try:
            return self._contents[table]
        except KeyError:
            raise ExpressionError(f"no table `{table}`; the schema has {', '.join(self._contents)}") from None

    def _writable(self, table: str) -> dict[Key, Row]:
        content = self._content(table)
        if table not in self._own:
            content = self._contents[table] = _Content(dict(content.by_key))
            self._own.add(table)
        content.ordered = None
        content.indexes.clear()
        return content.by_key


def generated_column(table: Table) -> Column | None:
    """The column that the database fills by itself: of the key if one is marked, else the first marked one."""
    marked = [column for column in table.columns if column.generated]
    for column in marked:
        if column.name in table.primary_key:
            return column
    return marked[0] if marked else None


def id_number(table: Table, column: Column, value: Any) -> int:
    """The number in a generated id; 0 for a value that no counter makes."""
    if column.type == "integer":
        return value if isinstance(value, int) and value > 0 else 0
    prefix = f"{table.id_prefix}-"
    digits = value[len(prefix) :] if isinstance(value, str) and value.startswith(prefix) else ""
    return int(digits) if digits.isascii() and digits.isdigit() else 0


def make_id(table: Table, column: Column, number: int) -> str | int:
    """The generated id with this number."""
    return number if column.type == "integer" else f"{table.id_prefix}-{number:04d}"
