"""What a contract says must come out of a call, worked out apart from the tool's code.

This is the expectation of procedural testing (paper, section 4.1, step 5): the truth of each requirement, the
rejection code or the exact net changes, and the answer.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.contracts.differences import ANY, matches, matches_changes
from engine.contracts.expression import Expression, Scope, Undefined, parse, parse_each
from engine.contracts.query import CompiledQuery
from engine.contracts.state import PlainState, generated_column, make_id
from engine.errors import ContractError
from engine.models.base import Row
from engine.models.database import DatabaseSchema
from engine.models.tool import Effect, Tool
from engine.models.trace import ConditionTruth, Key, RowChange

__all__ = ["ANY", "Expectation", "conditions", "evaluate", "matches", "matches_changes", "open_scope"]

STATED_ANY = "any"
"""The text of a value expression that the contract can't state."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What must come out of one call.

    Attributes:
        truths: Each requirement's truth over the rows before; `None` where it is undefined.
        code: The rejection code of the first false requirement; `None` for an accepted call.
        changes: Net row changes, by table and key; empty for a rejection. Values may be `ANY`.
        result: The answer of an accepted call. Values may be `ANY`.
        seen: For each effect, how many rows it writes in this call.
        defect: Why the contract does not say what comes out (a condition before the first false one, an
            effect or a return value is undefined here); `None` for a sound contract.
    """

    truths: tuple[ConditionTruth, ...]
    code: str | None = None
    changes: tuple[RowChange, ...] = ()
    result: dict[str, Any] | None = None
    seen: tuple[int, ...] = ()
    defect: str | None = None


def evaluate(tool: Tool, database: DatabaseSchema, state: PlainState, arguments: Mapping[str, Any]) -> Expectation:
    """Works out what the call must do; `state` stays as it is.

    Args:
        arguments: Valid arguments; parameters left out have their default.

    Raises:
        ExpressionError: The contract is not in the language or names what does not exist.
    """
    return compiled(tool, database).expect(state, arguments)


def conditions(
    tool: Tool, database: DatabaseSchema, state: PlainState, arguments: Mapping[str, Any]
) -> tuple[bool | None, ...]:
    """Only the requirements' truths, in order; `None` where undefined. For searches that call it very often."""
    return compiled(tool, database).conditions(state, arguments)


def open_scope(tool: Tool, database: DatabaseSchema, state: PlainState, arguments: Mapping[str, Any]) -> Scope:
    """A scope with the arguments and the bindings, which are worked out on first use."""
    return compiled(tool, database).scope(state, arguments)


class _Names(dict[str, Any]):
    """Arguments and, once they were asked for, bindings."""

    __slots__ = ("bindings", "scope")

    bindings: dict[str, Expression]
    scope: Scope

    def __missing__(self, name: str) -> Any:
        value = self[name] = self.bindings[name].evaluate(self.scope)
        return value


class _Changes:
    """The rows that a call touched, over the rows before it; also the view of `after(...)`."""

    __slots__ = ("_counters", "_state", "touched")

    def __init__(self, state: PlainState) -> None:
        self._state = state
        self._counters: dict[str, int] = {}
        self.touched: dict[tuple[str, Key], Row | None] = {}

    def get(self, table: str, key: Key) -> Row | None:
        place = (table, key)
        return self.touched[place] if place in self.touched else self._state.get(table, key)

    def next_number(self, table: str) -> int:
        number = self._counters[table] = self._counters.get(table, self._state.counter(table)) + 1
        return number

    def net(self) -> tuple[RowChange, ...]:
        found: list[RowChange] = []
        for (table, key), after in self.touched.items():
            before = self._state.get(table, key)
            if before != after:
                found.append(RowChange.model_construct(table=table, key=key, before=before, after=after))
        if len(found) > 1:
            found.sort(key=_place)
        return tuple(found)


def _place(change: RowChange) -> tuple[str, tuple[tuple[bool, Any], ...]]:
    parts = change.key if isinstance(change.key, tuple) else (change.key,)
    return change.table, tuple((part is not None, part) for part in parts)


