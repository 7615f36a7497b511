"""Where the nodes of a tool dependency graph stand: layers from left to right, computed here, no physics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import networkx as nx

WIDE = 1.6
"""Width by height of the frame that a picture should fill."""

SWEEPS = 8
"""Passes of barycentre ordering; more change nothing visible on graphs of up to 1,000 tools."""


def layered_positions(
    nodes: Iterable[str],
    edges: Iterable[tuple[str, str]],
    *,
    column_width: int = 145,
    row_height: int = 66,
    most_rows: int = 12,
) -> dict[str, tuple[float, float]]:
    """Places each node by the longest path that leads to it; an edge that closes a cycle runs backwards.

    Args:
        nodes: All nodes; those without an edge come in the first layer.
        edges: (source, target) pairs; several between one pair count once.
        column_width: Distance between columns, in pixels.
        row_height: Least distance between neighbours in a column, in pixels.
        most_rows: A layer of more nodes takes several columns; at least as many as make the picture square.

    Returns:
        Node -> (x, y) in pixels; the same input gives the same picture.
    """
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(nodes)
    graph.add_edges_from(edge for edge in edges if edge[0] != edge[1])
    forwards = _without_cycles(graph)
    layers: dict[int, list[str]] = {}
    for node, layer in _layers(forwards).items():
        layers.setdefault(layer, []).append(node)
    _order(forwards, layers)
    rows = max(most_rows, round(len(graph) ** 0.5 * column_width / row_height / 2))
    columns = [part for layer in sorted(layers) for part in _parts(layers[layer], rows)]
    longest = max((len(column) for column in columns), default=0)
    # A wide picture has room to spare between its rows.
    row_height = round(min(max(len(columns) * column_width / WIDE / max(longest, 1), row_height), 1.6 * row_height))
    return {
        node: (at * column_width, (row - (len(column) - 1) / 2 + longest / 2) * row_height)
        for at, column in enumerate(columns)
        for row, node in enumerate(column)
    }


def _parts(layer: list[str], most: int) -> list[list[str]]:
    """The layer in columns of about equal length, none longer than `most`."""
    count = -(-len(layer) // most)
    size = -(-len(layer) // count)
    return [layer[at : at + size] for at in range(0, len(layer), size)]


def _without_cycles(graph: nx.DiGraph[str]) -> nx.DiGraph[str]:
    """The graph without the few edges that run against the order of Eades, Lin and Smyth (1993)."""
    rest = nx.DiGraph(graph)
    first: list[str] = []
    last: list[str] = []
    while rest:
        ends = [node for node in rest if rest.out_degree(node) == 0]
        begins = [node for node in rest if rest.in_degree(node) == 0 and node not in ends]
        if ends:
            last.extend(ends)
        elif begins:
            first.extend(begins)
        else:
            begins = [max(rest, key=lambda node: rest.out_degree(node) - rest.in_degree(node))]
            first.extend(begins)
        rest.remove_nodes_from(ends or begins)
    place = {node: at for at, node in enumerate([*first, *reversed(last)])}
    forwards: nx.DiGraph[str] = nx.DiGraph()
    forwards.add_nodes_from(graph)
    forwards.add_edges_from((source, target) for source, target in graph.edges if place[source] < place[target])
    return forwards


def _layers(graph: nx.DiGraph[str]) -> dict[str, int]:
    """Longest-path layers of a graph without cycles."""
    depth: dict[str, int] = {}
    for node in nx.lexicographical_topological_sort(graph):
        depth[node] = 1 + max((depth[before] for before in graph.predecessors(node)), default=-1)
    return depth


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
