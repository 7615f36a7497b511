"""Pairs that inference leaves open: found from the contracts, bounded, and proven like all other edges."""

from __future__ import annotations

import pytest

from engine.agents.roles.foundation import OpenPair
from engine.graph.analysis import callable_tools, carried, feeders
from engine.graph.infer import infer, outputs
from engine.graph.open_pairs import MOST_PAIRS, MOST_SOURCES, edge_of, open_pairs, plain_outputs, still_open
from engine.graph.prove import prove
from engine.models.domain import Domain
from engine.models.graph import ToolGraph
from engine.runtime.inprocess import InProcessRuntime
from tests.fakes.bookings import bookings_domain

SEED = 7
MINUTES = OpenPair(source="get_booking", output="minutes", target="book_room", parameter="minutes")


@pytest.fixture(scope="module")
def domain() -> Domain:
    return bookings_domain()


def test_a_pair_is_open_where_an_answer_could_be_what_a_parameter_means(domain: Domain) -> None:
    pairs = open_pairs(domain, infer(domain))
    assert MINUTES in pairs
    assert len(pairs) == len(set(pairs)) <= MOST_PAIRS
    for pair in pairs:
        parameter = domain.tool[pair.target].parameter[pair.parameter]
        assert parameter.required
        assert parameter.refers_to is None
        assert pair.source != pair.target
        assert sum((other.target, other.parameter) == (pair.target, pair.parameter) for other in pairs) <= MOST_SOURCES


def test_what_inference_feeds_is_not_open(domain: Domain) -> None:
    edges = infer(domain)
    fed = {(edge.target, carried(edge)[1]) for edge in edges if edge.kind == "data_flow"}
    assert not {(pair.target, pair.parameter) for pair in open_pairs(domain, edges)} & fed
    assert MINUTES not in open_pairs(domain, [*edges, edge_of(MINUTES)])


def test_the_likeliest_pairs_come_first_and_the_order_is_always_the_same(domain: Domain) -> None:
    edges = infer(domain)
    assert open_pairs(domain, edges)[0] == MINUTES
    assert open_pairs(domain, edges, most=1) == (MINUTES,)
    assert open_pairs(bookings_domain(), edges) == open_pairs(domain, edges)


def test_plain_outputs_are_those_that_stand_for_no_entity_and_repeat_no_argument(domain: Domain) -> None:
    for tool in domain.tools:
        plain = {output.text for output in plain_outputs(tool, domain.database)}
        assert not plain & {output.text for output in outputs(tool, domain.database)}
        assert not plain & set(tool.parameter)


def test_an_accepted_pair_is_proven_by_passing_the_value_on(domain: Domain) -> None:
    with InProcessRuntime(domain) as runtime:
        edges, traces = prove(domain, [edge_of(MINUTES)], runtime, SEED)
    assert edges[0].proven
    first, last = traces[0].steps
    assert (first.call.name, last.call.name) == ("get_booking", "book_room")
    assert last.call.arguments["minutes"] == first.result["minutes"]


@pytest.mark.parametrize(
    "pair, reason",
    [
        (OpenPair(source="cancel_booking", output="refund", target="book_room", parameter="minutes"), ""),
        (OpenPair(source="get_booking", output="nothing", target="book_room", parameter="minutes"), "answers no"),
        (OpenPair(source="get_booking", output="minutes", target="book_room", parameter="nothing"), "answers no"),
    ],
)
def test_a_wrong_pair_stays_unproven_with_its_reason(domain: Domain, pair: OpenPair, reason: str) -> None:
    with InProcessRuntime(domain) as runtime:
        edges, _ = prove(domain, [edge_of(pair)], runtime, SEED)
    assert not edges[0].proven
    assert edges[0].reason
    assert reason in edges[0].reason


def test_a_proven_pair_takes_nothing_from_what_tools_can_be_called(domain: Domain) -> None:
    graph = ToolGraph(tools=tuple(tool.name for tool in domain.tools))
    with_pair = graph.model_copy(update={"edges": (edge_of(MINUTES).model_copy(update={"proven": True}),)})
    assert ("book_room", "minutes") in feeders(with_pair)
    assert callable_tools(domain, with_pair) == callable_tools(domain, graph)


def test_accepted_pairs_stay_when_edges_are_inferred_anew(domain: Domain) -> None:
    inferred = infer(domain)
    proven = edge_of(MINUTES).model_copy(update={"proven": True, "evidence": "edge:x"})
    assert still_open(domain, inferred, [*inferred, proven]) == (edge_of(MINUTES),)
    gone = domain.model_copy(update={"tools": tuple(tool for tool in domain.tools if tool.name != "get_booking")})
    assert still_open(gone, infer(gone), [proven]) == ()
