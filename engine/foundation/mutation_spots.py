"""Faults that can be seen in a piece of code by itself, and how each is planted."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from typing import Any, Literal, get_args

MutationKind = Literal[
    "dropped_check",
    "flipped_comparison",
    "wrong_column",
    "wrong_status",
    "skipped_write",
    "doubled_write",
    "off_by_one",
    "swapped_arguments",
    "wrong_table",
    "stale_value",
    "dropped_filter",
    "wrong_order",
    "wrong_limit",
    "wrong_code",
    "wrong_operator",
]
MUTATION_KINDS: tuple[MutationKind, ...] = get_args(MutationKind)

Change = Callable[[ast.AST], None]
Spot = tuple[MutationKind, ast.AST, str, str, Change] | tuple[MutationKind, ast.AST, str, str, Change, int]
"""(kind, node, text before, text after, what to do with the node's copy, line where it is not the node's)."""

_FLIPPED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_OPPOSITE: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
}
_REVERSED: dict[type[ast.cmpop], type[ast.cmpop]] = {ast.Lt: ast.Gt, ast.LtE: ast.GtE, ast.Gt: ast.Lt, ast.GtE: ast.LtE}


# spots that need no schema


def comparisons(node: ast.Compare) -> Iterator[Spot]:
    """Flipped and reversed signs, constants off by one, members of a choice left out."""
    text = ast.unparse(node)
    for index, operator in enumerate(node.ops):
        for table in (_FLIPPED, _REVERSED):
            flipped = table.get(type(operator))
            if flipped is not None:
                changed = copy.deepcopy(node)
                changed.ops[index] = flipped()
                yield "flipped_comparison", node, text, ast.unparse(changed), replacing_item("ops", index, flipped())
    for index, operand in enumerate(node.comparators):
        number = _number(operand)
        if number is not None:
            for step in (1, -1):
                changed = copy.deepcopy(node)
                changed.comparators[index] = ast.Constant(number + step)
                yield (
                    "off_by_one",
                    node,
                    text,
                    ast.unparse(changed),
                    replacing_item("comparators", index, ast.Constant(number + step)),
                )
        elif (
            isinstance(operand, ast.Tuple)
            and len(operand.elts) > 1
            and all(isinstance(item, ast.Constant) for item in operand.elts)
        ):
            for position in range(len(operand.elts)):
                changed = copy.deepcopy(operand)
                dropped = changed.elts.pop(position)
                yield (
                    "wrong_status",
                    operand,
                    ast.unparse(operand),
                    f"without {ast.unparse(dropped)}",
                    dropping_item("elts", position),
                )


def _number(node: ast.expr) -> int | float | None:
    """The number that a literal is, where it is one."""
    value = node.value if isinstance(node, ast.Constant) else None
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def operands(node: ast.BoolOp) -> Iterator[Spot]:
    """A condition loses one of its parts."""
    for index, operand in enumerate(node.values):
        yield "dropped_check", node, ast.unparse(operand), "", dropping_item("values", index)


def slices(node: ast.Subscript) -> Iterator[Spot]:
    """A limit that is one too large, one too small or missing; the first item for the last."""
    part = node.slice
    if isinstance(part, ast.Slice) and part.upper is not None and ast.unparse(node.value) not in ("now", "db.now()"):
        text = ast.unparse(node)
        for sign, operator in (("+", ast.Add()), ("-", ast.Sub())):
            upper = ast.BinOp(part.upper, operator, ast.Constant(1))
            yield "wrong_limit", part, text, f"limit {sign} 1", replacing("upper", upper)
        yield "wrong_limit", part, text, "no limit", replacing("upper", None)
    elif isinstance(part, ast.Constant) and part.value in (0, -1):
        other = -1 if part.value == 0 else 0
        yield "off_by_one", node, ast.unparse(node), f"[{other}]", replacing("slice", ast.Constant(other))


def arithmetic(node: ast.BinOp) -> Iterator[Spot]:
    """The opposite operator, and constants off by one."""
    text = ast.unparse(node)
    opposite = _OPPOSITE.get(type(node.op))
    if opposite is not None and not isinstance(node.left, ast.Constant | ast.JoinedStr):
        changed = ast.BinOp(node.left, opposite(), node.right)
        yield "wrong_operator", node, text, ast.unparse(changed), replacing("op", opposite())
    if isinstance(node.right, ast.Constant) and type(node.right.value) is int:
        moved = ast.Constant(node.right.value + 1)
        yield "off_by_one", node, text, ast.unparse(ast.BinOp(node.left, node.op, moved)), replacing("right", moved)


def comprehension(node: ast.ListComp | ast.GeneratorExp) -> Iterator[Spot]:
    """A filter that is missing."""
    for index, test in enumerate(node.generators[0].ifs):
        yield "dropped_filter", node.generators[0], ast.unparse(test), "", dropping_item("ifs", index, least=0)


def sorting(node: ast.Call) -> Iterator[Spot]:
    """The opposite order, and none."""
    text = ast.unparse(node)
    descending = any(keyword.arg == "reverse" for keyword in node.keywords)
    yield "wrong_order", node, text, "ascending" if descending else "descending", turning(descending)
    if node.args:
        yield "wrong_order", node, text, "not sorted", unsorted()


# what is done to a node's copy


def removing(name: str, index: int, statement: ast.stmt) -> Change:
    """Takes a statement out; what followed it as `else` stays."""
    rest = list(statement.orelse) if isinstance(statement, ast.If) else []

    def change(node: Any) -> None:
        getattr(node, name)[index : index + 1] = copy.deepcopy(rest)

    return change


def doubling(name: str, index: int) -> Change:
    """Puts a statement there twice."""

    def change(node: Any) -> None:
        block = getattr(node, name)
        block.insert(index, copy.deepcopy(block[index]))

    return change


def reading(name: str, index: int, read: ast.Call) -> Change:
    """Puts a read in the place of a write."""

    def change(node: Any) -> None:
        getattr(node, name)[index].value = copy.deepcopy(read)

    return change


def replacing(name: str, value: Any) -> Change:
    """Puts another value into a field."""

    def change(node: Any) -> None:
        setattr(node, name, copy.deepcopy(value))

    return change


def replacing_item(name: str, index: int, value: Any) -> Change:
    """Puts another value into one place of a list."""

    def change(node: Any) -> None:
        getattr(node, name)[index] = copy.deepcopy(value)

    return change


def dropping_item(name: str, index: int, least: int = 1) -> Change:
    """Takes one item out of a list that keeps at least so many."""

    def change(node: Any) -> None:
        items = getattr(node, name)
        if len(items) > least:
            items.pop(index)

    return change


def dropping_key(index: int) -> Change:
    """Takes one pair out of a dictionary."""

    def change(node: Any) -> None:
        node.keys.pop(index)
        node.values.pop(index)

    return change


def swapping(name: str, first: int, second: int) -> Change:
    """Changes the places of two items."""

    def change(node: Any) -> None:
        items = getattr(node, name)
        items[first], items[second] = items[second], items[first]

    return change


def turning(descending: bool) -> Change:
    """Turns the order of a sort."""

    def change(node: Any) -> None:
        node.keywords = [keyword for keyword in node.keywords if keyword.arg != "reverse"]
        if not descending:
            node.keywords.append(ast.keyword("reverse", ast.Constant(True)))

    return change


def unsorted() -> Change:
    """Leaves the order as it comes."""

    def change(node: Any) -> None:
        node.func = ast.Name("list")
        node.keywords = []

    return change
