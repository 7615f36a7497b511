"""Row checks of a SQL schema, as far as the values that their columns may hold leave them something to say."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping, Sequence

from engine.contracts.expression import parse
from engine.seeds.blueprint import RowCheck
from engine.seeds.sql_entities import Draft

_Choices = Mapping[str, tuple[str, ...]]
_MOST_LISTED = 5

_HOLDS: dict[type[ast.cmpop], Callable[[str, str], bool]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
}  # fmt: skip


def settle_checks(drafts: Mapping[str, Draft], warnings: list[str]) -> None:
    """Restates the row checks that compare a column of listed values with others, which it never holds.

    So `name <> ''` says nothing of a column that is one of some names, nor of a reference to such a column. What always
    holds is left out and what no row could meet is dropped, each with a warning; so is a check that a null would meet in
    an optional column that it no longer speaks of.
    """
    for draft in drafts.values():
        choices = {name: found for name in draft.columns if (found := _choices(drafts, draft, name))}
        kept: list[RowCheck] = []
        idle: list[str] = []
        unstated: list[str] = []
        for check in draft.checks:
            tree = _settled(parse(check.that).tree, choices)
            if tree is True:
                idle.append(check.that)
            elif tree is False or _forgets_a_null(draft, check.that, tree):
                unstated.append(check.that)
            else:
                kept.append(check.model_copy(update={"that": ast.unparse(ast.fix_missing_locations(tree))}))
        draft.checks = kept
        source = draft.table.name
        if idle:
            warnings.append(f"CHECKs of {source!r} that its values always meet are left out: {_listed(idle)}.")
        if unstated:
            warnings.append(f"CHECKs of {source!r} that can't be stated are dropped: {_listed(unstated)}.")


def _listed(expressions: Sequence[str]) -> str:
    return "; ".join(expressions[:_MOST_LISTED])


def _choices(drafts: Mapping[str, Draft], draft: Draft, name: str) -> tuple[str, ...]:
    """The values that a column may hold where they are listed: its own, or those of the column that it refers to."""
    seen: set[tuple[str, str]] = set()
    while (draft.name, name) not in seen:
        seen.add((draft.name, name))
        column = draft.columns[name]
        if column.enum or column.to is None:
            return column.enum or ()
        table, _, name = column.to.partition(".")
        draft = drafts[table]
    return ()


def _forgets_a_null(draft: Draft, before: str, tree: ast.expr) -> bool:
    """Whether an optional column is no longer spoken of: with a null in it the check would have passed."""
    gone = parse(before).names - parse(ast.unparse(ast.fix_missing_locations(tree))).names
    return any(draft.columns[name].nullable for name in gone)


def _settled(tree: ast.expr, choices: _Choices) -> ast.expr | bool:
    """The condition without comparisons whose answer is known, or its answer."""
    if isinstance(tree, ast.Compare):
        return _compared(tree, choices)
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.Not):
        operand = _settled(tree.operand, choices)
        return (not operand) if isinstance(operand, bool) else ast.UnaryOp(ast.Not(), operand)
    if not isinstance(tree, ast.BoolOp):
        return tree
    deciding = isinstance(tree.op, ast.Or)  # one part that holds decides an `or`, one that does not an `and`
    parts = [_settled(part, choices) for part in tree.values]
    if any(part is deciding for part in parts):
        return deciding
    open_parts = [part for part in parts if not isinstance(part, bool)]
    if not open_parts:
        return not deciding
    return open_parts[0] if len(open_parts) == 1 else ast.BoolOp(tree.op, open_parts)


def _compared(tree: ast.Compare, choices: _Choices) -> ast.expr | bool:
    """A comparison of a column with constants, told in values that it may hold."""
    left, compare, right = tree.left, tree.ops[0], tree.comparators[0]
    if isinstance(left, ast.Name) and left.id in choices:
        column, named, places = left, _texts(right), ("choice", "text")
    elif isinstance(right, ast.Name) and right.id in choices and not isinstance(compare, ast.In | ast.NotIn):
        column, named, places = right, _texts(left), ("text", "choice")
    else:
        return tree
    if not named or len(tree.ops) > 1:
        return tree
    allowed = choices[column.id]
    if isinstance(compare, ast.In | ast.NotIn):
        meeting = [value for value in allowed if (value in named) is isinstance(compare, ast.In)]
    elif type(compare) in _HOLDS and len(named) == 1:
        holds = _HOLDS[type(compare)]
        sides = [{"choice": value, "text": named[0]} for value in allowed]
        meeting = [side["choice"] for side in sides if holds(side[places[0]], side[places[1]])]
    else:
        return tree
    if not meeting or len(meeting) == len(allowed):
        return bool(meeting)
    if set(named) <= set(allowed):
        return tree
    if isinstance(compare, ast.NotIn):
        return _member(column, [value for value in allowed if value not in meeting], negated=True)
    return _member(column, meeting, negated=False)


def _member(column: ast.Name, values: Sequence[str], *, negated: bool) -> ast.expr:
    """`column in values`, or that it is not; of one value, that it is the same."""
    if len(values) == 1:
        return ast.Compare(column, [ast.NotEq() if negated else ast.Eq()], [ast.Constant(values[0])])
    listed = ast.Tuple([ast.Constant(value) for value in values])
    return ast.Compare(column, [ast.NotIn() if negated else ast.In()], [listed])


def _texts(tree: ast.expr) -> list[str]:
    """The texts of a constant or of a list of them; none where it is anything else."""
    items = tree.elts if isinstance(tree, ast.Tuple | ast.List) else [tree]
    found = [item.value for item in items if isinstance(item, ast.Constant) and isinstance(item.value, str)]
    return found if len(found) == len(items) else []
