"""The studio's entry: navigation, and one clear message where something is wrong."""

from __future__ import annotations

import sys
from pathlib import Path

# `streamlit run` puts only this folder on the path, and runs this file again and again.
sys.path[:] = dict.fromkeys([str(Path(__file__).resolve().parents[1]), *sys.path])

import streamlit as st  # noqa: E402

from studio import queries  # noqa: E402
from studio.components.messages import show_last_error, told  # noqa: E402

HERE = Path(__file__).parent
VIEWS = HERE / "views"
"""Not named `pages`: Streamlit would run what is in there by itself, past the navigation, when a deep link comes first."""

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def main() -> None:
    """Draws the navigation and the chosen page."""
    st.set_page_config(
        page_title="ScaleEnv Studio",
        page_icon=str(HERE / "assets" / "icon.svg"),
        layout="wide",
        initial_sidebar_state=210,
    )
    st.html("<style>.stMainBlockContainer { padding: 2.5rem 2rem 3rem; }</style>")
    if st.get_option("server.address") not in LOOPBACK:
        st.error("The studio has no login, so it serves this machine only.", icon=":material/lock:")
        st.text("Start it with `scaleenv studio`, or with `--server.address 127.0.0.1`.")
        st.stop()
    page = st.navigation(
        {
            "Make": [
                st.Page(VIEWS / "domains.py", title="Domains", icon=":material/dataset:", default=True),
                st.Page(VIEWS / "runs.py", title="Runs", icon=":material/progress_activity:"),
            ],
            "Look": [
                st.Page(VIEWS / "tools.py", title="Tools", icon=":material/build:"),
                st.Page(VIEWS / "graph.py", title="Graph", icon=":material/graph_3:"),
                st.Page(VIEWS / "traces.py", title="Traces", icon=":material/footprint:"),
            ],
            "Curate": [
                st.Page(VIEWS / "tasks.py", title="Tasks", icon=":material/checklist:"),
                st.Page(VIEWS / "export.py", title="Export", icon=":material/download:"),
            ],
        }
    )
    with st.sidebar:
        st.caption("Store")
        path = queries.store_path()
        here = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
        st.code(str(here), language=None, wrap_lines=True)
    show_last_error()
    with told():
        page.run()


main()
