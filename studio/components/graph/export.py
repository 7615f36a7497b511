"""A tool dependency graph as a file: SVG as it is drawn, GraphML and JSON with all that is known of it."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from math import atan2, cos, hypot, pi, sin
from typing import Any

from markupsafe import Markup

from studio.components.graph import style
from studio.components.graph.picture import Arc, Node, Picture
from studio.queries.graph import GraphView

LETTER, ROW, MARGIN = 8.1, 16, 6
"""Width of a letter, height of a line and room around a label, in pixels."""

_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML 1.0 document may hold, not even escaped."""


def clean(text: object) -> str:
    """A text with a replacement character for each that XML can't hold."""
    return _NO_XML.sub("\ufffd", str(text))


def size_of(node: Node) -> tuple[float, float]:
    """Width and height of a box."""
    lines = _label(node)
    return max(len(line) for line in lines) * LETTER + 2 * MARGIN, len(lines) * ROW + 2 * MARGIN


def _label(node: Node) -> list[str]:
    return (f"{node.number}. {node.label}" if node.number else node.label).split("\n")


def svg(picture: Picture, *, dark: bool = False, title: str = "Tool dependency graph") -> str:
    """The picture as an SVG document that needs nothing else; all foreign text in it is escaped."""
    ground = style.DARK if dark else style.LIGHT
    boxes = {node.id: node for node in picture.nodes}
    left = min((node.x for node in picture.nodes), default=0) - 120
    top = min((node.y for node in picture.nodes), default=0) - 70
    width = max(max((node.x for node in picture.nodes), default=0) + 120 - left, 860)
    height = max((node.y for node in picture.nodes), default=0) + 120 - top
    strokes = {kind: line.dark if dark else line.light for kind, line in style.LINES.items()}
    # Where a task's way is shown, the edges are only its surroundings.
    aside = any(arc.kind == style.CHAIN for arc in picture.arcs)
    return str(
        Markup(
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="{} {} {} {}" width="{}" height="{}" '
            'font-family="DejaVu Sans, Arial, sans-serif" font-size="13">\n<title>{}</title>\n'
            '<rect x="{}" y="{}" width="{}" height="{}" fill="{}"/>\n<defs>{}</defs>\n'
            '<g fill="none">{}</g>\n<g stroke="{}">{}</g>\n<g>{}</g>\n</svg>\n'
        ).format(
            *(left, top, width, height, width, height, clean(title)),
            *(left, top, width, height, ground.paper),
            Markup("").join(_head(kind, colour) for kind, colour in strokes.items()),
            Markup("\n").join(
                _arc(arc, boxes, strokes[arc.kind], picture.straight, aside and arc.kind != style.CHAIN)
                for arc in picture.arcs
            ),
            ground.border,
            Markup("\n").join(_box(node, ground) for node in picture.nodes),
            _legend(left + 16, top + height - 22, strokes, ground),
        )
    )


_HEADS = {
    "arrow": "M0,0 L10,4 L0,8 z",
    "vee": "M0,0 L10,4 L0,8 L4,4 z",
    "circle": "M10,4 A4,4 0 1 1 2,4 A4,4 0 1 1 10,4 z",
}


def _head(kind: str, colour: str) -> Markup:
    return Markup(
        '<marker id="head-{}" viewBox="0 0 10 8" refX="9" refY="4" markerWidth="10" markerHeight="8" '
        'markerUnits="userSpaceOnUse" orient="auto"><path d="{}" fill="{}"/></marker>'
    ).format(kind, _HEADS[style.LINES[kind].head], colour)


Point = tuple[float, float]


