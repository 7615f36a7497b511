"""Pieces of code in a form that is equal for what is plainly the same: negations inside, no idle f, names put in place."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterable, Mapping

_DEEPEST = 6
_LARGEST = 400
"""Nodes of an expression in which names are still put in place."""
_OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
_MIRRORED: dict[type[ast.cmpop], type[ast.cmpop]] = {ast.Gt: ast.Lt, ast.GtE: ast.LtE}


class SameForm:
    """A piece of code, with the names that it binds just once.

    Attributes:
        nodes: All of its syntax.
        bound: Name -> the expression that it stands for.
    """

    def __init__(self, body: Iterable[ast.stmt]) -> None:
        self.nodes = [node for statement in body for node in ast.walk(statement)]
        bound: dict[str, ast.expr] = {}
        again: set[str] = set()
        for node in self.nodes:
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    again |= {name} & bound.keys()
                    bound[name] = value
                case ast.For(target=ast.Name(id=name)) | ast.AugAssign(target=ast.Name(id=name)):
                    again.add(name)
                case _:
                    pass
        self.bound: Mapping[str, ast.expr] = {name: value for name, value in bound.items() if name not in again}

    def placed(self, node: ast.expr) -> str:
        """The form of an expression with what its names stand for."""
        made = copy.deepcopy(node)
        for _ in range(_DEEPEST):
            names = _Names(self.bound)
            made = names.visit(made)
            if not names.changed or sum(1 for _ in ast.walk(made)) > _LARGEST:
                break
        return form(made)


def form(node: ast.expr) -> str:
    """The expression as text, equal for equal ones."""
    return ast.dump(_Plain().visit(copy.deepcopy(node)))


def negated(node: ast.expr) -> str:
    """The form of the opposite."""
    return ast.dump(_not(_Plain().visit(copy.deepcopy(node))))


def alike(one: SameForm, first: ast.expr, other: SameForm, second: ast.expr) -> bool:
    """Whether two expressions of two pieces of code are the same, by their words or by what their names stand for."""
    return form(first) == form(second) or one.placed(first) == other.placed(second)


class _Names(ast.NodeTransformer):
    def __init__(self, bound: Mapping[str, ast.expr]) -> None:
        self._bound = bound
        self.changed = False

    def visit_Name(self, node: ast.Name) -> ast.expr:
        value = self._bound.get(node.id)
        if value is None or not isinstance(node.ctx, ast.Load):
            return node
        self.changed = True
        return copy.deepcopy(value)


class _Plain(ast.NodeTransformer):
    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.expr:
        match node.values:
            case []:
                return ast.Constant("")
            case [ast.Constant() as only]:
                return only
            case _:
                return self.generic_visit(node)  # pyright: ignore[reportReturnType]

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        inner = self.visit(node.operand)
        return _not(inner) if isinstance(node.op, ast.Not) else ast.UnaryOp(op=node.op, operand=inner)

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        self.generic_visit(node)
        match node:
            case ast.Compare(left=left, ops=[operator], comparators=[right]) if type(operator) in _MIRRORED:
                return ast.Compare(left=right, ops=[_MIRRORED[type(operator)]()], comparators=[left])
            case _:
                return node


def _not(node: ast.expr) -> ast.expr:
    match node:
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            return inner
        case ast.BoolOp(op=operator, values=values):
            other = ast.Or() if isinstance(operator, ast.And) else ast.And()
            return ast.BoolOp(op=other, values=[_not(value) for value in values])
        case ast.Compare(left=left, ops=[operator], comparators=[right]) if type(operator) in _OPPOSITE:
            opposite = _OPPOSITE[type(operator)]
            if opposite in _MIRRORED:
                return ast.Compare(left=right, ops=[_MIRRORED[opposite]()], comparators=[left])
            return ast.Compare(left=left, ops=[opposite()], comparators=[right])
        case _:
            return ast.UnaryOp(op=ast.Not(), operand=node)
