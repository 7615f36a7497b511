"""The allow-list of the contract language, and how each of its nodes becomes a closure.

Contract texts may come from a model, so they are never handed to ``eval``: whatever is not listed here is refused.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Generator, Mapping
from typing import Any, cast

from engine.contracts import clock
from engine.contracts.scope import RowView, Scope
from engine.errors import ExpressionError
from engine.models.base import Row

MAX_DEPTH = 30
"""Deepest nesting of an expression's syntax tree."""
MAX_LOOPS = 3
"""Most comprehensions inside one another."""
MAX_SIZE = 100_000
"""Longest text or list, and most bits of a whole number, that an expression may build."""

STATE_FUNCTIONS = frozenset({"get", "rows", "count", "exists", "after"})
"""Functions that read the database; their first argument is a table's name as a text literal."""

CLOCK_NAMES = frozenset({"now", "today"})
"""Names that are always in scope: the episode's clock as an ISO datetime, and its date."""

Closure = Callable[[Scope], Any]
Operator = Callable[[Any, Any], Any]


def _bounded(value: Any) -> Any:
    """Refuses what only a hostile contract builds: texts, lists and numbers that double again and again."""
    if isinstance(value, int):
        if value.bit_length() > 4_096:
            raise ValueError("the number is too large")
    elif not isinstance(value, float) and len(value) > MAX_SIZE:
        raise ValueError("the text or list is too long")
    return value


def _add(left: Any, right: Any) -> Any:
    return _bounded(left + right)


def _multiply(left: Any, right: Any) -> Any:
    if not isinstance(left, (int, float)) or not isinstance(right, (int, float)):
        raise TypeError("`*` takes numbers")
    return _bounded(left * right)


def _modulo(left: Any, right: Any) -> Any:
    if not isinstance(left, (int, float)):  # `%` of a text would be formatting
        raise TypeError("`%` takes numbers")
    return left % right


def _within(left: Any, right: Any) -> bool:
    return left in right


def _not_within(left: Any, right: Any) -> bool:
    return left not in right


_BINARY: dict[type[ast.operator], Operator] = {
    ast.Add: _add,
    ast.Sub: operator.sub,
    ast.Mult: _multiply,
    ast.Div: cast("Operator", operator.truediv),
    ast.FloorDiv: cast("Operator", operator.floordiv),
    ast.Mod: _modulo,
}
_COMPARE: dict[type[ast.cmpop], Operator] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: _within,
    ast.NotIn: _not_within,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
}

_FUNCTIONS: dict[str, tuple[Callable[..., Any], int, int]] = {
    "len": (len, 1, 1),
    "sum": (sum, 1, 1),
    "min": (min, 1, 9),
    "max": (max, 1, 9),
    "any": (any, 1, 1),
    "all": (all, 1, 1),
    "abs": (abs, 1, 1),
    "sorted": (sorted, 1, 1),
    "int": (int, 1, 1),
    "float": (float, 1, 1),
    "str": (str, 1, 1),
    "money": (clock.money, 1, 1),
    "lower": (clock.lower, 1, 1),
    "contains": (clock.contains, 2, 2),
    "add_days": (clock.add_days, 2, 2),
    "add_minutes": (clock.add_minutes, 2, 2),
    "days_between": (clock.days_between, 2, 2),
    "minutes_between": (clock.minutes_between, 2, 2),
    "date_of": (clock.date_of, 1, 1),
    "time_of": (clock.time_of, 1, 1),
    "weekday": (clock.weekday, 1, 1),
}
"""Function -> (implementation, fewest and most arguments)."""

FUNCTIONS = frozenset(_FUNCTIONS) | STATE_FUNCTIONS
"""Every function of the language."""

_TAKES_GENERATOR = frozenset({"sum", "min", "max", "any", "all", "sorted"})


def check_variable(name: str, text: str, column: int) -> None:
    """Refuses a variable's name that has a meaning already."""
    if name in FUNCTIONS or name in CLOCK_NAMES or name.startswith("__"):
        raise ExpressionError(f"`{text}`, column {column + 1}: `{name}` can't be a variable, it has a meaning already")


# Compiler ------------------------------------------------------------------------------------------


