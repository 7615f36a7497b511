"""Carries wishes out: changes arguments and rows so that arguments stay valid and rows keep the schema."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from random import Random
from typing import Any

from engine.errors import StateError
from engine.models.base import Row, Value, items_of
from engine.models.database import Table
from engine.models.tool import Parameter
from engine.models.trace import Key
from engine.states.arguments import accepts
from engine.states.builder import StateBuilder
from engine.states.candidates import of_kind
from engine.states.coherence import turned
from engine.states.draft import Draft
from engine.states.steps import Delete, Insert, SetColumn, SetItem, SetName, Step, Wish
from engine.states.values import distinct_value

_DEEPEST_DELETE = 3


class Board:
    """A draft with the arguments of one call, where moves can be made and taken back.

    Attributes:
        arguments: The arguments; optional parameters that are not given are absent.

    Args:
        draft: The rows; changed in place.
        arguments: The arguments to start from.
        parameters: The call's parameters.
        rng: Source of all choices.
        frozen: (table, key) of rows that must stay as they are.
        fixed: Parameters whose arguments must stay as they are.
        apart: As for `StateBuilder`.
    """

    def __init__(
        self,
        draft: Draft,
        arguments: dict[str, Any],
        parameters: dict[str, Parameter],
        rng: Random,
        frozen: Collection[tuple[str, Key]] = (),
        fixed: Collection[str] = (),
        apart: bool = False,
    ) -> None:
        self.draft = draft
        self.arguments = dict(arguments)
        self._parameters = parameters
        self._rng = rng
        self._frozen = frozenset(frozen)
        self._fixed = frozenset(fixed)
        self._builder = StateBuilder(draft.database, rng, draft.now, draft=draft, apart=apart)

    def mark(self) -> tuple[int, dict[str, Any]]:
        """A point to which `rollback` returns."""
        return self.draft.mark(), dict(self.arguments)

    def rollback(self, mark: tuple[int, dict[str, Any]]) -> None:
        """Takes every move since `mark` back."""
        self.draft.rollback(mark[0])
        self.arguments = dict(mark[1])

    def make(self, wish: Wish) -> bool:
        """Makes all steps of a wish, or none of them; tells which."""
        mark = self.mark()
        try:
            if wish and all(self._step(step) for step in wish):
                return True
        except StateError:
            pass  # No legal row for it: this wish can't be had.
        self.rollback(mark)
        return False

    def straightenings(self, mark: tuple[int, dict[str, Any]]) -> Iterator[Wish]:
        """Wishes that would let spans run forward again in rows that were changed since `mark`.

        Where no rule of the schema orders a start and an end, a wish for one of them may have left the other behind.
        """
        for name, key in self.draft.touched(mark[0]):
            pairs = self._builder.facts_of(self.draft.database.table[name]).spans
            row = self.draft.get(name, key)
            if row is not None and pairs:
                yield from ((SetColumn(name, key, column, value),) for column, value in turned(row, pairs))

    def _step(self, step: Step) -> bool:
        if isinstance(step, SetName):
            return self._set_argument(step.name, step.value)
        if isinstance(step, SetItem):
            items = list(self.arguments.get(step.name) or ())
            if step.position >= len(items):
                return False
            items[step.position] = step.value
            return self._set_argument(step.name, items)
        if isinstance(step, SetColumn):
            return self._set_column(step)
        if isinstance(step, Insert):
            self._builder.avoid = self._pointed_to()
            self._builder.add_row(step.table, step.given)
            return True
        return self._delete(step, 0)

    def _pointed_to(self) -> set[tuple[str, Key]]:
        """Rows that the arguments are about: further rows are about others unless they are meant to."""
        found: set[tuple[str, Key]] = set()
        for name, value in self.arguments.items():
            place = self._parameters[name].refers_to if name in self._parameters else None
            if place is not None:
                found.update((place.partition(".")[0], item) for item in items_of(value))
        return found

    def _set_argument(self, name: str, value: Any) -> bool:
        parameter = self._parameters.get(name)
        if parameter is None or name in self._fixed:
            return False
        if value is None:
            if parameter.required or parameter.default is not None:
                return False
            self.arguments.pop(name, None)
            return True
        if not accepts(parameter, value):
            return False
        self.arguments[name] = value
        return True

    def _set_column(self, step: SetColumn) -> bool:
        table = self.draft.database.table[step.table]
        row = self.draft.get(step.table, step.key)
        if row is None or (step.table, step.key) in self._frozen:
            return False
        column = table.column[step.column]
        value = of_kind(step.value, column)
        if value is not None and not _typed_as(column.type, value):
            return False
        changed: Row = {**row, step.column: value}
        if self.draft.column_problems(step.table, changed):
            return False
        if self._referred(table, row, step.column):
            return False
        fixed = {step.column, *table.primary_key}
        self._follow(table, changed, step.column)
        own = step.key if step.column not in table.primary_key else None
        if self.draft.reference_problems(step.table, changed):
            return False
        if not self._make_room(table, changed, own if own is not None else step.key):
            return False
        linked = {name for foreign_key in table.foreign_keys for name in foreign_key.columns}
        if self.draft.check_problems(step.table, changed) and not self._builder.repair_checks(
            table, changed, fixed | linked
        ):
            return False
        if self.draft.unique_problems(step.table, changed, step.key):
            return False
        if step.column in table.primary_key:
            self.draft.delete(step.table, step.key)
            self.draft.insert(step.table, changed)
        else:
            self.draft.change(step.table, step.key, changed)
        return True

    def _referred(self, table: Table, row: Row, column: str) -> bool:
        """Whether another row points to this one by that column."""
        return any(
            column in foreign_key.references and not (other.name == table.name and key == table.key_of(row))
            for other, foreign_key, key in self.draft.referrers(table.name, row)
        )

    def _follow(self, table: Table, changed: Row, column: str) -> None:
        """Makes the parents that the changed column asks for."""
        for foreign_key in table.foreign_keys:
            values = tuple(changed[name] for name in foreign_key.columns)
            if column not in foreign_key.columns or None in values:
                continue
            if not self.draft.matching(foreign_key.table, foreign_key.references, values):
                parent: dict[str, Value] = dict(zip(foreign_key.references, values, strict=True))
                self._builder.add_row(foreign_key.table, parent)

    def _make_room(self, table: Table, changed: Row, own: Key) -> bool:
        """Moves a row away that holds a unique value which the changed row now has."""
        for columns in table.unique:
            values = tuple(changed[name] for name in columns)
            if None in values:
                continue
            for key in self.draft.matching(table.name, columns, values):
                other = self.draft.get(table.name, key)
                if key == own or other is None:
                    continue
                linked = {name for foreign_key in table.foreign_keys for name in foreign_key.columns}
                free = [name for name in columns if name not in linked and name not in table.primary_key]
                if not free or (table.name, key) in self._frozen or self._referred(table, other, free[0]):
                    return False
                taken = {row[free[0]] for row in self.draft.table_rows(table.name)}
                database, now = self.draft.database, self.draft.now
                fresh = distinct_value(table.column[free[0]], self._rng, now, database, taken, table.name)
                if self.draft.check_problems(table.name, {**other, free[0]: fresh}):
                    return False
                self.draft.change(table.name, key, {free[0]: fresh})
        return True

    def _delete(self, step: Delete, depth: int) -> bool:
        row = self.draft.get(step.table, step.key)
        if row is None:
            return True
        if (step.table, step.key) in self._frozen or depth > _DEEPEST_DELETE:
            return False
        for other, foreign_key, key in list(self.draft.referrers(step.table, row)):
            child = self.draft.get(other.name, key)
            if child is None or (other.name == step.table and key == step.key):
                continue
            if (other.name, key) in self._frozen:
                return False
            nullable = [
                name for name in foreign_key.columns if other.column[name].nullable and name not in other.primary_key
            ]
            if nullable and not self.draft.check_problems(other.name, {**child, nullable[0]: None}):
                self.draft.change(other.name, key, {nullable[0]: None})
            elif not self._delete(Delete(other.name, key), depth + 1):
                return False
        self.draft.delete(step.table, step.key)
        return True


def _typed_as(kind: str, value: Value) -> bool:
    """Whether a value has a column's type; text types are told apart by their shape."""
    if kind == "boolean":
        return isinstance(value, bool)
    if isinstance(value, bool):
        return False
    if kind == "integer":
        return isinstance(value, int)
    if kind == "real":
        return isinstance(value, int | float)
    parameter = Parameter.model_construct(name="", type=kind, array=False, enum=None, minimum=None, maximum=None)
    return isinstance(value, str) and (kind == "text" or accepts(parameter, value))
