"""The database of one episode: what tools get as `db`.

It runs as it stands in CPython, in the sandbox and in every bundle: the standard library only, no inheritance, no
`del`, no `yield`, no properties, and exceptions with one argument.
"""

from __future__ import annotations

from typing import Any, NoReturn

from engine.runtime.tables import MISSING, Base, Table, has_null, value_of

READS_KEPT = 1_000
"""Reads that a call's record names; a longer list is cut."""
WRITES_LIMIT = 10_000
"""Most row writes of one call."""


class Database:
    """One episode's database: what tools get as `db`.

    Tools may call the nine methods of the first part; the others belong to the runtime.

    Everything that a tool asks for wrongly (an unknown table, a value of the wrong type, a broken reference)
    raises, and counts as a defect of the tool; the only anticipated way to refuse is `reject`.
    """

    def __init__(self, base: Base, now: str) -> None:
        self._base = base
        self._tables = base.schema.table
        self._rows = base.rows
        self._indexes = base.indexes
        self._now = now
        self._over: dict[str, Any] = {}  # table -> (rows by key, None for deleted; one index of them each)
        self._counters: dict[str, int] = {}
        self.reads: list[Any] = []
        self._journal: list[Any] = []
        self._counters_before: dict[str, int] | None = None
        self.rejection: Any = None

    # What tools call.

    def get(self, table: str, key: Any) -> dict[str, Any] | None:
        """The row with this primary key (a tuple for a composite one), or `None`."""
        known = self._tables.get(table) or self._unknown(table)
        if key is None:
            return None
        if known.only_key is None:
            key = self._whole_key(known, key)
        elif type(key) is not known.key_column.kind:
            known.key_column.check_type(key)
        self.reads.append((table, key))
        over = self._over.get(table)
        row = MISSING if over is None else over[0].get(key, MISSING)
        if row is MISSING:
            row = self._rows[table].get(key)
        return None if row is None else row.copy()

    def find(self, table: str, where: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        """The rows that satisfy every condition of `where`, in primary-key order.

        A condition is `column: value` for equality or `column: {"<=": value}`, with the comparisons
        `<`, `<=`, `>`, `>=`, `!=`, `in` (a list) and `contains` (text, whatever the case).
        """
        known = self._tables.get(table) or self._unknown(table)
        rows: list[dict[str, Any]] = []
        for key, row in self._match(known, where):
            self.reads.append((table, key))
            rows.append(row.copy())
        if not rows:
            self.reads.append((table, None))
        return rows

    def count(self, table: str, where: dict[str, Any] | None = None) -> int:
        """How many rows satisfy `where`."""
        known = self._tables.get(table) or self._unknown(table)
        if not where:
            self.reads.append((table, None))
            rows = self._rows[table]
            total = len(rows)
            if table in self._over:
                for key, row in self._over[table][0].items():
                    total += (row is not None) - (key in rows)
            return total
        found = self._match(known, where)
        self.reads.extend([(table, key) for key, _ in found] or [(table, None)])
        return len(found)

    def insert(self, table: str, values: dict[str, Any]) -> dict[str, Any]:
        """Adds a row and returns it whole; columns left out are generated, or get their default or null."""
        known = self._tables.get(table) or self._unknown(table)
        row: dict[str, Any] = {}
        generated = known.generated
        explicit = True
        for name, kind, nullable, default, seen, column in known.columns:
            value = values.get(name, default)
            if value is None:
                if name == generated:
                    value = self._next_id(known)
                    explicit = False
                elif not nullable:
                    raise ValueError(f"{column.label} must not be null")
            elif type(value) is not kind or (seen is not None and value not in seen):
                column.check(value)
            row[name] = value
        for name in values:
            if name not in row:
                raise ValueError(f"{table} has no column {name!r}")
        key = row[known.only_key] if known.only_key is not None else known.key_of(row)
        if self._row(known, key) is not None:
            raise ValueError(f"{table} has a row {key!r} already")
        for name, parent, message in known.links:
            value = row[name]
            if value is not None and self._row(parent, value) is None and (parent is not known or value != key):
                raise ValueError(f"{message}{value!r}")
        for columns, parent, number, message in known.foreign:
            self._check_link(known, columns, parent, number, message, row)
        for number, columns in known.unique:
            self._check_unique(known, number, columns, row, key)
        for _, check, message, nullable in known.checks:
            self._check_rule(check, message, nullable, row)
        if explicit and generated is not None:
            self._raise_counter(known, row[generated])
        self._put(known, "insert", key, None, row)
        return row.copy()

    def update(self, table: str, key: Any, changes: dict[str, Any]) -> dict[str, Any]:
        """Changes columns of one row and returns it whole; the primary key stays as it is."""
        known = self._tables.get(table) or self._unknown(table)
        if known.only_key is None:
            key = self._whole_key(known, key)
        before = self._row(known, key)
        if before is None:
            raise ValueError(f"{table} has no row {key!r} to update")
        row = before.copy()
        for name, value in changes.items():
            column = known.column.get(name)
            if column is None:
                raise ValueError(f"{table} has no column {name!r}")
            if value is None:
                if not column.nullable:
                    raise ValueError(f"{column.label} must not be null")
            elif type(value) is not column.kind or (column.seen is not None and value not in column.seen):
                column.check(value)
            row[name] = value
        for name in known.key:
            if name in changes and row[name] != before[name]:
                raise ValueError(f"{table}.{name} is the primary key and can't change")
        for name, parent, message in known.links:
            if name in changes:
                value = row[name]
                if value is not None and self._row(parent, value) is None:
                    raise ValueError(f"{message}{value!r}")
        for number, columns in known.unique:
            if _touches(columns, changes):
                self._check_unique(known, number, columns, row, key)
        for columns, parent, number, message in known.foreign:
            if _touches(columns, changes):
                self._check_link(known, columns, parent, number, message, row)
        for child, number, columns in known.children:
            if _touches(columns, changes) and value_of(columns, row) != value_of(columns, before):
                self._check_unreferenced(known, child, number, columns, before, key)
        for columns, check, message, nullable in known.checks:
            if _touches(columns, changes):
                self._check_rule(check, message, nullable, row)
        if known.generated in changes:
            self._raise_counter(known, row[known.generated])
        self._put(known, "update", key, before, row)
        return row.copy()

    def delete(self, table: str, key: Any) -> None:
        """Removes one row, to which no other row may point."""
        known = self._tables.get(table) or self._unknown(table)
        if known.only_key is None:
            key = self._whole_key(known, key)
        before = self._row(known, key)
        if before is None:
            raise ValueError(f"{table} has no row {key!r} to delete")
        for child, number, columns in known.children:
            self._check_unreferenced(known, child, number, columns, before, key)
        self._put(known, "delete", key, before, None)

    def now(self) -> str:
        """The episode's clock, as an ISO datetime."""
        return self._now

    def new_id(self, table: str) -> Any:
        """A fresh generated id of the table, to be passed to `insert`."""
        known = self._tables.get(table) or self._unknown(table)
        if known.generated is None:
            raise ValueError(f"{table} has no generated column")
        return self._next_id(known)

    def reject(self, code: str, message: str) -> NoReturn:
        """Refuses the call: nothing changes, and the agent is told `code` and `message`."""
        if type(code) is not str or type(message) is not str or not code:
            raise TypeError("a rejection takes a code and a message, both text")
        if self.rejection is not None:
            raise TypeError(f"rejected twice: {self.rejection[0]} and {code}")
        self.rejection = (code, message)
        raise ValueError(f"rejected: {code}")

    # What the runtime calls.

    def begin(self) -> None:
        """Starts the record of a call."""
        self.reads = []
        if self._journal:
            self._journal = []
        self._counters_before = None
        self.rejection = None

    def undo(self) -> None:
        """Takes back every write and every id of the call."""
        while self._journal:
            _, table, key, before, _ = self._journal.pop()
            self._place(table, key, before)
            if before is self._rows[table.name].get(key):
                self._place(table, key, None)  # takes it out of the indexes
                self._over[table.name][0].pop(key)
        if self._counters_before is not None:
            self._counters = self._counters_before
            self._counters_before = None

    def writes(self) -> list[tuple[str, str, Any]]:
        """(operation, table, key) of each write of the call, in order."""
        if not self._journal:
            return []
        return [(operation, table.name, key) for operation, table, key, _, _ in self._journal]

    def changes(self) -> list[tuple[str, Any, Any, Any]]:
        """(table, key, before, after) of each row that the call changed, net, by table and key."""
        journal = self._journal
        if not journal:
            return []
        if len(journal) == 1:
            _, table, key, before, after = journal[0]
            return [] if before == after else [(table.name, key, before, after)]
        first: dict[Any, Any] = {}
        last: dict[Any, Any] = {}
        for _, table, key, before, after in journal:
            name = (table.name, key)
            if name not in first:
                first[name] = before
            last[name] = after
        return [(name[0], name[1], first[name], last[name]) for name in sorted(first) if first[name] != last[name]]

    def diff(self) -> list[tuple[str, Any, Any, Any]]:
        """(table, key, before, after) of each row that differs from the initial state, by table and key."""
        found: list[tuple[str, Any, Any, Any]] = []
        for table in sorted(self._over):
            initial = self._rows[table]
            rows = self._over[table][0]
            for key in sorted(rows):
                before, after = initial.get(key), rows[key]
                if before != after:
                    found.append((table, key, before, after))
        return found

    def counters(self) -> dict[str, int]:
        """Table -> number of its last generated id, for the tables where it moved."""
        return self._counters

    def save(self) -> dict[str, Any]:
        """Everything that makes this episode differ from a new one, as plain data."""
        changes: list[Any] = []
        for table in sorted(self._over):
            initial = self._rows[table]
            rows = self._over[table][0]
            # What differs as text counts: an episode that wrote 2 over 2.0 goes on with 2.
            changes.extend([[table, key, rows[key]] for key in sorted(rows) if str(rows[key]) != str(initial.get(key))])
        counters = {table: self._counters[table] for table in sorted(self._counters)}
        return {"now": self._now, "counters": counters, "changes": changes}

    def load(self, saved: dict[str, Any]) -> None:
        """Makes a new episode the one that was saved over the same initial rows."""
        self._now = saved["now"]
        self._counters = dict(saved["counters"])
        for name, key, after in saved["changes"]:
            table = self._tables[name]
            parts: list[Any] = key  # or a key alone
            self._place(table, tuple(parts) if type(parts) is list else parts, after)

    # Lookups.

    def _unknown(self, table: Any) -> NoReturn:
        raise ValueError(f"no table {table!r}; there are {', '.join(self._tables)}")

    def _whole_key(self, table: Table, key: Any) -> tuple[Any, ...]:
        if type(key) not in (tuple, list) or len(key) != len(table.key):
            raise TypeError(f"the key of {table.name} is a tuple ({', '.join(table.key)}), not {key!r}")
        for name, value in zip(table.key, key, strict=True):
            if value is not None:
                table.column[name].check_type(value)
        return tuple(key)

    def _row(self, table: Table, key: Any) -> dict[str, Any] | None:
        over = self._over.get(table.name)
        if over is not None:
            row = over[0].get(key, MISSING)
            if row is not MISSING:
                return row
        return self._rows[table.name].get(key)

    def _keys(self, table: Table, number: int, value: Any) -> list[Any]:
        """Keys of the rows with this value, ascending; the list belongs to an index and must not be changed."""
        index = self._indexes[table.name][number]
        if index is None:
            index = self._base.index(table, number)
        keys: list[Any] = index.get(value, MISSING)  # or a key alone
        if keys is MISSING:
            keys = []
        elif type(keys) is not list:
            keys = [keys]
        over = self._over.get(table.name)
        if over is None:
            return keys
        rows = over[0]
        keys = [key for key in keys if key not in rows]
        extra = over[1][number].get(value)
        if extra:
            keys.extend(extra)
            if len(keys) > 1:
                keys.sort()
        return keys

    def _present(self, table: Table, key: Any) -> list[Any]:
        return [] if self._row(table, key) is None else [key]

    def _expected(self, table: Table, number: int, value: Any) -> int:
        """About how many rows have this value; never less than there are."""
        keys: list[Any] = self._base.index(table, number).get(value, MISSING)  # or a key alone
        total = 0 if keys is MISSING else len(keys) if type(keys) is list else 1
        over = self._over.get(table.name)
        if over is not None:
            total += len(over[1][number].get(value, ()))
        return total

    def _all_keys(self, table: Table) -> list[Any]:
        keys = self._base.order(table.name)
        over = self._over.get(table.name)
        if over is None:
            return keys
        rows = over[0]
        keys = [key for key in keys if key not in rows]
        keys.extend([key for key, row in rows.items() if row is not None])
        keys.sort()
        return keys

    def _match(self, table: Table, where: dict[str, Any] | None) -> list[tuple[Any, dict[str, Any]]]:
        """The keys and rows that satisfy `where`, by the most selective index there is."""
        if not where:
            return [(key, self._row(table, key)) for key in self._all_keys(table)]  # type: ignore[misc]
        if len(where) == 1:
            for name, value in where.items():
                number = table.index_on.get(name)
                if number is not None and type(value) is not dict:
                    if value is not None and type(value) is not table.column[name].kind:
                        table.column[name].check_type(value)
                    return [(key, self._row(table, key)) for key in self._keys(table, number, value)]  # type: ignore[misc]
        equal: list[tuple[str, Any]] = []
        compared: list[Any] = []  # column and its comparisons
        best, number, wanted = -1, -1, None
        for name, value in where.items():
            column = table.column.get(name)
            if column is None:
                raise ValueError(f"{table.name} has no column {name!r}")
            if type(value) is dict:
                compared.append((name, value))
                continue
            if value is not None and type(value) is not column.kind:
                column.check_type(value)
            equal.append((name, value))
            candidate = table.index_on.get(name)
            if candidate is not None:
                size = self._expected(table, candidate, value)
                if best < 0 or size < best:
                    best, number, wanted = size, candidate, value
        names = [name for name, _ in equal]
        for candidate, columns in table.composite:
            if _all_in(columns, names):
                value = tuple([where[name] for name in columns])
                size = self._expected(table, candidate, value)
                if best < 0 or size < best:
                    best, number, wanted = size, candidate, value
        if _all_in(table.key, names):
            keys = [where[table.only_key] if table.only_key is not None else tuple([where[n] for n in table.key])]
        elif best >= 0:
            keys = self._keys(table, number, wanted)
        else:
            keys = self._all_keys(table)
        found: list[tuple[Any, dict[str, Any]]] = []
        for key in keys:
            row = self._row(table, key)
            if row is None:
                continue
            for name, value in equal:
                if row[name] != value:
                    break
            else:
                for name, tests in compared:
                    if not _compares(row[name], tests):
                        break
                else:
                    found.append((key, row))
        return found

    # Rules.

    def _check_unique(self, table: Table, number: int, columns: Any, row: dict[str, Any], key: Any) -> None:
        value = value_of(columns, row)
        if number < 0 or has_null(columns, value):
            return
        for other in self._keys(table, number, value):
            if other != key:
                raise ValueError(f"{table.name} {other!r} has {columns!r} = {value!r} already")

    def _check_link(
        self, table: Table, columns: Any, parent: Table, number: int, message: str, row: dict[str, Any]
    ) -> None:
        value = value_of(columns, row)
        if has_null(columns, value):
            return
        if number < 0:
            if self._row(parent, value) is not None:
                return
        elif self._keys(parent, number, value):
            return
        if parent is table and value_of(parent.key if number < 0 else parent.indexes[number], row) == value:
            return  # a row may point to itself
        raise ValueError(f"{message}{value!r}")

    def _check_rule(self, check: Any, message: str, nullable: list[str], row: dict[str, Any]) -> None:
        for name in nullable:
            if row[name] is None:
                return
        try:
            holds = check(row)
        except (TypeError, ValueError, ArithmeticError, LookupError):
            return  # undefined, as over a null
        if not holds:
            raise ValueError(message)

    def _check_unreferenced(
        self, table: Table, child: Table, number: int, columns: Any, before: dict[str, Any], key: Any
    ) -> None:
        value = value_of(columns, before)
        if has_null(columns, value):
            return
        others = self._keys(child, number, value) if number >= 0 else self._present(child, value)
        for other in others:
            if child is not table or other != key:
                raise ValueError(f"{child.name} {other!r} still points to {table.name} {key!r}")

    # Writes.

    def _next_id(self, table: Table) -> Any:
        number = self._counters.get(table.name)
        if number is None:
            number = self._base.counter(table)
        self._set_counter(table, number + 1)
        return table.make_id(number + 1)

    def _raise_counter(self, table: Table, value: Any) -> None:
        number = table.number_of(value)
        current = self._counters.get(table.name)
        if number > (self._base.counter(table) if current is None else current):
            self._set_counter(table, number)

    def _set_counter(self, table: Table, number: int) -> None:
        if self._counters_before is None:
            self._counters_before = self._counters.copy()
        self._counters[table.name] = number

    def _put(self, table: Table, operation: str, key: Any, before: Any, after: Any) -> None:
        if len(self._journal) >= WRITES_LIMIT:
            raise ValueError(f"more than {WRITES_LIMIT} writes in one call")
        self._journal.append((operation, table, key, before, after))
        self._place(table, key, after)

    def _place(self, table: Table, key: Any, after: Any) -> None:
        """Makes `after` the row of `key` (`None`: no row)."""
        over: tuple[dict[Any, Any], list[dict[Any, Any]]] | None = self._over.get(table.name)
        if over is None:
            self._over[table.name] = over = ({}, [{} for _ in table.indexes])
        rows, indexes = over
        before = rows.get(key)
        rows[key] = after
        number = 0
        for columns in table.indexes:
            index = indexes[number]
            number += 1
            old = MISSING if before is None else before[columns] if type(columns) is str else value_of(columns, before)
            new = MISSING if after is None else after[columns] if type(columns) is str else value_of(columns, after)
            if old is new or old == new:
                continue
            if old is not MISSING:
                index[old].pop(key)
            if new is not MISSING:
                if new in index:
                    index[new][key] = True
                else:
                    index[new] = {key: True}


def _touches(columns: Any, changes: dict[str, Any]) -> bool:
    if type(columns) is str:
        return columns in changes
    for name in columns:  # noqa: SIM110 - a loop is several times faster here than `any` over a generator
        if name in changes:
            return True
    return False


def _all_in(wanted: tuple[str, ...], names: list[str]) -> bool:
    for name in wanted:  # noqa: SIM110 - as above
        if name not in names:
            return False
    return True


def _compares(value: Any, tests: dict[str, Any]) -> bool:
    """Whether a column's value satisfies comparisons; a null satisfies `!=` and `in` at most."""
    for operator, bound in tests.items():
        if operator == "!=":
            good = value != bound
        elif operator == "in":
            good = value in bound
        elif operator not in ("<", "<=", ">", ">=", "contains"):
            raise ValueError(f"no comparison {operator!r}; there are < <= > >= != in contains")
        elif value is None or bound is None:
            good = False
        elif operator == "contains":
            good = bound.lower() in value.lower()
        elif operator == "<":
            good = value < bound
        elif operator == "<=":
            good = value <= bound
        elif operator == ">":
            good = value > bound
        else:
            good = value >= bound
        if not good:
            return False
    return True
