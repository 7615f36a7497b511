"""The tool dependency graph: click a tool for its contract, an edge for the execution that proves it."""

from __future__ import annotations

import streamlit as st

from engine.models.graph import Edge
from engine.models.tool import Tool
from studio.components.choose import choose_domain
from studio.components.graph import KINDS, edges_of, nodes_of, tool_graph
from studio.components.trace import show_trace
from studio.queries import graph as queries
from studio.queries import traces


def show_tool(tool: Tool, domain: str) -> None:
    """What the graph says of one tool, with a link to the rest."""
    st.subheader("Tool", anchor=False)
    st.text(f"{tool.name}\n{tool.description}")
    st.page_link(
        "views/tools.py",
        label="Contract and tests",
        icon=":material/arrow_forward:",
        query_params={"domain": domain, "tool": tool.name},
    )
    st.code(tool.source, language="python")


def show_edge(edge: Edge, domain: str) -> None:
    """One edge with the execution that was its experiment."""
    st.subheader("Edge", anchor=False)
    st.text(f"{edge.source} → {edge.target}\n{edge.kind} via {edge.via}")
    if not edge.proven:
        st.text(f"Unproven: {edge.reason or 'not tried yet'}")
    if edge.evidence:
        show_trace(traces.trace(domain, edge.evidence), key=f"edge-{edge.id}", linked=False, narrow=True)


def page() -> None:
    """Draws the page."""
    st.title("Tool dependency graph")
    domain = choose_domain()
    if domain is None:
        return
    view = queries.graph(domain)
    if not view.graph.tools:
        st.info("No tool of this domain is admitted yet; see the Runs page.", icon=":material/info:")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kinds = st.pills(
            "Edges", list(KINDS), selection_mode="multi", default=["data_flow", "precondition"], key="kinds"
        )
        unproven = st.toggle("Unproven edges too", value=False, key="unproven")
    edges = [edge for edge in view.graph.edges if edge.kind in kinds and (edge.proven or unproven)]
    # The address chooses only at first: what the picture is told must not change with each click, or all of it is sent again.
    key = f"graph-{domain}"
    first = st.session_state.setdefault(f"{key}-first", (st.query_params.get("tool"), st.query_params.get("edge")))
    node, edge = st.session_state.get(f"{key}-last", first)
    shown = node in view.tool or edge in view.edge
    # The same two columns with and without something beside the picture: so it only changes its width and keeps its view.
    picture, beside = st.columns([2, 1] if shown else [0.999, 0.001])
    with picture:
        chosen = tool_graph(
            nodes_of(view.tools, view.graph),
            edges_of(edges),
            revision=f"{view.revision}-{'-'.join(kinds)}-{unproven}",
            node=first[0],
            edge=first[1],
            key=key,
        )
        st.caption(
            f"{len(view.graph.tools)} tools; {len(edges)} of {len(view.graph.edges)} edges shown, "
            f"{len(view.graph.proven)} are proven. Click a tool for its code, or an edge for the execution that proves it."
        )
    if (chosen.node, chosen.edge) != (node, edge):
        st.session_state[f"{key}-last"] = (chosen.node, chosen.edge)
        st.rerun()
    if shown:
        with beside:
            if edge in view.edge:
                show_edge(view.edge[edge], domain)
            else:
                show_tool(view.tool[node], domain)
    for name, value in (("tool", node), ("edge", edge)):
        if value and shown:
            st.query_params[name] = value
        else:
            st.query_params.pop(name, None)


page()