def _curve(arc: Arc, start: Node, end: Node, straight: bool) -> tuple[Point, Point, Point, Point]:
    """The line's cubic Bézier points, from middle to middle."""
    (x1, y1), (x2, y2) = (start.x, start.y), (end.x, end.y)
    if straight:
        first, last = (x1 + (x2 - x1) / 3, y1 + (y2 - y1) / 3), (x2 - (x2 - x1) / 3, y2 - (y2 - y1) / 3)
        return (x1, y1), first, last, (x2, y2)
    if arc.bend:
        # The quadratic curve of vis-network's `curvedCW` (`curvedCCW` where the bend is negative), as a cubic one.
        far, turn = abs(arc.bend) / 2 + 0.5, arc.bend / 2 + 0.5
        length, angle = hypot(x2 - x1, y1 - y2), atan2(y1 - y2, x2 - x1) + turn * pi
        x, y = x1 + far * length * sin(angle), y1 + far * length * cos(angle)
        first = (x1 + (x - x1) * 2 / 3, y1 + (y - y1) * 2 / 3)
        return (x1, y1), first, (x2 + (x - x2) * 2 / 3, y2 + (y - y2) * 2 / 3), (x2, y2)
    reach = 0.4 * (x2 - x1)
    return (x1, y1), (x1 + reach, y1), (x2 - reach, y2), (x2, y2)


def _at(curve: tuple[Point, Point, Point, Point], t: float) -> Point:
    u = 1 - t
    weights = (u**3, 3 * u * u * t, 3 * u * t * t, t**3)
    return (
        sum(weight * point[0] for weight, point in zip(weights, curve, strict=True)),
        sum(weight * point[1] for weight, point in zip(weights, curve, strict=True)),
    )


def _leaves(curve: tuple[Point, Point, Point, Point], box: Node, backwards: bool) -> float:
    """Where the line crosses the border of the box at one of its ends, by bisection."""
    width, height = size_of(box)

    def inside(t: float) -> bool:
        x, y = _at(curve, 1 - t if backwards else t)
        return abs(x - box.x) <= width / 2 and abs(y - box.y) <= height / 2

    low, high = 0.0, 0.5
    for _ in range(14):
        middle = (low + high) / 2
        low, high = (middle, high) if inside(middle) else (low, middle)
    return 1 - high if backwards else high


def _split(curve: tuple[Point, Point, Point, Point], low: float, high: float) -> list[Point]:
    """The part of a cubic curve between two parameters, as four points (de Casteljau)."""

    def mix(a: Point, b: Point, t: float) -> Point:
        return (a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t)

    def halves(points: list[Point], t: float) -> tuple[list[Point], list[Point]]:
        first, last, rest = [points[0]], [points[-1]], points
        while len(rest) > 1:
            rest = [mix(a, b, t) for a, b in pairwise(rest)]
            first.append(rest[0])
            last.append(rest[-1])
        return first, last[::-1]

    before, _ = halves(list(curve), high)
    _, kept = halves(before, low / high if high else 0.0)
    return kept


def _arc(arc: Arc, boxes: dict[str, Node], colour: str, straight: bool, aside: bool) -> Markup:
    start, end = boxes[arc.source], boxes[arc.target]
    if arc.source == arc.target:
        width, height = size_of(start)
        x, y = start.x + width / 4, start.y - height / 2
        path = f"M{x:.1f},{y:.1f} c0,-40 40,-40 40,0"
    else:
        curve = _curve(arc, start, end, straight)
        low, high = _leaves(curve, start, False), _leaves(curve, end, True)
        points = _split(curve, low, max(high, low + 0.01))
        (x1, y1), *others = points
        path = f"M{x1:.1f},{y1:.1f} C" + " ".join(f"{x:.1f},{y:.1f}" for x, y in others)
    dashes = style.LINES[arc.kind].dashes if arc.proven else style.UNPROVEN
    width = (3 if arc.kind == style.CHAIN else 1.2) + min(3, (arc.count - 1) * 0.3)
    return Markup(
        '<path d="{}" stroke="{}" stroke-width="{}" stroke-opacity="{}" stroke-dasharray="{}" '
        'marker-end="url(#head-{})"><title>{}</title></path>'
    ).format(
        *(
            path,
            colour,
            f"{width:.1f}",
            0.25 if aside else 0.8 if arc.proven else 0.5,
            " ".join(map(str, dashes)) or "none",
            arc.kind,
        ),
        clean(f"{arc.source} → {arc.target}: {style.words(arc.kind)}: {arc.tip}"),
    )


