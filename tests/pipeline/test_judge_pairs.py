"""The dependency agent in the pipeline: what it accepts is proven like all edges, and what it can't answer costs nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.graph.infer import infer
from engine.graph.open_pairs import open_pairs
from engine.pipeline.cast import Cast
from engine.pipeline.judge_pairs import judge_pairs
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
