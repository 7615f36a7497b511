"""Choosing one of several, kept in the address so that every page has a deep link."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from studio.components.empty import say_empty
from studio.queries import domains as queries


def choose_domain() -> str | None:
    """Lets the user pick a domain; says what to do next where there is none."""
    names = queries.names()
    if not names:
        say_empty("There is no domain yet. Start one on the Domains page.", "domains", "Go to Domains")
        return None
    # Pages share the choice: a domain picked on one is shown by the next.
    last = st.session_state.get("last-domain")
    domain = choose("Domain", names, "domain", fallback=last if last in names else None)
    st.session_state["last-domain"] = domain
    return domain


def choose(
    label: str,
    options: Sequence[str],
    parameter: str,
    *,
    scope: str = "",
    fallback: str | None = None,
    say: Callable[[str], str] = str,
) -> str:
    """Lets the user pick one of `options`, remembered in the query parameter `parameter`.

    Args:
        label: What is picked; our own words, for labels are read as Markdown.
        options: At least one.
        parameter: Name of the query parameter.
        scope: What the options belong to, such as the domain; another scope begins anew.
        fallback: Chosen where the address says nothing; the first where left out.
        say: How an option is shown.
    """
    key = f"choose-{parameter}-{scope}"
    if st.session_state.get(key) not in options:
        wanted = st.query_params.get(parameter)
        if wanted is not None and wanted not in options and key not in st.session_state:
            st.warning(f"The link names a {label.lower()} that is not here:", icon=":material/link_off:")
            st.text(wanted)
        st.session_state[key] = wanted if wanted in options else fallback or options[0]
    chosen = st.selectbox(label, options, key=key, format_func=say)
    st.query_params[parameter] = chosen
    return chosen


def forget_others(page: str, domain: str, *parameters: str) -> None:
    """Takes parameters out of the address that belong to the domain that a page showed before.

    Args:
        page: Which page.
        domain: What it shows now.
        parameters: Names of query parameters whose values are the domain's own.
    """
    key = f"domain-of-{page}"
    if st.session_state.get(key, domain) != domain:
        for name in parameters:
            st.query_params.pop(name, None)
    st.session_state[key] = domain
