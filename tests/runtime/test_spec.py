"""Schemas and tools as plain data, and as JSON Schema."""

from __future__ import annotations

import json

import pytest

from engine.errors import ContractError, ExpressionError
from engine.models.database import Check, DatabaseSchema, Table
from engine.models.tool import Parameter
from engine.runtime.prelude import Database
from engine.runtime.spec import compile_database, compile_tool, openai_schema
from engine.runtime.tables import Base, Schema
from tests.runtime.shop import DATABASE, NOW, column, shop, tool


def table(expression: str) -> DatabaseSchema:
    columns = (
        column("id", "integer", generated=True),
        column("low", "integer", nullable=True),
        column("high", "integer", nullable=True),
        column("name", nullable=True),
        column("day", "date", nullable=True),
    )
    return DatabaseSchema(
        tables=(Table(name="t", primary_key=("id",), columns=columns, checks=(Check(expression=expression),)),)
    )


def test_compiled_data_is_plain_json() -> None:
    for compiled in (compile_database(DATABASE), [compile_tool(one) for one in shop().tools]):
        assert json.loads(json.dumps(compiled)) == compiled


@pytest.mark.parametrize(
    "expression, row, holds",
    [
        ("low <= high", {"low": 1, "high": 1}, True),
        ("low <= high", {"low": 2, "high": 1}, False),
        ("low <= high", {"low": 2}, True),
        ("low in (1, 2) or high > 3", {"low": 3, "high": 3}, False),
        ("low // high == 2", {"low": 5, "high": 0}, True),
        ("len(name) > 2 and lower(name) != 'abc'", {"name": "ABC"}, False),
        ("weekday(day) < 5", {"day": "2026-03-01"}, False),
        ("days_between(day, '2026-03-05') >= 2", {"day": "2026-03-03"}, True),
        ("all(x > low for x in [2, 3])", {"low": 1}, True),
        ("all(x > low for x in [2, 3])", {"low": 2}, False),
        ("high if low == 1 else low > 5", {"low": 4, "high": 1}, False),
    ],
)
def test_checks(expression: str, row: dict[str, object], holds: bool) -> None:
    db = Database(Base(Schema(compile_database(table(expression)))), NOW)
    if holds:
        assert db.insert("t", row)["id"] == 1
    else:
        with pytest.raises(ValueError, match="must satisfy"):
            db.insert("t", row)


@pytest.mark.parametrize("expression", ["low <= other", "count('t') < 5", "day <= today", "now > day"])
def test_checks_see_their_row_only(expression: str) -> None:
    with pytest.raises(ContractError):
        compile_database(table(expression))


@pytest.mark.parametrize("expression", ["__import__('os')", "low.__class__", "exec('x')", "low <="])
def test_checks_are_in_the_contract_language(expression: str) -> None:
    with pytest.raises(ExpressionError):
        compile_database(table(expression))


def test_openai_schema() -> None:
    made = openai_schema(
        tool(
            "plan",
            "",
            (
                Parameter(name="title", type="text", description="What for."),
                Parameter(name="day", type="date", minimum="2026-01-01"),
                Parameter(name="at", type="time", required=False),
                Parameter(name="seats", type="integer", required=False, default=2, minimum=1, maximum=9),
                Parameter(name="kinds", type="text", array=True, enum=("a", "b")),
                Parameter(name="price", type="real", minimum=0.5),
            ),
        )
    )
    function = made["function"]
    assert (made["type"], function["name"], function["description"]) == ("function", "plan", "Does plan.")
    assert function["parameters"] == {
        "type": "object",
        "properties": {
            "title": {"type": "string", "description": "What for."},
            "day": {
                "type": "string",
                "pattern": r"^\d{4}-\d{2}-\d{2}$",
                "format": "date",
                "description": "Format: YYYY-MM-DD. Not before 2026-01-01.",
            },
            "at": {"type": "string", "pattern": r"^\d{2}:\d{2}$", "description": "Format: HH:MM."},
            "seats": {"type": "integer", "minimum": 1, "maximum": 9, "default": 2},
            "kinds": {"type": "array", "items": {"type": "string", "enum": ["a", "b"]}},
            "price": {"type": "number", "minimum": 0.5},
        },
        "required": ["title", "day", "kinds", "price"],
        "additionalProperties": False,
    }
