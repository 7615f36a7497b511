"""The tool dependency graph: click a tool for its contract, an edge for the execution that proves it."""

from __future__ import annotations

import streamlit as st

from studio import queries
from studio.components.choose import choose_domain
from studio.components.graph import KINDS, edges_of, nodes_of, tool_graph
from studio.components.trace import show_trace


def page() -> None:
    """Draws the page."""
    st.title("Tool dependency graph")
    domain = choose_domain()
    if domain is None:
        return
    view = queries.graph(domain)
    if not view.graph.tools:
        st.info("No tool of this domain is admitted yet; see its run.", icon=":material/info:")
        return
    kinds = st.pills("Edges", list(KINDS), selection_mode="multi", default=list(KINDS), key="kinds")
    unproven = st.toggle("Show unproven edges", value=False)
    edges = [edge for edge in view.graph.edges if edge.kind in kinds and (edge.proven or unproven)]
    picture, beside = st.columns([3, 2])
    with picture:
        for kind in kinds:
            colour, dotted, meaning = KINDS[kind]
            st.caption(f":material/circle: {kind} ({'dotted' if dotted else 'solid'}, {colour}): {meaning}")
        chosen = tool_graph(
            nodes_of(view.tools, view.graph),
            edges_of(edges),
            revision=f"{view.revision}-{'-'.join(kinds)}-{unproven}",
            key=f"graph-{domain}",
        )
        st.caption(f"{len(view.graph.tools)} tools, {len(view.graph.proven)} proven edges of {len(view.graph.edges)}")
    with beside:
        edge = view.edge.get(getattr(chosen, "edge", None) or "")
        node = getattr(chosen, "node", None)
        if edge is not None:
            st.subheader("Edge")
            st.text(f"{edge.source} → {edge.target}\n{edge.kind} via {edge.via}")
            if not edge.proven:
                st.text(f"Unproven: {edge.reason}")
            if edge.evidence:
                show_trace(queries.trace(domain, edge.evidence), key=f"edge-{edge.id}")
        elif node is not None:
            tool = next(tool for tool in view.tools if tool.name == node)
            st.subheader("Tool")
            st.text(f"{tool.name}\n\n{tool.description}")
            st.code(tool.source, language="python")
        else:
            st.caption("Click a tool or an edge.")


page()
