"""Translates CHECK constraints into column bounds, enumerations and row rules of the contract language."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from engine.models.base import Value
from engine.models.database import ColumnType
from engine.seeds.sql_expressions import Untranslatable, parse_sql
from engine.seeds.sql_tokens import Token
from engine.seeds.sql_types import fits

_MIRRORED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.Gt, ast.LtE: ast.GtE, ast.Gt: ast.Lt, ast.GtE: ast.LtE, ast.Eq: ast.Eq, ast.NotEq: ast.NotEq,
}  # fmt: skip


@dataclass
class CheckRules:
    """What the CHECK constraints of a table say, by column identifier.

    Attributes:
        enums: Allowed texts.
        minimums: Smallest value, inclusive.
        maximums: Largest value, inclusive.
        flags: Integer columns that may hold only 0 and 1.
        required: Columns that must not be null.
        expressions: Everything else, in the contract language.
        dropped: SQL of what could not be translated.
    """

    enums: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    minimums: dict[str, float | str] = field(default_factory=dict[str, float | str])
    maximums: dict[str, float | str] = field(default_factory=dict[str, float | str])
    flags: set[str] = field(default_factory=set[str])
    required: set[str] = field(default_factory=set[str])
    expressions: list[str] = field(default_factory=list[str])
    dropped: list[str] = field(default_factory=list[str])


def sql_of(tokens: Sequence[Token]) -> str:
    """The SQL of some tokens, for messages."""
    words = [f"'{token.text}'" if token.kind == "string" else token.text for token in tokens]
    text = " ".join(words)
    return text if len(text) <= 80 else text[:77] + "..."


def translate(
    checks: Sequence[Sequence[Token]], columns: Mapping[str, tuple[str, ColumnType]], left_out: Collection[str] = ()
) -> CheckRules:
    """Translates the CHECK constraints of a table.

    Args:
        checks: The tokens of each condition.
        columns: Lower-case SQL name -> (identifier, type) of the columns that are kept.
        left_out: Lower-case SQL names of the others; a condition that speaks of one can't be stated.
    """
    rules = CheckRules()
    types = dict(columns.values())
    for tokens in checks:
        try:
            if any(token.kind in ("word", "name") and token.text.lower() in left_out for token in tokens):
                raise Untranslatable
            for conjunct in _conjuncts(parse_sql(tokens, columns)):
                _sort_in(conjunct, rules, types)
        except Untranslatable:
            rules.dropped.append(sql_of(tokens))
    _drop_contradictions(rules, types)
    return rules


def _drop_contradictions(rules: CheckRules, types: Mapping[str, ColumnType]) -> None:
    """Drops bounds that no value could meet, and those of dates that are no dates."""
    for name in sorted({*rules.minimums, *rules.maximums}):
        low, high = rules.minimums.get(name), rules.maximums.get(name)
        sound = fits([bound for bound in (low, high) if bound is not None], types[name])
        if sound and low is not None and high is not None:
            if isinstance(low, int | float) and isinstance(high, int | float):
                sound = low <= high
            else:
                sound = str(low) <= str(high)
        if not sound:
            rules.minimums.pop(name, None)
            rules.maximums.pop(name, None)
            rules.dropped.append(f"{low} <= {name} <= {high}")


def _conjuncts(tree: ast.expr) -> list[ast.expr]:
    """The parts that must all hold."""
    if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And):
        return [part for value in tree.values for part in _conjuncts(value)]
    return [tree]


def _sort_in(tree: ast.expr, rules: CheckRules, types: Mapping[str, ColumnType]) -> None:
    """Puts one conjunct where it belongs.

    Raises:
        Untranslatable: No made-up value could be hoped to satisfy it, or its types can't be compared.
    """
    tree = _without_null(tree)
    if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And):
        for part in tree.values:
            _sort_in(part, rules, types)
        return
    tree = _as_not_empty(_as_membership(tree))
    if isinstance(tree, ast.Compare) and isinstance(tree.left, ast.Constant) and len(tree.ops) == 1:
        mirrored = _MIRRORED.get(type(tree.ops[0]))
        if mirrored is not None and isinstance(tree.comparators[0], ast.Name):
            tree = ast.Compare(tree.comparators[0], [mirrored()], [tree.left])
    if isinstance(tree, ast.Compare) and isinstance(tree.left, ast.Name) and _simple(tree, tree.left.id, rules, types):
        return
    _refuse_hopeless(tree, types)
    text = ast.unparse(ast.fix_missing_locations(tree))
    if text not in rules.expressions:
        rules.expressions.append(text)


def _without_null(tree: ast.expr) -> ast.expr:
    """Leaves out `x IS NULL OR`, where the rest looks at x: a null passes a check anyway."""
    if not (isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.Or)):
        return tree
    nulls = {
        part.left.id
        for part in tree.values
        if isinstance(part, ast.Compare) and isinstance(part.left, ast.Name) and isinstance(part.ops[0], ast.Is)
    }
    rest = [part for part in tree.values if not (isinstance(part, ast.Compare) and isinstance(part.ops[0], ast.Is))]
    if not rest or not nulls:
        return tree
    remaining = rest[0] if len(rest) == 1 else ast.BoolOp(ast.Or(), rest)
    return remaining if nulls <= _names(remaining) and "is not None" not in ast.unparse(remaining) else tree


def _as_membership(tree: ast.expr) -> ast.expr:
    """`x = 1 OR x = 2` as `x IN (1, 2)`."""
    if not (isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.Or)):
        return tree
    values: list[ast.expr] = []
    names: set[str] = set()
    for part in tree.values:
        if not (isinstance(part, ast.Compare) and isinstance(part.left, ast.Name) and isinstance(part.ops[0], ast.Eq)):
            return tree
        if not isinstance(part.comparators[0], ast.Constant):
            return tree
        names.add(part.left.id)
        values.append(part.comparators[0])
    return ast.Compare(ast.Name(names.pop()), [ast.In()], [ast.Tuple(values)]) if len(names) == 1 else tree


def _as_not_empty(tree: ast.expr) -> ast.expr:
    """`length(x) > 0` as `x != ''`."""
    if (
        isinstance(tree, ast.Compare)
        and isinstance(tree.left, ast.Call)
        and isinstance(tree.comparators[0], ast.Constant)
    ):
        call, operator, size = tree.left, tree.ops[0], tree.comparators[0].value
        least = (isinstance(operator, ast.Gt | ast.NotEq) and size == 0) or (
            isinstance(operator, ast.GtE) and size == 1
        )
        if isinstance(call.func, ast.Name) and call.func.id == "len" and least:
            return ast.Compare(call.args[0], [ast.NotEq()], [ast.Constant("")])
    return tree


def _simple(tree: ast.Compare, name: str, rules: CheckRules, types: Mapping[str, ColumnType]) -> bool:
    """Takes a comparison of one column with constants as an enumeration, a bound or a not-null, if it is one."""
    operator, right, kind = tree.ops[0], tree.comparators[0], types[name]
    if isinstance(operator, ast.IsNot) and isinstance(right, ast.Constant) and right.value is None:
        rules.required.add(name)
        return True
    if isinstance(operator, ast.In) and isinstance(right, ast.Tuple):
        values = [item.value for item in right.elts if isinstance(item, ast.Constant) and item.value is not None]
        if kind in ("integer", "boolean") and values and all(value in (0, 1, "0", "1") for value in values):
            rules.flags.add(name)
            return True
        if kind == "text" and values and all(isinstance(value, str) for value in values):
            listed = tuple(dict.fromkeys(str(value) for value in values))
            before = rules.enums.get(name)
            rules.enums[name] = tuple(value for value in listed if before is None or value in before)
            return True
        if kind == "integer" and all(isinstance(value, int) for value in values):
            numbers = sorted(int(str(value)) for value in values)
            if numbers == list(range(numbers[0], numbers[-1] + 1)):
                _bound(rules, name, numbers[0], numbers[-1])
                return True
        return False
    if not isinstance(right, ast.Constant) or not _comparable(kind, right.value):
        return False
    value = right.value
    if not isinstance(value, int | float | str) or isinstance(value, bool):
        return False
    if kind == "text":
        if isinstance(operator, ast.Eq):
            rules.enums[name] = (str(value),)
        return isinstance(operator, ast.Eq)
    step = 1 if kind == "integer" and isinstance(value, int) else None
    if isinstance(operator, ast.GtE) or (isinstance(operator, ast.Gt) and step):
        _bound(rules, name, value + 1 if isinstance(operator, ast.Gt) and isinstance(value, int) else value, None)
        return True
    if isinstance(operator, ast.LtE) or (isinstance(operator, ast.Lt) and step):
        _bound(rules, name, None, value - 1 if isinstance(operator, ast.Lt) and isinstance(value, int) else value)
        return True
    return False


def _bound(rules: CheckRules, name: str, low: float | str | None, high: float | str | None) -> None:
    """Narrows a column's bounds."""
    if low is not None:
        before = rules.minimums.get(name)
        rules.minimums[name] = low if before is None or str(type(before)) != str(type(low)) else max(before, low)
    if high is not None:
        before = rules.maximums.get(name)
        rules.maximums[name] = high if before is None or str(type(before)) != str(type(high)) else min(before, high)


