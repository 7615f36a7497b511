"""One of a few options in a row, kept in the address."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st


def settle(key: str, options: Sequence[Any], usual: Any) -> None:
    """Gives a segmented control its choice before it is drawn, where it has none of its options.

    A required one can come without a choice all the same: what the user does while the page is still being drawn for
    the first time is sent along with controls that don't know yet what stands in them.

    Args:
        key: The control's key.
        options: What it offers.
        usual: The choice where there is none.
    """
    if st.session_state.get(key) not in options:
        st.session_state[key] = usual


def segment(
    label: str,
    options: Sequence[str],
    parameter: str,
    *,
    scope: str = "",
    say: Callable[[str], str] = str,
) -> str:
    """Lets the user pick one of `options`; the first one, which stands for nothing special, is not named in the address.

    Args:
        label: What is picked, for screen readers.
        options: At least one; our own words, for they are read as Markdown.
        parameter: Name of the query parameter.
        scope: What the choice belongs to; another scope begins anew.
        say: How an option is shown; our own words too.
    """
    key = f"segment-{parameter}-{scope}"
    asked = st.query_params.get(parameter)
    settle(key, options, asked if asked in options else options[0])
    chosen = st.segmented_control(label, options, key=key, format_func=say, required=True, label_visibility="collapsed")
    if chosen == options[0]:
        st.query_params.pop(parameter, None)
    elif st.query_params.get(parameter) != chosen:
        st.query_params[parameter] = str(chosen)
    return str(chosen)
