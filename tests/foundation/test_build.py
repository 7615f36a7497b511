"""Building a foundation: refusals keep their reasons, and what hangs on a dropped tool is named."""

from __future__ import annotations

from engine.foundation.build import Workbench, conclude, screen, verify_tools
from engine.foundation.testing import test_tool
from engine.models.domain import ToolReport
from engine.models.tool import Tool
from tests.fakes.bookings import bookings_spec, bookings_tools

SPEC = bookings_spec()
TOOLS = {tool.name: tool for tool in bookings_tools()}


def _some(*names: str) -> list[Tool]:
    return [TOOLS[name] for name in names]


def _broken(name: str, before: str, after: str) -> Tool:
    source = TOOLS[name].source
    assert before in source
    return TOOLS[name].model_copy(update={"source": source.replace(before, after)})


def test_all_tools_of_a_sound_domain_are_admitted_in_order() -> None:
    told: list[ToolReport] = []
    tools = _some("get_booking", "cancel_booking", "remove_room")
    report = verify_tools(SPEC, tools, seed=1, on_event=told.append)
    assert [tool.name for tool in report.tools] == ["get_booking", "cancel_booking", "remove_room"]
    assert tuple(told) == report.reports
    assert {case.tool for case in report.cases} == {tool.name for tool in tools}
    ids = [trace.id for trace in report.traces]
    assert len(set(ids)) == len(ids)
    assert report.stranded == ()


def test_unsafe_code_is_refused_before_it_runs() -> None:
    evil = _broken("get_booking", "booking = db.get", "import os\n    booking = db.get")
    report = verify_tools(SPEC, [evil, TOOLS["remove_room"]], seed=1)
    assert [tool.name for tool in report.tools] == ["remove_room"]
    refused = report.reports[0]
    assert refused.cases == 0
    assert refused.reasons[0].startswith("line ")


def test_an_unsound_contract_is_refused_before_its_code_is_looked_at() -> None:
    tool = TOOLS["remove_room"]
    wrong = tool.contract.requires[0].model_copy(update={"condition": "rooom is not None"})
    contract = tool.contract.model_copy(update={"requires": (wrong, *tool.contract.requires[1:])})
    found = screen(SPEC, [tool.model_copy(update={"contract": contract})])
    assert "rooom" in " ".join(found["remove_room"])


def test_two_tools_of_one_name_are_refused() -> None:
    assert screen(SPEC, _some("remove_room", "remove_room"))["remove_room"] == ["two tools are called `remove_room`"]


def test_tools_can_be_tested_apart_with_the_same_outcome() -> None:
    tools = _some("cancel_booking", "confirm_booking")
    outcomes = {}
    for tool in reversed(tools):
        with Workbench(SPEC, [tool]) as bench:
            outcomes[tool.name] = test_tool(SPEC, tool, 1, bench.runtimes)
    assert conclude(tools, outcomes) == verify_tools(SPEC, tools, seed=1)


def test_what_only_a_dropped_tool_answered_is_named() -> None:
    broken = _broken("search_rooms", 'row["hourly_price"]', 'row["capacity"]')
    report = verify_tools(SPEC, [broken, TOOLS["remove_room"]], seed=1)
    assert [tool.name for tool in report.tools] == ["remove_room"]
    assert report.stranded == (
        "`remove_room` takes `room.room_id` as `room_id`, which only the dropped `search_rooms` answered",
    )
