"""Whatever an agent sends is answered with a structured problem, never with an exception."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.models.tool import Parameter
from engine.runtime.calls import CallChecker
from engine.runtime.spec import compile_tool
from tests.runtime.shop import shop, tool

EVERYTHING = tool(
    "everything",
    "",
    (
        Parameter(name="text", type="text"),
        Parameter(name="count", type="integer", required=False, minimum=1, maximum=10),
        Parameter(name="price", type="real", required=False, minimum=0.5),
        Parameter(name="sure", type="boolean", required=False),
        Parameter(name="day", type="date", required=False, minimum="2026-01-01"),
        Parameter(name="moment", type="datetime", required=False),
        Parameter(name="hour", type="time", required=False),
        Parameter(name="kind", type="text", required=False, enum=("a", "b")),
        Parameter(name="days", type="date", array=True, required=False),
        Parameter(name="kinds", type="text", array=True, required=False, enum=("a", "b")),
    ),
)
CHECKER = CallChecker([compile_tool(one) for one in (EVERYTHING, *shop().tools)])

BAD: dict[str, tuple[str, Any, str]] = {
    "null for required": ("text", None, "not null"),
    "number for text": ("text", 5, "must be text, not 5"),
    "object for text": ("text", {"a": 1}, "not an object"),
    "lone surrogate": ("text", "x\ud800", "Unicode"),
    "very long text": ("text", "x" * 100_001, "100000 characters"),
    "text for integer": ("count", "3", "must be an integer"),
    "boolean for integer": ("count", True, "must be an integer, not true"),
    "real for integer": ("count", 3.0, "must be an integer"),
    "below minimum": ("count", 0, "at least 1"),
    "above maximum": ("count", 11, "at most 10"),
    "huge integer": ("count", 10**5000, "64 bits"),
    "nan": ("price", float("nan"), "finite"),
    "infinity": ("price", float("inf"), "finite"),
    "beyond cents": ("price", 1e308, "must lie between -1000000000000000 and 1000000000000000"),
    "beyond cents as an integer": ("price", 10**16, "must lie between"),
    "boolean for real": ("price", False, "must be a number"),
    "text for boolean": ("sure", "true", "true or false"),
    "integer for boolean": ("sure", 1, "true or false"),
    "no such day": ("day", "2026-02-30", "a date"),
    "datetime for date": ("day", "2026-02-03T10:00:00", "a date"),
    "too early": ("day", "2025-12-31", "at least 2026-01-01"),
    "date for datetime": ("moment", "2026-02-03", "a datetime"),
    "with time zone": ("moment", "2026-02-03T10:00:00Z", "a datetime"),
    "with seconds": ("hour", "10:00:00", "a time"),
    "not in enum": ("kind", "c", "one of a, b"),
    "scalar for array": ("days", "2026-02-03", "an array"),
    "bad item": ("days", ["2026-02-03", "tomorrow"], "item 1 must be a date"),
    "nested array": ("days", [["2026-02-03"]], "item 0 must be a date"),
    "item not in enum": ("kinds", ["a", "c"], "item 1 must be one of"),
    "too many items": ("kinds", ["a"] * 1001, "1000 items"),
    "unknown": ("texts", "x", "not a parameter; did you mean text?"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_argument_is_named(name: str) -> None:
    parameter, value, message = BAD[name]
    given_, problem = CHECKER.check("everything", {"text": "fine", parameter: value})
    assert problem is not None
    assert problem["code"] == "invalid_arguments"
    assert list(problem["details"]["arguments"]) == [parameter]
    assert message in problem["details"]["arguments"][parameter]
    assert parameter in problem["message"]
    assert parameter not in given_


def test_good_arguments_pass_unchanged() -> None:
    arguments = {
        "text": "Ümit 😀",
        "count": 10,
        "price": 1,
        "sure": False,
        "day": "2028-02-29",
        "moment": "2026-01-01T00:00:00",
        "hour": "23:59",
        "kind": "b",
        "days": [],
        "kinds": ["a", "a"],
    }
    assert CHECKER.check("everything", arguments) == (arguments, None)


def test_null_counts_as_left_out_where_it_may_be() -> None:
    assert CHECKER.check("everything", {"text": "x", "count": None}) == ({"text": "x"}, None)


def test_every_problem_is_named_at_once() -> None:
    _, problem = CHECKER.check("book", {"person": "x", "number": "1", "starts_at": "now", "price": -1})
    assert problem is not None
    assert problem["details"]["arguments"] == {
        "person_id": "is missing",
        "building": "is missing",
        "number": "must be an integer, not '1'",
        "starts_at": "must be a datetime (YYYY-MM-DDTHH:MM:SS), not 'now'",
        "price": "must be at least 0, not -1",
        "person": "is not a parameter; did you mean person_id?",
    }


def test_unknown_tool_names_its_neighbours() -> None:
    _, problem = CHECKER.check("get_persons", {})
    assert problem == {
        "code": "unknown_tool",
        "message": "There is no tool 'get_persons'. Did you mean get_person?",
        "details": {"near": ["get_person"]},
    }


class Odd:
    """Something that is not JSON."""

    def __repr__(self) -> str:
        raise RuntimeError("never asked")


GARBAGE = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.just(10**4000),
        st.just(-(2**63)),
        st.floats(),
        st.text(st.characters(exclude_categories=())),
        st.binary(),
        st.just(("a", 1)),
        st.builds(Odd),
    ),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text() | st.integers() | st.none(), inner, max_size=4)
    ),
    max_leaves=8,
)
NAMES = st.sampled_from(["everything", "book", "hire", "pay", "", "no"]) | GARBAGE
ARGUMENTS = st.dictionaries(
    st.sampled_from(["text", "count", "price", "day", "days", "moment", "hour", "names", "amount", "booking_id"])
    | st.text(st.characters(exclude_categories=())),
    GARBAGE,
    max_size=6,
)


@settings(deadline=None, max_examples=300)
@given(name=NAMES, arguments=GARBAGE | ARGUMENTS)
def test_garbage_is_answered(name: Any, arguments: Any) -> None:
    given_, problem = CHECKER.check(name, arguments)
    json.dumps(given_, allow_nan=False).encode()
    if problem is not None:
        assert set(problem) == {"code", "message", "details"}
        assert problem["code"] in ("unknown_tool", "invalid_arguments")
        json.dumps(problem, ensure_ascii=False, allow_nan=False).encode()


def test_a_flood_of_unknown_arguments_is_answered_in_short() -> None:
    _, problem = CHECKER.check("everything", {"text": "x", **{f"text_{number}": 1 for number in range(50_000)}})
    assert problem is not None
    assert problem["details"]["arguments"]["..."] == "49980 more are not parameters"
    assert len(json.dumps(problem)) < 5_000
