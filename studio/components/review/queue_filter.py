"""Which tasks the review queue serves, kept in the address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, get_args

import streamlit as st

from engine.models.task import Difficulty
from engine.store.review_queue import QueueMode
from engine.store.task_filter import TaskFilter
from studio.components.empty import say_empty
from studio.components.segment import settle
from studio.queries import review as queries
from studio.queries import tasks

MODES: dict[QueueMode, str] = {"undecided": "Undecided", "second_opinion": "Second opinion"}


class QueueChoice(NamedTuple):
    """What a curator wants to be served.

    Attributes:
        narrowed: Whether the filter leaves anything out.
    """

    chosen: TaskFilter
    mode: QueueMode
    narrowed: bool


def choose_queue() -> QueueChoice | None:
    """The filter in one line; says what to do next where there is no task at all."""
    facets = tasks.facets()
    if not facets.domains:
        say_empty("There is nothing to review yet. Start a domain on the Domains page.", "domains", "Go to Domains")
        return None
    if not queries.count_tasks(TaskFilter(state="audited")):
        say_empty(
            "There is no audited task yet. Start a run with tasks on the Domains page.", "domains", "Go to Domains"
        )
        return None
    _from_address({"domain": facets.domains, "difficulty": get_args(Difficulty), "tag": facets.tags})
    settle("queue-mode", list(MODES), "undecided")
    columns = st.columns([2.2, 2, 1.5, 1.8, 2.5], vertical_alignment="bottom")
    with columns[0]:
        mode = st.segmented_control(
            "Serve",
            list(MODES),
            format_func=MODES.__getitem__,
            key="queue-mode",
            required=True,
            label_visibility="collapsed",
        )
    domain = _select(columns[1], "domain", "all domains", facets.domains)
    difficulty: Any = _select(columns[2], "difficulty", "any difficulty", get_args(Difficulty))
    tag = _select(columns[3], "tag", "any tag", facets.tags)
    with columns[4]:
        words = st.text_input(
            "Words", key="queue-words", placeholder="Words in it", max_chars=200, label_visibility="collapsed"
        ).strip()
    kept = {"domain": domain, "difficulty": difficulty, "tag": tag, "words": words}
    for name, value in {"mode": None if mode == "undecided" else mode, **kept}.items():
        if value:
            st.query_params[name] = value
        else:
            st.query_params.pop(name, None)
    chosen = TaskFilter(state="audited", domain=domain, difficulty=difficulty, tag=tag, text=words or None)
    return QueueChoice(chosen, mode or "undecided", any(kept.values()))


def _select(place: Any, name: str, none: str, options: Sequence[str]) -> str | None:
    """One of several or none; options are shown as plain text."""
    chosen = place.selectbox(
        name,
        ["", *options],
        key=f"queue-{name}",
        format_func=lambda each: each or none,
        label_visibility="collapsed",
    )
    return chosen or None


def _from_address(options: Mapping[str, Sequence[str]]) -> None:
    """Takes the filter over from the address when the page is opened; what is not there is named, and left aside."""
    if "queue-mode" in st.session_state:
        return
    mode = st.query_params.get("mode")
    st.session_state["queue-mode"] = mode if mode in MODES else "undecided"
    st.session_state["queue-words"] = st.query_params.get("words", "")[:200]
    for name, listed in options.items():
        wanted = st.query_params.get(name)
        if wanted is not None and wanted not in listed:
            st.warning(f"The link names a {name} that is not here:", icon=":material/link_off:")
            st.text(wanted)
            wanted = None
        st.session_state[f"queue-{name}"] = wanted or ""
