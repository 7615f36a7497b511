"""Traces: any execution, step by step."""

from __future__ import annotations

from typing import get_args

import streamlit as st

from engine.models.trace import TraceKind
from studio import queries
from studio.components.choose import choose, choose_domain
from studio.components.trace import show_trace


def page() -> None:
    """Draws the page."""
    st.title("Traces")
    domain = choose_domain()
    if domain is None:
        return
    found = queries.traces(domain)
    kinds = [kind for kind in get_args(TraceKind) if any(item.kind == kind for item in found)]
    kind = choose("Kind", ["all", *kinds], "kind")
    listed = {item.id: item for item in found if kind in ("all", item.kind)}
    if not listed:
        st.info("No trace yet; a run leaves them as it goes.", icon=":material/info:")
        return
    id = choose("Trace", list(listed), "trace")
    if id is not None:
        show_trace(queries.trace(domain, id), key=f"trace-{domain}-{id}")


page()
