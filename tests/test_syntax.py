"""Reading Python from many threads at once."""

from __future__ import annotations

import ast
from concurrent.futures import ThreadPoolExecutor

import pytest

from engine.syntax import parse_expression, parse_module

DEEP = "f(" * 60 + "x" + ")" * 60


def test_many_threads_read_at_once() -> None:
    expected = ast.dump(ast.parse(DEEP, mode="eval").body)
    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(lambda _: ast.dump(parse_expression(DEEP)), range(400))) == {expected}


def test_a_refusal_that_says_nothing_of_the_text_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    parse, refusals = ast.parse, iter([True, True, False])

    def moody(*arguments: object, **options: object) -> ast.AST:
        if next(refusals):
            raise SystemError("AST constructor recursion depth mismatch (before=216, after=139)")
        return parse(*arguments, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(ast, "parse", moody)
    assert isinstance(parse_module("x = 1").body[0], ast.Assign)


@pytest.mark.parametrize("text", ["def", "1 +", "\0"])
def test_what_is_no_python_is_refused(text: str) -> None:
    with pytest.raises((SyntaxError, ValueError)):
        parse_module(text)
    with pytest.raises((SyntaxError, ValueError)):
        parse_expression(text)
