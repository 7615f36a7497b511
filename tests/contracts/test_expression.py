"""The contract language: what it evaluates to, what is undefined in it, and what it refuses."""

from __future__ import annotations

import contextlib
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.contracts.expression import Scope, Undefined, parse, parse_each, parse_message, state_calls, tables_read
from engine.errors import ExpressionError
from tests.contracts.shop import shop_state

NAMES: dict[str, Any] = {"key": "PRO-0001", "nothing": None, "n": 3, "items": [1, 2, 3]}


def value_of(text: str) -> Any:
    return parse(text).evaluate(Scope(dict(NAMES), shop_state()))


@pytest.mark.parametrize(
    "text, value",
    [
        ("get('product', key).title", "Oak desk"),
        ("get('product', nothing)", None),
        ("get('favourite', ('CUS-0001', key)).note", "for the office"),
        ("[p.product_id for p in rows('product')]", ["PRO-0001", "PRO-0002", "PRO-0003"]),
        ("[p.number for p in rows('purchase')]", [3, 7]),
        ("[p.product_id for p in rows('product', price=19.99, stock=0)]", ["PRO-0002"]),
        ("[c.name for c in rows('customer', nickname=None)]", ["Ada Moss"]),
        ("count('product', status='active')", 2),
        ("exists('product', status='sold')", False),
        ("1 < n <= 3", True),
        ("n in (1, 2) or n not in [4]", True),
        ("nothing is None and n is not None", True),
        ("'a' if n > 5 else -n", -3),
        ("items[-1] + items[0]", 4),
        ("sum(i * 2 for i in items if i != 2)", 8),
        ("any(i > 2 for i in items) and not all(i > 2 for i in items)", True),
        ("money(0.1 + 0.2)", 0.3),
        ("money(2.675)", 2.68),
        ("7 // 2 + 7 % 4 + abs(-1) + max(1, n)", 10),
        ("lower('ABC') + str(n)", "abc3"),
        ("contains('Oak Desk', 'desk')", True),
        ("now", "2026-03-02T09:00:00"),
        ("today", "2026-03-02"),
        ("add_days(today, -2)", "2026-02-28"),
        ("add_days(now, 1)", "2026-03-03T09:00:00"),
        ("add_minutes(now, 90)", "2026-03-02T10:30:00"),
        ("days_between(now, '2026-02-27')", -3),
        ("minutes_between(now, '2026-03-02T09:01:59')", 1),
        ("date_of(now) + time_of(now)", "2026-03-0209:00"),
        ("weekday(today)", 0),
    ],
)
def test_values(text: str, value: Any) -> None:
    assert value_of(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "get('product', 'none').title",
        "nothing < 3",
        "nothing + 1",
        "1 / 0",
        "items[7]",
        "max([])",
        "days_between(nothing, today)",
        "add_days('soon', 1)",
        "'%d' % 3",
        "'a' * 3",
        "[x for x in 'text']",
        "int('x')",
        "n in nothing",
        "[x.title for x in nothing]",
        "get('product', items)",
    ],
)
def test_an_expression_without_a_value_is_undefined(text: str) -> None:
    with pytest.raises(Undefined):
        value_of(text)


def test_a_guard_keeps_an_undefined_part_from_being_evaluated() -> None:
    assert value_of("nothing is None or nothing.title == 'x'") is True


def test_a_comprehension_leaves_the_names_as_they_were() -> None:
    scope = Scope({"x": 1, "items": [5, 6]}, shop_state())
    assert parse("any(x > 4 for x in items) and x == 1").evaluate(scope) is True
    with pytest.raises(Undefined):
        parse("[x / 0 for x in items]").evaluate(scope)
    assert scope.names == {"x": 1, "items": [5, 6]}


