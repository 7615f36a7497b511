"""A business rule as one Python expression: what must hold, or a call of the rule's kind such as `deadline(before=loan.due_on, days=1)`.

Models know Python far better than any language of ours. What an expression is about is recognised, so that rules keep
their kinds: `count('loan', member_id=member_id) < 5` is a quota.
"""

from __future__ import annotations

import ast
from typing import Any, cast

from pydantic import TypeAdapter, ValidationError

from engine.contracts.expression import parse
from engine.errors import ExpressionError
from engine.seeds.rules import Condition, Rule
from engine.syntax import parse_expression

_RULE: TypeAdapter[Rule] = TypeAdapter(Rule)
_ROWS = ("rows", "match", "among", "where")
_FIELDS: dict[str, tuple[str, ...]] = {
    "ownership": ("path", "user"),
    "deadline": ("before", "after", "days", "hours", "minutes", "value"),
    "capacity": (*_ROWS, "limit", "adding"),
    "quota": (*_ROWS, "limit", "column", "days", "adding"),
    "balance": ("has", "needs"),
    "uniqueness": _ROWS,
    "requires_earlier": _ROWS,
    "no_overlap": (*_ROWS, "starts", "ends", "lasts", "start", "end"),
    "limits": ("value", "minimum", "maximum"),
    "state": ("column", "is_in", "not_in"),
    "condition": ("that", "kind"),
}
"""Kind -> its fields, in the order of arguments without a name."""
_PLAIN = frozenset({"rows", "starts", "ends", "lasts", "kind", "days", "hours", "minutes"})
"""Fields that hold a name or a number, not an expression; `column` is one where a quota has it."""


def read_rule(check: str, code: str, message: str = "", when: str = "") -> Rule:
    """The rule that an expression states.

    Raises:
        ValueError: It is no expression, or its kind has no such field; the message says so in words.
    """
    try:
        tree = parse_expression(check.strip().replace("\n", " "))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ValueError(f"`{_short(check)}` is no Python expression ({_words(error)})") from None
    fields = _call(tree) or _recognised(tree) or {"rule": "condition", "that": check.strip(), "kind": _kind_of(tree)}
    fields["code"] = code
    if message:
        fields["message"] = message
    if when:
        fields["when"] = when
    try:
        return _RULE.validate_python(fields)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"][1:])
        raise ValueError(f"`{_short(check)}`: {place}: {first['msg'].removeprefix('Value error, ')}") from None


def write_rule(rule: Rule) -> str:
    """The expression that `read_rule` reads as this rule; its code, message and `when` are not in it."""
    if isinstance(rule, Condition):
        return rule.that
    parts: list[str] = []
    defaults = type(rule).model_fields
    for field in _FIELDS[rule.rule]:
        value = getattr(rule, field)
        if value is None or value == defaults[field].get_default(call_default_factory=True):
            continue
        parts.append(f"{field}={_written(value, field, rule.rule)}")
    return f"{rule.rule}({', '.join(parts)})"


def _written(value: Any, field: str, kind: str) -> str:
    if isinstance(value, dict):
        items = cast("dict[str, str | tuple[str, ...]]", value).items()
        shown = [f"{name!r}: {item if isinstance(item, str) else list(item)}" for name, item in items]
        return "{" + ", ".join(shown) + "}"
    if isinstance(value, tuple):
        return str(list(cast("tuple[str, ...]", value)))
    return repr(value) if _is_plain(field, kind) else str(value)


def _is_plain(field: str, kind: str) -> bool:
    return field in _PLAIN or (field == "column" and kind == "quota")


def _call(tree: ast.expr) -> dict[str, Any] | None:
    """The fields of a rule that is written as a call of its kind."""
    if not (isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and tree.func.id in _FIELDS):
        return None
    kind = tree.func.id
    fields: dict[str, Any] = {"rule": kind}
    given = [*zip(_FIELDS[kind], tree.args, strict=False), *((word.arg or "", word.value) for word in tree.keywords)]
    for field, value in given:
        name = {"in_": "is_in", "lead": "days"}.get(field, field)
        fields[name] = _read(value, name, kind)
    return fields


def _read(node: ast.expr, field: str, kind: str) -> Any:
    if field in ("among", "is_in", "not_in"):
        return _values(node)
    if field == "match":
        if isinstance(node, ast.Dict):
            pairs = zip(node.keys, node.values, strict=True)
            return {_text(key): _expression(value, column=_text(key)) for key, value in pairs if key is not None}
        return [_text(item) for item in node.elts] if isinstance(node, ast.List | ast.Tuple | ast.Set) else _text(node)
    if _is_plain(field, kind):
        return node.value if isinstance(node, ast.Constant) and isinstance(node.value, int) else _text(node)
    return _expression(node)


