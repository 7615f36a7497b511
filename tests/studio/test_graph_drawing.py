"""The picture of a graph: places, labels and lines, and that it needs nothing from elsewhere."""

from __future__ import annotations

import re
from itertools import pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.models.graph import Edge
from studio.components.graph.component import _FRAME, _LOADER, HERE
from studio.components.graph.layout import crossings, layered_positions
from studio.components.graph.picture import GROUP, TABLE, picture
from studio.components.graph.style import DARK, KINDS, LIGHT, LINES, UNPROVEN, folded, legend, variables
from studio.queries.graph import Choice
from tests.studio.graphs import view_of

names = st.integers(0, 30).map(lambda n: f"tool_{n}")


@settings(deadline=None, max_examples=60)
@given(nodes=st.lists(names, unique=True, max_size=25), pairs=st.lists(st.tuples(names, names), max_size=80))
def test_every_node_has_a_place_of_its_own_and_the_same_one_each_time(
    nodes: list[str], pairs: list[tuple[str, str]]
) -> None:
    edges = [pair for pair in pairs if pair[0] in nodes and pair[1] in nodes]
    places = layered_positions(nodes, edges)
    assert set(places) == set(nodes)
    assert layered_positions(nodes, edges) == places
    # No box covers another: columns are at least a box apart, and so are rows within one.
    for (x, y), (other_x, other_y) in pairwise(sorted(places.values())):
        assert other_x - x >= 140 or (other_x == x and other_y - y >= 60)


@settings(deadline=None, max_examples=60)
@given(columns=st.lists(st.integers(1, 6), min_size=2, max_size=4), chosen=st.data())
def test_crossings_are_those_that_a_look_at_every_pair_finds(columns: list[int], chosen: st.DataObject) -> None:
    layers = {at: [f"{at}.{row}" for row in range(size)] for at, size in enumerate(columns)}
    pairs = [pair for at in range(len(columns) - 1) for pair in product(layers[at], layers[at + 1])]
    edges = chosen.draw(st.lists(st.sampled_from(pairs), unique=True))
    row = {node: at for column in layers.values() for at, node in enumerate(column)}
    expected = sum(
        (row[a] - row[c]) * (row[b] - row[d]) < 0
        for at, (a, b) in enumerate(edges)
        for c, d in edges[:at]
        if a[0] == c[0]
    )
    assert crossings(edges, layers) == expected


def test_lines_that_need_not_cross_do_not() -> None:
    edges = [(f"a{n}", f"b{9 - n}") for n in range(10)]
    nodes = [*(f"a{n}" for n in range(10)), *(f"b{n}" for n in range(10))]
    places = layered_positions(nodes, edges)
    columns: dict[int, list[str]] = {}
    for node in sorted(nodes, key=lambda node: places[node][1]):
        columns.setdefault(int(places[node][0]), []).append(node)
    assert crossings(edges, columns) == 0


def test_what_leads_to_a_node_stands_left_of_it() -> None:
    chain = [f"step_{n}" for n in range(6)]
    places = layered_positions(chain, [*pairwise(chain), (chain[0], chain[5])])
    columns = [places[name][0] for name in chain]
    assert columns == sorted(set(columns))


def test_a_cycle_is_opened_where_it_began() -> None:
    places = layered_positions(["a", "b", "c"], [("a", "b"), ("b", "c"), ("c", "a")])
    assert len({x for x, _ in places.values()}) == 3


def test_a_long_layer_takes_several_columns() -> None:
    leaves = [f"tool_{n}" for n in range(40)]
    places = layered_positions(["root", *leaves], [("root", leaf) for leaf in leaves])
    columns = {x: [place for place in places.values() if place[0] == x] for x, _ in places.values()}
    assert max(len(column) for column in columns.values()) <= 12


def test_a_long_path_shares_columns_so_that_labels_stay_legible() -> None:
    path = [f"tool_{n}" for n in range(40)]
    places = layered_positions(path, pairwise(path))
    assert len({x for x, _ in places.values()}) == 6


