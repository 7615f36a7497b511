"""Builds rows that are legal and belong together (entity consistency: paper, section 4.2)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from random import Random
from typing import Any

from engine.contracts.expression import parse
from engine.contracts.state import id_number, make_id
from engine.errors import StateError
from engine.models.base import Row, Rows, Value
from engine.models.database import Column, DatabaseSchema, ForeignKey, Table
from engine.models.trace import Key
from engine.states.coherence import cohere
from engine.states.draft import Draft
from engine.states.reading import Names, Reading
from engine.states.steps import SetName
from engine.states.tables import TableFacts, parents_first
from engine.states.values import distinct_value, make_value, within_bounds
from engine.states.wishes import Wishes

_ATTEMPTS = 16
_DEEPEST = 12
_REUSE = 0.75
_NULLS = 0.15


class _Unfit(Exception):
    """This attempt at a row failed; another may not."""


class _Pending:
    """A row that is being made while rows that it needs are made first.

    Attributes:
        promised: Columns that another row already refers to, so that they must stay.
    """

    def __init__(self, table: Table, row: Row) -> None:
        self.table = table
        self.row = row
        self.promised: set[str] = set()


class StateBuilder:
    """Adds consistent rows to a state: parents are reused or made, and every rule of the schema is kept.

    Args:
        database: The schema.
        rng: Source of all choices.
        now: The episode's clock, as an ISO datetime.
        rows: Rows to start from, taken as they are.
        draft: Instead of `rows`, a draft to add to.
        apart: Make values that tell columns and tables apart: no two columns of a row share a value by
            chance, and integer ids of different tables don't overlap. For tests, where it shows a mixed-up
            column; a realistic state does without.
    """

    def __init__(
        self,
        database: DatabaseSchema,
        rng: Random,
        now: str,
        rows: Rows | None = None,
        *,
        draft: Draft | None = None,
        apart: bool = False,
    ) -> None:
        self.database = database
        self.rng = rng
        self.now = now
        self.draft = draft if draft is not None else Draft(database, now, rows)
        self.avoid: Collection[tuple[str, Key]] = ()
        """(table, key) of rows that new rows had better not refer to unless they are told to."""
        self._apart = apart
        self._reuse = _REUSE
        self._place = {table.name: index for index, table in enumerate(database.tables)}

    @property
    def rows(self) -> Rows:
        """All rows so far, copied; tables in the schema's order."""
        return self.draft.to_rows()

    def add(self, table: str, **given: Value) -> Row:
        """Adds one row with the given columns, and the parents that it lacks.

        Args:
            table: Name of the table.
            given: Columns that are fixed; a foreign key among them whose parent is missing gets that parent.

        Raises:
            StateError: No legal row was found.
        """
        return self.add_row(table, given)

    def add_row(self, table: str, given: Mapping[str, Value]) -> Row:
        """`add` for columns whose names are no Python identifiers."""
        definition = self.database.table.get(table)
        if definition is None:
            raise StateError(f"No table `{table}`; the schema has {', '.join(self.database.table)}.")
        for name in given:
            if name not in definition.column:
                raise StateError(f"`{table}` has no column `{name}`; it has {', '.join(definition.column)}.")
        return self._add(definition, given, [])

    def fill(self, sizes: Mapping[str, int] | int) -> None:
        """Adds rows until each table has at least its size (tables that are not named are left alone).

        Raises:
            StateError: A table can't hold that many rows, or any.
        """
        short = self.fill_what_fits(sizes)
        if short:
            raise StateError("; ".join(short.values()))

    def fill_what_fits(self, sizes: Mapping[str, int] | int) -> dict[str, str]:
        """`fill` that goes as far as it can; names each table that stayed smaller, with the reason."""
        short: dict[str, str] = {}
        self._reuse = 0.97
        for table in parents_first(self.database):
            wanted = sizes if isinstance(sizes, int) else sizes.get(table.name, 0)
            try:
                while self.draft.count(table.name) < wanted:
                    self._add(table, {}, [])
            except StateError as error:
                short[table.name] = str(error)
        self._reuse = _REUSE
        return short

    # one row

    def _add(self, table: Table, given: Mapping[str, Value], pending: list[_Pending]) -> Row:
        for name, value in given.items():  # no attempt changes what is given
            if value is not None and not within_bounds(table.column[name], value):
                raise StateError(
                    f"No row of `{table.name}` can have {name}={value!r}: it is outside its choices or bounds."
                )
        reason = ""
        for attempt in range(_ATTEMPTS):
            mark = self.draft.mark()
            try:
                row = self._compose(table, given, pending, attempt)
                self.draft.insert(table.name, row)
                return row
            except _Unfit as unfit:
                reason = str(unfit)
            except StateError as error:
                reason = str(error)
                if pending:  # what is asked for from above does not change by trying again
                    self.draft.rollback(mark)
                    raise
            self.draft.rollback(mark)
        fixed = ", ".join(f"{name}={value!r}" for name, value in given.items())
        raise StateError(f"No legal row of `{table.name}` ({fixed or 'nothing given'}) was found: {reason}.")

    def _compose(self, table: Table, given: Mapping[str, Value], pending: list[_Pending], attempt: int) -> Row:
        row: Row = dict(given)
        own = _Pending(table, row)
        chain = [*pending, own]
        facts = self.facts_of(table)
        for name in facts.identity:
            if name not in row and name not in facts.linked:
                row[name] = self._distinct(table, table.column[name])
        for foreign_key in facts.foreign_keys:
            self._link(own, foreign_key, chain, attempt)
        for column in table.columns:
            if column.name not in row:
                row[column.name] = self._fresh(table, column, row)
        fixed = {*given, *facts.linked, *table.primary_key, *own.promised}
        cohere(table, row, fixed, self.rng, facts.spans)
        self._make_unique(table, row, fixed)
        ordered: Row = {column.name: row[column.name] for column in table.columns}
        row.clear()
        row.update(ordered)
        if not self.repair_checks(table, row, fixed):
            raise _Unfit(f"the checks {self.draft.check_problems(table.name, row)} could not be satisfied")
        problems = self.draft.column_problems(table.name, row) + self.draft.unique_problems(table.name, row)
        if problems:
            raise _Unfit("; ".join(problems))
        return row

    def facts_of(self, table: Table) -> TableFacts:
        """What follows from a table's definition."""
        found = self.draft.facts.get(table.name)
        if found is None:
            found = self.draft.facts[table.name] = TableFacts.of(table, self.database)
        return found

    # foreign keys

    def _link(self, own: _Pending, foreign_key: ForeignKey, chain: list[_Pending], attempt: int) -> None:
        """Gives the foreign key's columns values: a parent that is there, a new one, or a null."""
        table, row = own.table, own.row
        pairs = list(zip(foreign_key.columns, foreign_key.references, strict=True))
        if any(row.get(name, "") is None for name in foreign_key.columns):
            for name in foreign_key.columns:
                if name not in row and table.column[name].nullable:
                    row[name] = None
            return
        known = {reference: row[name] for name, reference in pairs if name in row}
        open_names = [name for name in foreign_key.columns if name not in row]
        parent_table = self.database.table[foreign_key.table]
        if not open_names:
            self._ensure(own, foreign_key, parent_table, known, chain)
            return
        optional = [name for name in open_names if table.column[name].nullable and name not in table.primary_key]
        cyclic = any(entry.table.name == parent_table.name for entry in chain)
        empty = cyclic and not self.draft.count(parent_table.name)
        if optional and (empty or self.rng.random() < (0.4 if cyclic else _NULLS) or len(chain) > _DEEPEST):
            for name in optional:
                row[name] = None
            return
        parent = self._choose_parent(own, foreign_key, parent_table, known, chain, attempt)
        for name, reference in pairs:
            row.setdefault(name, parent[reference])

    def _choose_parent(
        self,
        own: _Pending,
        foreign_key: ForeignKey,
        parent: Table,
        known: Mapping[str, Value],
        chain: list[_Pending],
        attempt: int,
    ) -> Row:
        candidates = self._candidates(parent, known)
        used = [
            tuple(own.row.get(name) for name in other.columns)
            for other in own.table.foreign_keys
            if other is not foreign_key and other.table == parent.name
        ]
        apart = [row for row in candidates if tuple(row[name] for name in foreign_key.references) not in used]
        if self.avoid:
            apart = [row for row in apart if (parent.name, parent.key_of(row)) not in self.avoid] or apart
        open_loop = [entry for entry in chain if entry.table.name == parent.name]
        reuse = attempt < _ATTEMPTS // 2 and self.rng.random() < self._reuse
        if apart and (reuse or open_loop):
            return self.rng.choice(apart)
        if open_loop:
            closing = self._close(open_loop, foreign_key, known)
            if closing is not None:
                return closing
            if candidates:
                return self.rng.choice(candidates)
            raise _Unfit(f"`{own.table.name}` and `{parent.name}` need each other first")
        if len(chain) > _DEEPEST:
            raise _Unfit(f"the parents of `{own.table.name}` are too deep")
        try:
            return self._add(parent, known, chain)
        except StateError:
            if candidates:
                return self.rng.choice(apart or candidates)
            raise

    def _candidates(self, parent: Table, known: Mapping[str, Value]) -> list[Row]:
        if known:
            return self.draft.rows(parent.name, known)
        count = self.draft.count(parent.name)
        if count <= 50:
            return self.draft.table_rows(parent.name)
        keys = self.draft.keys(parent.name)
        picked = [keys[self.rng.randrange(count)] for _ in range(50)]
        return [row for row in (self.draft.get(parent.name, key) for key in dict.fromkeys(picked)) if row is not None]

    def _close(self, open_loop: list[_Pending], foreign_key: ForeignKey, known: Mapping[str, Value]) -> Row | None:
        """A row that is still being made, where its referred columns are settled: this closes a cycle."""
        for entry in reversed(open_loop):
            settled = all(entry.row.get(name) is not None for name in foreign_key.references)
            if settled and all(entry.row[name] == value for name, value in known.items()):
                entry.promised.update(foreign_key.references)
                return entry.row
        return None

    def _ensure(
        self, own: _Pending, foreign_key: ForeignKey, parent: Table, known: Mapping[str, Value], chain: list[_Pending]
    ) -> None:
        values = tuple(known[name] for name in foreign_key.references)
        if self.draft.matching(parent.name, foreign_key.references, values):
            return
        for entry in chain:
            if entry.table.name == parent.name and all(entry.row.get(name) == value for name, value in known.items()):
                entry.promised.update(foreign_key.references)
                return
        if len(chain) > _DEEPEST:
            raise _Unfit(f"the parents of `{own.table.name}` are too deep")
        self._add(parent, known, chain)

    # values

    def _fresh(self, table: Table, column: Column, row: Row) -> Value:
        if column.nullable and column.name not in table.primary_key and self.rng.random() < _NULLS:
            return None
        if (column.name,) in table.unique or (column.name,) == table.primary_key or column.generated:
            return self._distinct(table, column)
        value = make_value(column, self.rng, self.now, self.database, table.name)
        if self._apart and column.type not in ("boolean",) and not column.enum:
            for _ in range(4):
                if not any(value == other and other is not None for other in row.values()):
                    break
                value = make_value(column, self.rng, self.now, self.database, table.name)
        return value

    def _distinct(self, table: Table, column: Column) -> Value:
        """A value of an identifying column that no row has."""
        counted = column.type == "integer" and column.role in ("id", "reference") and column.minimum is None
        if column.generated or (counted and column.maximum is None and not column.enum):
            return self._next_id(table, column)
        taken = (
            {row[column.name] for row in self.draft.table_rows(table.name)}
            if self.draft.count(table.name)
            else set[Value]()
        )
        return distinct_value(column, self.rng, self.now, self.database, taken, table.name)

    def _next_id(self, table: Table, column: Column) -> Value:
        largest = 100 * (self._place[table.name] + 1) if self._apart and column.type == "integer" else 0
        if table.primary_key == (column.name,):
            keys: list[Any] = self.draft.keys(table.name)
            numbers = keys[-1:] if column.type == "integer" else keys
        else:
            numbers = [row[column.name] for row in self.draft.table_rows(table.name)]
        return make_id(table, column, max([largest, *(id_number(table, column, value) for value in numbers)]) + 1)

    def _make_unique(self, table: Table, row: Row, fixed: Collection[str]) -> None:
        for columns in table.unique:
            values = tuple(row[name] for name in columns)
            if None in values or not self.draft.matching(table.name, columns, values):
                continue
            free = [name for name in columns if name not in fixed]
            if not free:
                raise _Unfit(f"{', '.join(columns)} = {values!r} is taken")
            name = self.rng.choice(free)
            rest = {other: row[other] for other in columns if other != name}
            taken = {other[name] for other in self.draft.rows(table.name, rest)}
            row[name] = distinct_value(table.column[name], self.rng, self.now, self.database, taken, table.name)

    def repair_checks(self, table: Table, row: Row, fixed: Collection[str]) -> bool:
        """Changes columns of `row` outside `fixed` until the table's checks hold; tells whether they do."""
        if not table.checks:
            return True
        key = table.key_of(row)
        own = key if self.draft.get(table.name, key) is not None else None
        names = Names(columns=table.column, arrays=frozenset(), bindings={})
        for _ in range(12):
            failing = self.draft.check_problems(table.name, row)
            if not failing:
                return True
            if not self._repair_one(table, row, fixed, failing, names, own):
                concerned = {name for text in failing for name in parse(text).names}
                free = [column for column in table.columns if column.name in concerned and column.name not in fixed]
                if not free:
                    return False
                column = self.rng.choice(free)
                row[column.name] = self._fresh(table, column, row)
        return not self.draft.check_problems(table.name, row)

    def _repair_one(
        self, table: Table, row: Row, fixed: Collection[str], failing: list[str], names: Names, own: Key | None
    ) -> bool:
        reading = Reading(self.database, self.draft, names, row)
        tree = parse(failing[0]).tree
        for tried, wish in enumerate(Wishes(reading, self.rng).truth(tree, True, {})):
            if tried > 40:
                return False
            settings = {step.name: step.value for step in wish if isinstance(step, SetName)}
            if len(settings) < len(wish) or any(name in fixed for name in settings):
                continue
            changed = {**row, **settings}
            if self.draft.column_problems(table.name, changed) or self.draft.unique_problems(table.name, changed, own):
                continue
            if len(self.draft.check_problems(table.name, changed)) < len(failing):
                row.update(settings)
                return True
        return False
