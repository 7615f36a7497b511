"""Roles of tools' code: whoever plays them, the answer is of the same form, and judged by the same contract."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from engine.agents.composer.code_role import ComposerCode
from engine.agents.composer.debug_role import ComposerDebug
from engine.agents.composer.test_role import ComposerTest
from engine.agents.llm.ask.question import Question
from engine.agents.llm.roles.code import ModelCode
from engine.agents.llm.roles.debug import ModelDebug
from engine.agents.llm.roles.test import ModelTest
from engine.agents.roles.foundation import (
    CodeAgent,
    CodeRequest,
    DebugAgent,
    ProposedCase,
    RepairRequest,
    TestAgent,
    TestRequest,
)
from engine.foundation.proposed import examine_cases
from engine.foundation.testing import Runtimes, test_tool
from engine.models.domain import Domain
from engine.models.tool import Tool
from engine.runtime.admission import admit_all
from engine.runtime.inprocess import InProcessRuntime
from tests.fakes.asker import ScriptedAsker, names_asked, writes
from tests.fakes.bookings import bookings_spec, bookings_tools

SPEC = bookings_spec()
TOOLS = bookings_tools()
TOOL = {tool.name: tool for tool in TOOLS}
CASE = {
    "note": "a confirmed booking can't be confirmed",
    "rows": ["customer(customer_id='CUS-1')", "booking(booking_id='BKG-1', customer_id='CUS-1', status='confirmed')"],
    "call": "confirm_booking(booking_id='BKG-1')",
    "expects": "booking_not_pending",
}


def _model(question: Question[Any], turn: int) -> str:
    """A good model."""
    if question.role == "test":
        return json.dumps({"cases": [CASE]})
    if not names_asked(question):
        return json.dumps({"kind": "instance", "reason": "it was meant so", "case": None, "changes": []})
    return writes(TOOLS)(question, turn)


def _broken(tool: Tool) -> Tool:
    return tool.model_copy(
        update={"source": tool.source.replace("return {", 'return {"more": 1, '), "made_by": "test/model"}
    )


def _is_admitted(tool: Tool) -> bool:
    with InProcessRuntime(Domain(spec=SPEC, tools=(tool,))) as runtime:
        return test_tool(SPEC, tool, 1, Runtimes(runtime), ()).report.admitted


@pytest.fixture(params=["composer", "model"])
def code(request: pytest.FixtureRequest) -> CodeAgent:
    return ComposerCode() if request.param == "composer" else ModelCode(ScriptedAsker(_model))


@pytest.fixture(params=["composer", "model"])
def tester(request: pytest.FixtureRequest) -> TestAgent:
    return ComposerTest() if request.param == "composer" else ModelTest(ScriptedAsker(_model))


@pytest.fixture(params=["composer", "model"])
def debug(request: pytest.FixtureRequest) -> DebugAgent:
    return ComposerDebug() if request.param == "composer" else ModelDebug(ScriptedAsker(_model))


def test_code_comes_for_the_tools_asked_for_and_is_admissible(code: CodeAgent) -> None:
    answer = asyncio.run(code.write(CodeRequest(tools=TOOLS, database=SPEC.database)))
    assert list(answer.sources) == [tool.name for tool in TOOLS]
    written = [tool.model_copy(update={"source": answer.sources[tool.name]}) for tool in TOOLS]
    assert not any(admit_all(written, SPEC.database).values())
    assert all(_is_admitted(tool) for tool in written[:3])


def test_cases_are_of_tools_asked_for_and_can_be_completed(tester: TestAgent) -> None:
    answer = asyncio.run(tester.propose(TestRequest(tools=TOOLS, database=SPEC.database, now=SPEC.now)))
    for case in answer.cases:
        assert set(case.arguments) <= set(TOOL[case.tool].parameter)
        assert case.expects in {"", *(each.code for each in TOOL[case.tool].contract.requires)}
        assert not examine_cases(SPEC, TOOL[case.tool], [case], 1).unusable


def test_a_repair_is_of_a_kind_that_is_allowed_and_gives_what_the_kind_says(debug: DebugAgent) -> None:
    tool = _broken(TOOL["confirm_booking"])
    assert not _is_admitted(tool)
    request = RepairRequest(tool=tool, database=SPEC.database, failures=("result.more: found 1, expected nothing",))
    answer = asyncio.run(debug.repair(request))
    assert answer is not None
    assert answer.kind == "tool"
    assert (answer.contract, answer.case) == (None, None)
    assert _is_admitted(tool.model_copy(update={"source": answer.source}))


def test_a_disputed_case_can_be_taken_back(debug: DebugAgent) -> None:
    case = ProposedCase(tool="confirm_booking", note="n", rows={}, arguments={"booking_id": "BKG-9"}, expects="")
    request = RepairRequest(
        tool=TOOL["confirm_booking"],
        database=SPEC.database,
        failures=("the case says one thing, the contract another",),
        case=case,
        allowed=("instance", "contract"),
    )
    answer = asyncio.run(debug.repair(request))
    assert answer is not None
    assert (answer.kind, answer.case, answer.source) == ("instance", None, "")


@pytest.mark.parametrize("number", [1, 2, 3])
def test_every_repair_shows_the_contract_the_code_what_deviates_and_what_failed(number: int) -> None:
    asker = ScriptedAsker(_model)
    right = TOOL["confirm_booking"]
    tool = right.model_copy(update={"source": right.source.replace('"confirmed"', '"cancelled"'), "made_by": "m"})
    with InProcessRuntime(Domain(spec=SPEC, tools=(tool,))) as runtime:
        outcome = test_tool(SPEC, tool, 1, Runtimes(runtime), ())
    failing = next(trace for trace in outcome.traces if not trace.passed)
    request = RepairRequest(
        tool=tool, database=SPEC.database, failures=outcome.report.reasons, trace=failing, round=number
    )
    asyncio.run(ModelDebug(asker).repair(request))
    shown = asker.asked[0].user
    for block in ("steps", "code", "deviations", "failures", "call"):
        assert f'<data name="{block}">' in shown
    assert '"status": "cancelled"' in shown
    assert "writes `'status': 'confirmed'`, the code `'status': 'cancelled'`" in shown
    assert asker.asked[0].sample == (1 if number == 3 else 0)


def test_who_repeats_the_code_that_failed_is_told_what_deviates() -> None:
    tool = _broken(TOOL["confirm_booking"])

    def repeats(question: Question[Any], turn: int) -> str:
        return writes([tool] if turn == 1 else TOOLS)(question, turn)

    asker = ScriptedAsker(repeats)
    request = RepairRequest(tool=tool, database=SPEC.database, failures=("result.more: found 1, expected nothing",))
    answer = asyncio.run(ModelDebug(asker).repair(request))
    assert answer is not None
    assert "unchanged" in asker.told[0]
    assert "has no 'more'" in asker.told[1]
