"""The tool dependency graph, drawn by the vis-network that ships inside pyvis: nothing is loaded from elsewhere.

Positions are ours and physics is off, so the picture stands still. What is chosen in it goes from the browser to
the page; the page tells the picture what to choose only when it draws it anew, so a click sends nothing of it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import streamlit as st

from studio.components.graph import style
from studio.components.graph.picture import Picture
from studio.scripts import address

HERE = Path(__file__).parent
FURNITURE = 78
"""Height of the legend and the search above the picture, in pixels."""

_LOADER = """
const loaded = import(new URL("%s", document.baseURI).href);
export default function (component) {
  loaded.then((script) => script.default(component)).catch((error) => {
    component.parentElement.querySelector(".found").textContent =
      `The picture can't be drawn (${error.message}). Start the studio with: scaleenv studio`;
  });
  return () => {};
}
"""

_BAR = (
    '<div class="bar"><input type="search" placeholder="Search tools" aria-label="Search tools">'
    '<span class="found" role="status" aria-live="polite"></span>'
    '<button type="button" data-act="fit">Fit</button>'
    '<button type="button" data-act="in" aria-label="Zoom in" title="Zoom in">+</button>'
    '<button type="button" data-act="out" aria-label="Zoom out" title="Zoom out">−</button>'
    '<button type="button" data-act="png" title="The whole picture at twice its size">PNG</button></div>'
)
_FRAME = (
    '<div class="frame"><div class="canvas" tabindex="0" role="application" aria-label="Tool dependency graph; arrow '
    'keys move it, plus and minus zoom, 0 fits it, / searches"></div><div class="tip"></div></div>'
)


@cache
def _component() -> Any:
    """Registers the component once a process."""
    return st.components.v2.component(
        "scaleenv_tool_graph",
        html=f'<div class="legend">{style.legend()}</div>{_BAR}{_FRAME}',
        css=style.variables() + (HERE / "graph.css").read_text("utf-8"),
        js=_LOADER % address("graph.js"),
        isolate_styles=True,
    )


@cache
def _list() -> Any:
    return st.components.v2.component(
        "scaleenv_tool_graph_list",
        html="<ul></ul>",
        css=style.variables() + (HERE / "graph_list.css").read_text("utf-8"),
        js=(HERE / "graph_list.js").read_text("utf-8"),
        isolate_styles=True,
    )


@lru_cache(maxsize=32)
def _text(drawn: Picture) -> str:
    return json.dumps(drawn.data(), ensure_ascii=False, separators=(",", ":"))


def tool_graph(
    drawn: Picture,
    *,
    file: str,
    says: str,
    node: str | None = None,
    edge: str | None = None,
    height: int = 700,
    key: str = "graph",
) -> Any:
    """Draws the graph; the answer's `node` and `edge` are the ids last clicked, or `None`.

    Args:
        drawn: What is drawn; pan and zoom survive while its revision stays.
        file: Name of a PNG of it, without its ending.
        says: One line above it while nothing is searched for; plain text.
        node: Id of the node that is chosen until something is clicked.
        edge: The same for an edge.
        height: In pixels.
    """
    return _component()(
        key=key,
        data={
            # As text it is made once; the page is asked for it after every click.
            "picture": _text(drawn),
            "revision": drawn.revision,
            "straight": drawn.straight,
            "kinds": {
                kind: {
                    "light": line.light,
                    "dark": line.dark,
                    "dashes": line.dashes,
                    "head": line.head,
                    "meaning": line.meaning,
                }
                for kind, line in style.LINES.items()
            },
            "ground": {"light": style.LIGHT._asdict(), "dark": style.DARK._asdict()},
            "unproven": style.UNPROVEN,
            "round": style.ROUND,
            "square": style.SQUARE,
            "chosen": {"node": node, "edge": edge},
            "says": says,
            "file": file,
            "height": height - FURNITURE,
        },
        height=height,
        default={"node": node, "edge": edge},
        on_node_change=_nothing,
        on_edge_change=_nothing,
    )


class Piece(NamedTuple):
    """A part of an entry; with `node` or `edge` it chooses that in the picture. `look` is a class of the style sheet."""

    text: str
    look: str = ""
    node: str | None = None
    edge: str | None = None


def graph_list(entries: Sequence[Sequence[Piece]], *, key: str) -> None:
    """A list beside the picture; a click on its parts chooses in the picture, as if it had been clicked there."""
    _list()(key=key, data={"entries": [{"parts": [piece._asdict() for piece in entry]} for entry in entries]})


def _nothing() -> None:
    """The page is drawn anew after a click; nothing else is to be done."""
