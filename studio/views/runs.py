"""Runs: what is being made, live, and what was made."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import streamlit as st

from engine.errors import ScaleEnvError
from engine.models.run import PHASES, UNFINISHED, Run
from engine.store.run_log import LogFilter
from studio import jobs
from studio.components.curator import curator
from studio.components.durations import ago, duration
from studio.components.empty import say_empty
from studio.components.markup import badge, mono, row, show, table
from studio.components.messages import attempt, tell, told
from studio.components.models.amounts import in_short
from studio.components.runs.budget import budget_words, enlarge_budget
from studio.components.runs.calls import show_calls_of_run
from studio.components.runs.steps import stepper
from studio.components.segment import segment
from studio.queries import runs as queries

LIVE_SECONDS, LOG_SECONDS, LIST_SECONDS, REST_SECONDS = 1.0, 3.0, 5.0, 5.0
"""How often the parts of the page look again. At rest only the run itself looks, and redraws everything on a change."""

PARTS = {"log": ":material/list: Log", "calls": ":material/forum: Model calls"}
KINDS = ("step", "rejection", "warning", "status")
TONES = {"rejection": "bad", "warning": "warn", "status": "info"}
MOST_ROWS = 7
ROW_HEIGHT = 30


def go_to(id: str) -> None:
    """Shows another run."""
    st.query_params["run"] = id


def await_first() -> None:
    """Draws the page anew once there is a run, which another tab or the command line may start."""
    if queries.known():
        st.rerun()


def show_list(chosen: str, known: tuple[str, ...]) -> None:
    """All runs; a click on one shows it."""
    rows = queries.rows()
    if tuple(item.id for item in rows) != known:
        return  # the run's part is about to see it too, and draws the page anew
    now = time.time()
    # Selections go by position: another list, another widget.
    key = f"runs-{len(known)}-{known[0]}"
    event = st.dataframe(
        [
            {
                "run": item.id,
                "kind": item.kind,
                "status": item.status,
                "progress": round(100 * item.share),
                "phase": item.phase,
                "tasks": item.tasks,
                "rate": f"{item.pace.rate:,.1f} {item.pace.unit}/s" if item.pace.rate else "–",
                "left": duration(item.pace.left) if item.live else "–",
                "worked": duration(item.seconds),
                "started": ago(now - item.started),
                "by": item.by or "–",
            }
            for item in rows
        ],
        key=key,
        hide_index=True,
        row_height=ROW_HEIGHT,
        height=ROW_HEIGHT * (min(len(rows), MOST_ROWS) + 1) + 6,
        on_select="rerun",
        selection_mode="single-row",
        selection_default={"selection": {"rows": [known.index(chosen)], "columns": [], "cells": []}},
        column_config={
            "run": st.column_config.TextColumn(width="medium"),
            "progress": st.column_config.ProgressColumn(format="%d %%", min_value=0, max_value=100, width="small"),
        },
    )
    picked = event["selection"]["rows"]
    if picked and rows[picked[0]].id != chosen:
        go_to(rows[picked[0]].id)
        st.rerun()


def show_run(id: str, drawn: queries.Known) -> None:
    """One run: status, phases, figures, and what can be done."""
    if queries.known() != drawn:
        st.rerun()  # a run came, went, began or ended: another list, and another pace of looking
    view = queries.view(id)
    run = view.run
    with st.container(horizontal=True, vertical_alignment="center"):
        show(row(mono(run.id), badge(view.status, view.tone), *_line(view)))
        show_actions(view)
    show(stepper(view.phases))
    pace = view.pace
    figures = {
        "worked": duration(view.seconds),
        "rate": f"{pace.rate:,.1f} {pace.unit} a second" if pace.rate else None,
        "left": f"about {duration(pace.left)}" if pace.left is not None else None,
        "left in this phase": f"about {duration(pace.phase_left)}"
        if pace.phase_left is not None and pace.left is None
        else None,
        "asked for": f"{run.options.tasks:,} tasks ({run.options.difficulty}), seed {run.options.seed}"
        + (", with the file's rows" if run.options.with_rows else "")
        if run.kind == "synthesis"
        else "a tool's revision",
        "by": view.by or None,
        "attempts": run.attempts if run.attempts > 1 else None,
        "models": in_short(view.spent) if view.uses_models else None,
        "budget": budget_words(run.options.budget) or None,
    }
    show(row(*(_pair(name, value) for name, value in figures.items() if value is not None)))
    show_outcome(view)


def _line(view: queries.RunView) -> list[str]:
    words = ["a revision"] if view.run.kind == "revision" else []
    if view.place:
        words.append(f"number {view.place} in the line; the runs before it come first")
    return words


def _pair(name: str, value: object) -> str:
    return f"{name}: {value}"


def show_actions(view: queries.RunView) -> None:
    """What can be done about the run now."""
    run = view.run
    if view.live and not run.cancel:
        st.button(
            "Cancel", key=f"cancel-{run.id}", icon=":material/stop:", on_click=attempt, args=(jobs.cancel, run.id)
        )
    if run.status == "exhausted":
        if st.button("Go on with a larger budget", key=f"enlarge-{run.id}", type="primary", icon=":material/savings:"):
            ask_for_budget(run)
    elif run.status in UNFINISHED and not view.live:
        st.button(
            "Resume",
            key=f"resume-{run.id}",
            type="primary",
            icon=":material/play_arrow:",
            on_click=attempt,
            args=(jobs.resume, run.id),
            kwargs={"by": curator()},
        )
    if run.kind == "synthesis" and not view.live:
        if run.status in ("done", "short") and st.button("More tasks", key=f"extend-{run.id}", icon=":material/add:"):
            ask_for_more(run.id, run.domain, run.options.tasks)
        if st.button("Run again", key=f"rerun-{run.id}", icon=":material/replay:"):
            ask_to_rerun(run.id, run.domain)


@st.dialog("More tasks")
def ask_for_more(id: str, domain: str, now: int) -> None:
    """Asks how many tasks the domain shall have."""
    st.text(
        f"{domain} was asked for {now:,} tasks. Those that it has stay as they are, with all that was said of them."
    )
    tasks = st.number_input("Tasks in all", now + 1, 1_000_000, max(2 * now, now + 20))
    if st.button("Make them", type="primary"):
        _begin(lambda: jobs.extend(id, int(tasks), by=curator()).run.id)


@st.dialog("A larger budget")
def ask_for_budget(run: Run) -> None:
    """Asks what a run may spend in all, and goes on with it."""
    budget = enlarge_budget(run.options.budget, queries.view(run.id).spent)
    if st.button("Go on", type="primary", key=f"enlarged-{run.id}"):

        def start() -> str:
            jobs.resume(run.id, budget=budget, by=curator())
            return run.id

        _begin(start)


@st.dialog("Run again")
def ask_to_rerun(id: str, domain: str) -> None:
    """Asks before a domain is thrown away."""
    st.text(
        f"{domain} with its tools, graph, tasks and runs is thrown away and made anew from the same seed. Edits of "
        "tools and tasks are lost; what curators decided counts again for every task that comes out the same."
    )
    if st.button("Throw away and run again", type="primary"):
        _begin(lambda: jobs.rerun(id, by=curator()).run.id)


def _begin(start: Callable[[], str]) -> None:
    try:
        go_to(start())
    except ScaleEnvError as error:
        tell(error)
        return
    st.rerun()


def show_outcome(view: queries.RunView) -> None:
    """What came of it, and where to go from here."""
    run, counts = view.run, view.run.counts
    if run.status == "failed":
        st.error("The run failed; every finished step is kept. Resume goes on from there.", icon=":material/error:")
        st.text(run.error)
        if view.worker_log:
            st.text(f"What its process said besides: {view.worker_log}")
    elif run.status == "short":
        st.warning(
            f"Only {counts.tasks_audited:,} of {run.options.tasks:,} tasks came about"
            + ("; the others were rejected for:" if view.reasons else "."),
            icon=":material/warning:",
        )
        if view.reasons:
            show(table([{"attempts": number, "why": why} for why, number in list(view.reasons.items())[:5]]))
    elif run.status == "exhausted":
        st.info(
            "What it may spend on language models is spent; every finished step and every answer is kept.",
            icon=":material/savings:",
        )
        st.text(run.error)
    elif run.status in ("cancelled", "interrupted"):
        st.info("It stands still; every finished step is kept. Resume goes on from there.", icon=":material/pause:")
    if not view.exists:
        return
    links = [("tools", "Tools"), ("graph", "Graph"), ("tasks", "Tasks"), ("traces", "Traces")]
    if run.status in ("done", "short") and counts.tasks_audited:
        links.insert(0, ("review", f"Review its {counts.tasks_audited:,} tasks"))
    elif run.status == "done" and run.kind == "synthesis":
        links.insert(0, ("graph", "Look at its graph"))
        links.remove(("graph", "Graph"))
    with st.container(horizontal=True):
        for file, title in links:
            st.page_link(
                f"views/{file}.py",
                label=title,
                icon=":material/arrow_forward:",
                query_params={"domain": run.domain},
            )


def choose_lines(id: str) -> LogFilter:
    """The filter of the log, kept in the address."""
    phases, kinds, words = st.columns([4, 4, 3], vertical_alignment="bottom")
    order = queries.phases(id)
    chosen = phases.pills("Phase", PHASES[:-1], selection_mode="multi", key="phase", bind="query-params")
    return LogFilter(
        phases=tuple(phase for phase in chosen if phase in order),
        kinds=tuple(kinds.pills("Kind", KINDS, selection_mode="multi", key="kind", bind="query-params")),
        words=words.text_input(
            "Words",
            key="words",
            placeholder="all of these words",
            label_visibility="collapsed",
            type="search",
            bind="query-params",
        ),
    )


def show_log(id: str, chosen: LogFilter) -> None:
    """A page of the log, newest first."""
    key = f"log-page-{id}-{hash(chosen)}"
    number = st.session_state.get(key, 1)
    found = queries.log_page(id, chosen, number)
    pages = max(1, -(-found.matching // queries.PER_PAGE))
    if number > pages:  # the run was made anew meanwhile
        del st.session_state[key]
        st.rerun(scope="fragment")
    if not found.events:
        st.caption("No line of the log is like that." if chosen != LogFilter() else "Nothing was said yet.")
        return
    show(
        table(
            [
                {
                    "number": event.seq,
                    "at": time.strftime("%H:%M:%S", time.localtime(event.at)),
                    "phase": event.phase,
                    "kind": badge(event.kind, TONES.get(event.kind, "quiet")),
                    "message": event.message,
                }
                for event in found.events
            ],
            height=420,
        )
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            f"{'more than ' if found.more else ''}{found.matching:,} {'line' if found.matching == 1 else 'lines'}, newest first"
        )
        if pages > 1:
            st.pagination(pages, key=key)


def offer_log(id: str, chosen: LogFilter) -> None:
    """The log as a file, made when it is asked for."""
    for format, label in (("jsonl", "JSONL"), ("csv", "CSV")):
        st.download_button(
            label,
            partial(queries.log_text, id, chosen, format),
            f"{id}-log.{format}",
            key=f"download-{format}-{id}",
            icon=":material/download:",
            on_click="ignore",
            help="The lines that the filter lets through, oldest first.",
        )


def guarded(draw: Callable[..., None], *arguments: object) -> None:
    """Draws a part that looks again and again; a store that is locked for a while breaks nothing off."""
    with told():
        draw(*arguments)


def page() -> None:
    """Draws the page."""
    st.title("Runs")
    known = queries.known()
    if not known:
        say_empty("Nothing was run yet. Start a synthesis on the Domains page.", "domains", "Go to Domains")
        st.fragment(guarded, run_every=REST_SECONDS)(await_first)
        return
    wanted = st.query_params.get("run")
    if wanted is not None and wanted not in known:
        st.warning("The link names a run that is not here; this is the latest one instead:", icon=":material/link_off:")
        st.text(wanted)
    id = wanted if wanted in known else next(iter(known))
    go_to(id)
    # One that is told not to look again is drawn anew with the page, by the run's part, which always looks: another tab,
    # another machine or the command line may go on with a run.
    list_every = LIST_SECONDS if any(status in queries.LIVE for status in known.values()) else None
    live = known[id] in queries.LIVE
    st.fragment(guarded, run_every=list_every)(show_list, id, tuple(known))
    st.fragment(guarded, run_every=LIVE_SECONDS if live else REST_SECONDS)(show_run, id, known)
    if choose_part(id) == "calls":
        with told():
            show_calls_of_run(id, every=LOG_SECONDS if live else None)
        return
    head = st.container(horizontal=True, vertical_alignment="center")
    chosen = choose_lines(id)
    with head:
        st.subheader("Log", anchor=False, width="stretch")
        offer_log(id, chosen)
    st.fragment(guarded, run_every=LOG_SECONDS if live else None)(show_log, id, chosen)


def choose_part(id: str) -> str:
    """What is shown below a run: its log, or what language models were asked, where they were asked anything."""
    if not queries.uses_models(id):
        return "log"
    if "call" in st.query_params:
        st.query_params.setdefault("part", "calls")
    return segment("Part", list(PARTS), "part", scope=id, say=PARTS.__getitem__)


page()
