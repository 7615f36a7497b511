"""Conditions over values that may be empty: they hold where nothing is there to be judged."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

from engine.contracts.expression import parse
from engine.errors import ExpressionError
from engine.models.database import DatabaseSchema
from engine.seeds.rules import Condition, Rule


def guarded(check: str, empty: Callable[[ast.expr], bool]) -> str:
    """The condition, true where a value in it that may be empty is empty, unless it says itself what then.

    Args:
        check: The condition.
        empty: Whether a name or dot path may be empty.
    """
    try:
        tree = parse(check).tree
    except ExpressionError:
        return check
    tested = {
        ast.unparse(node.left)
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Is | ast.IsNot)
    }
    found: dict[str, None] = {}
    inside = _paths(tree)
    for node in inside:
        text = ast.unparse(node)
        if text not in tested and empty(node):
            found[text] = None
    if not found or _is_plain_value(tree):
        return check
    return " or ".join([*(f"{text} is None" for text in found), f"({check})"])


def _is_plain_value(tree: ast.expr) -> bool:
    return isinstance(tree, ast.Name | ast.Attribute)


def _paths(tree: ast.expr) -> list[ast.expr]:
    """The outermost names and dot paths, those that a comprehension runs over aside."""
    variables = {
        clause.target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.ListComp | ast.GeneratorExp)
        for clause in node.generators
        if isinstance(clause.target, ast.Name)
    }
    found: list[ast.expr] = []

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.Attribute | ast.Name):
            root: ast.expr = node
            while isinstance(root, ast.Attribute):
                root = root.value
            if isinstance(root, ast.Name):
                if root.id not in variables:
                    found.append(node)
                return
        if isinstance(node, ast.Call):
            for part in [*node.args, *(word.value for word in node.keywords)]:
                # A look-up by an empty value just finds nothing.
                if not (isinstance(node.func, ast.Name) and node.func.id in ("count", "exists", "rows", "get")):
                    visit(part)
            return
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(tree)
    return found


def guard_rule(rule: Rule, empty: Callable[[ast.expr], bool]) -> Rule:
    """A condition whose values may be empty, guarded; other kinds see to that themselves."""
    if isinstance(rule, Condition):
        return rule.model_copy(update={"that": guarded(rule.that, empty)})
    return rule


def strange_key(rule: Rule, references: Mapping[str, str], database: DatabaseSchema) -> str:
    """What is wrong with a search by a key of another table (`book_id=checkout_id`), which finds nothing; empty where nothing is.

    Args:
        rule: Any rule; only those over rows search.
        references: Parameter -> the table whose key it is.
        database: The schema.
    """
    table = database.table.get(str(getattr(rule, "rows", "")))
    match: Any = getattr(rule, "match", {})
    for column, value in match.items() if table is not None and isinstance(match, dict) else ():  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
        own = table.reference_of(str(column)) if table is not None else None  # pyright: ignore[reportUnknownArgumentType]
        given = references.get(str(value))  # pyright: ignore[reportUnknownArgumentType]
        if own is not None and given is not None and own.table != given:
            return f"`{column}` is the key of a {own.table}, `{value}` that of a {given}"
    return ""
