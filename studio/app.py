"""The studio's entry: navigation, and one clear message where something is wrong."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # `streamlit run` puts only this folder on the path

import streamlit as st

from engine.errors import ScaleEnvError
from studio import queries

PAGES = Path(__file__).parent / "pages"


def main() -> None:
    """Draws the navigation and the chosen page."""
    st.set_page_config(page_title="ScaleEnv Studio", layout="wide")
    page = st.navigation(
        {
            "Make": [
                st.Page(PAGES / "domains.py", title="Domains", icon=":material/dataset:", default=True),
                st.Page(PAGES / "runs.py", title="Runs", icon=":material/progress_activity:"),
            ],
            "Look": [
                st.Page(PAGES / "tools.py", title="Tools", icon=":material/build:"),
                st.Page(PAGES / "graph.py", title="Graph", icon=":material/graph_3:"),
                st.Page(PAGES / "traces.py", title="Traces", icon=":material/footprint:"),
            ],
            "Curate": [
                st.Page(PAGES / "tasks.py", title="Tasks", icon=":material/checklist:"),
                st.Page(PAGES / "export.py", title="Export", icon=":material/download:"),
            ],
        }
    )
    st.sidebar.caption("Store")
    st.sidebar.code(str(queries.store_path()), language=None)
    try:
        page.run()
    except ScaleEnvError as error:
        st.error("That did not work.", icon=":material/error:")
        st.text(str(error))


main()
