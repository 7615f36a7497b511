"""Traces: any execution, step by step."""

from __future__ import annotations

from typing import get_args

import streamlit as st

from engine.models.trace import TraceKind
from studio.components.choose import choose, choose_domain
from studio.components.trace import show_trace
from studio.queries import traces as queries

LISTED = 500  # traces offered at once; the filters lead to the others


def page() -> None:
    """Draws the page."""
    st.title("Traces")
    domain = choose_domain()
    if domain is None:
        return
    found = queries.traces(domain)
    if not found:
        st.info("No trace yet. A run leaves them as it goes; see the Runs page.", icon=":material/info:")
        return
    kind_place, words_place = st.columns([1, 2])
    with kind_place:
        kinds = [kind for kind in get_args(TraceKind) if any(item.kind == kind for item in found)]
        kind = choose("Kind", ["all", *kinds], "kind", scope=domain)
    words = words_place.text_input("Title or subject contains", key="trace-words").strip().lower()
    fitting = {
        item.id: item
        for item in found
        if kind in ("all", item.kind) and words in f"{item.id} {item.title} {item.subject}".lower()
    }
    if not fitting:
        st.info("No trace fits. Loosen the filter.", icon=":material/info:")
        return
    offered = list(fitting)[:LISTED]
    asked = st.query_params.get("trace")
    if asked in fitting and asked not in offered:
        offered.insert(0, asked)
    st.caption(f"{len(fitting)} traces" + (f", the first {LISTED} of them offered" if len(fitting) > LISTED else ""))
    id = choose(
        "Trace",
        offered,
        "trace",
        scope=domain,
        say=lambda id: f"{'✓' if fitting[id].passed else '✗'}  {fitting[id].title}  ·  {id}",
    )
    show_trace(queries.trace(domain, id), key=f"trace-{domain}-{id}")


page()
