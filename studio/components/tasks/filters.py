"""Which tasks are listed, and in what order: widgets that begin with what the address says, and keep it there."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, cast, get_args

import streamlit as st

from engine.models.task import Difficulty
from engine.store.task_filter import TaskFilter, TaskSort
from engine.store.tasks import TaskFigures
from studio.components.segment import settle
from studio.queries.tasks import Facets

SHOWN: dict[str, tuple[str, dict[str, Any]]] = {
    "all": ("All", {}),
    "open": ("Open", {"review": "open"}),
    "needs_edit": ("Needs edit", {"review": "needs_edit"}),
    "approved": ("Approved", {"review": "approved"}),
    "rejected": ("Rejected", {"review": "rejected"}),
    "disagreed": ("Disagreed", {"disagreed": True}),
    "stale": ("Stale", {"stale": True}),
    "attempts": ("Failed attempts", {"state": "rejected"}),
}
"""The ready-made choices: name in the address -> label and what of the filter they set."""

SORTS: dict[TaskSort, str] = {
    "position": "number",
    "difficulty": "difficulty",
    "steps": "steps",
    "review": "review state",
    "rating": "rating",
    "reviewed_at": "last reviewed",
    "reviewers": "reviewers",
}

PARTS = (
    *("show", "words", "domain", "difficulty", "least", "most", "tool", "tag", "rating", "edited", "sort", "down"),
    *("page", "task", "of"),
)
"""Query parameters of the page."""

_MORE = ("difficulty", "least", "most", "tool", "tag", "rating", "edited")
_REMEMBERED = "tasks-address"
_LONGEST = 300


class Asked(NamedTuple):
    """What a user wants to see.

    Attributes:
        chosen: Which tasks.
        further: How many filters are set that are not in sight.
    """

    chosen: TaskFilter
    sort: TaskSort
    descending: bool
    further: int


def key(part: str) -> str:
    """The widget key of a part of the filter."""
    return f"tasks-{part}"


def read_address(facets: Facets) -> bool:
    """Sets the widgets to what the address says, where it is not what they wrote there; whether it did.

    A user who comes back to the page by its name finds the filter as it was left.
    """
    said = {name: st.query_params.get_all(name) for name in PARTS if name in st.query_params}
    extra = {
        name: st.query_params[name] for name in ("review", "state", "disagreed", "stale") if name in st.query_params
    }
    remembered: dict[str, list[str]] | None = st.session_state.get(_REMEMBERED)
    if said == remembered and not extra and key("show") in st.session_state:
        return False
    if not said and not extra:
        last = st.session_state.get("last-domain")
        said = remembered or ({"domain": [last]} if last in facets.domains else {})
    _set(said, extra, facets)
    return True


def _set(said: Mapping[str, list[str]], extra: Mapping[str, str], facets: Facets) -> None:
    def one(name: str) -> str:
        return said.get(name, [""])[-1][:_LONGEST]

    def among(name: str, options: Any, default: str | None = None) -> str | None:
        return one(name) if one(name) in options else default

    def number(name: str, low: int, high: int) -> int | None:
        return min(max(int(one(name)), low), high) if re.fullmatch(r"[0-9]{1,6}", one(name)) else None

    for name in said.get("domain", []):
        if name not in facets.domains:
            st.session_state["tasks-lost"] = ("domain", name)
    state = st.session_state
    state[key("show")] = among("show", SHOWN) or _older(extra)
    state[key("words")] = one("words")
    state[key("domain")] = [name for name in facets.domains if name in said.get("domain", [])]
    state[key("difficulty")] = among("difficulty", get_args(Difficulty))
    state[key("least")] = number("least", 1, 99)
    state[key("most")] = number("most", 1, 99)
    state[key("tool")] = among("tool", facets.tools)
    state[key("tag")] = among("tag", facets.tags)
    state[key("rating")] = number("rating", 1, 5)
    state[key("edited")] = one("edited") == "1"
    state[key("sort")] = among("sort", SORTS, "position")
    state[key("down")] = one("down") == "1"
    state["tasks-at"] = number("page", 1, 999_999) or (None if one("task") else 1)
    state["tasks-open"] = (one("of") or among("domain", facets.domains) or "", one("task")) if one("task") else None


def _older(extra: Mapping[str, str]) -> str:
    """The ready-made choice that a link means which names a state instead."""
    if extra.get("state") == "rejected":
        return "attempts"
    for name in ("disagreed", "stale"):
        if extra.get(name) not in (None, "", "0", "false"):
            return name
    return extra["review"] if extra.get("review") in SHOWN else "all"


def choose_tasks(facets: Facets, figures: Callable[[tuple[str, ...]], TaskFigures]) -> Asked:
    """Draws the filter.

    Args:
        facets: What it can choose from.
        figures: How many tasks of some domains are in which state.
    """
    state = st.session_state
    _keep_what_is_there(facets)
    counts = figures(tuple(state[key("domain")]))
    numbers = {**counts.model_dump(), "all": counts.audited}
    settle(key("show"), list(SHOWN), "all")
    st.segmented_control(
        "Which tasks",
        list(SHOWN),
        format_func=lambda name: f"{SHOWN[name][0]} {numbers[name]:,}",
        key=key("show"),
        required=True,
        label_visibility="collapsed",
        on_change=_first_page,
    )
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.text_input(
            "Search", key=key("words"), type="search", live=True, placeholder="words, a tool, an id", on_change=_first_page
        )  # fmt: skip
        st.multiselect(
            "Domains", facets.domains, key=key("domain"), placeholder="all domains", on_change=_first_page, width=320
        )
        st.selectbox(
            "Sort by", list(SORTS), format_func=SORTS.__getitem__, key=key("sort"), on_change=_first_page, width=150
        )
        st.toggle("Descending", key=key("down"), on_change=_first_page)
        further = sum(1 for name in _MORE if state.get(key(name)) not in (None, False, ""))
        with st.popover(f"Filters ({further})" if further else "Filters", icon=":material/filter_list:"):
            _further(facets)
    return _asked(further)


def _keep_what_is_there(facets: Facets) -> None:
    """Domains may be deleted while they are chosen."""
    chosen = st.session_state[key("domain")]
    left = [name for name in chosen if name in facets.domains]
    if left != chosen:
        st.session_state[key("domain")] = left


def _with_chosen(options: list[str], name: str) -> list[str]:
    """The options, and what is chosen even if no task has it any more: the filter must not change by itself."""
    chosen = st.session_state[key(name)]
    return options if chosen is None or chosen in options else [chosen, *options]


def _further(facets: Facets) -> None:
    """The filters that are needed less often."""
    tools, tags = _with_chosen(facets.tools, "tool"), _with_chosen(facets.tags, "tag")
    st.pills("Difficulty", list(get_args(Difficulty)), key=key("difficulty"), on_change=_first_page)
    with st.container(horizontal=True):
        st.number_input("Steps, at least", 1, 99, None, key=key("least"), on_change=_first_page, width=150)
        st.number_input("Steps, at most", 1, 99, None, key=key("most"), on_change=_first_page, width=150)
    st.selectbox("Tool of the solution", tools, None, key=key("tool"), placeholder="any", on_change=_first_page)
    st.selectbox("Tag", tags, None, key=key("tag"), placeholder="any", on_change=_first_page)
    st.number_input("Rating, at least", 1, 5, None, key=key("rating"), on_change=_first_page, width=150)
    st.checkbox("Only tasks whose words were edited", key=key("edited"), on_change=_first_page)

    def clear() -> None:
        for name in _MORE:
            st.session_state[key(name)] = False if name == "edited" else None
        _first_page()

    st.button("Clear these filters", key=key("clear"), on_click=clear)


def _first_page() -> None:
    """Other tasks are listed: from their first page on, and the next one to open is their first."""
    st.session_state["tasks-at"] = 1
    st.session_state["tasks-row"] = 0


def _asked(further: int) -> Asked:
    state = st.session_state
    shown = SHOWN[state[key("show")]][1]
    chosen = TaskFilter(
        domains=tuple(state[key("domain")]),
        text=state[key("words")].strip()[:_LONGEST] or None,
        difficulty=state[key("difficulty")],
        least_steps=state[key("least")],
        most_steps=state[key("most")],
        tool=state[key("tool")],
        tag=state[key("tag")],
        least_rating=state[key("rating")],
        edited=True if state[key("edited")] else None,
        **{"state": "audited", **shown},
    )
    return Asked(chosen, cast("TaskSort", state[key("sort")]), state[key("down")], further)


def write_address(opened: tuple[str, str] | None) -> None:
    """Puts what is shown into the address; what is as usual is left out."""
    state = st.session_state
    usual: dict[str, Any] = {"show": "all", "sort": "position", "page": 1}
    said: dict[str, list[str]] = {}
    for name in PARTS[:12]:
        value = state[key(name)]
        if name == "domain":
            values = list(value)
        elif value in (None, "", False) or value == usual.get(name):
            values = []
        else:
            values = ["1"] if value is True else [str(value).strip()]
        if any(values):
            said[name] = values
    if state["tasks-at"] != 1:
        said["page"] = [str(state["tasks-at"])]
    if opened is not None:
        said["task"] = [opened[1]]
        if state[key("domain")] != [opened[0]]:
            said["of"] = [opened[0]]
    for name in [
        name for name in st.query_params if name in PARTS or name in ("review", "state", "disagreed", "stale")
    ]:
        if name not in said:
            del st.query_params[name]
    for name, values in said.items():
        if st.query_params.get_all(name) != values:
            st.query_params[name] = values
    st.session_state[_REMEMBERED] = said
    if len(state[key("domain")]) == 1:
        st.session_state["last-domain"] = state[key("domain")][0]
