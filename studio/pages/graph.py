"""The tool dependency graph: click a tool for its contract, an edge for the execution that proves it."""

from __future__ import annotations

import streamlit as st

from engine.models.graph import Edge
from engine.models.tool import Tool
from studio import queries
from studio.components.choose import choose_domain
from studio.components.graph import KINDS, edges_of, nodes_of, tool_graph
from studio.components.trace import show_trace


def show_tool(tool: Tool, domain: str) -> None:
    """What the graph says of one tool, with a link to the rest."""
    st.subheader("Tool", anchor=False)
    st.text(f"{tool.name}\n{tool.description}")
    st.page_link(
        "pages/tools.py",
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
        show_trace(queries.trace(domain, edge.evidence), key=f"edge-{edge.id}", linked=False)


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
    picture, beside = st.columns([3, 2])
    # The address chooses only at first: what the picture is told must not change with each click, or all of it is sent again.
    first = st.session_state.setdefault(
        f"graph-first-{domain}", (st.query_params.get("tool"), st.query_params.get("edge"))
    )
    with picture:
        chosen = tool_graph(
            nodes_of(view.tools, view.graph),
            edges_of(edges),
            revision=f"{view.revision}-{'-'.join(kinds)}-{unproven}",
            node=first[0],
            edge=first[1],
            key=f"graph-{domain}",
        )
        st.caption(
            f"{len(view.graph.tools)} tools; {len(edges)} of {len(view.graph.edges)} edges shown, {len(view.graph.proven)} are proven."
        )
    node, edge = chosen.node, chosen.edge
    with beside:
        if edge in view.edge:
            show_edge(view.edge[edge], domain)
        elif node in view.tool:
            show_tool(view.tool[node], domain)
        else:
            node = edge = None
            st.info(
                "Click a tool for its code, or an edge for the execution that proves it.", icon=":material/ads_click:"
            )
    for name, value in (("tool", node), ("edge", edge)):
        if value:
            st.query_params[name] = value
        else:
            st.query_params.pop(name, None)


page()
