"""What a tool dependency graph comes to: its size, its shape, and the tools that nothing leads to."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple, cast

import networkx as nx

from engine.graph.analysis import callable_tools, digraph
from engine.models.domain import Domain
from engine.models.graph import ToolGraph


class KindCount(NamedTuple):
    """How many edges of one kind are proven, and how many are not."""

    proven: int
    unproven: int


class Measures(NamedTuple):
    """The figures of a graph; all but `kinds` are of the proven edges.

    Attributes:
        tools: How many tools.
        kinds: Kind -> its edges.
        density: Connected ordered pairs over all ordered pairs, in [0, 1].
        components: Parts without an edge between them.
        longest: Tools on a longest path of data flow and preconditions, once the edges that close circles are left out.
        sources: Tools that no other helps.
        sinks: Tools that help no other.
        unreachable: Tools that no chain can call: one of their entities can neither be said nor looked up.
    """

    tools: int
    kinds: dict[str, KindCount]
    density: float
    components: int
    longest: int
    sources: tuple[str, ...]
    sinks: tuple[str, ...]
    unreachable: tuple[str, ...]


def measure(domain: Domain, graph: ToolGraph) -> Measures:
    """Measures a domain's graph."""
    arcs = digraph(graph)
    counted = Counter((edge.kind, edge.proven) for edge in graph.edges)
    kinds = {kind: KindCount(counted[kind, True], counted[kind, False]) for kind, _ in sorted(counted)}
    leading = graph.model_copy(update={"edges": tuple(edge for edge in graph.edges if edge.kind != "state")})
    reached = callable_tools(domain, graph)
    return Measures(
        tools=len(graph.tools),
        kinds=kinds,
        density=float(cast("Any", nx.density)(arcs)),
        components=int(cast("Any", nx.number_weakly_connected_components)(arcs)) if graph.tools else 0,
        longest=len(cast("Any", nx.dag_longest_path)(without_cycles(digraph(leading)))),
        sources=tuple(tool for tool in graph.tools if arcs.in_degree(tool) == 0),
        sinks=tuple(tool for tool in graph.tools if arcs.out_degree(tool) == 0),
        unreachable=tuple(tool for tool in graph.tools if tool not in reached),
    )


def neighbourhood(graph: ToolGraph, start: str, steps: int, way: str = "both") -> dict[str, int]:
    """The tools within some steps of one of them.

    Args:
        graph: The edges to walk along, proven or not.
        start: Where to begin; it is part of the answer.
        steps: How many edges to walk at most.
        way: `out` along the edges, `in` against them, `both` either way.

    Returns:
        Tool -> its distance, in the order they are met; empty where the graph has no such tool.
    """
    if start not in graph.tools:
        return {}
    near: dict[str, list[str]] = {tool: [] for tool in graph.tools}
    for edge in graph.edges:
        if way != "in":
            near[edge.source].append(edge.target)
        if way != "out":
            near[edge.target].append(edge.source)
    found = {start: 0}
    edge_of_search = [start]
    for distance in range(1, steps + 1):
        beyond = dict.fromkeys(other for tool in edge_of_search for other in near[tool] if other not in found)
        found.update(dict.fromkeys(beyond, distance))
        edge_of_search = list(beyond)
    return found


def without_cycles(graph: Any) -> Any:
    """A `networkx.DiGraph` without the few edges that run against the order of Eades, Lin and Smyth (1993)."""
    into = {node: set(graph.predecessors(node)) - {node} for node in graph}
    out = {node: set(graph.successors(node)) - {node} for node in graph}
    first: list[Any] = []
    last: list[Any] = []

    def take(nodes: list[Any]) -> None:
        for node in nodes:
            for other in out.pop(node):
                into[other].discard(node)
            for other in into.pop(node):
                out[other].discard(node)

    while into:
        ends = [node for node in into if not out[node]]
        begins = [] if ends else [node for node in into if not into[node]]
        if ends:
            last.extend(ends)
        elif begins:
            first.extend(begins)
        else:
            begins = [max(into, key=lambda node: len(out[node]) - len(into[node]))]
            first.extend(begins)
        take(ends or begins)
    place = {node: at for at, node in enumerate([*first, *reversed(last)])}
    forwards = cast("Any", nx.DiGraph())
    forwards.add_nodes_from(graph)
    forwards.add_edges_from((source, target) for source, target in graph.edges if place[source] < place[target])
    return forwards