class _CompiledEffect:
    """One effect ready to run."""

    __slots__ = ("_bind", "_database", "_each", "_generated", "_key", "_table", "_template", "_values", "_when", "run")

    def __init__(self, effect: Effect, database: DatabaseSchema) -> None:
        table = database.table.get(effect.table)
        if table is None:
            raise ContractError(f"an effect changes the unknown table `{effect.table}`; check the contract first")
        self._table = table
        self._each = parse_each(effect.each) if effect.each is not None else None
        self._when = parse(effect.when) if effect.when is not None else None
        self._key = parse(effect.key) if effect.key is not None else None
        self._bind = effect.bind
        self._values = [
            (column, None if text.strip() == STATED_ANY else parse(text)) for column, text in effect.values.items()
        ]
        self._template: Row = {column.name: column.default for column in table.columns}
        generated = generated_column(table)
        self._generated = generated if generated is not None and generated.name not in effect.values else None
        if effect.operation != "insert" and self._key is None:
            raise ContractError(f"the {effect.operation} of `{effect.table}` has no key; check the contract first")
        self.run = {"insert": self._insert, "update": self._update, "delete": self._delete}[effect.operation]

    def apply(self, scope: Scope, changes: _Changes) -> int:
        """Carries the effect out and says how many rows it wrote."""
        if self._each is None:
            row = self._once(scope, changes)
            if self._bind is not None:
                scope.names[self._bind] = row
            return 0 if row is None else 1
        written: list[Row] = []
        items = self._each.items.evaluate(scope)
        if not isinstance(items, (list, tuple)):
            raise Undefined(f"`{self._each.items.text}` is {items!r}, not a list")
        for item in items:  # pyright: ignore[reportUnknownVariableType]
            scope.names[self._each.name] = item
            row = self._once(scope, changes)
            if row is not None:
                written.append(row)
        scope.names.pop(self._each.name, None)
        if self._bind is not None:
            scope.names[self._bind] = written
        return len(written)

    def _once(self, scope: Scope, changes: _Changes) -> Row | None:
        if self._when is not None and not self._when.evaluate(scope):
            return None
        return self.run(scope, changes)

    def _evaluated(self, scope: Scope) -> Iterator[tuple[str, Any]]:
        for column, value in self._values:
            yield column, ANY if value is None else value.evaluate(scope)

    def _insert(self, scope: Scope, changes: _Changes) -> Row:
        row = self._template | dict(self._evaluated(scope))
        if self._generated is not None:
            row[self._generated.name] = make_id(self._table, self._generated, changes.next_number(self._table.name))
        key = self._table.key_of(row)
        if changes.get(self._table.name, key) is not None:
            raise Undefined(f"the `{self._table.name}` row {key!r} to insert exists already")
        changes.touched[self._table.name, key] = row
        return row

    def _update(self, scope: Scope, changes: _Changes) -> Row:
        key, row = self._target(scope, changes)
        after = row | dict(self._evaluated(scope))
        if self._table.key_of(after) != key:
            raise Undefined(f"the update of `{self._table.name}` {key!r} changes its primary key")
        changes.touched[self._table.name, key] = after
        return after

    def _delete(self, scope: Scope, changes: _Changes) -> Row:
        key, row = self._target(scope, changes)
        changes.touched[self._table.name, key] = None
        return row

    def _target(self, scope: Scope, changes: _Changes) -> tuple[Key, Row]:
        assert self._key is not None
        key: Key = self._key.evaluate(scope)
        row = changes.get(self._table.name, key)
        if row is None:
            raise Undefined(f"there is no `{self._table.name}` row {key!r} (`{self._key.text}`) to change")
        return key, row


