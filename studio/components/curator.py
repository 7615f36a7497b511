"""Who is sitting in front of the screen: a name that goes with every decision."""

from __future__ import annotations

import streamlit as st

DEFAULT = "me"
_KEY = "curator"


def curator() -> str:
    """The curator's name, as chosen in the sidebar; empty where it was emptied."""
    return str(st.session_state.get(_KEY, DEFAULT) or "").strip()


def choose_curator() -> None:
    """The field in the sidebar, kept while the user goes from page to page."""
    st.sidebar.text_input(
        "Curator",
        value=DEFAULT,
        key=_KEY,
        persist_state="session",
        help="Your name goes with every decision.",
        max_chars=60,
    )
