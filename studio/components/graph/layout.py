"""Where the nodes of a tool dependency graph stand: layers from left to right, computed here, no physics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise

import networkx as nx

from engine.graph.measures import without_cycles

WIDE = 1.35
"""Width by height of the frame that a picture should fill."""

LEAST_COLUMNS = 6
"""So many columns are legible in the frame, however few nodes there are."""

SWEEPS = 10
"""Passes of barycentre ordering; more change nothing visible on graphs of up to 1,000 tools."""


def layered_positions(
    nodes: Iterable[str],
    edges: Iterable[tuple[str, str]],
    *,
    column_width: int = 148,
    row_height: int = 66,
    most_rows: int = 12,
) -> dict[str, tuple[float, float]]:
    """Places each node by the longest path that leads to it; an edge that closes a cycle runs backwards.

    Where a long path would make labels too small to read, thin layers that follow each other share a column. Nodes without an edge stand in rows of their own beneath the others.

    Args:
        nodes: All nodes.
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
    alone = [node for node in graph if not graph.degree(node)]
    graph.remove_nodes_from(alone)
    forwards = without_cycles(graph)
    layers: dict[int, list[str]] = {}
    for node, layer in _layers(forwards).items():
        layers.setdefault(layer, []).append(node)
    layers = _merged(layers, max(LEAST_COLUMNS, round((len(graph) * WIDE * row_height / column_width) ** 0.5)))
    layers = _ordered(forwards, layers)
    # Layers differ in length, so columns that fill the frame are somewhat longer than those of a full grid.
    rows = max(most_rows, round((1.3 * len(graph) * column_width / row_height / WIDE) ** 0.5))
    columns = [part for layer in sorted(layers) for part in _parts(layers[layer], rows)]
    longest = max((len(column) for column in columns), default=0)
    # A wide picture has room to spare between its rows.
    spread = round(min(max(len(columns) * column_width / WIDE / max(longest, 1), row_height), 1.5 * row_height))
    places = {
        node: (float(at * column_width), (row - (len(column) - 1) / 2 + longest / 2) * spread)
        for at, column in enumerate(columns)
        for row, node in enumerate(column)
    }
    across = max(len(columns), round((len(alone) * row_height * WIDE / column_width) ** 0.5), 1)
    below = (longest + 1) * spread if columns else 0.0
    for at, node in enumerate(alone):
        places[node] = (float(at % across * column_width), below + at // across * row_height)
    return places


def _merged(layers: Mapping[int, list[str]], most: int) -> dict[int, list[str]]:
    """At most so many layers: of those that follow each other the thinnest are put together."""
    columns = [layers[layer] for layer in sorted(layers)]
    while len(columns) > most:
        at = min(range(len(columns) - 1), key=lambda at: len(columns[at]) + len(columns[at + 1]))
        columns[at : at + 2] = [columns[at] + columns[at + 1]]
    return dict(enumerate(columns))


def _parts(layer: list[str], most: int) -> list[list[str]]:
    """The layer in columns of about equal length, none longer than `most`.

    Neighbours are dealt out to the columns in turn: so each column keeps the order from top to bottom, and lines
    to the next layer cross less than if the upper half of the layer stood beside the lower one.
    """
    count = -(-len(layer) // most)
    return [layer[at::count] for at in range(count)]


def _layers(graph: nx.DiGraph[str]) -> dict[str, int]:
    """Longest-path layers of a graph without cycles."""
    depth: dict[str, int] = {}
    for node in nx.lexicographical_topological_sort(graph):
        depth[node] = 1 + max((depth[before] for before in graph.predecessors(node)), default=-1)
    return depth


def _ordered(graph: nx.DiGraph[str], columns: Mapping[int, list[str]]) -> dict[int, list[str]]:
    """Each layer sorted by the mean row of its neighbours, to and fro; of all passes the one with the fewest crossings."""
    best = {layer: list(column) for layer, column in columns.items()}
    fewest = crossings(graph.edges, best)
    now = {layer: list(column) for layer, column in columns.items()}
    rows = {node: row - len(column) / 2 for column in now.values() for row, node in enumerate(column)}
    for sweep in range(SWEEPS):
        forwards = sweep % 2 == 0
        neighbours = graph.predecessors if forwards else graph.successors
        for layer in sorted(now, reverse=not forwards):
            centre = {
                node: sum(near) / len(near) if (near := [rows[other] for other in neighbours(node)]) else rows[node]
                for node in now[layer]
            }
            now[layer].sort(key=lambda node: (centre[node], node))
            rows.update({node: row - len(now[layer]) / 2 for row, node in enumerate(now[layer])})
        found = crossings(graph.edges, now)
        if found < fewest:
            fewest, best = found, {layer: list(column) for layer, column in now.items()}
    return best


def crossings(edges: Iterable[tuple[str, str]], columns: Mapping[int, list[str]]) -> int:
    """How many lines cross between layers that follow each other; a longer line is left out, as it can go around.

    Counted by insertion into a Fenwick tree: O(E log V).
    """
    layer_of = {node: layer for layer, column in columns.items() for node in column}
    row_of = {node: row for column in columns.values() for row, node in enumerate(column)}
    between: dict[int, list[tuple[int, int]]] = {}
    following = dict(pairwise(sorted(columns)))
    for source, target in edges:
        if following.get(layer_of[source]) == layer_of[target]:
            between.setdefault(layer_of[source], []).append((row_of[source], row_of[target]))
    total = 0
    for layer, lines in between.items():
        size = len(columns[following[layer]])
        tree = [0] * (size + 1)
        lines.sort()
        for seen, (_, row) in enumerate(lines):
            above, at = 0, row + 1
            while at:
                above += tree[at]
                at -= at & -at
            total += seen - above
            at = row + 1
            while at <= size:
                tree[at] += 1
                at += at & -at
    return total
