"""Parses tool code that may be meant to harm the parser, and says where code is refused."""

from __future__ import annotations

import ast

from engine.models.base import Model
from engine.syntax import parse_module

SOURCE_LIMIT = 40_000
"""Longest source of a tool, in characters."""
BRACKETS_LIMIT = 60
DEPTH_LIMIT = 120
"""Deepest nesting of brackets and of the syntax tree."""


class Refusal(Model):
    """One reason against a tool's code.

    Attributes:
        line: Line of the tool's source, from 1.
        reason: What is wrong there.
        remedy: What to write instead.
    """

    line: int
    reason: str
    remedy: str = ""

    def __str__(self) -> str:
        """The refusal in one line."""
        return f"line {self.line}: {self.reason}" + (f"; {self.remedy}" if self.remedy else "")


def parse_tool(source: str) -> ast.Module | Refusal:
    """The parsed source, or why it can't be parsed (also where parsing it would not be safe)."""
    if len(source) > SOURCE_LIMIT:
        return Refusal(line=1, reason=f"the source has more than {SOURCE_LIMIT} characters", remedy="write less")
    line = _too_deep(source)
    if line:
        return Refusal(line=line, reason="brackets are nested too deeply", remedy="use local variables")
    try:
        tree = parse_module(source)
        deepest, line = _depth(tree)
    except SyntaxError as error:
        return Refusal(line=error.lineno or 1, reason=f"not Python: {error.msg}")
    except (ValueError, RecursionError, MemoryError) as error:
        return Refusal(line=1, reason=f"can't be parsed: {error or type(error).__name__}")
    if deepest > DEPTH_LIMIT:
        return Refusal(line=line, reason="the code is nested too deeply", remedy="use local variables")
    return tree


def _too_deep(source: str) -> int:
    """The line where brackets (wherever they stand) nest deeper than the limit, or 0."""
    depth = 0
    line = 1
    for character in source:
        if character in "([{":
            depth += 1
            if depth > BRACKETS_LIMIT:
                return line
        elif character in ")]}":
            depth = max(0, depth - 1)
        elif character == "\n":
            line += 1
    return 0


def _depth(tree: ast.AST) -> tuple[int, int]:
    deepest, where = 0, 1
    waiting: list[tuple[ast.AST, int]] = [(tree, 0)]
    while waiting:
        node, depth = waiting.pop()
        if depth > deepest:
            deepest, where = depth, getattr(node, "lineno", where)
        waiting.extend((child, depth + 1) for child in ast.iter_child_nodes(node))
    return deepest, where