def _box(node: Node, ground: style.Ground) -> Markup:
    width, height = size_of(node)
    strong = node.mark in ("chain", "focus")
    radius = style.ROUND if node.sort == "read" else style.SQUARE
    lines = Markup("").join(
        Markup('<tspan x="{}" y="{}">{}</tspan>').format(
            f"{node.x:.1f}", f"{node.y - height / 2 + MARGIN + ROW * (at + 0.75):.1f}", clean(line)
        )
        for at, line in enumerate(_label(node))
    )
    return Markup(
        '<g opacity="{}"><title>{}</title><rect x="{}" y="{}" width="{}" height="{}" rx="{}" fill="{}" '
        'stroke="{}" stroke-width="{}"{}/><text text-anchor="middle" stroke="none" fill="{}">{}</text></g>'
    ).format(
        *(0.3 if node.mark == "other" else 1, clean(node.tip)),
        *(f"{node.x - width / 2:.1f}", f"{node.y - height / 2:.1f}", f"{width:.1f}", height, radius),
        *(getattr(ground, node.sort), ground.chain if strong else ground.border, 3 if strong else 1),
        *(Markup(' stroke-dasharray="5 4"') if node.mark == "joined" else "", ground.ink, lines),
    )


def _legend(x: float, y: float, strokes: dict[str, str], ground: style.Ground) -> Markup:
    parts: list[Markup] = []
    lines = [
        (strokes[kind], line.dashes, "a task's steps" if kind == style.CHAIN else style.words(kind))
        for kind, line in style.LINES.items()
    ]
    for colour, dashes, label in [*lines, (ground.ink, style.UNPROVEN, "unproven")]:
        parts.append(
            Markup('<path d="M{},{} h36" stroke="{}" stroke-width="2" stroke-dasharray="{}"/>').format(
                x, y, colour, " ".join(map(str, dashes)) or "none"
            )
        )
        parts.append(Markup('<text x="{}" y="{}" fill="{}">{}</text>').format(x + 42, y + 4, ground.ink, label))
        x += 42 + len(label) * LETTER + 20
    for sort, radius, label in (("read", style.ROUND, "reads"), ("write", style.SQUARE, "changes state")):
        parts.append(
            Markup('<rect x="{}" y="{}" width="18" height="12" rx="{}" fill="{}" stroke="{}"/>').format(
                x, y - 6, radius / 2, getattr(ground, sort), ground.border
            )
        )
        parts.append(Markup('<text x="{}" y="{}" fill="{}">{}</text>').format(x + 24, y + 4, ground.ink, label))
        x += 24 + len(label) * LETTER + 20
    return Markup("").join(parts)


def _multigraph(view: GraphView) -> Any:
    import networkx as nx

    graph: Any = nx.MultiDiGraph(domain=view.domain.spec.name, revision=view.revision)
    for tool in view.tools:
        graph.add_node(
            tool.name,
            description=tool.description,
            category=tool.category,
            table=tool.entity,
            mutates_state=tool.mutates_state,
            parameters=[parameter.name for parameter in tool.parameters],
        )
    for edge in view.graph.edges:
        graph.add_edge(
            edge.source,
            edge.target,
            key=edge.id,
            kind=edge.kind,
            via=edge.via,
            proven=edge.proven,
            reason=edge.reason,
            evidence=edge.evidence,
        )
    return graph


def graphml(view: GraphView) -> bytes:
    """The whole graph as GraphML, with every attribute of tools and edges; `evidence` is the id of a trace."""
    from io import BytesIO

    import networkx as nx

    graph: Any = nx.MultiDiGraph(**{name: clean(value) for name, value in _multigraph(view).graph.items()})
    whole = _multigraph(view)
    for name, attributes in whole.nodes(data=True):
        graph.add_node(clean(name), **{key: _plain(value) for key, value in attributes.items()})
    for source, target, key, attributes in whole.edges(keys=True, data=True):
        cleaned = {name: _plain(value) for name, value in attributes.items() if value is not None}
        graph.add_edge(clean(source), clean(target), key=clean(key), **cleaned)
    written = BytesIO()
    nx.write_graphml_xml(graph, written)
    return written.getvalue()


def _plain(value: Any) -> Any:
    """A value that GraphML can hold."""
    if isinstance(value, bool):
        return value
    return clean(", ".join(value) if isinstance(value, list) else value)


def node_link(view: GraphView) -> str:
    """The whole graph as JSON that `networkx.node_link_graph(document, edges="edges")` reads."""
    import networkx as nx

    return json.dumps(nx.node_link_data(_multigraph(view), edges="edges"), ensure_ascii=False, indent=1)
