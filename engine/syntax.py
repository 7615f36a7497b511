"""Reads Python text into syntax trees, from any thread.

CPython before 3.11.9 and 3.12.3 counts the depth of trees that it builds in one place for all threads, and so now and then refuses sound
text with a `SystemError` where two threads parse at once (its issue gh-106905). Such a refusal says nothing about the text.
"""

from __future__ import annotations

import ast
import threading

_ONE_AT_A_TIME = threading.Lock()
_TRIES = 50
"""Threads that are not ours parse too, when they import."""


def parse_module(text: str) -> ast.Module:
    """The tree of a module.

    Raises:
        SyntaxError: It is not Python.
        ValueError: It holds a null byte or the like.
        RecursionError: It is nested too deeply.
        MemoryError: As above.
    """
    tree = _parse(text, "exec")
    assert isinstance(tree, ast.Module)
    return tree


def parse_expression(text: str) -> ast.expr:
    """The tree of a single expression; raises as `parse_module` does."""
    tree = _parse(text, "eval")
    assert isinstance(tree, ast.Expression)
    return tree.body


def _parse(text: str, mode: str) -> ast.AST:
    for left in reversed(range(_TRIES)):
        try:
            with _ONE_AT_A_TIME:
                return ast.parse(text, mode=mode)
        except SystemError:
            if not left:
                raise
    raise AssertionError("the last try returns or raises")
