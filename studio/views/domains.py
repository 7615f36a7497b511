"""Domains: what there is, how they compare, and starting a new one."""

from __future__ import annotations

import streamlit as st

from studio.components.domains.charts import bubbles, choose_point, scatter
from studio.components.domains.detail import say_what_was_deleted, show_domain
from studio.components.domains.new import new_domain
from studio.components.domains.table import show_domains
from studio.components.markup import mono, row, show
from studio.components.segment import settle
from studio.queries import domains as queries

PARTS = {"all": "All domains", "new": "New domain", "compare": "Compare", "map": "Map of tools"}


def show_one(name: str) -> None:
    """The view of one domain."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title("Domain")
        st.page_link("views/domains.py", label="All domains", icon=":material/arrow_back:")
    if name not in queries.names():
        st.warning("The link names a domain that is not here:", icon=":material/link_off:")
        st.text(name)
        return
    st.session_state["last-domain"] = name
    show_domain(queries.view(name))


def show_all() -> None:
    """The table of all domains."""
    summaries = queries.domains()
    if not summaries:
        st.info("No domain yet. Start one under **New domain**.", icon=":material/info:")
        return
    st.caption("A click on a line opens the domain.")
    chosen = show_domains(summaries)
    if chosen is not None:
        open_domain(chosen)


def open_domain(name: str) -> None:
    """Goes to a domain's own view."""
    st.switch_page("views/domains.py", query_params={"domain": name})


def show_comparison() -> None:
    """The bubble chart."""
    shapes = [each for each in queries.shapes() if each.tools]
    if not shapes:
        st.info("Nothing to compare yet: no domain has a tool. Start one under **New domain**.", icon=":material/info:")
        return
    st.caption(
        "Tables and tools of each domain; the larger the mark, the denser its graph. Domains of one size are drawn beside "
        "each other. A click opens the domain."
    )
    chosen = choose_point(bubbles(shapes), key="bubbles", alt="Domains by tables, tools and density of the graph")
    if chosen and "domain" in chosen:
        open_domain(chosen["domain"])


def show_map() -> None:
    """The map of all tools."""
    with st.spinner("Laying the tools out ..."):
        tools = queries.tool_map()
    if not tools:
        st.info("No map yet: no domain has a tool. Start one under **New domain**.", icon=":material/info:")
        return
    st.caption(
        "Tools whose names, descriptions and parameters say alike things lie near each other. A click opens the tool."
    )
    chosen = choose_point(scatter(tools), key="tool-map", alt="All tools by the likeness of their words")
    if chosen and {"domain", "tool"} <= set(chosen):
        show(row("Opening", mono(chosen["tool"])))
        st.switch_page("views/tools.py", query_params={"domain": chosen["domain"], "tool": chosen["tool"]})


def page() -> None:
    """Draws the page."""
    name = st.query_params.get("domain")
    if name is not None:
        show_one(name)
        return
    st.title("Domains")
    say_what_was_deleted()
    there = queries.names()
    asked = st.query_params.get("view", "all" if there else "new")
    settle("domains-part", list(PARTS), asked if asked in PARTS else "all")
    part = st.segmented_control(
        "Show", list(PARTS), key="domains-part", required=True, format_func=PARTS.get, label_visibility="collapsed"
    )
    st.query_params["view"] = part
    if part != "new" and "from" in st.query_params:
        del st.query_params["from"]
    if part == "new" and not there:
        st.info(
            "No domain yet. Press Start at a built-in one: no key and no server are needed. A keyword needs a model.",
            icon=":material/info:",
        )
    {"all": show_all, "new": new_domain, "compare": show_comparison, "map": show_map}[part]()


page()