def _comparable(kind: ColumnType, value: object) -> bool:
    """Whether values of a column can be compared with a constant of the contract language."""
    if kind in ("integer", "real", "boolean"):
        return isinstance(value, int | float)
    return isinstance(value, str)


def _names(tree: ast.expr) -> set[str]:
    """The columns in an expression."""
    functions = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in functions}


def _kind(tree: ast.expr, types: Mapping[str, ColumnType]) -> str:
    """`number`, `text`, `null` or a temporal type: what an operand is."""
    if isinstance(tree, ast.Name):
        return "number" if types[tree.id] in ("integer", "real", "boolean") else types[tree.id]
    if isinstance(tree, ast.Constant):
        value: Value = tree.value if isinstance(tree.value, str | int | float) else None
        return "null" if value is None else "text" if isinstance(value, str) else "number"
    if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name):
        inner = _kind(tree.args[0], types)
        if tree.func.id == "abs":
            return inner if inner == "number" else "none"
        return "none" if inner == "number" else "number" if tree.func.id == "len" else "text"
    if isinstance(tree, ast.BinOp):
        both = {_kind(tree.left, types), _kind(tree.right, types)}
        return "number" if both == {"number"} else "none"
    return "none"


def _refuse_hopeless(tree: ast.expr, types: Mapping[str, ColumnType]) -> None:
    """Raises where a rule compares what can't be compared, or where only luck would meet it."""
    compared = [node for node in ast.walk(tree) if isinstance(node, ast.Compare)]
    if not _names(tree) or not (compared or "contains(" in ast.unparse(tree)):
        raise Untranslatable
    if isinstance(tree, ast.Name | ast.Constant | ast.BinOp):
        raise Untranslatable
    for node in compared:
        left, operator, right = node.left, node.ops[0], node.comparators[0]
        if isinstance(operator, ast.Is | ast.IsNot):
            raise Untranslatable  # a row check with a null in it passes, so it can't speak of nulls
        if isinstance(operator, ast.In | ast.NotIn):
            members = right.elts if isinstance(right, ast.Tuple) else []
            kinds = {_kind(left, types), *[_kind(item, types) for item in members]}
        else:
            kinds = {_kind(left, types), _kind(right, types)}
        kinds -= {"text"} if kinds & {"date", "datetime", "time"} and isinstance(right, ast.Constant) else set()
        if len(kinds) != 1 or kinds & {"none", "null"}:
            raise Untranslatable
        arithmetic = any(isinstance(side, ast.BinOp) for side in (left, right))
        if arithmetic and isinstance(operator, ast.Eq):
            raise Untranslatable
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("lower", "len"):
            raise Untranslatable
