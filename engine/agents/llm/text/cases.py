"""A row or a call as one line, `name(key=value, ...)`: a third of the tokens of JSON, and models write it well."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from math import isfinite
from typing import Any

from engine.agents.llm.ask.question import Unusable
from engine.syntax import parse_expression

_WORDS: dict[str, Any] = {"true": True, "false": False, "null": None}
_LONGEST = 4_000


def read_call(text: str) -> tuple[str, dict[str, Any]]:
    """The name and the values of a line.

    Raises:
        Unusable: It is no such line; says why.
    """
    shown = text if len(text) <= 80 else f"{text[:77]}..."
    try:
        if len(text) > _LONGEST:
            raise ValueError
        tree = parse_expression(text.strip())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise Unusable([f"`{shown}` is not of the form `name(key=value, ...)`"]) from None
    if not isinstance(tree, ast.Call) or not isinstance(tree.func, ast.Name) or tree.args:
        raise Unusable([f"`{shown}` is not of the form `name(key=value, ...)`"])
    values: dict[str, Any] = {}
    for keyword in tree.keywords:
        if keyword.arg is None or keyword.arg in values:
            raise Unusable([f"`{shown}`: give each key once, as `key=value`"])
        values[keyword.arg] = _value(keyword.value, shown)
    return tree.func.id, values


def write_call(name: str, values: Mapping[str, Any]) -> str:
    """Such a line."""
    return f"{name}({', '.join(f'{key}={value!r}' for key, value in values.items())})"


def _value(node: ast.expr, shown: str) -> Any:
    match node:
        case ast.Constant(value=str() | int() | float() | None as value) if _is_plain(value):
            return value
        case ast.Name(id=word) if word in _WORDS:
            return _WORDS[word]
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)) if _is_plain(number):
            return -number
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return [_value(item, shown) for item in items]
        case _:
            raise Unusable([f"`{shown}`: `{ast.unparse(node)[:60]}` is not a plain value; write literals only"])


def _is_plain(value: str | int | float | None) -> bool:
    """Whether a literal can be stored at all: finite, of 64 bits, without halves of characters."""
    match value:
        case str():
            return not any("\ud800" <= character <= "\udfff" for character in value)
        case float():
            return isfinite(value)
        case int():
            return -(2**63) <= value < 2**63
        case _:
            return True
