"""A contract as text: back and forth without loss, and every mistake with its line."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.models.tool import Contract, Tool
from engine.pipeline.contract_text import LARGEST_TEXT, read_contract, write_contract
from engine.pipeline.proposals import draft_of, examine
from tests.fakes.bookings import bookings_spec, bookings_tools

TOOLS = {tool.name: tool for tool in bookings_tools()}


@pytest.mark.parametrize("tool", TOOLS.values(), ids=list(TOOLS))
def test_every_contract_survives_being_written_and_read(tool: Tool) -> None:
    assert read_contract(write_contract(tool.contract)).contract == tool.contract
    assert read_contract(json.dumps(tool.contract.model_dump(mode="json"))).contract == tool.contract
    found = examine(bookings_spec(), tool, draft_of(tool))
    assert (found.changed, found.problems, found.tool) == ((), (), tool)


@settings(deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_read_or_refused_with_a_line(text: str) -> None:
    read = read_contract(text)
    assert (read.contract is None) == bool(read.problems)
    assert all(problem.line for problem in read.problems)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["condition", "code", "message", "rule"]), st.text(max_size=40), min_size=1))
def test_texts_that_yaml_could_read_otherwise_are_kept(parts: dict[str, str]) -> None:
    """Such as `yes`, `12:30`, `# note`, `- x` or a text with line breaks."""
    whole = {"condition": "a", "code": "b", "message": "c", **parts}
    contract = Contract.model_validate({"requires": [whole]})
    assert read_contract(write_contract(contract)).contract == contract


@pytest.mark.parametrize(
    "text, line, words",
    [
        ("requires:\n- condition: a\n  code: b\n", 2, "requires.1.message: is missing"),
        ("requires:\n- condition: a\n  code: b\n  message: c\n  rool: d\n", 5, "no such key"),
        ("returns:\n- name: ok\n  value: 1\n", 3, "write '1' in quotes"),
        ("returns:\n- name: ok\n  value: yes\n", None, ""),
        ("effects:\n- table: t\n  operation: upsert\n", 3, "upsert"),
        ("requires: [\n", None, ""),
        ("- a\n", 1, "a contract is a mapping"),
        ("a: &a [*a]\n", 1, "readable"),
        ("x" * (LARGEST_TEXT + 1), 1, "too many"),
    ],
)
def test_mistakes_are_told_with_their_line(text: str, line: int | None, words: str) -> None:
    read = read_contract(text)
    if not words:
        assert read.contract is not None or read.problems
        return
    assert (line, True) in [(problem.line, words in problem.message) for problem in read.problems]


def test_aliases_that_multiply_are_refused() -> None:
    text = "a0: &a0 [x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 8)}]\n" for level in range(1, 9)
    )
    assert read_contract(text).problems[0].line == 1


@pytest.mark.parametrize(
    "old, new, line",
    [
        ("condition: booking is not None", "condition: booking is not Nonne", "condition: booking is not Nonne"),
        ("status: \"'cancelled'\"", "status: \"'gone'\"", "status: \"'gone'\""),
        ("expression: get('booking', booking_id)", "expression: get('bookings', booking_id)", "get('bookings'"),
    ],
)
def test_what_the_check_finds_is_told_with_the_line_of_the_part(old: str, new: str, line: str) -> None:
    tool = TOOLS["cancel_booking"]
    draft = draft_of(tool)
    assert old in draft.contract, draft.contract
    text = draft.contract.replace(old, new)
    found = examine(bookings_spec(), tool, draft.model_copy(update={"contract": text}))
    wanted = next(number for number, each in enumerate(text.splitlines(), start=1) if line in each)
    assert wanted in [problem.line for problem in found.problems]
