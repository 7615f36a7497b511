"""Code is asked for several tools a call; what is missing is asked for by itself, in an order that nothing disturbs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from engine.agents.llm.ask.question import NoAnswer, Question
from engine.agents.roles import CannotAnswer
from engine.models.role import COMPOSER, RoleName
from engine.models.tool import Tool
from engine.pipeline.cast import Cast
from engine.pipeline.coding import propose_cases, together, write_sources
from tests.fakes.asker import Says, ScriptedAsker, code_block, names_asked, writes
from tests.fakes.bookings import bookings_spec, bookings_tools

SPEC = bookings_spec()
TOOLS = bookings_tools()
TOOL = {tool.name: tool for tool in TOOLS}
MODEL = "test/model"
CONFIRMED = {
    "note": "a confirmed booking can't be confirmed",
    "rows": ["customer(customer_id='CUS-1')", "booking(booking_id='BKG-1', customer_id='CUS-1', status='confirmed')"],
    "call": "confirm_booking(booking_id='BKG-1')",
    "expects": "booking_not_pending",
}


def _cases(*cases: dict[str, Any]) -> str:
    return json.dumps({"cases": list(cases)})


def _cast(says: Says, *roles: RoleName) -> tuple[Cast, ScriptedAsker]:
    asker = ScriptedAsker(says)
    make: Any = lambda: asker  # noqa: E731
    return Cast(dict.fromkeys(roles, MODEL), make_client=make, tools_per_call=lambda _: 5), asker


def _leaving_out(*names: str) -> Callable[[list[str]], list[str]]:
    return lambda asked: [name for name in asked if name not in names or len(asked) == 1]


def _sources(tools: tuple[Tool, ...]) -> dict[str, str]:
    return {tool.name: tool.source for tool in tools}


def test_tools_that_an_answer_leaves_out_are_asked_for_one_by_one() -> None:
    kept = _leaving_out(TOOLS[1].name, TOOLS[3].name)
    sources = _sources(TOOLS)

    def says(question: Question[Any], turn: int) -> str:
        return code_block(sources[name] for name in kept(list(dict.fromkeys(names_asked(question)))))

    cast, asker = _cast(says, "code")
    written = cast.wait(write_sources(cast, TOOLS, SPEC.database))
    assert _sources(written.tools) == sources
    assert written.problems == {}
    assert {tool.made_by for tool in written.tools} == {MODEL}
    alone = [question.subject for question in asker.asked if "," not in question.subject]
    assert alone == [TOOLS[1].name, TOOLS[3].name]
    cast.close()


def test_a_mistake_in_one_function_costs_only_that_one_and_is_told_when_it_is_alone() -> None:
    name = TOOLS[2].name
    sources = _sources(TOOLS)

    def says(question: Question[Any], turn: int) -> str:
        names = list(dict.fromkeys(names_asked(question)))
        wrong = {name: sources[name].replace("(", "(extra, ", 1)} if turn == 1 else {}
        return code_block({**sources, **wrong}[each] for each in names)

    cast, asker = _cast(says, "code")
    written = cast.wait(write_sources(cast, TOOLS, SPEC.database))
    assert _sources(written.tools) == sources
    assert [question.subject for question in asker.asked].count(name) == 1
    assert len(asker.told) == 1
    assert f"`{name}` must take exactly (db, " in asker.told[0]
    cast.close()


def test_what_never_comes_is_left_without_code_and_with_its_reason() -> None:
    cast, _ = _cast(lambda *_: "No.", "code")
    written = cast.wait(write_sources(cast, TOOLS[:2], SPEC.database))
    assert [tool.source for tool in written.tools] == ["", ""]
    assert set(written.problems) == {tool.name for tool in TOOLS[:2]}
    assert "no function that was asked for" in written.problems[TOOLS[0].name]
    cast.close()


def test_the_composer_writes_as_well() -> None:
    cast, _ = _cast(lambda *_: "")
    bare = tuple(tool.model_copy(update={"source": ""}) for tool in TOOLS)
    written = cast.wait(write_sources(cast, bare, SPEC.database))
    assert written.problems == {}
    assert {tool.made_by for tool in written.tools} == {COMPOSER}
    assert all(tool.source for tool in written.tools)
    cast.close()


def test_cases_are_asked_for_where_something_changes_under_rules() -> None:
    cast, asker = _cast(lambda *_: '{"cases": []}', "test")
    assert cast.wait(propose_cases(cast, SPEC, TOOLS)).cases == {}
    asked = {name for question in asker.asked for name in question.subject.split(", ")}
    assert asked == {
        tool.name for tool in TOOLS if tool.mutates_state and any(each.rule for each in tool.contract.requires)
    }
    assert 0 < len(asked) < len(TOOLS)
    cast.close()


def test_why_no_cases_came_is_kept() -> None:
    cast, _ = _cast(lambda *_: "Why would I?", "test")
    proposed = cast.wait(propose_cases(cast, SPEC, TOOLS))
    assert proposed.cases == {}
    assert "no JSON" in " ".join(proposed.problems.values())
    cast.close()


def test_a_batch_of_tools_without_an_answer_is_asked_for_cases_one_by_one() -> None:
    def too_long(question: Question[Any], turn: int) -> str:
        if "," in question.subject:
            raise NoAnswer("The request is too long for `test/model`.")
        return _cases(CONFIRMED)

    cast, asker = _cast(too_long, "test")
    proposed = cast.wait(propose_cases(cast, SPEC, TOOLS))
    assert set(proposed.cases) == {"confirm_booking"}
    together = {name for question in asker.asked if "," in question.subject for name in question.subject.split(", ")}
    assert together == {question.subject for question in asker.asked if "," not in question.subject}
    assert not any("," in names for names in proposed.problems)
    cast.close()


def test_a_case_over_what_there_is_not_is_dropped_alone_with_its_reason() -> None:
    wrong = [
        {**CONFIRMED, "rows": ["loan(loan_id='L1', status='returned')"]},
        {**CONFIRMED, "call": "borrow(member_id='M1')"},
        {**CONFIRMED, "rows": ["booking(colour='red')", "attic(x=1)"]},
    ]
    cast, asker = _cast(lambda *_: _cases(*wrong[:2], CONFIRMED, wrong[2]), "test")
    proposed = cast.wait(propose_cases(cast, SPEC, (TOOL["confirm_booking"],)))
    assert [case.note for case in proposed.cases["confirm_booking"]] == [CONFIRMED["note"]]
    assert proposed.problems == {}
    assert asker.told == []
    assert ["loan" in proposed.left_out[0], "borrow" in proposed.left_out[1]] == [True, True]
    assert "`colour`" in proposed.left_out[2]
    assert "`attic`" in proposed.left_out[2]
    cast.close()


def test_who_writes_of_other_tables_only_is_told_which_there_are() -> None:
    alien = {**CONFIRMED, "rows": ["loan(loan_id='L1')"]}
    cast, asker = _cast(lambda _, turn: _cases(alien if turn == 1 else CONFIRMED), "test")
    proposed = cast.wait(propose_cases(cast, SPEC, (TOOL["confirm_booking"],)))
    assert len(proposed.cases["confirm_booking"]) == 1
    assert asker.told[-1].startswith("there are only the tables ")
    assert "booking" in asker.told[-1]
    cast.close()


def test_answers_come_in_the_order_of_the_questions_and_one_without_answer_keeps_none_from_theirs() -> None:
    async def after(turns: int) -> int:
        for _ in range(turns):
            await asyncio.sleep(0)
        if turns == 2:
            raise NoAnswer("nothing usable")
        return turns

    found = asyncio.run(together(after(turns) for turns in (5, 2, 0, 3)))
    assert [each for each in found if not isinstance(each, CannotAnswer)] == [5, 0, 3]
    assert isinstance(found[1], NoAnswer)

    async def breaks() -> int:
        raise RuntimeError("a defect")

    with pytest.raises(RuntimeError, match="a defect"):
        asyncio.run(together([after(1), breaks()]))


def test_code_does_not_depend_on_how_many_tools_are_asked_for_at_once() -> None:
    whole, _ = _cast(writes(TOOLS), "code")
    single = Cast({"code": MODEL}, make_client=lambda: ScriptedAsker(writes(TOOLS)), tools_per_call=lambda _: 1)  # type: ignore[arg-type,return-value]
    assert whole.wait(write_sources(whole, TOOLS, SPEC.database)) == single.wait(
        write_sources(single, TOOLS, SPEC.database)
    )
    whole.close()
    single.close()