class CompiledContract:
    """A tool's contract with every expression parsed."""

    def __init__(self, tool: Tool, database: DatabaseSchema) -> None:
        contract = tool.contract
        self._defaults = {parameter.name: parameter.default for parameter in tool.parameters}
        self._bindings = {binding.name: parse(binding.expression) for binding in contract.bindings}
        earlier: set[str] = set()
        for name, expression in self._bindings.items():
            if later := [other for other in self._bindings if other in expression.names and other not in earlier]:
                raise ContractError(
                    f"{tool.name}: binding `{name}` uses `{later[0]}`, which comes later; put bindings in order of use"
                )
            earlier.add(name)
        self._requires = [
            (
                parse(requirement.condition),
                tuple(
                    ConditionTruth(code=requirement.code, condition=requirement.condition, holds=holds)
                    for holds in (False, True, None)
                ),
            )
            for requirement in contract.requires
        ]
        self._effects = [_CompiledEffect(effect, database) for effect in contract.effects]
        self._returns: list[tuple[str, Expression | CompiledQuery | None]] = []
        for field in contract.returns:
            if field.query is not None:
                self._returns.append((field.name, CompiledQuery(field.query)))
            elif field.value is None or field.value.strip() == STATED_ANY:
                self._returns.append((field.name, None))
            else:
                self._returns.append((field.name, parse(field.value)))

    def scope(self, state: PlainState, arguments: Mapping[str, Any]) -> Scope:
        """A scope with the arguments and the bindings, which are worked out on first use."""
        names = _Names(self._defaults)
        names.update(arguments)
        names.bindings = self._bindings
        scope = names.scope = Scope(names, state)
        return scope

    def conditions(self, state: PlainState, arguments: Mapping[str, Any]) -> tuple[bool | None, ...]:
        """The requirements' truths, in order."""
        scope = self.scope(state, arguments)
        return tuple([_truth(condition, scope) for condition, _ in self._requires])

    def expect(self, state: PlainState, arguments: Mapping[str, Any]) -> Expectation:
        """Works out what the call must do."""
        scope = self.scope(state, arguments)
        truths: list[ConditionTruth] = []
        code: str | None = None
        defect: str | None = None
        for condition, (false, true, undefined) in self._requires:
            holds = _truth(condition, scope)
            if holds:
                truths.append(true)
            elif holds is None:
                truths.append(undefined)
                if code is None and defect is None:
                    defect = f"the condition of `{undefined.code}` is undefined although nothing before it was false: {_reason(condition, scope)}"
            else:
                truths.append(false)
                code = code or false.code
        if code is not None or defect is not None:
            return Expectation(tuple(truths), code, defect=defect)
        changes = _Changes(state)
        seen: list[int] = []
        doing = ""
        try:
            for index, effect in enumerate(self._effects):
                doing = f"effect {index + 1}"
                seen.append(effect.apply(scope, changes))
            scope.after = changes
            result: dict[str, Any] = {}
            for name, value in self._returns:
                doing = f"the returned `{name}`"
                if value is None:
                    result[name] = ANY
                elif isinstance(value, CompiledQuery):
                    result[name] = value.run(scope)
                else:
                    result[name] = value.evaluate(scope)
        except Undefined as problem:
            return Expectation(tuple(truths), seen=tuple(seen), defect=f"{doing} is undefined: {problem}")
        return Expectation(tuple(truths), None, changes.net(), result, tuple(seen))


def _truth(condition: Expression, scope: Scope) -> bool | None:
    try:
        return bool(condition.evaluate(scope))
    except Undefined:
        return None


def _reason(condition: Expression, scope: Scope) -> str:
    try:
        return str(condition.evaluate(scope))
    except Undefined as problem:
        return str(problem)


_COMPILED: dict[tuple[int, int], tuple[Any, Any, CompiledContract]] = {}


def compiled(tool: Tool, database: DatabaseSchema) -> CompiledContract:
    """The compiled contract, kept for as long as tool and database live."""
    place = (id(tool), id(database))
    found = _COMPILED.get(place)
    if found is None:

        def forget(_: object) -> None:
            _COMPILED.pop(place, None)

        contract = CompiledContract(tool, database)
        found = _COMPILED[place] = (weakref.ref(tool, forget), weakref.ref(database, forget), contract)
    return found[2]
