"""Measures of the tool dependency graph, with networkx behind our own model (paper, section 4.2).

Only edges that an execution showed count, unless asked otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple, cast

import networkx as nx

from engine.graph.knowledge import entity_of, sayable
from engine.models.domain import Domain
from engine.models.graph import Edge, ToolGraph
from engine.models.tool import Parameter

EDGE_WEIGHT = 0.5
"""λ: how much an edge counts against a tool (paper, 4.2, step 5)."""
SATURATION = 50.0
"""S_sat: the size at which c(H) reaches 1 (paper, 4.2, step 5)."""


class Degree(NamedTuple):
    """How many tools help this one (`incoming`) and how many it helps (`outgoing`)."""

    incoming: int
    outgoing: int


class Joined(NamedTuple):
    """One tool that joined an expansion.

    Attributes:
        depth: Distance from the chain in the BFS, from 1.
        fed_by: Parameter -> (tool, field) that can feed it, for each parameter that needs an entity.
    """

    tool: str
    depth: int
    fed_by: dict[str, tuple[str, str]]


class Expansion(NamedTuple):
    """K(C): the chain's tools and those that joined, in order."""

    tools: tuple[str, ...]
    joined: tuple[Joined, ...]


def digraph(graph: ToolGraph, *, proven_only: bool = True) -> Any:
    """The graph as a `networkx.DiGraph`: one node a tool, one arc a pair, its edges in the arc's `edges`."""
    result = cast("Any", nx.DiGraph())
    result.add_nodes_from(graph.tools)
    for edge in graph.edges:
        if proven_only and not edge.proven:
            continue
        if result.has_edge(edge.source, edge.target):
            result.edges[edge.source, edge.target]["edges"].append(edge)
        else:
            result.add_edge(edge.source, edge.target, edges=[edge])
    return result


def density(graph: ToolGraph) -> float:
    """Connected ordered pairs of tools over all ordered pairs, in [0, 1]."""
    return float(cast("Any", nx.density)(digraph(graph)))


def degrees(graph: ToolGraph) -> dict[str, Degree]:
    """Each tool's degree, by pairs of tools (parallel edges count once)."""
    arcs = digraph(graph)
    return {tool: Degree(int(arcs.in_degree(tool)), int(arcs.out_degree(tool))) for tool in graph.tools}


def reachable(graph: ToolGraph, sources: Iterable[str]) -> tuple[str, ...]:
    """The tools on some path from `sources` (which belong to it), in the graph's order."""
    arcs = digraph(graph)
    found: set[str] = set()
    for source in sources:
        found.add(source)
        found.update(cast("Any", nx.descendants)(arcs, source))
    return tuple(tool for tool in graph.tools if tool in found)


def arcs_within(graph: ToolGraph, tools: Iterable[str]) -> int:
    """|E_H|: connected ordered pairs among `tools`."""
    return int(digraph(graph).subgraph(list(tools)).number_of_edges())


def complexity(
    graph: ToolGraph, tools: Iterable[str], *, weight: float = EDGE_WEIGHT, saturation: float = SATURATION
) -> float:
    """c(H) = (|V_H| + λ·|E_H|) / S_sat of the subgraph on `tools` (paper, 4.2, step 5)."""
    chosen = sorted(set(tools))
    return (len(chosen) + weight * arcs_within(graph, chosen)) / saturation


def carried(edge: Edge) -> tuple[str, str]:
    """The output field and the parameter that a data-flow edge connects."""
    field, _, parameter = edge.via.partition(" -> ")
    return field, parameter


def feeders(graph: ToolGraph) -> dict[tuple[str, str], tuple[tuple[str, str], ...]]:
    """(tool, parameter) -> every (source tool, field) that an execution showed to feed it."""
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for edge in graph.proven:
        if edge.kind == "data_flow":
            field, parameter = carried(edge)
            found.setdefault((edge.target, parameter), []).append((edge.source, field))
    return {key: tuple(sources) for key, sources in found.items()}


def expand(domain: Domain, graph: ToolGraph, chain: Iterable[str], *, limit: int | None = None) -> Expansion:
    """K(C), the dependency-aware breadth-first search (paper, 4.2, step 4).

    A tool joins only if it is connected to the set and every required parameter that carries an entity can be
    met: a person can say its value, it is the user, whom the profile tells, or a tool of the set is proven to
    feed it. So no tool of the result is a dead end.

    Args:
        domain: Where the tools' parameters are described.
        graph: Its dependency graph.
        chain: Names of the tools to start from.
        limit: Stop at this many tools; `None` for no limit.
    """
    inside = list(dict.fromkeys(chain))
    neighbours: Any = digraph(graph).to_undirected(as_view=True)
    fed = feeders(graph)
    joined: list[Joined] = []
    depth = 0
    grew = True
    while grew and (limit is None or len(inside) < limit):
        grew = False
        depth += 1
        members = set(inside)
        for name in graph.tools:
            if name in members or not any(other in members for other in neighbours.adj[name]):
                continue
            sources = _sources(domain, name, members, fed)
            if sources is None or (limit is not None and len(inside) >= limit):
                continue
            inside.append(name)
            joined.append(Joined(name, depth, sources))
            grew = True
    return Expansion(tuple(inside), tuple(joined))


def callable_tools(domain: Domain, graph: ToolGraph) -> frozenset[str]:
    """The tools that some chain can call: what a required entity of theirs is can be said, or be learnt from such a tool."""
    fed = feeders(graph)
    found: set[str] = set()
    rest = list(graph.tools)
    while grown := [name for name in rest if _sources(domain, name, found, fed) is not None]:
        found.update(grown)
        rest = [name for name in rest if name not in found]
    return frozenset(found)


def _sources(
    domain: Domain, name: str, members: set[str], fed: dict[tuple[str, str], tuple[tuple[str, str], ...]]
) -> dict[str, tuple[str, str]] | None:
    """What feeds each entity parameter of a tool out of `members`, or `None` if one can't be met."""
    sources: dict[str, tuple[str, str]] = {}
    for parameter in domain.tool[name].parameters:
        if parameter.refers_to is None:
            continue
        feeder = next((found for found in fed.get((name, parameter.name), ()) if found[0] in members), None)
        if feeder is not None:
            sources[parameter.name] = feeder
        elif parameter.required and not (sayable(domain.database, parameter.refers_to) or _of_user(domain, parameter)):
            return None
    return sources


def _of_user(domain: Domain, parameter: Parameter) -> bool:
    """Whether a parameter takes the key of the user's own table."""
    actor = domain.spec.actor
    return actor is not None and (entity_of(domain.database, parameter) or "").split(".")[0] == actor.table
