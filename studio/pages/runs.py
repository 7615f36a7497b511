"""Runs: what is being made, live, and what was made."""

from __future__ import annotations

import streamlit as st

from engine.models.run import UNFINISHED, Run
from studio import jobs, queries

LIVE = {"queued", "running"}


def show_run(run: Run) -> None:
    """One run: phase, counts, and its log's tail."""
    st.badge(run.status, color={"done": "green", "failed": "red", "short": "orange"}.get(run.status, "blue"))
    if run.total:
        st.progress(min(run.done / run.total, 1.0), text=f"{run.phase}: {run.done} of {run.total}")
    else:
        st.caption(run.phase)
    counts = run.counts.model_dump()
    for place, (name, value) in zip(st.columns(len(counts)), counts.items(), strict=True):
        place.metric(name.replace("_", " "), value)
    if run.error:
        st.text(run.error)
    if run.status in LIVE:
        st.button("Cancel", key=f"cancel-{run.id}", on_click=jobs.cancel, args=(run.id,))
    elif run.status in UNFINISHED:
        st.button("Resume", key=f"resume-{run.id}", on_click=jobs.resume, args=(run.id,))
    events = queries.run_events(run.id)
    st.caption(f"{len(events)} events, newest first")
    st.dataframe(
        [{"phase": event.phase, "kind": event.kind, "subject": event.subject, "message": event.message} for event in reversed(events[-300:])],
        hide_index=True,
        height=320,
    )


@st.fragment(run_every=1.0)
def live(id: str) -> None:
    """Redraws one run every second; another tab may resume what this one saw end."""
    show_run(next(run for run in queries.runs() if run.id == id))


def page() -> None:
    """Draws the page."""
    st.title("Runs")
    runs = queries.runs()
    if not runs:
        st.info("Nothing was run yet. Start a synthesis on the Domains page.", icon=":material/info:")
        return
    ids = [run.id for run in runs]
    asked = st.query_params.get("run")
    id = st.selectbox("Run", ids, index=ids.index(asked) if asked in ids else 0)
    st.query_params["run"] = id
    live(id)


page()
