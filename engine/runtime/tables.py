"""A database schema as rules that were worked out once, and the shared initial rows with their indexes.

It runs as it stands in CPython, in the sandbox and in every bundle: the standard library only, no inheritance, no
`del`, no `yield`, no properties, and exceptions with one argument.
"""

from __future__ import annotations

from typing import Any

from engine.runtime.functions import TOOL_FUNCTIONS, is_moment

MISSING: Any = ["missing"]
"""What a lookup gives where `None` has a meaning; compared by identity."""
SEEN_LIMIT = 1_024
"""Good values that a column remembers."""
_INTEGER_LIMIT = 2**63


class Column:
    """What a column accepts."""

    def __init__(self, table: str, spec: dict[str, Any]) -> None:
        self.name: str = spec["name"]
        self.label = f"{table}.{self.name}"
        self.type: str = spec["type"]
        self.kind: Any = {"integer": int, "real": float, "boolean": bool}.get(self.type, str)
        self.nullable: bool = spec["nullable"]
        self.default: Any = spec["default"]
        self.enum: Any = None if spec["enum"] is None else frozenset(spec["enum"])
        self.allowed: Any = spec["enum"]
        self.low: Any = spec["minimum"]
        self.high: Any = spec["maximum"]
        self.form: str | None = self.type if self.type in ("date", "datetime", "time") else None
        # Values found good before, as most are seen again and again; `None` where the type alone decides.
        self.seen: dict[Any, bool] | None = {}
        if self.kind in (str, bool) and self.form is None and self.enum is None and self.low is self.high is None:
            self.seen = None

    def check_type(self, value: Any) -> None:
        """Raises `TypeError` unless `value`, which is not null, can be looked up: no row has one out of bounds."""
        kind = type(value)  # pyright: ignore[reportUnknownVariableType] - `type` of anything
        if kind is not self.kind and not (self.kind is float and kind is int):
            raise TypeError(f"{self.label} takes {self.type}, not {value!r}")

    def check(self, value: Any) -> None:
        """Raises `TypeError` or `ValueError` unless the column accepts `value`, which is not null."""
        self.check_type(value)
        kind = type(value)  # pyright: ignore[reportUnknownVariableType] - `type` of anything
        seen = self.seen
        if seen is None:
            return
        if kind is int:
            if not -_INTEGER_LIMIT <= value < _INTEGER_LIMIT:
                raise ValueError(f"{self.label} takes 64-bit integers only")
        elif kind is float and value - value != 0.0:
            raise ValueError(f"{self.label} takes finite numbers only")
        if self.form is not None and not is_moment(self.form, value):
            raise ValueError(f"{self.label} takes a well-formed {self.form}, not {value!r}")
        if self.enum is not None and value not in self.enum:
            raise ValueError(f"{self.label} takes one of {self.allowed}, not {value!r}")
        if (self.low is not None and value < self.low) or (self.high is not None and value > self.high):
            raise ValueError(f"{self.label} must lie between {self.low!r} and {self.high!r}, not {value!r}")
        if kind is self.kind:  # or 1 and 1.0 would be taken for each other
            if len(seen) >= SEEN_LIMIT:
                seen.clear()
            seen[value] = True


class Table:
    """A table's rules, worked out once so that no call looks anything up twice."""

    def __init__(self, name: str, spec: dict[str, Any]) -> None:
        self.name = name
        self.spec = spec
        self.column: dict[str, Column] = {entry["name"]: Column(name, entry) for entry in spec["columns"]}
        # name, type, nullable, default, seen, column: what an insert needs in one pass
        self.columns = [(c.name, c.kind, c.nullable, c.default, c.seen, c) for c in self.column.values()]
        self.key: tuple[str, ...] = tuple(spec["key"])
        self.only_key: str | None = self.key[0] if len(self.key) == 1 else None
        self.key_column = self.column[self.key[0]]
        self.generated: str | None = spec["generated"]
        self.prefix: str = spec["prefix"] + "-"
        self.counts = self.generated is not None and self.column[self.generated].kind is int
        self.indexes: list[Any] = []  # a column's name, or a tuple of names
        self.index_on: dict[str, int] = {}  # single columns only
        self.composite: list[tuple[int, tuple[str, ...]]] = []
        self.unique: list[tuple[int, Any]] = []
        self.links: list[tuple[str, Table, str]] = []  # column, parent whose one key it holds, message
        self.foreign: list[
            tuple[Any, Table, int, str]
        ] = []  # other links: columns, parent, its index (-1: key), message
        self.children: list[tuple[Table, int, Any]] = []  # child, its index, the columns here that it points to
        self.checks: list[tuple[Any, Any, str, Any]] = []  # columns, function, message, those that may be null
        for columns in spec["unique"]:
            self.unique.append((self.index(columns), bare(columns)))

    def index(self, columns: Any) -> int:
        """The number of the index on these columns; -1 for the primary key."""
        if tuple(columns) == self.key:
            return -1
        wanted = bare(columns)
        for number, known in enumerate(self.indexes):
            if known == wanted:
                return number
        number = len(self.indexes)
        self.indexes.append(wanted)
        if type(wanted) is str:
            self.index_on[wanted] = number
        else:
            self.composite.append((number, wanted))
        return number

    def key_of(self, row: dict[str, Any]) -> Any:
        """The row's key: bare for one key column, a tuple for several."""
        if self.only_key is not None:
            return row[self.only_key]
        return tuple([row[name] for name in self.key])

    def number_of(self, value: Any) -> int:
        """The number in a generated id, 0 where the counter did not make it."""
        if self.counts:
            return value if type(value) is int and value > 0 else 0
        if type(value) is not str or not value.startswith(self.prefix):
            return 0
        digits = value[len(self.prefix) :]
        return int(digits) if digits.isascii() and digits.isdigit() else 0

    def make_id(self, number: int) -> Any:
        """The generated id with this number."""
        return number if self.counts else f"{self.prefix}{number:04d}"


