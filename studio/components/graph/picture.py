"""The picture of a graph as data: what stands where and how lines bend; the browser and the SVG draw the same."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from engine.models.base import digest
from studio.components.graph.layout import layered_positions
from studio.components.graph.style import CHAIN, folded
from studio.queries.graph import Choice, GraphView, Part, TaskPart

Mark = Literal["", "chain", "joined", "offered", "other", "focus"]
"""What a tool is to the task or the neighbourhood that is shown; tools that are nothing to it fade."""

BEND = 0.16
"""How far each further edge between the same two tools bends from the one before."""


BOW = 0.3
"""How far a line within a column bends."""


CURVED = 400
"""Lines up to which each is a curve."""


class Node(NamedTuple):
    """One box.

    Attributes:
        label: What stands in it, on several lines.
        tip: What the tooltip says.
        sort: `read` or `write` for a tool, `table` for all tools of a table.
        number: Steps of the task's chain that call it, or empty.
    """

    id: str
    label: str
    tip: str
    sort: Literal["read", "write", "table"]
    x: float
    y: float
    mark: Mark = ""
    number: str = ""


class Arc(NamedTuple):
    """One line.

    Attributes:
        bend: 0 for a line that leaves and arrives level; else how far it bends to its left.
        count: Edges that it stands for.
    """

    id: str
    source: str
    target: str
    kind: str
    proven: bool
    tip: str
    bend: float = 0.0
    count: int = 1


@dataclass(frozen=True)
class Picture:
    """All boxes and lines; equal revisions mean equal pictures."""

    nodes: tuple[Node, ...] = field(compare=False)
    arcs: tuple[Arc, ...] = field(compare=False)
    revision: str

    @property
    def straight(self) -> bool:
        """Whether lines are drawn without bends: a browser takes too long for so many curves."""
        return len(self.arcs) > CURVED

    def data(self) -> dict[str, Any]:
        """What the browser draws from."""
        return {
            "nodes": [node._asdict() for node in self.nodes],
            "arcs": [arc._asdict() for arc in self.arcs],
        }


@lru_cache(maxsize=64)
def _places(nodes: tuple[str, ...], pairs: tuple[tuple[str, str], ...]) -> dict[str, tuple[float, float]]:
    return layered_positions(nodes, pairs)


def _bends(pairs: list[tuple[str, str]], places: dict[str, tuple[float, float]]) -> list[float]:
    """Lines between the same two boxes are drawn apart, so that each can be seen and clicked.

    Lines within a column bow out of it: straight ones would run behind the boxes between.
    """
    total = Counter(frozenset(pair) for pair in pairs)
    seen: Counter[frozenset[str]] = Counter()
    bends: list[float] = []
    for pair in pairs:
        ends = frozenset(pair)
        at, count = seen[ends], total[ends]
        seen[ends] += 1
        offset = (at - (count - 1) / 2) * BEND
        # Seen from the other end, left is right.
        within = BOW if places[pair[0]][0] == places[pair[1]][0] and pair[0] != pair[1] else 0.0
        bends.append(round(within + (offset if pair[0] <= pair[1] else -offset), 3) if count > 1 or within else 0.0)
    return bends


def picture(view: GraphView, part: Part, choice: Choice, task: TaskPart | None = None) -> Picture:
    """The picture of a part of a graph."""
    if choice.view == "tables":
        nodes, arcs = _by_table(view, part)
    else:
        nodes, arcs = _by_tool(view, part, choice, task)
    revision = digest([[*nodes], [*arcs]])[:16]
    return Picture(tuple(nodes), tuple(arcs), revision)


def _by_tool(view: GraphView, part: Part, choice: Choice, task: TaskPart | None) -> tuple[list[Node], list[Arc]]:
    # State edges lead back from writes to reads; with them everything would stand in one circle.
    leading = tuple(
        dict.fromkeys((edge.source, edge.target) for edge in part.edges if edge.kind != "state" and edge.proven)
    )
    places = _places(part.tools, leading or tuple((edge.source, edge.target) for edge in part.edges))
    nodes: list[Node] = []
    for name in part.tools:
        tool = view.tool[name]
        steps = task.steps.get(name, ()) if task else ()
        nodes.append(
            Node(
                id=name,
                label=folded(name),
                tip=f"{name}\n{tool.description}\n{tool.category} on {tool.entity}",
                sort="write" if tool.mutates_state else "read",
                x=places[name][0],
                y=places[name][1],
                mark=_mark(name, choice, task),
                number=", ".join(map(str, steps)),
            )
        )
    bends = _bends([(edge.source, edge.target) for edge in part.edges], places)
    arcs = [
        Arc(
            id=edge.id,
            source=edge.source,
            target=edge.target,
            kind=edge.kind,
            proven=edge.proven,
            tip=edge.via + ("" if edge.proven else f"\nunproven: {edge.reason or 'not tried yet'}"),
            bend=bend,
        )
        for edge, bend in zip(part.edges, bends, strict=True)
    ]
    for number, (source, target) in enumerate(task.links if task else ()):
        tip = "follow each other in the task's chain"
        arcs.append(Arc(f"{CHAIN}:{number}", source, target, CHAIN, proven=True, tip=tip, bend=-0.12))
    return nodes, arcs


def _mark(name: str, choice: Choice, task: TaskPart | None) -> Mark:
    if task is not None:
        if name in task.steps:
            return "chain"
        if name in task.offered:
            return "offered"
        return "joined" if name in task.joined else "other"
    return "focus" if choice.view == "near" and name == choice.focus else ""


TABLE = "table:"
"""Ids of tables begin so; no tool's name has a colon."""

GROUP = "group:"
"""So begin ids of lines that stand for several edges between the tools of two tables."""


def _by_table(view: GraphView, part: Part) -> tuple[list[Node], list[Arc]]:
    table = {name: view.tool[name].entity for name in part.tools}
    tools = Counter(table.values())
    writes = Counter(table[name] for name in part.tools if view.tool[name].mutates_state)
    counts = Counter(
        (table[edge.source], table[edge.target], edge.kind, edge.proven)
        for edge in part.edges
        if table[edge.source] != table[edge.target]
    )
    names = tuple(sorted(tools))
    places = _places(
        names, tuple(dict.fromkeys((source, target) for source, target, kind, _ in counts if kind != "state"))
    )
    nodes = [
        Node(
            id=TABLE + name,
            label=f"{folded(name)}\n{tools[name]} tools",
            tip=f"{name}\n{tools[name]} tools, {writes[name]} of them change the state",
            sort="table",
            x=places[name][0],
            y=places[name][1],
        )
        for name in names
    ]
    keys = list(counts)
    bends = _bends([(source, target) for source, target, _, _ in keys], places)
    arcs = [
        Arc(
            id=f"{GROUP}{kind}:{'proven' if proven else 'unproven'}:{source}>{target}",
            source=TABLE + source,
            target=TABLE + target,
            kind=kind,
            proven=proven,
            tip=f"{counts[key]} edges between the tools of these tables"
            if counts[key] > 1
            else "one edge between their tools",
            bend=bend,
            count=counts[key],
        )
        for key, bend in zip(keys, bends, strict=True)
        for source, target, kind, proven in [key]
    ]
    return nodes, arcs
