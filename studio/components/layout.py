"""Where the nodes of a tool dependency graph stand: layers from left to right, computed here, no physics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import networkx as nx

SWEEPS = 8
"""Passes of barycentre ordering; more change nothing visible on graphs of up to 1,000 tools."""


def layered_positions(
    nodes: Iterable[str], edges: Iterable[tuple[str, str]], *, column_width: int = 230, row_height: int = 58
) -> dict[str, tuple[float, float]]:
    """Places each node by the longest path that leads to it; cycles share a layer.

    Args:
        nodes: All nodes; those without an edge come in the first layer.
        edges: (source, target) pairs; several between one pair count once.
        column_width: Distance between layers, in pixels.
        row_height: Distance between neighbours in a layer, in pixels.

    Returns:
        Node -> (x, y) in pixels; the same input gives the same picture.
    """
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(nodes)
    graph.add_edges_from(edge for edge in edges if edge[0] != edge[1])
    layers = _layers(graph)
    columns: dict[int, list[str]] = {}
    for node in graph:
        columns.setdefault(layers[node], []).append(node)
    _order(graph, columns)
    longest = max((len(column) for column in columns.values()), default=0)
    return {
        node: (layer * column_width, (row - (len(column) - 1) / 2 + longest / 2) * row_height)
        for layer, column in columns.items()
        for row, node in enumerate(column)
    }


def _layers(graph: nx.DiGraph[str]) -> dict[str, int]:
    """Longest-path layers over the strongly connected components."""
    components = nx.condensation(graph)
    depth: dict[int, int] = {}
    for component in nx.topological_sort(components):
        depth[component] = 1 + max((depth[before] for before in components.predecessors(component)), default=-1)
    return {node: depth[component] for component, data in components.nodes(data=True) for node in data["members"]}


def _order(graph: nx.DiGraph[str], columns: dict[int, list[str]]) -> None:
    """Sorts each layer by the mean row of its neighbours, to and fro, so that few lines cross."""
    rows = {node: row - len(column) / 2 for column in columns.values() for row, node in enumerate(column)}
    for sweep in range(SWEEPS):
        forwards = sweep % 2 == 0
        neighbours = graph.predecessors if forwards else graph.successors
        for layer in sorted(columns, reverse=not forwards):
            centre: Mapping[str, float] = {
                node: sum(near) / len(near) if (near := [rows[other] for other in neighbours(node)]) else rows[node]
                for node in columns[layer]
            }
            columns[layer].sort(key=lambda node: (centre[node], node))
            rows.update({node: row - len(columns[layer]) / 2 for row, node in enumerate(columns[layer])})