def bare(columns: Any) -> Any:
    return columns[0] if len(columns) == 1 else tuple(columns)


def value_of(columns: Any, row: dict[str, Any]) -> Any:
    """The row's value for an index; `None` in it is a value like any other."""
    if type(columns) is str:
        return row[columns]
    return tuple([row[name] for name in columns])


def has_null(columns: Any, value: Any) -> bool:
    return value is None if type(columns) is str else None in value


class Schema:
    """All tables of a domain, from the plain data that `engine.runtime.spec.compile_database` writes."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self.spec = spec
        self.table: dict[str, Table] = {name: Table(name, entry) for name, entry in spec["tables"].items()}
        for table in self.table.values():
            for entry in table.spec["foreign_keys"]:
                parent = self.table[entry["table"]]
                columns = bare(entry["columns"])
                message = f"{table.name}.{', '.join(entry['columns'])} points to no {parent.name}: "
                if type(columns) is str and tuple(entry["references"]) == parent.key:
                    table.links.append((columns, parent, message))
                else:
                    table.foreign.append((columns, parent, parent.index(entry["references"]), message))
                parent.children.append((table, table.index(entry["columns"]), bare(entry["references"])))
            for number, entry in enumerate(table.spec["checks"]):
                scope = dict(TOOL_FUNCTIONS)
                exec(f"def check(row):\n    return {entry['source']}\n", scope)
                message = f"{table.name}: {entry['message'] or 'check ' + str(number + 1) + ' fails'}"
                nullable = [name for name in entry["columns"] if table.column[name].nullable]
                table.checks.append((tuple(entry["columns"]), scope["check"], message, nullable))


class Base:
    """Initial rows with their indexes: built once, shared by any number of episodes, never changed."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.rows: dict[str, dict[Any, dict[str, Any]]] = {name: {} for name in schema.table}
        self._order: dict[str, list[Any]] = {}
        self.indexes: dict[str, list[dict[Any, Any] | None]] = {
            name: [None] * len(table.indexes) for name, table in schema.table.items()
        }
        self._counters: dict[str, int] = {}

    def add(self, name: str, rows: list[dict[str, Any]]) -> list[Any]:
        """Adds rows of one table, before anything is looked up in it; columns left out get their default.

        Returns:
            The keys of the rows.

        Raises:
            ValueError: An unknown table or column, or two rows with one key.
            TypeError: A key is null, or of another type than its column.
        """
        table = self.schema.table.get(name)
        if table is None:
            raise ValueError(f"no table {name!r}")
        content = self.rows[name]
        size = len(table.column)
        keys: list[Any] = []
        for given in rows:
            row = {column[0]: given.get(column[0], column[3]) for column in table.columns}
            if len(given) > size or (len(given) != size and [c for c in given if c not in table.column]):
                raise ValueError(f"{name} has no column {[c for c in given if c not in table.column]!r}")
            key = table.key_of(row)
            for column in table.key:
                if type(row[column]) is not table.column[column].kind:
                    table.column[column].check_type(row[column])  # or the keys could not be put in order
            if key in content:
                raise ValueError(f"two rows of {name} have the key {key!r}")
            content[key] = row
            keys.append(key)
        return keys

    def append(self, name: str, rows: list[dict[str, Any]]) -> None:
        """Adds rows that come in ascending order of their keys, after those that are there, and indexes them at once."""
        keys = self.add(name, rows)
        table = self.schema.table[name]
        if name not in self._order:
            self._order[name] = []
            self._counters[name] = 0
            self.indexes[name] = [{} for _ in table.indexes]
        self._order[name].extend(keys)
        self._counters[name] = self._largest(table, keys, self._counters[name])
        for number in range(len(table.indexes)):
            self._extend(self.indexes[name][number], table, number, keys)

    def order(self, name: str) -> list[Any]:
        """All keys in ascending order."""
        order = self._order.get(name)
        if order is None:
            order = self._order[name] = sorted(self.rows[name])
        return order

    def index(self, table: Table, number: int) -> dict[Any, Any]:
        """Value -> its key, or the list of its keys in ascending order; built when first asked for."""
        index = self.indexes[table.name][number]
        if index is None:
            index = {}
            self._extend(index, table, number, self.order(table.name))
            self.indexes[table.name][number] = index  # only when it is whole: other threads may look
        return index

    def counter(self, table: Table) -> int:
        """The largest number among the generated ids of the table."""
        found = self._counters.get(table.name)
        if found is None:
            found = self._counters[table.name] = self._largest(table, self.rows[table.name], 0)
        return found

    def prepare(self, name: str) -> None:
        """Builds for one table what is otherwise built on first use, so that no episode pays for it."""
        table = self.schema.table[name]
        self.order(name)
        self.counter(table)
        for number in range(len(table.indexes)):
            self.index(table, number)

    def _extend(self, index: Any, table: Table, number: int, keys: list[Any]) -> None:
        columns = table.indexes[number]
        rows = self.rows[table.name]
        for key in keys:
            value = value_of(columns, rows[key])
            known: list[Any] = index.get(value, MISSING)  # or a key alone
            if known is MISSING:
                index[value] = key
            elif type(known) is list:
                known.append(key)
            else:
                index[value] = [known, key]

    def _largest(self, table: Table, keys: Any, found: int) -> int:
        if table.generated is None:
            return found
        rows = self.rows[table.name]
        for key in keys:
            number = table.number_of(rows[key][table.generated])
            if number > found:
                found = number
        return found
