"""Contracts, tables, cases and traces as text for prompts, and functions that models write as sources of tools."""

from __future__ import annotations

import ast
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.agents.llm.ask.prompt import load
from engine.agents.llm.ask.question import Unusable
from engine.agents.llm.text.cases import read_call, write_call
from engine.agents.llm.text.contract_words import contract_steps, head_of, purpose_of
from engine.agents.llm.text.functions import tool_source, without_docstring
from engine.agents.llm.text.tables import TABLES_KEY, tables_text
from engine.agents.llm.text.traces import MOST_ROWS, trace_text
from engine.foundation.testing import Runtimes, test_tool
from engine.models.domain import Domain
from engine.models.tool import Contract, Parameter, Tool
from engine.runtime.admission import admit_all
from engine.runtime.inprocess import InProcessRuntime
from tests.fakes.bookings import bookings_spec, bookings_tools

SPEC = bookings_spec()
TOOLS = bookings_tools()
TOOL = {tool.name: tool for tool in TOOLS}


# Contracts and tables


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_steps_name_everything_that_a_contract_holds(tool: Tool) -> None:
    text = contract_steps(tool, SPEC.database)
    steps = text.split("\n")
    assert [int(step.partition(".")[0]) for step in steps] == list(range(1, len(steps) + 1))
    codes = [step.partition('db.reject("')[2].partition('"')[0] for step in steps if "db.reject(" in step]
    assert codes == [each.code for each in tool.contract.requires]
    for effect in tool.contract.effects:
        assert f'db.{effect.operation}("{effect.table}"' in text
        assert all(f'"{column}": ' in text for column in effect.values)
    for field in tool.contract.returns:
        assert f'"{field.name}": ' in steps[-1]
        if field.query is not None:
            assert f'"{field.query.table}"' in text
            assert all(re.search(rf"\b{name}\b", text) for name in field.query.fields)


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_a_name_is_bound_before_a_step_reads_it(tool: Tool) -> None:
    known = {"db", *tool.parameter}
    for step in contract_steps(tool, SPEC.database).split("\n"):
        words = step.partition(". ")[2]
        name, equals, value = words.partition(" = ")
        read = words if not equals or not name.isidentifier() else value
        for binding in tool.contract.bindings:
            if re.search(rf"\b{binding.name}\[", read) and f"for {binding.name} in" not in read:
                assert binding.name in known
        known |= {name} if equals else set()


def test_the_row_after_a_change_has_a_name_where_the_answer_reads_it() -> None:
    steps = contract_steps(TOOL["confirm_booking"], SPEC.database).split("\n")
    assert steps[-2].endswith('. booking_after = db.update("booking", booking_id, {"status": "confirmed"})')
    assert steps[-1].endswith('{"booking_id": booking_id, "status": booking_after["status"]}')


def test_a_head_is_python_and_a_purpose_leaves_out_the_codes() -> None:
    tool = TOOL["book_room"]
    function = ast.parse(f"{head_of(tool)}\n    return {{}}").body[0]
    assert isinstance(function, ast.FunctionDef)
    assert {argument.arg for argument in function.args.args} == {"db", *tool.parameter}
    listed = tool.model_copy(update={"description": "Books it. Refused with `a_b`, `c`."})
    assert purpose_of(listed) == "Books it."


def test_tables_are_told_in_a_line_each_with_rules_only_where_they_are_wanted() -> None:
    whole = tables_text(SPEC.database).split("\n")
    assert [line.partition("(")[0] for line in whole] == [table.name for table in SPEC.database.tables]
    customer = "customer(customer_id#^ text, name text, email text, city text?, balance real"
    assert whole[0] == f"{customer} 0..=0, member bool=False); unique email"
    assert tables_text(SPEC.database, {"customer"}, rules=False) == f"{customer}, member bool)"
    assert TABLES_KEY.split(". ")[0] in load("test")[0]


# Functions


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_a_function_comes_back_with_the_signature_and_the_docstring_of_the_schema(tool: Tool) -> None:
    bare = without_docstring(tool.source)
    assert '"""' not in bare
    head, colon, body = bare.partition(" -> dict:\n")
    names = ", ".join(["db", *(parameter.name for parameter in tool.parameters)])
    for written in (
        tool.source,
        bare,
        f"def {tool.name}({names}):\n{body}",
        f"{head}{colon}{body}".replace("    ", "\t"),
    ):
        assert tool_source(tool, written) == tool.source


