"""The dependency agent in the pipeline: what it accepts is proven like all edges, and what it can't answer costs nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.graph.infer import infer
from engine.graph.open_pairs import edge_of, open_pairs
from engine.pipeline.cast import Cast
from engine.pipeline.judge_pairs import judge_early, judge_pairs
from engine.pipeline.kept_cases import JudgedPairs
from tests.fakes.asker import ScriptedAsker
from tests.fakes.bookings import bookings_domain

DOMAIN = bookings_domain()
EDGES = infer(DOMAIN)


def judged(answer: str) -> tuple[Any, Any, ScriptedAsker]:
    asker: Any = ScriptedAsker(lambda *_: answer)
    cast = Cast({"dependency": "test/model"}, make_client=lambda: asker, tools_per_call=lambda _: 5)
    try:
        edges, told = judge_pairs(cast, DOMAIN, EDGES)
    finally:
        cast.close()
    return edges, told, asker


def test_accepted_pairs_become_candidate_edges_after_one_request() -> None:
    edges, (kind, words), asker = judged('{"flows": [1]}')
    assert [edge.id for edge in edges] == ["data_flow:get_booking>book_room:minutes -> minutes"]
    assert not edges[0].proven
    assert kind == "step"
    assert words.startswith(f"1 of {len(open_pairs(DOMAIN, EDGES))} pairs")
    assert len(asker.asked) == 1
    assert "1. get_booking (look up a booking) answers minutes -> book_room" in asker.asked[0].user


@pytest.mark.parametrize(
    "answer", ["", '{"flows": [99]}', '{"flows": "all"}', json.dumps({"flows": [1, 2], "why": "so"})]
)
def test_an_unusable_answer_leaves_the_pairs_open_and_says_so(answer: str) -> None:
    edges, (kind, words), _ = judged(answer)
    assert edges == ()
    assert kind == "warning"
    assert "not judged" in words


def test_what_was_judged_before_there_was_code_counts_for_what_is_admitted() -> None:
    asker: Any = ScriptedAsker(lambda *_: '{"flows": [1]}')
    cast = Cast({"dependency": "test/model"}, make_client=lambda: asker, tools_per_call=lambda _: 5)
    try:
        early = cast.wait(judge_early(cast, DOMAIN.spec, DOMAIN.tools))
        assert early.asked == open_pairs(DOMAIN, EDGES)
        edges, told = judge_pairs(cast, DOMAIN, EDGES, early)
        assert len(asker.asked) == 1
        (flow,) = early.flows
        fewer = DOMAIN.model_copy(update={"tools": tuple(tool for tool in DOMAIN.tools if tool.name != flow.source)})
        left, _ = judge_pairs(cast, fewer, infer(fewer), early)
    finally:
        cast.close()
    assert (edges, told) == judged('{"flows": [1]}')[:2]
    assert flow.source not in {edge.source for edge in left}


def test_pairs_that_nobody_was_asked_about_are_judged_in_the_end() -> None:
    asker: Any = ScriptedAsker(lambda *_: '{"flows": [1]}')
    cast = Cast({"dependency": "test/model"}, make_client=lambda: asker, tools_per_call=lambda _: 5)
    first, *others = open_pairs(DOMAIN, EDGES)
    early = JudgedPairs(asked=tuple(others), problem="nothing came")
    try:
        edges, (kind, words) = judge_pairs(cast, DOMAIN, EDGES, early)
    finally:
        cast.close()
    assert [edge.id for edge in edges] == [edge_of(first).id]
    assert (kind, words) == (
        "warning",
        f"{len(others)} of {1 + len(others)} pairs that are left open were not judged: nothing came",
    )
