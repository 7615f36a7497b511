"""Procedural testing admits what keeps its contract and refuses, with the case that shows it, what does not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.foundation.cases import plan_cases
from engine.foundation.testing import Runtimes, ToolOutcome, test_tool
from engine.models.domain import Domain
from engine.models.tool import Tool
from engine.runtime.inprocess import InProcessRuntime
from engine.runtime.sandbox import SandboxRuntime
from tests.fakes.bookings import bookings_domain, bookings_spec, bookings_tools

SPEC = bookings_spec()
TOOLS = {tool.name: tool for tool in bookings_tools()}


@pytest.fixture(scope="module")
def runtimes() -> Iterator[Runtimes]:
    """Both runtimes over the whole domain."""
    sandbox = SandboxRuntime(bookings_domain())
    with InProcessRuntime(bookings_domain()) as inprocess:
        yield Runtimes(inprocess, sandbox)
    sandbox.close_all()


def _tested(tool: Tool) -> ToolOutcome:
    """A changed tool, tested in process alone."""
    with InProcessRuntime(Domain(spec=SPEC, tools=(tool,))) as runtime:
        return test_tool(SPEC, tool, 1, Runtimes(runtime))


def _changed(name: str, before: str, after: str) -> Tool:
    source = TOOLS[name].source
    assert before in source
    return TOOLS[name].model_copy(update={"source": source.replace(before, after)})


@pytest.mark.parametrize("name", sorted(TOOLS))
def test_a_tool_that_keeps_its_contract_is_admitted(name: str, runtimes: Runtimes) -> None:
    outcome = test_tool(SPEC, TOOLS[name], 1, runtimes)
    report = outcome.report
    assert report.reasons == ()
    assert report.admitted
    assert report.failures == 0
    assert report.cases == len(outcome.cases) >= 8
    assert all(entry.satisfied and entry.violated for entry in report.coverage)
    assert all(report.effects_seen)
    assert len(report.effects_seen) == len(TOOLS[name].contract.effects)
    codes = {case.target for case in outcome.cases if case.kind == "reject"}
    assert codes == {requirement.code for requirement in TOOLS[name].contract.requires}


@pytest.mark.parametrize(
    "name, before, after, complaint",
    [
        ("cancel_booking", '"not_your_booking"', '"booking_not_found"', "expected the rejection not_your_booking"),
        ("cancel_booking", "< 1440", "<= 1440", "expected success, found the rejection too_late_to_cancel"),
        ("confirm_booking", '"status": "confirmed"', '"status": "completed"', "booking 'BKG"),
        ("confirm_booking", 'booking["status"] != "pending"', "False", "but the call succeeded"),
        ("search_rooms", 'row["hourly_price"]', 'row["capacity"]', "result.rooms"),
        ("book_room", "money(customer[\"balance\"] - price)", "customer[\"balance\"]", "customer 'CUS"),
        ("close_room", "for row in waiting:", "for row in waiting[1:]:", "the row stayed as it was"),
        ("remove_room", 'db.delete("room", room_id)', "room_id", "expected a delete"),
        ("get_booking", "booking is None", "False", "unexpected failure"),
        ("transfer_booking", 'return {', 'db.delete("booking", booking_id)\n    return {', ""),
    ],
)  # fmt: skip
def test_a_faulty_tool_is_refused_with_what_it_did_wrong(name: str, before: str, after: str, complaint: str) -> None:
    outcome = _tested(_changed(name, before, after))
    assert not outcome.report.admitted
    assert outcome.report.failures > 0
    assert complaint in " ".join(outcome.report.reasons)
    failed = [case for case in outcome.cases if not case.passed]
    traces = {trace.id: trace for trace in outcome.traces}
    assert all(case.trace in traces and not traces[case.trace].passed for case in failed)


def test_an_undeclared_effect_is_caught() -> None:
    extra = 'db.update("customer", customer_id, {"city": "Oslo"})\n    return {"bookings"'
    outcome = _tested(_changed("list_customer_bookings", 'return {"bookings"', extra))
    assert not outcome.report.admitted
    assert "which the contract does not declare" in " ".join(outcome.report.reasons)


def test_writing_a_row_twice_is_caught_although_the_net_change_is_the_same() -> None:
    update = 'db.update("booking", booking_id, {"status": "confirmed"})'
    outcome = _tested(
        _changed("confirm_booking", f"updated_booking = {update}", f"{update}\n    updated_booking = {update}")
    )
    assert "rows of `booking` were written by update" in " ".join(outcome.report.reasons)


def test_the_runtimes_are_compared(runtimes: Runtimes) -> None:
    # Rounding to two digits is where the two interpreters are known to differ; the fault is planted in one of them.
    wrong = _changed("get_booking", '"note": booking["note"]', '"note": None')
    with InProcessRuntime(Domain(spec=SPEC, tools=(wrong,))) as other:
        outcome = test_tool(SPEC, TOOLS["get_booking"], 1, Runtimes(other, runtimes.sandbox))
    assert not outcome.report.admitted
    assert "the two interpreters differ" in " ".join(outcome.report.reasons)


def test_a_rejection_must_name_what_the_contract_names() -> None:
    outcome = _tested(_changed("confirm_booking", "It is {booking['status']}.", "It is not."))
    assert "does not name" in " ".join(outcome.report.reasons)


def test_a_contract_that_is_never_accepted_is_no_tool() -> None:
    tool = TOOLS["confirm_booking"]
    first = tool.contract.requires[1].model_copy(update={"condition": "booking.status == 'lost'"})
    contract = tool.contract.model_copy(update={"requires": (tool.contract.requires[0], first)})
    outcome = _tested(tool.model_copy(update={"contract": contract}))
    assert not outcome.report.admitted
    assert "no accepted call was ever seen" in " ".join(outcome.report.reasons)


def test_a_requirement_that_can_not_fail_is_reported_and_does_not_refuse_the_tool() -> None:
    tool = TOOLS["confirm_booking"]
    always = tool.contract.requires[1].model_copy(update={"condition": "len(booking_id) >= 0", "code": "never"})
    contract = tool.contract.model_copy(update={"requires": (*tool.contract.requires, always)})
    outcome = _tested(tool.model_copy(update={"contract": contract}))
    assert outcome.report.admitted
    entry = outcome.report.coverage[-1]
    assert not entry.violated
    assert "no state" in entry.unreachable


def test_the_outcome_follows_from_the_seed(runtimes: Runtimes) -> None:
    first, second = (test_tool(SPEC, TOOLS["cancel_booking"], 9, runtimes) for _ in range(2))
    assert first == second
    assert test_tool(SPEC, TOOLS["cancel_booking"], 10, runtimes).traces != first.traces


def test_traces_show_the_contract_s_conditions(runtimes: Runtimes) -> None:
    outcome = test_tool(SPEC, TOOLS["cancel_booking"], 1, runtimes)
    shown = {trace.title: trace for trace in outcome.traces}
    step = shown["cancel_booking: only too_late_to_cancel fails"].steps[0]
    assert [condition.holds for condition in step.conditions] == [True, True, True, True, False]
    assert step.problem is not None
    assert step.problem.code == "too_late_to_cancel"


@pytest.mark.parametrize("name", ["book_room", "add_attendees"])
def test_each_rejection_is_aimed_at_alone(name: str) -> None:
    plan = plan_cases(SPEC, TOOLS[name], 3)
    for case in plan.cases:
        if case.kind == "reject":
            truths = [truth.holds for truth in case.expected[0].truths]
            assert truths.count(False) == 1


def test_cases_have_rows_that_must_stay_as_they_are() -> None:
    for case in plan_cases(SPEC, TOOLS["cancel_booking"], 3).cases:
        assert all(len(case.rows[table]) >= 2 for table in ("customer", "booking"))


def test_boundaries_are_hit_on_both_sides() -> None:
    gaps: set[int] = set()
    people: set[int] = set()
    for case in plan_cases(SPEC, TOOLS["book_room"], 3).cases:
        arguments = case.calls[0].arguments
        for room in case.rows["room"]:
            if room["room_id"] == arguments["room_id"]:
                people.add(arguments["people"] - room["capacity"])  # type: ignore[operator]
    for case in plan_cases(SPEC, TOOLS["transfer_booking"], 3).cases:
        target = case.calls[0].arguments["to_customer_id"]
        mine = [row for row in case.rows["booking"] if row["customer_id"] == target and row["status"] == "confirmed"]
        gaps.add(len(mine))
    assert {0, 1, -1} <= people
    assert {1, 2} <= gaps
