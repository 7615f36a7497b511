"""A graph as SVG, GraphML and JSON: whole, loadable, and harmless whatever its tools are called."""

from __future__ import annotations

import json
from io import BytesIO
from xml.etree import ElementTree

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.models.graph import Edge
from studio.components.graph.export import graphml, node_link, size_of, svg
from studio.components.graph.picture import Picture, picture
from studio.components.graph.style import DARK, KINDS, LIGHT
from studio.queries.graph import Choice, GraphView, TaskPart
from tests.studio.filled import ATTACK
from tests.studio.graphs import view_of

SVG = "{http://www.w3.org/2000/svg}"
EDGES = (
    Edge(source="get_job", target="drop_job", kind="data_flow", via="id -> id", proven=True, evidence="t-1"),
    Edge(source="get_job", target="drop_job", kind="precondition", via="not_found", proven=True, evidence="t-2"),
    Edge(source="drop_job", target="get_job", kind="state", via="job", reason="no state", evidence="t-3"),
    Edge(source="drop_job", target="drop_job", kind="state", via="job", proven=True, evidence="t-4"),
)


def _view() -> GraphView:
    return view_of(["get_job", "drop_job", "list_offer"], EDGES)


def _drawn(view: GraphView, task: TaskPart | None = None) -> Picture:
    choice = Choice(view="task" if task else "all", kinds=tuple(KINDS), unproven=True)
    return picture(view, view.part(choice, task), choice, task)


@pytest.mark.parametrize("dark", [False, True])
def test_the_svg_shows_every_tool_and_edge_in_its_colour_and_line(dark: bool) -> None:
    root = ElementTree.fromstring(svg(_drawn(_view()), dark=dark).encode())
    lines = [path for path in root.iter(f"{SVG}path") if path.get("marker-end")]
    assert [line.get("stroke") for line in lines] == [
        getattr(KINDS[edge.kind], "dark" if dark else "light") for edge in EDGES
    ]
    assert [line.get("stroke-dasharray") for line in lines] == ["none", "12 4 2 4", "9 7", "2 4"]
    heads = {marker.get("id") for marker in root.iter(f"{SVG}marker")}
    assert {line.get("marker-end") for line in lines} <= {f"url(#{head})" for head in heads}
    labels = ["".join(text.itertext()) for text in root.iter(f"{SVG}text")]
    assert {"get_job", "drop_job", "list_offer", "data flow", "unproven", "changes state"} <= set(labels)
    ground = DARK if dark else LIGHT
    assert root.find(f"{SVG}rect").get("fill") == ground.paper
    assert not [element for element in root.iter() if element.tag in (f"{SVG}script", f"{SVG}image", f"{SVG}style")]


def test_every_box_of_the_svg_is_within_its_frame_and_lines_end_at_boxes() -> None:
    drawn = _drawn(_view())
    root = ElementTree.fromstring(svg(drawn).encode())
    left, top, width, height = (float(number) for number in root.get("viewBox", "").split())
    for node in drawn.nodes:
        wide, high = size_of(node)
        assert left <= node.x - wide / 2
        assert node.x + wide / 2 <= left + width
        assert top <= node.y - high / 2
        assert node.y + high / 2 <= top + height
    first = next(path for path in root.iter(f"{SVG}path") if path.get("marker-end"))
    start, end = drawn.nodes[0], drawn.nodes[1]
    assert (start.id, end.id) == ("get_job", "drop_job")
    x, y = (float(part) for part in first.get("d", "").split()[-1].split(","))
    wide, high = size_of(end)
    on_side = abs(abs(x - end.x) - wide / 2) < 1 and abs(y - end.y) <= high / 2 + 1
    on_top = abs(abs(y - end.y) - high / 2) < 1 and abs(x - end.x) <= wide / 2 + 1
    assert on_side or on_top


def test_a_tasks_chain_is_numbered_and_its_way_drawn() -> None:
    task = TaskPart("t", {"get_job": (1, 3), "drop_job": (2,)}, (("get_job", "drop_job"),), (), ("list_offer",))
    drawn = _drawn(_view(), task)
    assert {node.id: (node.number, node.mark) for node in drawn.nodes} == {
        "get_job": ("1, 3", "chain"),
        "drop_job": ("2", "chain"),
        "list_offer": ("", "offered"),
    }
    assert [(arc.source, arc.target) for arc in drawn.arcs if arc.kind == "chain"] == [("get_job", "drop_job")]
    assert "1, 3. get_job" in svg(drawn)


def test_graphml_holds_every_attribute_and_parallel_edges() -> None:
    graph = nx.read_graphml(BytesIO(graphml(_view())), force_multigraph=True)
    assert graph.is_directed()
    assert graph.nodes["drop_job"]["mutates_state"] is True
    assert graph.nodes["drop_job"]["table"] == "job"
    found = {(a, b, key): attributes for a, b, key, attributes in graph.edges(keys=True, data=True)}
    assert {key for _, _, key in found} == {edge.id for edge in EDGES}
    for edge in EDGES:
        attributes = found[edge.source, edge.target, edge.id]
        assert (attributes["kind"], attributes["proven"], attributes["evidence"]) == (
            edge.kind,
            edge.proven,
            edge.evidence,
        )
        assert attributes["via"] == edge.via
        assert (attributes.get("reason") or "") == edge.reason


def test_json_loads_into_networkx_with_evidence_ids() -> None:
    graph = nx.node_link_graph(json.loads(node_link(_view())), edges="edges")
    assert graph.graph["domain"] == "small"
    assert {attributes["evidence"] for _, _, attributes in graph.edges(data=True)} == {"t-1", "t-2", "t-3", "t-4"}
    assert graph.nodes["get_job"]["description"] == "Does get_job."


@settings(deadline=None, max_examples=40)
@given(text=st.one_of(st.text(max_size=60), st.just(ATTACK)))
def test_whatever_a_model_wrote_the_files_load_and_hold_it_as_text(text: str) -> None:
    edges = [Edge(source="get_job", target="drop_job", kind="data_flow", via=text, reason=text)]
    view = view_of(["get_job", "drop_job"], edges, description=text)
    root = ElementTree.fromstring(svg(_drawn(view), title=text).encode())
    allowed = {"svg", "title", "rect", "defs", "marker", "path", "g", "text", "tspan"}
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= allowed
    assert not {name for element in root.iter() for name in element.attrib if name.startswith("on") or "href" in name}
    whole = nx.read_graphml(BytesIO(graphml(view)))
    assert whole.number_of_edges() == 1
    if text == ATTACK:
        assert whole.nodes["get_job"]["description"] == ATTACK
    assert json.loads(node_link(view))["nodes"][0]["description"] == (text or "Does get_job.")
