"""The tool dependency graph, drawn by the vis-network that ships inside pyvis: nothing is loaded from elsewhere.

Positions are ours and physics is off, so the picture stands still. Tooltips are written with
`textContent`: what a file or a model called a tool is never read as HTML.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import streamlit as st

from engine.models.graph import Edge, ToolGraph
from engine.models.tool import Tool
from studio.components.layout import layered_positions

KINDS: dict[str, tuple[str, bool, str]] = {
    "data_flow": ("#0072B2", False, "an output feeds a parameter"),
    "precondition": ("#D55E00", False, "makes the other possible"),
    "state": ("#009E73", True, "changes what the other answers"),
}
"""Edge kind -> (colour, dotted line, meaning). The colours are of Okabe and Ito's palette for colour-blind readers."""

LINE = 13
"""Letters of a label on one line, where its words allow it."""

LEGEND = 46
"""Height of the legend above the picture, in pixels."""

READ, WRITE = "#CFE3F3", "#FBE3C8"
HERE = Path(__file__).parent


@cache
def _component() -> Any:
    """Registers the component once a process."""
    library = files("pyvis") / "templates/lib/vis-9.1.2/vis-network.min.js"
    script = library.read_text("utf-8").split("//# sourceMappingURL")[0]
    return st.components.v2.component(
        "scaleenv_tool_graph",
        html=f'<div class="legend">{legend()}</div><div class="frame"><div class="canvas"></div><div class="tip"></div></div>',
        css=(HERE / "graph.css").read_text("utf-8"),
        js=script + "\n" + (HERE / "graph.js").read_text("utf-8"),
        isolate_styles=True,
    )


def folded(name: str) -> str:
    """A long name on several lines, broken behind underscores."""
    lines = [""]
    for word in name.replace("_", "_ ").split(" "):
        if lines[-1] and len(lines[-1]) + len(word) > LINE:
            lines.append("")
        lines[-1] += word
    return "\n".join(lines)


def legend() -> str:
    """What lines and boxes mean, as HTML of our own words."""
    lines = [
        _line(colour, "2 4" if dotted else "none") + f"{kind.replace('_', ' ')}: {meaning}"
        for kind, (colour, dotted, meaning) in KINDS.items()
    ]
    lines.append(_line("#888888", "8 5") + "unproven")
    boxes = [
        f'<i style="background:{colour}"></i>{words}' for colour, words in ((READ, "reads"), (WRITE, "changes state"))
    ]
    return "".join(f"<span>{entry}</span>" for entry in [*lines, *boxes])


def _line(colour: str, dashes: str) -> str:
    stroke = f'stroke="{colour}" stroke-width="2" stroke-dasharray="{dashes}"'
    return f'<svg width="30" height="8"><line x1="0" y1="4" x2="30" y2="4" {stroke}/></svg>'


def nodes_of(tools: Sequence[Tool], graph: ToolGraph) -> list[dict[str, Any]]:
    """What vis-network needs of each tool: id, label, tooltip, colour and place."""
    # State edges lead back from writes to reads; with them everything would stand in one circle.
    leading = [(edge.source, edge.target) for edge in graph.proven if edge.kind != "state"]
    places = layered_positions(graph.tools, leading)
    shown = {tool.name: tool for tool in tools}
    return [
        {
            "id": name,
            "label": folded(name),
            "tip": f"{name}\n{shown[name].description}" if name in shown else name,
            "color": WRITE if name in shown and shown[name].mutates_state else READ,
            "x": places[name][0],
            "y": places[name][1],
        }
        for name in graph.tools
    ]


def edges_of(edges: Sequence[Edge]) -> list[dict[str, Any]]:
    """What vis-network needs of each edge; an unproven one is dashed and pale."""
    drawn: list[dict[str, Any]] = []
    for edge in edges:
        colour, dotted, meaning = KINDS[edge.kind]
        proof = "proven" if edge.proven else f"unproven: {edge.reason}"
        drawn.append(
            {
                "id": edge.id,
                "from": edge.source,
                "to": edge.target,
                "color": {
                    "color": colour,
                    "highlight": colour,
                    "hover": colour,
                    "opacity": 0.6 if edge.proven else 0.3,
                },
                "dashes": [2, 5] if dotted and edge.proven else (not edge.proven and [10, 8]),
                "tip": f"{edge.source} → {edge.target}\n{edge.kind}: {meaning}\n{edge.via}\n{proof}",
            }
        )
    return drawn


def tool_graph(
    nodes: list[dict[str, Any]],
    edges: list[dict[str, Any]],
    *,
    revision: str,
    node: str | None = None,
    edge: str | None = None,
    height: int = 640,
    key: str = "graph",
) -> Any:
    """Draws the graph; the answer's `node` and `edge` are the ids last clicked, or `None`.

    Args:
        revision: Changes exactly when nodes or edges do; pan and zoom survive while it stays.
        node: Id of the node that is chosen until something is clicked.
        edge: The same for an edge.
        height: In pixels.
    """
    return _component()(
        key=key,
        data={
            "nodes": nodes,
            "edges": edges,
            "revision": revision,
            "chosen": {"node": node, "edge": edge},
            "height": height - LEGEND,
        },
        height=height,
        default={"node": node, "edge": edge},
        on_node_change=_nothing,
        on_edge_change=_nothing,
    )


def _nothing() -> None:
    """The page is drawn anew after a click; nothing else is to be done."""
