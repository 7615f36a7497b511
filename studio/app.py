"""The studio's entry: navigation, and one clear message where something is wrong."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

# `streamlit run` puts only this folder on the path, and runs this file again and again.
sys.path[:] = dict.fromkeys([str(Path(__file__).resolve().parents[1]), *sys.path])

import streamlit as st  # noqa: E402
from markupsafe import Markup  # noqa: E402

from engine.errors import UsageError  # noqa: E402
from studio import auth  # noqa: E402
from studio.components.curator import choose_curator  # noqa: E402
from studio.components.markup import show  # noqa: E402
from studio.components.messages import show_last_error, told  # noqa: E402
from studio.queries.opened import said, store_path  # noqa: E402

HERE = Path(__file__).parent
VIEWS = HERE / "views"
"""Not named `pages`: Streamlit would run what is in there by itself, past the navigation, when a deep link comes first."""

SECTIONS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "": (("overview", "Overview", "dashboard"),),
    "Make": (
        ("domains", "Domains", "dataset"),
        ("runs", "Runs", "progress_activity"),
        ("models", "Models", "neurology"),
    ),
    "Look": (("tools", "Tools", "build"), ("graph", "Graph", "graph_3"), ("traces", "Traces", "footprint")),
    "Curate": (
        ("tasks", "Tasks", "checklist"),
        ("review", "Review queue", "rule"),
        ("play", "Play", "sports_esports"),
        ("datasets", "Datasets", "inventory_2"),
    ),
}
"""Section -> (file in `views/`, title, icon) of each page; the first page is the one that opens."""


@cache
def _style() -> str:
    return (HERE / "assets" / "studio.css").read_text("utf-8")


def gate() -> auth.Access:
    """Lets the page go on for those who may see it, and stops it for everyone else."""
    try:
        access = auth.current()
    except UsageError as error:
        st.error("The studio is not served here.", icon=":material/lock:")
        st.text(str(error))
        st.stop()
    if access.kind == "login":
        from studio.auth.login import enter

        st.session_state["logged-in-as"] = enter()
    return access


def show_curator(access: auth.Access) -> None:
    """Whose decisions these are: a name of one's own choice, or the login's; and the way out."""
    if access.kind == "login":
        name = st.session_state["curator"] = st.session_state["logged-in-as"]
        st.caption("Logged in as")
        st.text(name)
        st.button("Log out", icon=":material/logout:", on_click=st.logout)
        return
    choose_curator()
    if access.kind == "token":
        show(Markup('<a class="se-quiet" href="{}" target="_self">Log out</a>').format("logout"))


def main() -> None:
    """Draws the navigation and the chosen page."""
    st.set_page_config(
        page_title="ScaleEnv Studio",
        page_icon=str(HERE / "assets" / "icon.svg"),
        layout="wide",
        initial_sidebar_state=210,
    )
    st.html(f"<style>{_style()}</style>")
    access = gate()
    page = st.navigation(
        {
            section: [
                st.Page(VIEWS / f"{file}.py", title=title, icon=f":material/{icon}:", default=file == "overview")
                for file, title, icon in pages
            ]
            for section, pages in SECTIONS.items()
        }
    )
    with st.sidebar:
        show_curator(access)
        st.caption("Store")
        st.text(said(store_path()))
    show_last_error()
    with told():
        page.run()


main()
