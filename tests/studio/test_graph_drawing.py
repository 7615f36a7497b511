"""The picture of a graph: places, labels and lines, and that it needs nothing from elsewhere."""

from __future__ import annotations

import re
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.models.graph import Edge, ToolGraph
from studio.components.graph import HERE, edges_of, folded, legend, nodes_of
from studio.components.layout import layered_positions

names = st.integers(0, 30).map(lambda n: f"tool_{n}")


@settings(deadline=None, max_examples=60)
@given(nodes=st.lists(names, unique=True, max_size=25), pairs=st.lists(st.tuples(names, names), max_size=80))
def test_every_node_has_a_place_of_its_own_and_the_same_one_each_time(
    nodes: list[str], pairs: list[tuple[str, str]]
) -> None:
    edges = [pair for pair in pairs if pair[0] in nodes and pair[1] in nodes]
    places = layered_positions(nodes, edges)
    assert set(places) == set(nodes)
    assert len(set(places.values())) == len(nodes)
    assert layered_positions(nodes, edges) == places


def test_what_leads_to_a_node_stands_left_of_it() -> None:
    chain = [f"step_{n}" for n in range(6)]
    places = layered_positions(chain, [*pairwise(chain), (chain[0], chain[5])])
    columns = [places[name][0] for name in chain]
    assert columns == sorted(set(columns))


def test_a_cycle_is_opened_where_it_began() -> None:
    places = layered_positions(["a", "b", "c"], [("a", "b"), ("b", "c"), ("c", "a")])
    assert len({x for x, _ in places.values()}) == 3


def test_a_long_layer_takes_several_columns() -> None:
    places = layered_positions([f"tool_{n}" for n in range(40)], [])
    columns = {x: [place for place in places.values() if place[0] == x] for x, _ in places.values()}
    assert max(len(column) for column in columns.values()) <= 12


def test_long_names_are_folded_behind_underscores() -> None:
    assert folded("replace_application_resume") == "replace_\napplication_\nresume"
    assert folded("get_job") == "get_job"
    assert folded("averyveryverylongname") == "averyveryverylongname"


def test_kinds_differ_in_colour_and_unproven_edges_are_dashed() -> None:
    edges = [
        Edge(source="a", target="b", kind="data_flow", via="x", proven=True),
        Edge(source="a", target="b", kind="precondition", via="x", proven=True),
        Edge(source="a", target="b", kind="state", via="x", proven=True),
        Edge(source="a", target="b", kind="state", via="x", reason="no state"),
    ]
    drawn = edges_of(edges)
    assert len({edge["color"]["color"] for edge in drawn}) == 3
    assert [edge["dashes"] for edge in drawn] == [False, False, [2, 5], [10, 8]]
    assert "unproven: no state" in drawn[3]["tip"]


def test_nodes_without_a_tool_are_drawn_too() -> None:
    drawn = nodes_of([], ToolGraph(tools=("a", "b"), edges=()))
    assert [node["id"] for node in drawn] == ["a", "b"]


def test_the_component_asks_nobody_for_anything() -> None:
    own = (HERE / "graph.js").read_text("utf-8") + (HERE / "graph.css").read_text("utf-8") + legend()
    assert not re.findall(r"https?://|innerHTML|insertAdjacentHTML|\beval\b", own)
