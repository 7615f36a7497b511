"""Tools: what agents see, the contract, the code, the tests, what was rejected and why, and edits."""

from __future__ import annotations

import streamlit as st

from studio.components.choose import choose, choose_domain
from studio.components.empty import say_empty
from studio.components.messages import show_last_error, told
from studio.components.segment import segment
from studio.components.tools.contract import show_contract
from studio.components.tools.edges import show_edges
from studio.components.tools.editor import show_editor, show_run
from studio.components.tools.head import show_head
from studio.components.tools.history import show_history
from studio.components.tools.models import show_models
from studio.components.tools.table import filter_tools, list_tools, show_rejected
from studio.components.tools.tests import show_cases, show_coverage
from studio.queries import tools as queries
from studio.queries.tools import ToolView

TABS = {
    "contract": ":material/gavel: Contract",
    "code": ":material/code: Code",
    "tests": ":material/science: Tests",
    "edges": ":material/account_tree: Edges",
    "edit": ":material/edit: Edit",
    "models": ":material/forum: Models",
    "history": ":material/history: History",
}


def show_tests(view: ToolView) -> None:
    """What the tests saw, and every case."""
    if view.stored.report is None:
        st.info("This tool was not tested yet.", icon=":material/hourglass_empty:")
        return
    show_coverage(view.tool, view.stored.report)
    name = view.tool.name
    show_cases(
        queries.cases(view.domain, name),
        lambda id: queries.trace(view.domain, id),
        key=f"cases-{view.domain}-{name}-{view.stored.digest[:8]}",
    )


def show_tab(view: ToolView, tab: str) -> None:
    """One side of the tool; the others are not worked out."""
    match tab:
        case "contract":
            show_contract(view.tool, queries.schema(view.tool))
        case "code":
            st.code(view.tool.source, language="python", line_numbers=True, wrap_lines=True)
        case "tests":
            show_tests(view)
        case "edges":
            show_edges(view)
        case "edit":
            st.fragment(show_editor)(view)
        case "models":
            show_models(view)
        case _:
            show_history(view, queries.edits(view.domain, view.tool.name))


def page() -> None:
    """Draws the page."""
    st.title("Tools")
    place, rest = st.columns([1, 4.4], gap="small", vertical_alignment="bottom")
    with place:
        domain = choose_domain()
    if domain is None:
        return
    lines = queries.lines(domain)
    if not lines:
        say_empty("This domain has no tool yet. Its run makes them.", "runs", "Go to Runs")
        return
    show_last_error()
    with rest:
        found = filter_tools(domain, lines)
    first = list_tools(domain, found)
    show_rejected(domain, found)
    place, rest = st.columns([1, 1.9], gap="small", vertical_alignment="bottom")
    with place:
        name = choose("Tool", [line.summary.name for line in lines], "tool", scope=domain, fallback=first)
    with rest:
        tab = segment("Side of the tool", list(TABS), "tab", scope=domain, say=TABS.__getitem__)
    with told():
        view = queries.tool(domain, name)
        show_run(view)
        show_head(view, next(line for line in lines if line.summary.name == name))
        show_tab(view, tab)


page()
