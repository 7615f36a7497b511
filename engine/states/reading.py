"""Reads contract expressions piece by piece: the value, table and meaning of every part of one.

The goal-directed search needs more than an expression's value: which row a part came from, which column
it stands for, which list it runs over. All of it is worked out from the syntax tree over the current state.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast

from engine.contracts.expression import Expression, Scope, StateView, Undefined, parse
from engine.models.base import Row
from engine.models.database import Column, DatabaseSchema


def sequence(value: Any) -> list[Any] | None:
    """The items of a list or tuple; `None` for anything else."""
    return list(cast("Sequence[Any]", value)) if isinstance(value, list | tuple) else None


class _Nothing:
    def __repr__(self) -> str:
        return "UNDEFINED"


UNDEFINED: Any = _Nothing()
"""The value of an expression that has none in this state."""


class Local(NamedTuple):
    """A comprehension's variable at one item.

    Attributes:
        value: The item.
        table: Its table, where it is a row.
        argument: The array parameter that it comes from, where it does.
        position: Its place in that argument.
    """

    value: Any
    table: str | None = None
    argument: str | None = None
    position: int = 0


Locals = Mapping[str, Local]


class Source(NamedTuple):
    """What a list expression runs over.

    Attributes:
        table: The table whose rows it lists, or `None`.
        equal: Column -> expression that rows must equal.
        filters: (variable, condition) of the comprehensions around it.
        argument: The array parameter that it lists, where it does.
        mapped: The items are worked out from those of another list: new rows of the table don't show up in it.
    """

    table: str | None
    equal: dict[str, ast.expr]
    filters: tuple[tuple[str, ast.expr], ...]
    argument: str | None = None
    mapped: bool = False


class Loop(NamedTuple):
    """A comprehension taken apart."""

    variable: str
    items: ast.expr
    tests: list[ast.expr]
    element: ast.expr


@dataclass(frozen=True, slots=True)
class Names:
    """What names mean in the expressions of one tool (or one table's checks).

    Attributes:
        columns: Parameter (or column, in a check) -> what its values mean; for an array, each item's.
        arrays: Parameters that hold lists.
        bindings: Name -> expression that it stands for.
        entities: Parameter -> (table, column) whose values it takes, where it carries an entity.
    """

    columns: Mapping[str, Column]
    arrays: frozenset[str]
    bindings: Mapping[str, Expression]
    entities: Mapping[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])


class _Values(dict[str, Any]):
    """Names by value; a binding is computed when it is first asked for."""

    def __init__(self, values: Mapping[str, Any], bindings: Mapping[str, Expression], state: StateView) -> None:
        super().__init__(values)
        self._bindings = bindings
        self._state = state

    def __missing__(self, name: str) -> Any:
        expression = self._bindings.get(name)
        if expression is None:
            raise KeyError(name)
        value = self[name] = expression.evaluate(Scope(names=self, state=self._state))
        return value


_compiled: dict[int, tuple[ast.expr, Expression]] = {}


def compiled(node: ast.expr) -> Expression:
    """The expression of a part of a parsed tree (trees live as long as the process, like `parse`'s cache)."""
    found = _compiled.get(id(node))
    if found is None:
        found = _compiled[id(node)] = (node, parse(ast.unparse(node)))
    return found[1]


def loop_of(node: ast.expr) -> Loop | None:
    """Takes a comprehension apart; `None` for anything else."""
    if not isinstance(node, ast.ListComp | ast.GeneratorExp):
        return None
    clause = node.generators[0]
    assert isinstance(clause.target, ast.Name)
    return Loop(clause.target.id, clause.iter, clause.ifs, node.elt)


def function_of(node: ast.expr) -> str:
    """The function's name of a call, `""` for anything else."""
    return node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""


def table_name(call: ast.expr) -> str:
    """The first argument of a database function."""
    assert isinstance(call, ast.Call)
    first = call.args[0]
    assert isinstance(first, ast.Constant)
    return str(first.value)


class Reading:
    """One look at one state: values of parts, computed as needed. Make a new one after every change."""

    def __init__(self, database: DatabaseSchema, state: StateView, names: Names, values: Mapping[str, Any]) -> None:
        self.database = database
        self.state = state
        self.names = names
        self.values = values
        self._scope = Scope(names=_Values(values, names.bindings, state), state=state)

    def evaluate(self, node: ast.expr, local: Locals) -> Any:
        """The part's value, or `UNDEFINED`."""
        return self.value(compiled(node), local)

    def value(self, expression: Expression, local: Locals) -> Any:
        """The expression's value, or `UNDEFINED`."""
        try:
            if not local:
                return expression.evaluate(self._scope)
            values = _Values(self._scope.names, self.names.bindings, self.state)
            for name, entry in local.items():
                values[name] = entry.value
            return expression.evaluate(Scope(names=values, state=self.state))
        except Undefined:
            return UNDEFINED

    def truth(self, expression: Expression, local: Locals | None = None) -> bool | None:
        """Whether it holds; `None` where it is undefined."""
        value = self.value(expression, local or {})
        return None if value is UNDEFINED else bool(value)

    def resolve(self, node: ast.expr, local: Locals) -> ast.expr:
        """The part itself, or what the binding that it names stands for."""
        while isinstance(node, ast.Name) and node.id not in local:
            binding = self.names.bindings.get(node.id)
            if binding is None:
                break
            node = binding.tree
        return node

    def row_table(self, node: ast.expr, local: Locals) -> str | None:
        """The table of a row-valued part."""
        node = self.resolve(node, local)
        if isinstance(node, ast.Name):
            return local[node.id].table if node.id in local else None
        if function_of(node) in ("get", "after"):
            return table_name(node)
        if isinstance(node, ast.Subscript):
            return self.source(node.value, local).table
        if isinstance(node, ast.IfExp):
            return self.row_table(node.body, local) or self.row_table(node.orelse, local)
        return None

    def source(self, node: ast.expr, local: Locals) -> Source:
        """What a list-valued part runs over."""
        node = self.resolve(node, local)
        if isinstance(node, ast.Call) and function_of(node) in ("rows", "count", "exists"):
            equal = {str(keyword.arg): keyword.value for keyword in node.keywords}
            return Source(table_name(node), equal, ())
        if isinstance(node, ast.Name) and node.id in self.names.arrays:
            return Source(None, {}, (), node.id)
        if function_of(node) == "sorted" and isinstance(node, ast.Call):
            return self.source(node.args[0], local)
        loop = loop_of(node)
        if loop is not None:
            inner = self.source(loop.items, local)
            tests = tuple((loop.variable, test) for test in loop.tests)
            if isinstance(loop.element, ast.Name) and loop.element.id == loop.variable:
                return inner._replace(filters=inner.filters + tests)
            table = self.row_table(loop.element, {**local, loop.variable: Local(None, inner.table)})
            return Source(table, {}, (), mapped=True)
        return Source(None, {}, ())

    def items(self, loop: Loop, local: Locals) -> list[dict[str, Local]]:
        """The locals for each item that a comprehension runs over, its tests not yet applied."""
        listed = sequence(self.evaluate(loop.items, local)) or []
        source = self.source(loop.items, local)
        return [
            {**local, loop.variable: Local(value, source.table, source.argument, index)}
            for index, value in enumerate(listed)
        ]

    def meaning(self, node: ast.expr, local: Locals) -> Column | None:
        """The column whose kind of values a part has, as far as that can be told."""
        node = self.resolve(node, local)
        if isinstance(node, ast.Name):
            entry = local.get(node.id)
            return self.names.columns.get(entry.argument or "") if entry else self.names.columns.get(node.id)
        if isinstance(node, ast.Attribute):
            table = self.row_table(node.value, local)
            return self.database.table[table].column.get(node.attr) if table else None
        if isinstance(node, ast.Call) and function_of(node) in ("money", "abs", "lower", "add_days", "add_minutes"):
            return self.meaning(node.args[0], local)
        if isinstance(node, ast.BinOp):
            return self.meaning(node.left, local) or self.meaning(node.right, local)
        if isinstance(node, ast.IfExp):
            return self.meaning(node.body, local) or self.meaning(node.orelse, local)
        if isinstance(node, ast.Subscript):
            return self._element_meaning(node.value, local)
        if isinstance(node, ast.Call) and function_of(node) in ("min", "max") and node.args:
            return self._element_meaning(node.args[0], local) or self.meaning(node.args[0], local)
        return None

    def _element_meaning(self, node: ast.expr, local: Locals) -> Column | None:
        """The meaning of a list's items."""
        node = self.resolve(node, local)
        loop = loop_of(node)
        if loop is None:
            return self.names.columns.get(node.id) if isinstance(node, ast.Name) and node.id not in local else None
        source = self.source(loop.items, local)
        return self.meaning(loop.element, {**local, loop.variable: Local(None, source.table, source.argument)})

    def row(self, node: ast.expr, local: Locals) -> tuple[str, Row] | None:
        """The (table, row) that a part evaluates to, where it does."""
        value = self.evaluate(node, local)
        table = self.row_table(node, local)
        return (table, cast("Row", value)) if table is not None and isinstance(value, dict) else None
