"""Runs: what is being made, live, and what was made."""

from __future__ import annotations

import streamlit as st

from engine.models.run import PHASES, UNFINISHED, Run
from studio import jobs
from studio.components.choose import choose
from studio.components.messages import attempt, told
from studio.queries import runs as queries

LIVE = ("queued", "running")
COLOURS = {"done": "green", "short": "orange", "failed": "red", "interrupted": "orange", "cancelled": "gray"}
TITLES = {
    "compose": "Compose tools",
    "test": "Test tools",
    "graph": "Infer graph",
    "prove": "Prove edges",
    "tasks": "Build tasks",
    "finish": "Finish",
}


def show_run(run: Run) -> None:
    """One run: status, phase and counts."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge("stopping" if run.cancel and run.status in LIVE else run.status, color=COLOURS.get(run.status, "blue"))
        st.caption(
            f"{run.options.tasks} tasks asked, seed {run.options.seed}, {run.seconds:.0f} s worked, "
            f"{'attempt' if run.attempts == 1 else 'attempts'}: {run.attempts}"
        )
        show_actions(run)
    at = PHASES.index(run.phase)
    if run.status in ("done", "short"):
        st.progress(1.0, text="All phases are behind it.")
    else:
        share = min(run.done / run.total, 1.0) if run.total else 0.0
        steps = f": {run.done} of {run.total}" if run.total else ""
        st.progress((at + share) / len(PHASES), text=f"Phase {at + 1} of {len(PHASES)}, {TITLES[run.phase]}{steps}")
    counts = run.counts.model_dump()
    for place, (name, value) in zip(st.columns(len(counts)), counts.items(), strict=True):
        place.metric(name.replace("_", " "), value, border=True)
    if run.error:
        st.error("The run failed; what it did so far is kept.", icon=":material/error:")
        st.text(run.error)


def show_actions(run: Run) -> None:
    """What can be done about the run now."""
    if run.status in LIVE and not run.cancel:
        st.button("Cancel", key=f"cancel-{run.id}", on_click=attempt, args=(jobs.cancel, run.id))
    if (run.status in UNFINISHED and run.status not in LIVE) or jobs.is_stranded(run):
        st.button("Resume", key=f"resume-{run.id}", type="primary", on_click=attempt, args=(jobs.resume, run.id))


def show_log(run: Run) -> None:
    """The end of the run's log."""
    # The creation is part of the name: a replaced domain begins again with the same run ids.
    log: queries.RunLog = st.session_state.setdefault(f"log-{run.id}-{run.created_at}", queries.RunLog(run.id))
    log.refresh()
    st.caption(f"{log.total} events, newest first" + (f" (the last {log.LINES})" if log.total > log.LINES else ""))
    st.dataframe(
        [
            {"number": event.seq, "phase": event.phase, "kind": event.kind, "message": event.message}
            for event in reversed(log.tail)
        ],
        hide_index=True,
        height=360,
        column_config={
            "message": st.column_config.TextColumn(width="large"),
            "number": st.column_config.NumberColumn(width=70),
        },
    )


def show_all(id: str) -> None:
    """The run, and where to go from it."""
    with told():
        run = queries.run(id)
        show_run(run)
        if run.counts.tools_admitted:
            with st.container(horizontal=True):
                for file, title in (
                    ("tools", "Tools"),
                    ("graph", "Graph"),
                    ("tasks", "Tasks"),
                    ("datasets", "Datasets"),
                ):
                    st.page_link(
                        f"views/{file}.py",
                        label=title,
                        icon=":material/arrow_forward:",
                        query_params={"domain": run.domain},
                    )
        show_log(run)


def page() -> None:
    """Draws the page."""
    st.title("Runs")
    runs = queries.runs()
    if not runs:
        st.info("Nothing was run yet. Start a synthesis on the Domains page.", icon=":material/info:")
        st.page_link("views/domains.py", label="Go to Domains", icon=":material/arrow_forward:")
        return
    status = {run.id: run.status for run in runs}
    id = choose("Run", list(status), "run")
    # A resting run is looked at too: another tab may resume it.
    st.fragment(show_all, run_every=1.0 if status[id] in LIVE else 5.0)(id)


page()