def _values(node: ast.expr) -> Any:
    if isinstance(node, ast.Dict):
        return {
            _text(key): _values(value) for key, value in zip(node.keys, node.values, strict=True) if key is not None
        }
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return [_text(item) for item in node.elts]
    return [_text(node)]


def _text(node: ast.expr) -> str:
    return str(node.value) if isinstance(node, ast.Constant) else ast.unparse(node)


def _expression(node: ast.expr, column: str = "") -> str:
    """An expression, also where it was put into quotes: then a bare word is text, unless it is the column itself."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        quoted = node.value
        if quoted == column or not quoted.replace("_", "").isalnum() or quoted.isdigit() or quoted in ("now", "today"):
            return quoted if _is_expression(quoted) else repr(quoted)
        return repr(quoted)
    return ast.unparse(node)


def _is_expression(text: str) -> bool:
    try:
        parse(text)
    except ExpressionError:
        return False
    return True


def _recognised(tree: ast.expr) -> dict[str, Any] | None:
    """The rule that a plain comparison is."""
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.Not):
        rows = _rows_of(tree.operand, "exists")
        return None if rows is None else {"rule": "uniqueness", **rows}
    rows = _rows_of(tree, "exists")
    if rows is not None:
        return {"rule": "requires_earlier", **rows}
    if not (isinstance(tree, ast.Compare) and len(tree.ops) == 1):
        return None
    left, operator, right = tree.left, tree.ops[0], tree.comparators[0]
    rows = _rows_of(left, "count")
    if rows is not None:
        number = right.value if isinstance(right, ast.Constant) else None
        if isinstance(operator, ast.Lt) and number != 1:
            return {"rule": "quota", **rows, "limit": ast.unparse(right)}
        if (isinstance(operator, ast.Eq) and number == 0) or isinstance(operator, ast.Lt):
            return {"rule": "uniqueness", **rows}
        if (isinstance(operator, ast.Gt) and number == 0) or (isinstance(operator, ast.GtE) and number == 1):
            return {"rule": "requires_earlier", **rows}
        return None
    if _is_chain(left) and isinstance(operator, ast.Eq | ast.NotEq | ast.In | ast.NotIn):
        values = _constants(right)
        if values:
            key = "is_in" if isinstance(operator, ast.Eq | ast.In) else "not_in"
            return {"rule": "state", "column": ast.unparse(left), key: values}
    return None


def _rows_of(node: ast.expr, function: str) -> dict[str, Any] | None:
    """The fields of a rule over rows that `exists('table', column=value)` and `count(...)` stand for."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == function):
        return None
    if (
        len(node.args) != 1
        or not isinstance(node.args[0], ast.Constant)
        or any(word.arg is None for word in node.keywords)
    ):
        return None
    match: dict[str, str] = {}
    among: dict[str, list[str]] = {}
    for word in node.keywords:
        column = word.arg or ""
        if isinstance(word.value, ast.Constant) and isinstance(word.value.value, str):
            among[column] = [word.value.value]
        else:
            match[column] = ast.unparse(word.value)
    return {"rows": str(node.args[0].value), "match": match, "among": among}


def _is_chain(node: ast.expr) -> bool:
    while isinstance(node, ast.Attribute):
        node = node.value
        if isinstance(node, ast.Name):
            return node.id != "row"
    return False


def _constants(node: ast.expr) -> list[str]:
    items = node.elts if isinstance(node, ast.Tuple | ast.List | ast.Set) else [node]
    texts = [item.value for item in items if isinstance(item, ast.Constant) and isinstance(item.value, str)]
    return texts if len(texts) == len(items) else []


def _kind_of(tree: ast.expr) -> str:
    """What a condition is counted as."""
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    if names & {"count", "len"}:
        return "quota"
    if names & {"now", "today"}:
        return "deadline"
    if isinstance(tree, ast.Compare):
        right = tree.comparators[-1]
        if isinstance(tree.ops[0], ast.Eq) and _is_chain(tree.left) and _is_chain(right):
            return "compatibility"
        if isinstance(right, ast.Constant):
            return "limits"
        if isinstance(tree.ops[0], ast.GtE) and _is_chain(tree.left):
            return "balance"
    return "condition"


def _short(text: str) -> str:
    return text if len(text) <= 80 else text[:77] + "..."


def _words(error: Exception) -> str:
    return str(getattr(error, "msg", error))
