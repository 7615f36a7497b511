"""How a contract's query is carried out: which part of its filter is an equality lookup, and the rest.

The evaluator and the code writer share this reading, so both ask for the same rows.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any

from engine.contracts.expression import Expression, Scope, parse
from engine.models.base import Row
from engine.models.tool import Query


@dataclass(frozen=True, slots=True)
class Filter:
    """A query's `where` in two parts.

    Attributes:
        equal: (column, value) pairs that the database looks up; the values don't depend on the row.
        rest: What remains to be tested for each row, or `None`.
    """

    equal: tuple[tuple[str, Expression], ...]
    rest: Expression | None


def split_filter(where: str | None, row_name: str) -> Filter:
    """Takes the equalities out of the conjunction `where`.

    Those at its front are taken, and later ones whose value is a plain name or literal; an equality behind a guard
    (`x is not None and row.y == x.y`) stays there.
    """
    if where is None:
        return Filter((), None)
    tree = parse(where).tree
    parts = tree.values if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And) else [tree]
    equal: list[tuple[str, Expression]] = []
    rest: list[ast.expr] = []
    for part in parts:
        pair = _equality(part, row_name)
        if pair is None or (rest and not isinstance(pair[1], (ast.Name, ast.Constant))) or pair[0] in dict(equal):
            rest.append(part)
        else:
            equal.append((pair[0], parse(ast.unparse(pair[1]))))
    if not rest:
        return Filter(tuple(equal), None)
    remaining = rest[0] if len(rest) == 1 else ast.BoolOp(ast.And(), rest)
    return Filter(tuple(equal), parse(ast.unparse(remaining)))


def _equality(node: ast.expr, row_name: str) -> tuple[str, ast.expr] | None:
    if not isinstance(node, ast.Compare) or len(node.ops) != 1 or not isinstance(node.ops[0], ast.Eq):
        return None
    for side, other in ((node.left, node.comparators[0]), (node.comparators[0], node.left)):
        if not isinstance(side, ast.Attribute) or not isinstance(side.value, ast.Name) or side.value.id != row_name:
            continue
        if not any(isinstance(part, ast.Name) and part.id == row_name for part in ast.walk(other)):
            return side.attr, other
    return None


class CompiledQuery:
    """A query ready to run."""

    __slots__ = ("_fields", "_filter", "_limit", "_name", "_order", "_table")

    def __init__(self, query: Query) -> None:
        self._table, self._name = query.table, query.name
        self._filter = split_filter(query.where, query.name)
        self._order = [(parse(order.expression), order.descending) for order in query.order]
        self._limit = parse(query.limit) if query.limit is not None else None
        self._fields = [(field, parse(text)) for field, text in query.fields.items()]

    def run(self, scope: Scope) -> list[dict[str, Any]]:
        """The answer over the rows before the call; a null sorts before everything else."""
        names, name = scope.names, self._name
        rows = scope.state.rows(self._table, {column: value.evaluate(scope) for column, value in self._filter.equal})
        if self._filter.rest is not None:
            kept: list[Row] = []
            for row in rows:
                names[name] = row
                if self._filter.rest.evaluate(scope):
                    kept.append(row)
            rows = kept
        for expression, descending in reversed(self._order):
            keys: list[tuple[bool, Any]] = []
            for row in rows:
                names[name] = row
                value = expression.evaluate(scope)
                keys.append((value is not None, value))
            order = sorted(range(len(rows)), key=keys.__getitem__, reverse=descending)
            rows = [rows[index] for index in order]
        if self._limit is not None:
            names.pop(name, None)
            rows = rows[: self._limit.evaluate(scope)]
        result: list[dict[str, Any]] = []
        for row in rows:
            names[name] = row
            result.append({field: value.evaluate(scope) for field, value in self._fields})
        names.pop(name, None)
        return result
