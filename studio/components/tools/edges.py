"""The edges from and to a tool, with the way to their proofs."""

from __future__ import annotations

from urllib.parse import urlencode

import streamlit as st
from markupsafe import Markup

from engine.models.graph import Edge
from studio.components.markup import badge, head, mono, show, table
from studio.queries.tools import ToolView

_KINDS = {"data_flow": "→ feeds", "precondition": "⊢ makes possible", "state": "↻ changes the answer of"}
"""How the kinds of the tool dependency graph read from source to target."""


def show_edges(view: ToolView) -> None:
    """What leads to the tool, and what it leads to."""
    name = view.tool.name
    if not view.edges:
        words = (
            "No edge leads from or to this tool."
            if view.stored.admitted
            else "A rejected tool is in no graph. Mend it under “Edit”, and its edges are inferred and proven."
        )
        st.info(words, icon=":material/info:")
        return
    st.page_link(
        "views/graph.py",
        label="See it in the graph",
        icon=":material/account_tree:",
        query_params={"domain": view.domain, "tool": name},
    )
    for words, other, edges in (
        ("What leads to it", "from", [edge for edge in view.edges if edge.target == name]),
        ("What it leads to", "to", [edge for edge in view.edges if edge.source == name]),
    ):
        # Unproven ones first: they are what somebody may have to look into.
        listed = sorted(edges, key=lambda edge: edge.proven)
        show(head(f"{words}: {len(edges)}"))
        if listed:
            show(table([_line(view, edge, other) for edge in listed], height=330))


def _line(view: ToolView, edge: Edge, other: str) -> dict[str, object]:
    if edge.id in view.stale_edges:
        state = badge("! stale", "warn")
    else:
        state = badge("✓ proven", "good") if edge.proven else badge("– unproven", "warn")
    tool = edge.source if other == "from" else edge.target
    return {
        other: _link("tools", tool, domain=view.domain, tool=tool),
        "kind": Markup('<span class="se-line">{}</span>').format(_KINDS[edge.kind]),
        "by": mono(edge.via),
        "proof": Markup("{} {} {}").format(
            state,
            _link("traces", "see it", domain=view.domain, trace=edge.evidence) if edge.evidence else "",
            edge.reason,
        ),
        "graph": _link("graph", "show", domain=view.domain, edge=edge.id),
    }


def _link(page: str, words: str, **query: str) -> Markup:
    return Markup('<a class="se-line" href="{}" target="_blank" rel="noopener">{}</a>').format(
        f"{page}?{urlencode(query)}", words
    )
