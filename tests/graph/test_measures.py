"""The figures of a graph, and the part of it around a tool."""

from __future__ import annotations

import networkx as nx
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.graph.analysis import callable_tools
from engine.graph.measures import KindCount, measure, neighbourhood, without_cycles
from engine.models.database import Column, DatabaseSchema, Table
from engine.models.domain import Domain, DomainSpec
from engine.models.graph import Edge, EdgeKind, ToolGraph
from engine.models.tool import Contract, Parameter, Tool


def _edge(source: str, target: str, kind: EdgeKind = "data_flow", *, via: str = "x", proven: bool = True) -> Edge:
    return Edge(source=source, target=target, kind=kind, via=via, proven=proven)


def _domain(names: str, needs: dict[str, str] | None = None) -> Domain:
    """A domain of tools with one-letter names; `needs`: a tool that takes the id of a thing, in a parameter so called."""
    columns = (Column(name="thing_id", type="text", role="id", generated=True, policy="exempt"),)
    table = Table(name="thing", columns=columns, primary_key=("thing_id",), id_prefix="T")
    spec = DomainSpec(
        name="d",
        title="D",
        description="",
        seed_kind="sql",
        seed_digest="0" * 64,
        database=DatabaseSchema(tables=(table,)),
    )
    tools = [
        Tool(
            name=name,
            description="",
            category="get",
            entity="thing",
            parameters=tuple(
                Parameter(name=parameter, type="text", refers_to="thing.thing_id")
                for tool, parameter in (needs or {}).items()
                if tool == name
            ),
            contract=Contract(),
            source="def tool(db):\n    return {}\n",
        )
        for name in names
    ]
    return Domain(spec=spec, tools=tuple(tools))


def test_a_graph_is_measured() -> None:
    edges = (
        _edge("a", "b"),
        _edge("b", "c"),
        _edge("c", "b", "precondition"),
        _edge("c", "d", "state"),
        _edge("e", "a", proven=False),
    )
    figures = measure(_domain("abcde"), ToolGraph(tools=tuple("abcde"), edges=edges))
    assert figures.tools == 5
    assert figures.kinds == {"data_flow": KindCount(2, 1), "precondition": KindCount(1, 0), "state": KindCount(1, 0)}
    assert figures.density == 4 / 20
    assert figures.components == 2
    assert figures.longest == 3
    assert figures.sources == ("a", "e")
    assert figures.sinks == ("d", "e")
    assert figures.unreachable == ()


def test_a_graph_without_tools_is_measured_too() -> None:
    figures = measure(_domain(""), ToolGraph(tools=()))
    assert (figures.tools, figures.density, figures.components, figures.longest) == (0, 0, 0, 0)


def test_a_tool_is_unreachable_while_nothing_proven_tells_its_entity() -> None:
    domain = _domain("abc", {"b": "thing_id", "c": "thing_id"})
    found = _edge("a", "b", via="thing_id -> thing_id")
    graph = ToolGraph(tools=tuple("abc"), edges=(found, _edge("b", "c", via="thing_id -> thing_id", proven=False)))
    assert callable_tools(domain, graph) == {"a", "b"}
    assert measure(domain, graph).unreachable == ("c",)


def test_a_neighbourhood_grows_by_steps_along_against_or_either_way() -> None:
    graph = ToolGraph(tools=tuple("abcde"), edges=(_edge("a", "b"), _edge("b", "c"), _edge("c", "d"), _edge("e", "c")))
    assert neighbourhood(graph, "b", 1) == {"b": 0, "a": 1, "c": 1}
    assert neighbourhood(graph, "b", 2, "out") == {"b": 0, "c": 1, "d": 2}
    assert neighbourhood(graph, "c", 9, "in") == {"c": 0, "b": 1, "e": 1, "a": 2}
    assert neighbourhood(graph, "nobody", 2) == {}


nodes = st.integers(0, 9)


@settings(deadline=None)
@given(pairs=st.lists(st.tuples(nodes, nodes), max_size=40))
def test_without_cycles_nothing_leads_back_and_what_led_nowhere_back_is_kept(pairs: list[tuple[int, int]]) -> None:
    graph = nx.DiGraph(pairs)
    forwards = without_cycles(graph)
    assert nx.is_directed_acyclic_graph(forwards)
    assert set(forwards) == set(graph)
    assert set(forwards.edges) <= set(graph.edges)
    if nx.is_directed_acyclic_graph(graph):
        assert set(forwards.edges) == set(graph.edges)
