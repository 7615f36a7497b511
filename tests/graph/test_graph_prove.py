"""Edges proven by execution, and their evidence."""

from __future__ import annotations

import pytest

from engine.graph.infer import infer
from engine.graph.plan import Planner
from engine.graph.prove import judge, prove, prove_edge
from engine.models.domain import Domain
from engine.models.graph import Edge
from engine.models.trace import Trace
from engine.runtime.inprocess import InProcessRuntime
from engine.runtime.records import Experiment
from tests.fakes.bookings import bookings_domain

SEED = 7


@pytest.fixture(scope="module")
def proven() -> tuple[tuple[Edge, ...], tuple[Trace, ...]]:
    domain = bookings_domain()
    with InProcessRuntime(domain) as runtime:
        return prove(domain, infer(domain), runtime, SEED)


@pytest.mark.parametrize(
    "edge",
    [
        "data_flow:search_rooms>book_room:rooms[].room_id -> room_id",
        "data_flow:book_room>confirm_booking:booking_id -> booking_id",
        "precondition:confirm_booking>transfer_booking:booking_not_confirmed",
        "precondition:close_room>remove_room:room_open",
        "precondition:cancel_booking>book_room:room_taken",
        "state:book_room>summarize_spending:booking",
        "state:close_room>search_rooms:room",
    ],
)
def test_true_edges_are_shown(proven: tuple[tuple[Edge, ...], tuple[Trace, ...]], edge: str) -> None:
    found = {item.id: item for item in proven[0]}
    assert found[edge].proven
    assert found[edge].reason == ""


@pytest.mark.parametrize(
    "edge",
    [
        "data_flow:get_booking>remove_room:room_id -> room_id",  # a room with bookings can't be removed
        "state:confirm_booking>summarize_spending:booking",  # both states count
    ],
)
def test_false_edges_are_kept_with_their_reason(proven: tuple[tuple[Edge, ...], tuple[Trace, ...]], edge: str) -> None:
    found = {item.id: item for item in proven[0]}[edge]
    assert not found.proven
    assert found.reason


def test_most_edges_are_shown_and_none_is_lost(proven: tuple[tuple[Edge, ...], tuple[Trace, ...]]) -> None:
    edges = proven[0]
    assert [edge.id for edge in edges] == [edge.id for edge in infer(bookings_domain())]
    assert sum(edge.proven for edge in edges) > 0.7 * len(edges)


def test_evidence_shows_what_its_kind_claims(proven: tuple[tuple[Edge, ...], tuple[Trace, ...]]) -> None:
    traces = {trace.id: trace for trace in proven[1]}
    for edge in proven[0]:
        if not edge.proven:
            continue
        trace = traces[edge.evidence or ""]
        outcomes = [step.outcome for step in trace.steps]
        assert trace.passed
        assert trace.rows
        if edge.kind == "data_flow":
            assert outcomes == ["success", "success"]
            assert trace.steps[1].sources
        elif edge.kind == "precondition":
            assert outcomes == ["rejection", "success", "success"]
            assert trace.steps[0].problem is not None
            assert trace.steps[0].problem.code == edge.via
            assert trace.steps[0].call == trace.steps[2].call
            assert any(not condition.holds for condition in trace.steps[0].conditions)
        else:
            assert outcomes == ["success", "success", "success"]
            assert trace.steps[0].result != trace.steps[2].result


def test_an_edge_alone_gives_the_same_as_among_all(proven: tuple[tuple[Edge, ...], tuple[Trace, ...]]) -> None:
    domain = bookings_domain()
    traces = {trace.id: trace for trace in proven[1]}
    with InProcessRuntime(domain) as runtime:
        for edge in reversed(infer(domain)[::6]):
            alone, trace = prove_edge(domain, edge, SEED, runtime)
            assert alone == {item.id: item for item in proven[0]}[edge.id]
            assert trace == traces.get(alone.evidence or "")


def test_the_runtime_decides_and_not_the_contract() -> None:
    """A tool whose code does less than its contract says gives no edge."""
    domain = bookings_domain()
    tools = tuple(
        tool.model_copy(
            update={"source": tool.source.replace("'confirmed'", "'pending'").replace('"confirmed"', '"pending"')}
        )
        if tool.name == "confirm_booking"
        else tool
        for tool in domain.tools
    )
    broken = Domain(spec=domain.spec, tools=tools)
    edge = next(
        edge
        for edge in infer(domain)
        if edge.id == "precondition:confirm_booking>transfer_booking:booking_not_confirmed"
    )
    with InProcessRuntime(broken) as runtime:
        marked, trace = prove_edge(broken, edge, SEED, runtime)
    assert not marked.proven
    assert "booking_not_confirmed" in marked.reason
    assert trace is not None
    assert not trace.passed


def test_a_value_from_elsewhere_is_no_data_flow() -> None:
    domain = bookings_domain()
    edge = next(edge for edge in infer(domain) if edge.id.startswith("data_flow:search_rooms>book_room"))
    plan = Planner(domain, SEED).plan(edge)
    assert not isinstance(plan, str)
    with InProcessRuntime(domain) as runtime:
        records = runtime.experiments([Experiment(plan.rows, plan.now, plan.calls)])[0].records
    assert judge(plan, records) == ""
    foreign = plan.calls[1].model_copy(update={"arguments": {**plan.calls[1].arguments, "room_id": "ROM-9999"}})
    assert "did not answer" in judge(plan._replace(calls=(plan.calls[0], foreign)), records)