def test_comments_stay_and_a_body_on_the_first_line_is_read() -> None:
    tool = Tool(name="f", description="-", category="get", entity="t", contract=Contract())
    assert tool_source(tool, "def f(db):\n  # why\n  return {}\n").endswith("    # why\n    return {}\n")
    assert tool_source(tool, "def f(db): return {}").endswith("    return {}\n")
    assert tool_source(tool, 'def f(db):\n    """Doc."""; return {}\n').endswith("    return {}\n")


@pytest.mark.parametrize(
    "written, problem",
    [
        ("def get_it(db, other):\n    return {}", "must take exactly (db, it_id), not (db, other)"),
        ("def get_it(it_id):\n    return {}", "must take exactly (db, it_id)"),
        ("def get_it(db, *it_id):\n    return {}", "must take exactly"),
        ("def get_it(db, it_id):\n    '''Only words.'''", "has no code"),
        ("async def get_it(db, it_id):\n    return {}", "must be a plain function"),
        ("def get_it(db, it_id):\n    return {", "not Python"),
        ("def get_it(db, it_id):\n    return " + "(" * 200, "nested too deeply"),
        ("", "must be a plain function"),
    ],
)
def test_a_function_that_is_none_is_refused_with_words_for_the_model(written: str, problem: str) -> None:
    parameter = Parameter(name="it_id", type="text")
    tool = Tool(
        name="get_it", description="-", category="get", entity="t", parameters=(parameter,), contract=Contract()
    )
    with pytest.raises(Unusable) as raised:
        tool_source(tool, written)
    assert problem in str(raised.value)
    assert "get_it" in str(raised.value)


@given(st.text(max_size=200))
def test_no_body_that_a_model_writes_does_harm(body: str) -> None:
    tool = TOOL["confirm_booking"]
    try:
        source = tool_source(tool, f"def confirm_booking(db, booking_id):\n    x = 1\n    {body}")
    except Unusable:
        return
    assert source.startswith("def confirm_booking(db: Database, booking_id: str) -> dict:\n")
    assert len(ast.parse(source).body) == 1


# Cases and traces

_VALUES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**62), 2**62)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
)


@given(st.dictionaries(st.sampled_from(["a", "b_1", "note"]), _VALUES | st.lists(_VALUES, max_size=3)))
def test_a_line_is_read_as_it_was_written(values: dict[str, object]) -> None:
    assert read_call(write_call("some_table", values)) == ("some_table", values)


@given(st.text(max_size=120))
def test_no_line_does_harm(text: str) -> None:
    try:
        name, values = read_call(text)
    except Unusable:
        return
    assert name.isidentifier()
    assert all(isinstance(key, str) for key in values)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "loan",
        "loan('x')",
        "loan(**{})",
        "a.b(x=1)",
        "loan(x=open('f'))",
        "loan(x=1)(y=2)",
        "loan(x=1, x=2)",
        "f(x=b'')",
    ],
)
def test_a_line_of_another_form_is_refused(line: str) -> None:
    with pytest.raises(Unusable):
        read_call(line)


def test_words_of_json_are_understood() -> None:
    assert read_call("loan(a=null, b=true, c=-2.5, d=[1, false])") == (
        "loan",
        {"a": None, "b": True, "c": -2.5, "d": [1, False]},
    )


def test_a_failing_trace_tells_rows_calls_and_what_was_found() -> None:
    tool = TOOL["confirm_booking"]
    wrong = tool.model_copy(update={"source": tool.source.replace('"status": "confirmed"', '"status": "completed"')})
    assert not any(admit_all([wrong], SPEC.database).values())
    with InProcessRuntime(Domain(spec=SPEC, tools=(wrong,))) as runtime:
        outcome = test_tool(SPEC, wrong, 1, Runtimes(runtime), ())
    trace = next(trace for trace in outcome.traces if not trace.passed)
    lines = trace_text(trace, SPEC.database).split("\n")
    rows = lines[1 : lines.index(f"db.now() is {SPEC.now!r}")]
    assert lines[0] == "rows before:"
    assert 1 <= len(rows) <= MOST_ROWS
    assert any(row.startswith("booking(booking_id=") for row in rows)
    assert f"confirm_booking(booking_id={trace.steps[0].call.arguments['booking_id']!r})" in lines
    assert "conditions that are false then: none" in lines
    assert "'status': 'completed'" in lines[-1]
