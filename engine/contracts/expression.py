"""The contract language: a safe subset of Python expressions, parsed once and compiled to closures.

Contract texts may come from a model, so they are never handed to ``eval``: `parse` walks Python's own
syntax tree against a strict allow-list and builds one small closure for each node.

Values are plain data (text, numbers, booleans, None, lists) and rows, which are dictionaries; an attribute
reads a column. An expression that has no value (a column of a missing row, a date before nothing, a division
by zero) raises `Undefined`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from engine.contracts.compiler import CLOCK_NAMES, FUNCTIONS, STATE_FUNCTIONS, Closure, Compiler, check_variable
from engine.contracts.scope import RowView, Scope, StateView, Undefined
from engine.errors import ExpressionError
from engine.syntax import parse_expression

__all__ = [
    "CLOCK_NAMES",
    "FUNCTIONS",
    "STATE_FUNCTIONS",
    "Each",
    "Expression",
    "Place",
    "RowView",
    "Scope",
    "StateView",
    "Undefined",
    "parse",
    "parse_each",
    "parse_message",
    "state_calls",
    "table_of_call",
    "tables_read",
]

MAX_LENGTH = 2_000
"""Longest text of an expression, in characters."""

# What plain Python raises where a contract expression has no value.
_NO_VALUE = (TypeError, ValueError, LookupError, ArithmeticError, AttributeError)


class Expression:
    """A parsed expression of the contract language; made by `parse`.

    Attributes:
        text: The text as written.
        tree: Its validated syntax tree, for those who need the structure.
        names: Its free names, without functions, comprehension variables, `now` and `today`.
    """

    __slots__ = ("_run", "names", "text", "tree")

    def __init__(self, text: str, tree: ast.expr, names: frozenset[str], run: Closure) -> None:
        self.text = text
        self.tree = tree
        self.names = names
        self._run = run

    def evaluate(self, scope: Scope) -> Any:
        """The expression's value.

        Raises:
            Undefined: It has none in this state.
            ExpressionError: It names something that `scope` does not have.
        """
        try:
            return self._run(scope)
        except _NO_VALUE as problem:
            raise Undefined(f"`{self.text}`: {problem}") from problem

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"


@cache
def parse(text: str) -> Expression:
    """Parses and validates `text`; the same text gives the same object.

    Raises:
        ExpressionError: The text is not in the language; the message gives the place and what is allowed.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"expression of {len(text)} characters (at most {MAX_LENGTH}): `{text[:60]}...`")
    line = text.replace("\n", " ").strip()
    try:
        tree = parse_expression(line)
    except SyntaxError as problem:
        raise ExpressionError(f"`{text}` is not an expression: {problem.msg} at column {problem.offset or 1}") from None
    except (ValueError, RecursionError, MemoryError) as problem:
        raise ExpressionError(f"`{text[:60]}` is not an expression: {problem}") from None
    compiler = Compiler(text)
    run = compiler.compile(tree)
    return Expression(text, tree, frozenset(compiler.names), run)


@dataclass(frozen=True, slots=True)
class Each:
    """`NAME in EXPRESSION` of an effect."""

    name: str
    items: Expression


@cache
def parse_each(text: str) -> Each:
    """Parses the `each` of an effect.

    Raises:
        ExpressionError: The text is not of the form `NAME in EXPRESSION`.
    """
    match = re.fullmatch(r"\s*([A-Za-z_]\w*)\s+in\s+(.+)", text, re.DOTALL)
    if match is None:
        raise ExpressionError(f"`{text}` is not of the form `NAME in EXPRESSION`, such as `item in items`")
    check_variable(match[1], text, 0)
    return Each(match[1], parse(match[2]))


@dataclass(frozen=True, slots=True)
class Place:
    """A `{...}` place of a message; `quoted` where it was written `{...!r}`."""

    expression: Expression
    quoted: bool


@cache
def parse_message(text: str) -> tuple[str | Place, ...]:
    """Splits a rejection's message into texts and places; `{{` and `}}` stand for braces.

    Raises:
        ExpressionError: A brace is not closed, or a place is not an expression.
    """
    parts: list[str | Place] = []
    for piece in re.split(r"(\{\{|\}\}|\{[^{}]*\})", text):
        if piece in ("{{", "}}"):
            parts.append(piece[0])
        elif piece.startswith("{"):
            if not piece.endswith("}"):
                raise ExpressionError(f"message {text!r}: `{{` without `}}`; write `{{{{` for a brace")
            inner = piece[1:-1].strip()
            quoted = inner.endswith("!r")
            parts.append(Place(parse(inner[:-2] if quoted else inner), quoted))
        elif "{" in piece or "}" in piece:
            raise ExpressionError(f"message {text!r}: brace without its partner; write `{{{{` or `}}}}` for a brace")
        elif piece:
            parts.append(piece)
    return tuple(parts)


def state_calls(expression: Expression) -> Iterator[tuple[str, str, ast.Call]]:
    """Every database access of an expression, outermost first: (function, table, call node)."""
    for node in ast.walk(expression.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in STATE_FUNCTIONS:
            yield node.func.id, table_of_call(node), node


def table_of_call(node: ast.Call) -> str:
    """The table that a call of `get`, `rows`, `count`, `exists` or `after` reads."""
    first = node.args[0]
    assert isinstance(first, ast.Constant)
    return str(first.value)


def tables_read(expression: Expression) -> frozenset[str]:
    """The tables whose rows before the call the expression reads (`after(...)` is left out)."""
    return frozenset(table for function, table, _ in state_calls(expression) if function != "after")