def test_nodes_without_an_edge_stand_beneath_the_others() -> None:
    places = layered_positions(["a", "b", "c", "d"], [("a", "b")])
    assert min(places["c"][1], places["d"][1]) > max(places["a"][1], places["b"][1])


def test_long_names_are_folded_behind_underscores() -> None:
    assert folded("replace_application_resume") == "replace_\napplication_\nresume"
    assert folded("get_job") == "get_job"
    assert folded("averyveryverylongname") == "averyveryverylongname"
    assert max(len(line) for line in folded("x" * 500).split("\n")) <= 26
    assert folded("x" * 500).count("\n") == 3


def test_kinds_differ_in_colour_line_and_arrowhead_and_unproven_edges_are_dashed() -> None:
    for differing in ("light", "dark", "dashes", "head"):
        assert len({getattr(line, differing) for line in KINDS.values()}) == len(KINDS)
    assert UNPROVEN not in {line.dashes for line in KINDS.values()}
    for kind in KINDS:
        assert f"var(--{kind})" in legend()
        assert f"--{kind}: light-dark(" in variables()


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_labels_and_lines_stand_out_in_both_themes(theme: str) -> None:
    ground = LIGHT if theme == "light" else DARK
    for box in (ground.read, ground.write, ground.table):
        assert _contrast(ground.ink, box) >= 7, box
    for line in LINES.values():
        assert _contrast(getattr(line, theme), ground.paper) >= 4.5, line
    assert _contrast(ground.border, ground.paper) >= 3


def test_edges_between_the_same_tools_are_drawn_apart() -> None:
    edges = (
        Edge(source="a", target="b", kind="data_flow", via="x", proven=True),
        Edge(source="a", target="b", kind="precondition", via="y", proven=True),
        Edge(source="b", target="a", kind="precondition", via="z", reason="no state"),
    )
    view = view_of(["a", "b"], edges)
    choice = Choice(unproven=True)
    drawn = picture(view, view.part(choice), choice)
    # Seen from `a`: a bend of an edge that comes from `b` is on the other side.
    sides = [arc.bend if arc.source == "a" else -arc.bend for arc in drawn.arcs]
    assert len(set(sides)) == 3
    assert drawn.arcs[2].tip == "z\nunproven: no state"
    assert [arc.proven for arc in drawn.arcs] == [True, True, False]


def test_the_revision_changes_exactly_when_the_picture_does() -> None:
    edges = [Edge(source="a", target="b", kind="data_flow", via="x", proven=True)]
    one, same = view_of(["a", "b"], edges), view_of(["a", "b"], edges)
    other = view_of(["a", "b"], [edges[0].model_copy(update={"via": "y"})])
    choice = Choice()
    revisions = [picture(view, view.part(choice), choice).revision for view in (one, same, other)]
    assert revisions[0] == revisions[1] != revisions[2]


def test_tables_stand_for_their_tools_and_lines_for_the_edges_between_them() -> None:
    edges = [
        Edge(source="get_job", target="get_offer", kind="data_flow", via="x", proven=True),
        Edge(source="list_job", target="get_offer", kind="data_flow", via="x", proven=True),
        Edge(source="get_job", target="list_job", kind="data_flow", via="x", proven=True),
    ]
    view = view_of(["get_job", "list_job", "get_offer"], edges)
    choice = Choice(view="tables")
    drawn = picture(view, view.part(choice), choice)
    assert {node.id for node in drawn.nodes} == {f"{TABLE}job", f"{TABLE}offer"}
    (arc,) = drawn.arcs
    assert (arc.id, arc.count) == (f"{GROUP}data_flow:proven:job>offer", 2)


def test_the_component_asks_nobody_for_anything() -> None:
    files = ["graph.js", "graph_png.js", "graph_list.js", "graph.css", "graph_list.css"]
    own = "".join((HERE / name).read_text("utf-8") for name in files) + legend() + _FRAME + _LOADER
    assert not re.findall(r"https?://|innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b", own)
