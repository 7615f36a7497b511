"""What a page shows where there is nothing yet: why, and the way to something."""

from __future__ import annotations

import streamlit as st


def say_empty(words: str, file: str | None = None, label: str = "", **query: str) -> None:
    """One sentence in our own words, and a link to the page where it goes on.

    Args:
        words: What is missing and what to do; read as Markdown, so nothing foreign belongs into it.
        file: The page's file in `views/`, without its ending.
        label: The link's words.
        query: Query parameters of the link.
    """
    st.info(words, icon=":material/info:")
    if file:
        st.page_link(f"views/{file}.py", label=label, icon=":material/arrow_forward:", query_params=query or None)
