"""Choosing a domain, kept in the address so that every page has a deep link."""

from __future__ import annotations

import streamlit as st

from studio import queries


def choose_domain() -> str | None:
    """Lets the user pick a domain; says what to do next where there is none."""
    names = [summary.name for summary in queries.domains()]
    if not names:
        st.info("There is no domain yet. Start one on the Domains page.", icon=":material/info:")
        return None
    wanted = st.query_params.get("domain") or st.session_state.get("last_domain")
    index = names.index(wanted) if wanted in names else 0
    domain = st.selectbox("Domain", names, index=index, key="domain")
    st.query_params["domain"] = domain
    st.session_state["last_domain"] = domain
    return domain


def choose(label: str, options: list[str], parameter: str) -> str | None:
    """Lets the user pick one of `options`, remembered in the query parameter `parameter`."""
    if not options:
        return None
    wanted = st.query_params.get(parameter)
    chosen = st.selectbox(label, options, index=options.index(wanted) if wanted in options else 0)
    st.query_params[parameter] = chosen
    return chosen