@pytest.mark.parametrize(
    "text, problem",
    [
        ("__import__('os')", "no function `__import__`"),
        ("open('x')", "no function `open`"),
        ("key.__class__", "not allowed"),
        ("__builtins__", "not allowed"),
        ("key.upper()", "no function `key.upper`"),
        ("(lambda: 1)()", "no function"),
        ("lambda: 1", "Lambda is not in the contract language"),
        ("f'{key}'", "JoinedStr is not in the contract language"),
        ("{1: 2}", "Dict is not in the contract language"),
        ("items[1:]", "a subscript is a whole number"),
        ("items['a']", "a subscript is a whole number"),
        ("n ** 9", "the operators are"),
        ("n << 9", "the operators are"),
        ("~n", "unary operators"),
        ("n is 3", "`is` compares with None only"),
        ("get(key, n)", "table's name as a text literal"),
        ("get('product')", "takes a table and a key"),
        ("rows('product', **key)", "`column=value` pairs"),
        ("len(i for i in items)", "square brackets"),
        ("round(2.5, 1)", "no function `round`"),
        ("sorted(items, key=n)", "takes 1 plain argument"),
        ("[a for a in items for b in items]", "one `for`"),
        ("[len for len in items]", "can't be a variable"),
        ("[a for a in [a for a in items if [a for a in items]]]", "in use by the comprehension"),
        ("(x := 3)", "NamedExpr is not in the contract language"),
        ("b'bytes'", "literals are"),
        ("1e999", "not finite"),
        ("...", "literals are"),
        ("1 +", "is not an expression"),
        ("", "is not an expression"),
        ("x\0", "is not an expression"),
        ("(" * 300 + ")" * 300, "is not an expression"),
        ("-" * 60 + "1", "nested deeper"),
        ("1" * 3000, "at most 2000"),
    ],
)
def test_what_is_not_in_the_language_is_refused_with_its_reason(text: str, problem: str) -> None:
    with pytest.raises(ExpressionError, match=re.escape(problem)):
        parse(text)


def test_a_refusal_names_the_column() -> None:
    with pytest.raises(ExpressionError, match="column 7: no function `eval`"):
        parse("n and eval('1')")


@settings(deadline=None, derandomize=True, max_examples=200)
@given(st.text(alphabet="abn_.()[]{}'\"=<>+-*/%,: 01if else for in not and or is None lambda", max_size=60))
def test_any_text_is_either_parsed_or_refused(text: str) -> None:
    with contextlib.suppress(ExpressionError):
        assert parse(text).text == text


@pytest.mark.parametrize("text", ["a + a + a + a", "a * a * a * a"])
def test_what_doubles_again_and_again_is_stopped(text: str) -> None:
    value: Any = "x" * 50_000 if "+" in text else 10**600
    with pytest.raises(Undefined, match="too l"):
        parse(text).evaluate(Scope({"a": value}, shop_state()))


def test_unknown_names_and_columns_are_errors_and_not_undefined() -> None:
    with pytest.raises(ExpressionError, match="no name `who`"):
        value_of("who")
    with pytest.raises(ExpressionError, match="no column `colour`; the row has"):
        value_of("get('product', key).colour")
    with pytest.raises(ExpressionError, match="no table `shelf`"):
        value_of("get('shelf', key)")
    with pytest.raises(ExpressionError, match="no column `colour`"):
        value_of("rows('product', colour='red')")
    with pytest.raises(ExpressionError, match="in returns only"):
        value_of("after('product', key)")


def test_what_an_expression_reads() -> None:
    expression = parse(
        "get('product', key).price > sum(p.total for p in rows('purchase', due=today)) and after('customer', x)"
    )
    assert expression.names == {"key", "x"}
    assert tables_read(expression) == {"product", "purchase"}
    assert [(function, table) for function, table, _ in state_calls(expression)] == [
        ("after", "customer"),
        ("get", "product"),
        ("rows", "purchase"),
    ]


def test_each_and_messages_are_parsed() -> None:
    each = parse_each("item in [i for i in items if i in (1, 2)]")
    assert (each.name, each.items.names) == ("item", {"items"})
    with pytest.raises(ExpressionError, match="NAME in EXPRESSION"):
        parse_each("items")

    first, place, last = parse_message("{{a}} {get('product', key).title!r}.")[-3:]
    assert (first, last) == (" ", ".")
    assert not isinstance(place, str)
    assert place.quoted
    assert "".join(part for part in parse_message("{{a}} b") if isinstance(part, str)) == "{a} b"
    for broken in ("{open", "close}", "{1 +}"):
        with pytest.raises(ExpressionError):
            parse_message(broken)
