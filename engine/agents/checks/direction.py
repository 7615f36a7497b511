"""Whether a rule says what must hold, and not what is refused: the slip that small models make most.

A rejection's code names the refused situation (`too_many_loans`), its rule the opposite. Where the two obviously agree, the
rule is the wrong way round. Only plain comparisons are judged; of anything else nothing is claimed.
"""

from __future__ import annotations

import ast
import re

from engine.syntax import parse_expression

_TOO_MUCH = re.compile(r"too_(many|much|often|large|long|high)|_full$|^full_|limit|exceed|quota")
_TAKEN = re.compile(r"^already_|_already_|_taken$|_exists$|duplicate")
_MISSING = re.compile(r"^no_|^missing_|_missing$|_required$|out_of_stock|^none_|sold_out")
_TOO_LITTLE = re.compile(r"insufficient|not_enough|too_(few|little|low)")
_TOO_LATE = re.compile(r"too_late|passed|expired|overdue|already_started")
_TOO_EARLY = re.compile(r"too_early|not_yet|too_soon")
_NOT_STATE = re.compile(r"(?:^|_)not_(\w+)$")


def is_backwards(code: str, check: str) -> bool:
    """Whether a condition is the situation that its code names."""
    try:
        tree = parse_expression(check.strip())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    if _TAKEN.search(code) and _finds_rows(tree):
        return True
    if _MISSING.search(code) and (_finds_nothing(tree) or _is_at_most_zero(tree)):
        return True
    if not (isinstance(tree, ast.Compare) and len(tree.ops) == 1):
        return False
    left, operator, right = tree.left, tree.ops[0], tree.comparators[0]
    if _TOO_MUCH.search(code) and _counts(left) and isinstance(operator, ast.Gt | ast.GtE):
        return True
    if _TOO_LITTLE.search(code) and _is_value(left) and isinstance(operator, ast.Lt | ast.LtE):
        return True
    if _TOO_LATE.search(code) and _is_past(left, operator, right):
        return True
    if _TOO_EARLY.search(code) and _is_past(right, operator, left):
        return True
    state = _NOT_STATE.search(code)
    if state is None:
        return False
    if isinstance(operator, ast.NotEq) and isinstance(right, ast.Constant):
        return str(right.value) == state[1]
    return state[1] in ("available", "in_stock") and _is_at_most_zero(tree)


def turned(check: str) -> str:
    """The opposite of a condition, without a double negation."""
    tree = parse_expression(check.strip())
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.Not):
        return ast.unparse(tree.operand)
    return ast.unparse(ast.UnaryOp(op=ast.Not(), operand=tree))


def _is_past(left: ast.expr, operator: ast.cmpop, right: ast.expr) -> bool:
    """Whether a moment is compared to lie behind the clock; with the sides changed over, ahead of it."""
    if _is_clock(right):
        return _is_value(left) and isinstance(operator, ast.Lt | ast.LtE)
    return _is_clock(left) and _is_value(right) and isinstance(operator, ast.Gt | ast.GtE)


def _is_clock(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in ("now", "today")


def _counts(node: ast.expr) -> bool:
    return _is_value(node) or (isinstance(node, ast.Call) and ast.unparse(node.func) in ("count", "len"))


def _is_value(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute | ast.Name)


def _finds_rows(tree: ast.expr) -> bool:
    if isinstance(tree, ast.Call):
        return ast.unparse(tree.func) in ("exists", "any")
    return _compares_count(tree, (ast.Gt,), 0) or _compares_count(tree, (ast.GtE,), 1)


def _finds_nothing(tree: ast.expr) -> bool:
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.Not) and isinstance(tree.operand, ast.Call):
        return ast.unparse(tree.operand.func) in ("exists", "any")
    if isinstance(tree, ast.Compare) and isinstance(tree.ops[0], ast.Is):
        return isinstance(tree.comparators[0], ast.Constant) and tree.comparators[0].value is None
    return _compares_count(tree, (ast.Eq,), 0)


def _is_at_most_zero(tree: ast.expr) -> bool:
    return (
        isinstance(tree, ast.Compare)
        and len(tree.ops) == 1
        and _is_value(tree.left)
        and isinstance(tree.ops[0], ast.LtE | ast.Eq)
        and isinstance(tree.comparators[0], ast.Constant)
        and tree.comparators[0].value == 0
        and tree.comparators[0].value is not False
    )


def _compares_count(tree: ast.expr, operators: tuple[type[ast.cmpop], ...], number: int) -> bool:
    return (
        isinstance(tree, ast.Compare)
        and isinstance(tree.left, ast.Call)
        and ast.unparse(tree.left.func) in ("count", "len")
        and isinstance(tree.ops[0], operators)
        and isinstance(tree.comparators[0], ast.Constant)
        and tree.comparators[0].value == number
    )