class Compiler:
    """Turns one syntax tree into closures, refusing whatever is not in the language."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.names: dict[str, None] = {}
        self._variables: list[str] = []
        self._depth = 0

    def _refuse(self, node: ast.AST, problem: str) -> ExpressionError:
        """The error that names the text, the place and the problem."""
        column = getattr(node, "col_offset", 0) + 1
        return ExpressionError(f"`{self.text}`, column {column}: {problem}")

    def compile(self, node: ast.expr) -> Closure:
        """The closure of a node and all below it."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._refuse(node, f"nested deeper than {MAX_DEPTH}; split it with bindings")
        run = self._build(node)
        self._depth -= 1
        return run

    def _build(self, node: ast.expr) -> Closure:
        match node:
            case ast.Name():
                return self._name(node)
            case ast.Attribute():
                return self._attribute(node)
            case ast.Constant():
                return self._constant(node)
            case ast.Compare():
                return self._comparison(node)
            case ast.Call():
                return self._call(node)
            case ast.BoolOp():
                return self._logic(node)
            case ast.UnaryOp():
                return self._unary(node)
            case ast.BinOp():
                return self._binary(node)
            case ast.Subscript():
                return self._subscript(node)
            case ast.List() | ast.Tuple():
                return self._display(node)
            case ast.ListComp():
                return self._comprehension(node)
            case ast.IfExp():
                return self._conditional(node)
            case _:
                raise self._refuse(
                    node,
                    f"{type(node).__name__} is not in the contract language; it has literals, names, `row.column`, "
                    "`x[0]`, and/or/not, comparisons, + - * / // %, `a if c else b`, one-`for` comprehensions and its "
                    "functions",
                )

    def _constant(self, node: ast.Constant) -> Closure:
        value: Any = node.value
        if value is not None and type(value) not in (str, int, float, bool):
            raise self._refuse(node, "literals are text, numbers, True, False and None")
        if isinstance(value, float) and not math.isfinite(value):
            raise self._refuse(node, "the number is not finite")
        return lambda scope: value

    def _name(self, node: ast.Name) -> Closure:
        name = node.id
        if name.startswith("__"):
            raise self._refuse(node, f"`{name}` is not allowed: names don't start with two underscores")
        text = self.text
        if name in CLOCK_NAMES:
            end = None if name == "now" else 10
            return lambda scope: scope.state.now[:end]
        if name not in self._variables:
            self.names[name] = None

        def read(scope: Scope) -> Any:
            try:
                return scope.names[name]
            except KeyError:
                raise ExpressionError(f"`{text}`: no name `{name}` here; known are {_listed(scope.names)}") from None

        return read

    def _attribute(self, node: ast.Attribute) -> Closure:
        column = node.attr
        if column.startswith("__"):
            raise self._refuse(node, f"`.{column}` is not allowed: an attribute is a column of a row")
        text = self.text
        row_of = self.compile(node.value)

        def read(scope: Scope) -> Any:
            row = row_of(scope)
            try:
                return row[column]
            except KeyError:
                raise ExpressionError(f"`{text}`: no column `{column}`; the row has {_listed(row)}") from None

        return read

    def _subscript(self, node: ast.Subscript) -> Closure:
        index = _integer_literal(node.slice)
        if index is None:
            raise self._refuse(node, "a subscript is a whole number, such as `x[0]` or `x[-1]`")
        of = self.compile(node.value)

        def read(scope: Scope) -> Any:
            value = of(scope)
            if isinstance(value, dict):
                raise TypeError("a row has columns, not positions")
            return value[index]

        return read

    def _display(self, node: ast.List | ast.Tuple) -> Closure:
        items = [self.compile(item) for item in node.elts]
        if isinstance(node, ast.Tuple):
            if all(isinstance(item, ast.Constant) for item in node.elts):
                constant = tuple(item.value for item in node.elts if isinstance(item, ast.Constant))
                return lambda scope: constant
            return lambda scope: tuple(item(scope) for item in items)
        return lambda scope: [item(scope) for item in items]

    def _logic(self, node: ast.BoolOp) -> Closure:
        first, *rest = [self.compile(value) for value in node.values]
        conjunction = isinstance(node.op, ast.And)

        def run(scope: Scope) -> Any:
            value = first(scope)
            for operand in rest:
                if bool(value) is not conjunction:
                    return value
                value = operand(scope)
            return value

        return run

    def _unary(self, node: ast.UnaryOp) -> Closure:
        operand = self.compile(node.operand)
        if isinstance(node.op, ast.Not):
            return lambda scope: not operand(scope)
        if isinstance(node.op, ast.USub):
            return lambda scope: -operand(scope)
        raise self._refuse(node, "the unary operators are `not` and `-`")

    def _binary(self, node: ast.BinOp) -> Closure:
        apply = _BINARY.get(type(node.op))
        if apply is None:
            raise self._refuse(node, "the operators are + - * / // %")
        left, right = self.compile(node.left), self.compile(node.right)
        return lambda scope: apply(left(scope), right(scope))

    def _comparison(self, node: ast.Compare) -> Closure:
        for op, operand in zip(node.ops, node.comparators, strict=True):
            is_none = isinstance(operand, ast.Constant) and operand.value is None
            if isinstance(op, (ast.Is, ast.IsNot)) and not is_none:
                raise self._refuse(operand, "`is` compares with None only; use `==`")
        first = self.compile(node.left)
        apply, second = _COMPARE[type(node.ops[0])], self.compile(node.comparators[0])
        if len(node.ops) == 1:
            return lambda scope: apply(first(scope), second(scope))
        links = [
            (_COMPARE[type(op)], self.compile(operand))
            for op, operand in zip(node.ops[1:], node.comparators[1:], strict=True)
        ]

        def run(scope: Scope) -> bool:
            left = second(scope)
            if not apply(first(scope), left):
                return False
            for compare, operand in links:
                right = operand(scope)
                if not compare(left, right):
                    return False
                left = right
            return True

        return run

    def _conditional(self, node: ast.IfExp) -> Closure:
        test, body, other = self.compile(node.test), self.compile(node.body), self.compile(node.orelse)
        return lambda scope: body(scope) if test(scope) else other(scope)

    def _comprehension(self, node: ast.ListComp | ast.GeneratorExp) -> Closure:
        run = self._loop(node)
        return lambda scope: list(run(scope))

    def _loop(self, node: ast.ListComp | ast.GeneratorExp) -> Callable[[Scope], Generator[Any]]:
        """A generator of the comprehension's items; the variable is in scope only while an item is worked out."""
        clause = node.generators[0]
        if len(node.generators) != 1 or clause.is_async or not isinstance(clause.target, ast.Name):
            raise self._refuse(node, "a comprehension has one `for` with one plain variable")
        if len(self._variables) >= MAX_LOOPS:
            raise self._refuse(node, f"more than {MAX_LOOPS} comprehensions inside one another")
        name = clause.target.id
        check_variable(name, self.text, clause.target.col_offset)
        if name in self._variables:
            raise self._refuse(node, f"the variable `{name}` is in use by the comprehension around this one")
        items = self.compile(clause.iter)
        self._variables.append(name)
        tests = [self.compile(test) for test in clause.ifs]
        element = self.compile(node.elt)
        self._variables.pop()

        def run(scope: Scope) -> Generator[Any]:
            names = scope.names
            outer = names.get(name, _MISSING)
            sequence = items(scope)
            if isinstance(sequence, (dict, str)):
                raise TypeError("a comprehension runs over a list")
            try:
                for item in sequence:
                    names[name] = item
                    for test in tests:
                        if not test(scope):
                            break
                    else:
                        yield element(scope)
            finally:
                if outer is _MISSING:
                    names.pop(name, None)
                else:
                    names[name] = outer

        return run

    def _call(self, node: ast.Call) -> Closure:
        function = node.func
        if not isinstance(function, ast.Name) or function.id not in FUNCTIONS:
            shown = function.id if isinstance(function, ast.Name) else ast.unparse(function)
            raise self._refuse(node, f"no function `{shown}`; there are {', '.join(sorted(FUNCTIONS))}")
        if function.id in STATE_FUNCTIONS:
            return self._state_call(node, function.id)
        apply, fewest, most = _FUNCTIONS[function.id]
        if node.keywords or not fewest <= len(node.args) <= most:
            wanted = str(fewest) if fewest == most else f"{fewest} to {most}"
            raise self._refuse(node, f"`{function.id}` takes {wanted} plain argument{'s' if most > 1 else ''}")
        if len(node.args) > 1:
            arguments = [self.compile(argument) for argument in node.args]
            return lambda scope: apply(*[argument(scope) for argument in arguments])
        only = node.args[0]
        if isinstance(only, ast.GeneratorExp):
            if function.id not in _TAKES_GENERATOR:
                raise self._refuse(only, f"`{function.id}` takes a list: put the comprehension into square brackets")
            self._depth += 1
            items = self._loop(only)
            self._depth -= 1
            return lambda scope: _consume(apply, items(scope))
        argument = self.compile(only)
        return lambda scope: apply(argument(scope))

    def _state_call(self, node: ast.Call, function: str) -> Closure:
        arguments = node.args
        if not (arguments and isinstance(arguments[0], ast.Constant) and isinstance(arguments[0].value, str)):
            raise self._refuse(node, f"`{function}` takes the table's name as a text literal first")
        table = arguments[0].value
        if function in ("get", "after"):
            if len(arguments) != 2 or node.keywords:
                raise self._refuse(node, f"`{function}` takes a table and a key, such as `{function}('{table}', key)`")
            key_of = self.compile(arguments[1])
            if function == "get":
                return lambda scope: scope.state.get(table, key_of(scope))
            return lambda scope: _after(scope).get(table, key_of(scope))
        if len(arguments) != 1 or any(keyword.arg is None for keyword in node.keywords):
            raise self._refuse(node, f"`{function}` takes a table and `column=value` pairs")
        pairs = [(str(keyword.arg), self.compile(keyword.value)) for keyword in node.keywords]

        def found(scope: Scope) -> list[Row]:
            return scope.state.rows(table, {column: value(scope) for column, value in pairs})

        if function == "rows":
            return found
        if function == "count":
            return lambda scope: len(found(scope))
        return lambda scope: bool(found(scope))


_MISSING: Any = object()


def _consume(apply: Callable[..., Any], items: Generator[Any]) -> Any:
    """Applies a function to a comprehension; closing restores the variable even if `any` stopped early."""
    try:
        return apply(items)
    finally:
        items.close()


def _after(scope: Scope) -> RowView:
    if scope.after is None:
        raise ExpressionError("`after(...)` is allowed in returns only")
    return scope.after


def _integer_literal(node: ast.expr) -> int | None:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        positive = _integer_literal(node.operand)
        return None if positive is None else -positive
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return node.value
    return None


def _listed(names: Mapping[str, Any]) -> str:
    return ", ".join(sorted(names)) or "none"
