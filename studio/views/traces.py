"""Traces: any execution, step by step, and two of them side by side."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from engine.models.trace import TraceKind
from engine.store.traces import TraceFilter, TraceSummary
from studio.components.choose import choose_domain, forget_others
from studio.components.empty import say_empty
from studio.components.markup import badge, mono, row, show
from studio.components.picker import Choice, picker
from studio.components.segment import segment
from studio.components.traces.compare import show_comparison
from studio.components.traces.stepper import show_view
from studio.queries import traces as queries

KINDS: dict[TraceKind, str] = {
    "procedural_test": "tests",
    "edge_proof": "edge proofs",
    "audit": "audits",
    "play": "attempts",
    "rollout": "rollouts",
}


def choose_filter(domain: str, words: str, counts: Mapping[tuple[TraceKind, bool], int]) -> TraceFilter:
    """The filters, kept in the address."""
    kinds = {kind: sum(counts.get((kind, passed), 0) for passed in (True, False)) for kind in KINDS}
    offered = ["all", *(kind for kind, count in kinds.items() if count)]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        said = {kind: f"{KINDS[kind]} {count:,}" for kind, count in kinds.items()}
        kind = segment("Kind", offered, "kind", scope=domain, say=lambda name: said.get(name, name))
        verdicts = {
            name: sum(counts.get((one, passed), 0) for one in KINDS if kind in ("all", one))
            for name, passed in (("failed", False), ("passed", True))
        }
        verdict = segment(
            "Verdict",
            ["all", *verdicts],
            "verdict",
            scope=domain,
            say=lambda name: f"{name} {verdicts[name]:,}" if name in verdicts else name,
        )
    subject = st.query_params.get("subject") or None
    if subject is not None:
        with st.container(horizontal=True, vertical_alignment="center"):
            show(row("Only what is evidence for", mono(subject)))
            if st.button("Show all", key=f"no-subject-{domain}"):
                del st.query_params["subject"]
                st.rerun()
    return TraceFilter.model_validate(
        {
            "domain": domain,
            "kind": None if kind == "all" else kind,
            "passed": None if verdict == "all" else verdict == "passed",
            "subject": subject,
            "words": tuple(words.split()[:8]),
        }
    )


def _words() -> str:
    key = "trace-words"
    if key not in st.session_state:
        st.session_state[key] = st.query_params.get("words", "")
    words = st.text_input("Words in title, tool, edge or task", key=key, max_chars=200, type="search").strip()
    _remember("words", words or None)
    return words


def _remember(parameter: str, value: str | None) -> None:
    if value is None:
        st.query_params.pop(parameter, None)
    elif st.query_params.get(parameter) != value:
        st.query_params[parameter] = value


def choose_trace(domain: str, chosen: TraceFilter) -> TraceSummary | None:
    """The list, and the trace that is picked in it or named in the address."""
    state = f"trace-chosen-{domain}"
    last = st.session_state.get(state)
    asked = st.query_params.get("trace") or last
    if last is not None and asked != last:
        _turn(state)  # a link led here, maybe to another page of the list
    current = queries.summary(domain, asked) if asked else None
    if asked and current is None:
        st.warning("The link names a trace that is not here:", icon=":material/link_off:")
        st.text(asked)
    place = queries.neighbours(chosen, current.id) if current is not None else None
    if place is not None and place.place is None and st.session_state.get(f"{state}-filter") not in (None, chosen):
        current = None  # it was picked under another filter
    st.session_state[f"{state}-filter"] = chosen
    # Another filter, and a step to the next trace, lead to the page on which the trace is.
    turn = f"{state}-{abs(hash(chosen))}-{st.session_state.get(f'{state}-turn', 0)}"
    first = f"{turn}-first"
    if first not in st.session_state:
        at = place.place if current is not None and place is not None and place.place is not None else 1
        st.session_state[first] = (at - 1) // queries.LISTED + 1
    page = queries.listed(chosen, st.session_state.get(f"{turn}-page", st.session_state[first]))
    if not page.items and current is None:
        st.info("No trace fits. Loosen the filter.", icon=":material/info:")
        return None
    if current is None:
        current, place = page.items[0], None
    _list(page, current, state, turn)
    with st.container(horizontal=True, vertical_alignment="center"):
        if page.pages > 1:
            st.pagination(page.pages, default=min(st.session_state[first], page.pages), key=f"{turn}-page")
        _neighbours(place or queries.neighbours(chosen, current.id), page.total, state)
    st.session_state[state] = current.id
    _remember("trace", current.id)
    return current


def _list(page: queries.TracePage, current: TraceSummary, state: str, turn: str) -> None:
    """The traces of one page ; a click picks one."""
    picker(
        [
            Choice(
                item.id,
                [
                    "✓ passed" if item.passed else "✗ failed",
                    KINDS[item.kind],
                    item.title,
                    item.subject,
                    str(item.steps),
                ],
                "good" if item.passed else "bad",
                item.title,
            )
            for item in page.items
        ],
        chosen=current.id,
        key=f"{turn}-list",
        on_pick=lambda id: _go(state, id, turn=False),
        columns={"verdict": "92px", "kind": "92px", "what was tried": "48%", "evidence for": "", "steps": "46px"},
    )


def _go(state: str, id: str, *, turn: bool) -> None:
    st.session_state[state] = st.query_params["trace"] = id
    st.query_params.pop("step", None)
    st.query_params.pop("with", None)
    if turn:
        _turn(state)


def _turn(state: str) -> None:
    """Lets the list open on the page where the trace is."""
    st.session_state[f"{state}-turn"] = st.session_state.get(f"{state}-turn", 0) + 1


def _neighbours(around: queries.Neighbours, total: int, state: str) -> None:
    for label, icon, key, id in (
        ("Previous trace", ":material/arrow_back:", "Alt+Left", around.before),
        ("Next trace", ":material/arrow_forward:", "Alt+Right", around.after),
    ):
        st.button(
            label,
            key=f"{state}-{label.split()[0].lower()}",
            icon=icon,
            shortcut=key,
            disabled=id is None,
            on_click=_go,
            args=(state, id or ""),
            kwargs={"turn": True},
        )
    st.caption(f"{around.place:,} of {total:,}" if around.place else f"not among the {total:,} that fit")


def choose_other(domain: str, current: TraceSummary) -> str | None:
    """The trace to compare with, if one is wanted."""
    found = {item.id: item for item in queries.others(domain, current)}
    asked = st.query_params.get("with")
    if asked and asked not in found:
        other = queries.summary(domain, asked)
        if other is None:
            st.warning("The link compares with a trace that is not here:", icon=":material/link_off:")
            st.text(asked)
        else:
            found = {asked: other, **found}
    key = f"trace-with-{domain}-{current.id}"
    if key not in st.session_state:
        st.session_state[key] = asked if asked in found else None
    chosen = st.selectbox(
        "Compare with",
        list(found),
        index=None,
        key=key,
        format_func=lambda id: f"{'✓' if found[id].passed else '✗'} {found[id].title} · {id}",
        placeholder="another trace of the same tool, edge or task"
        if found
        else "there is no other of the same subject",
        label_visibility="collapsed",
        disabled=not found,
    )
    _remember("with", chosen)
    return chosen


def page() -> None:
    """Draws the page."""
    st.title("Traces")
    left, right = st.columns(2)
    with left:
        domain = choose_domain()
    if domain is None:
        return
    forget_others("traces", domain, "trace", "step", "with", "subject")
    counts = queries.counts(domain)
    if not counts:
        say_empty("No trace yet. A run leaves them as it goes. Start one on the Domains page.", "runs", "Go to Runs")
        return
    with right:
        words = _words()
    current = choose_trace(domain, choose_filter(domain, words, counts))
    if current is None:
        return
    view = queries.view(queries.trace(domain, current.id), domain)
    with st.container(horizontal=True, vertical_alignment="center"):
        show(row(badge(KINDS[current.kind]), mono(current.id)))
        other = choose_other(domain, current)
        if current.kind in ("audit", "play") and view.task is not None:
            st.page_link(
                "views/tasks.py",
                label="Task",
                icon=":material/checklist:",
                query_params={"domain": domain, "task": view.task.id},
            )
        st.download_button(
            "JSON",
            data=lambda: view.trace.model_dump_json(indent=2),
            file_name="trace.json",
            mime="application/json",
            icon=":material/download:",
            on_click="ignore",
            key=f"download-{domain}-{current.id}",
        )
    key = f"trace-{domain}-{current.id}"
    if other is None:
        show_view(view, key=key)
    else:
        against = queries.view(queries.trace(domain, other), domain)
        show_comparison(view, against, queries.comparison(view, against), key=f"{key}-with-{other}")


page()
