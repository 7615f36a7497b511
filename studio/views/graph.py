"""The tool dependency graph: click a tool for what it does, an edge for the execution that proves it."""

from __future__ import annotations

import streamlit as st

from studio.components.choose import choose_domain
from studio.components.empty import say_empty
from studio.components.graph.component import tool_graph
from studio.components.graph.controls import PARAMETERS, Asked, choose_part, read_address, write_address
from studio.components.graph.export import graphml, node_link, svg
from studio.components.graph.panel import show_chosen
from studio.components.graph.picture import Picture, picture
from studio.queries import graph as queries
from studio.queries.graph import Choice, GraphView, Part, TaskPart

RECENT = 30
"""Addresses of our own that are remembered: one that comes back late, after fast clicks, is no new link."""


def arrival(view: GraphView, domain: str) -> tuple[Asked, str]:
    """What the address asked for when the user came here, and the name of this visit.

    Another link begins a new visit: all controls and the choice in the picture begin anew.
    """
    address = {name: st.query_params[name] for name in PARAMETERS if name in st.query_params}
    visit = st.session_state.get("graph-visit")
    # The controls' state is dropped when another page is shown; then this is a new visit as well.
    here = visit is not None and visit[0] == domain and f"view-{visit[2]}" in st.session_state
    if visit is None or not here or address not in st.session_state["graph-addresses"]:
        count = st.session_state["graph-visits"] = st.session_state.get("graph-visits", 0) + 1
        visit = st.session_state["graph-visit"] = (domain, read_address(view, address), f"{domain}-{count}")
        st.session_state["graph-addresses"] = [address]
    return visit[1], visit[2]


def keep_address(choice: Choice, node: str | None, edge: str | None, view: GraphView) -> None:
    """Lets the address lead back to what is shown."""
    told = write_address(choice, node if node in view.tool else None, edge if edge in view.edge else None)
    addresses = st.session_state["graph-addresses"]
    if not addresses or addresses[-1] != told:
        st.session_state["graph-addresses"] = [*addresses, told][-RECENT:]
    for name in PARAMETERS:
        if name not in told:
            st.query_params.pop(name, None)
        elif st.query_params.get(name) != told[name]:
            st.query_params[name] = told[name]


def downloads(view: GraphView, drawn: Picture) -> None:
    """The graph as files; each is made only when it is asked for."""
    domain = view.domain.spec.name
    dark = st.context.theme.type == "dark"
    with st.popover("Download", icon=":material/download:"):
        st.download_button(
            "SVG: what is drawn",
            lambda: svg(drawn, dark=dark, title=f"Tool dependency graph of {domain}"),
            f"{domain}-graph.svg",
            "image/svg+xml",
            on_click="ignore",
        )
        st.download_button(
            "GraphML: all tools and edges",
            lambda: graphml(view),
            f"{domain}-graph.graphml",
            "application/xml",
            on_click="ignore",
        )
        st.download_button(
            "JSON: all tools and edges",
            lambda: node_link(view),
            f"{domain}-graph.json",
            "application/json",
            on_click="ignore",
        )
        st.caption("PNG: the button above the picture.")


@st.fragment
def picture_and_panel(
    view: GraphView, part: Part, choice: Choice, task: TaskPart | None, drawn: Picture, scope: str, first: Asked
) -> None:
    """Alone in their fragment: a click redraws nothing but what stands beside the picture."""
    left, right = st.columns([2, 1], gap="medium")
    with left:
        chosen = tool_graph(
            drawn,
            file=f"{view.domain.spec.name}-graph",
            says=f"{len(part.tools)} of {len(view.tools)} tools, {len(part.edges)} of {len(view.graph.edges)} edges",
            node=first.tool,
            edge=first.edge,
            key=f"graph-{scope}",
        )
    with right, st.container(height=708, border=False):
        show_chosen(view, part, choice, task, chosen.node, chosen.edge)
    keep_address(choice, chosen.node, chosen.edge, view)


def page() -> None:
    """Draws the page."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.title("Tool dependency graph")
        with st.container(width=300):
            domain = choose_domain()
        if domain is None:
            return
        corner = st.container(width="content")
    view = queries.graph(domain)
    if not view.graph.tools:
        say_empty(
            "No tool of this domain is admitted yet. Its run says why, or how far it is.",
            "runs",
            "Go to Runs",
            domain=domain,
        )
        return
    first, scope = arrival(view, domain)
    if first.wrong:
        st.warning("The link names what this graph does not have:", icon=":material/link_off:")
        st.text("\n".join(first.wrong))
    choice, task = choose_part(view, first.choice, scope)
    if choice.view == "task" and task is None:
        say_empty(
            "This domain has no such task, or the task has no chain."
            if choice.task
            else "This domain has no audited task yet.",
            "tasks",
            "Go to Tasks",
            domain=domain,
        )
    part = view.part(choice, task)
    if not part.tools:
        st.info("No tool passes these filters; loosen them under “Filter tools”.", icon=":material/filter_list_off:")
        keep_address(choice, None, None, view)
        return
    drawn = picture(view, part, choice, task)
    with corner:
        downloads(view, drawn)
    picture_and_panel(view, part, choice, task, drawn, scope, first)


page()
