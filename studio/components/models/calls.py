"""Calls as a list that is filtered, paged and picked from."""

from __future__ import annotations

import time
from typing import Any

import streamlit as st

from engine.models.call import CallOutcome, ModelCall
from engine.models.role import ROLES
from engine.store.call_log import CallFilter
from studio.components.durations import duration
from studio.components.markup import Tone
from studio.components.models.amounts import call_cost
from studio.components.picker import Choice, picker
from studio.queries import calls as queries

OUTCOMES: dict[CallOutcome, tuple[str, Tone]] = {
    "accepted": ("✓ accepted", "good"),
    "corrected": ("↻ corrected", "warn"),
    "refused": ("✗ refused", "bad"),
    "failed": ("! no answer", "bad"),
}
COLUMNS = {
    "came to": "90px",
    "number": "50px",
    "role": "78px",
    "about": "",
    "turn": "66px",
    "tokens": "88px",
    "cost": "58px",
    "took": "48px",
    "model": "104px",
    "at": "54px",
}
"""Heads of the list, with their widths."""

PARAMETER = "call"
LONGEST = 200
"""Letters of a subject that the list gets; the call itself shows all of it."""


def choose_calls(scope: CallFilter) -> CallFilter:
    """The filter of the list, kept in the address.

    Args:
        scope: What the list is limited to anyway.
    """
    roles, outcomes, words = st.columns([2, 2, 3], vertical_alignment="bottom")
    role = _option(roles, "Role", list(ROLES), "role")
    outcome = _option(outcomes, "Outcome", list(OUTCOMES), "outcome")
    typed = words.text_input(
        "Words in tool, task or problem",
        key="call-words",
        type="search",
        max_chars=100,
        placeholder="tool, task, or words of what was wrong",
        label_visibility="collapsed",
    )
    return scope.model_copy(update={"role": role, "outcome": outcome, "words": typed or ""})


def _option(place: Any, label: str, options: list[str], parameter: str) -> str:
    """One of a few, or any; our own words all of them."""
    key, offered = f"call-{parameter}", ["", *options]
    if st.session_state.get(key) not in offered:
        asked = st.query_params.get(parameter)
        st.session_state[key] = asked if asked in offered else ""
    chosen = place.selectbox(
        label,
        offered,
        key=key,
        format_func=lambda name: name.replace("_", " ") or f"any {label.lower()}",
        label_visibility="collapsed",
    )
    if chosen:
        st.query_params[parameter] = chosen
    else:
        st.query_params.pop(parameter, None)
    return str(chosen)


def show_calls(chosen: CallFilter, *, key: str, drawn: str | None) -> None:
    """A page of the calls that fit, newest first; a click on one opens it.

    Args:
        chosen: Which calls.
        key: Tells this list from others.
        drawn: The call that is open on the page, so that another one redraws all of it: the list may be a fragment.
    """
    if st.query_params.get(PARAMETER) != drawn:
        st.rerun()
    state = f"{key}-page-{abs(hash(chosen))}"
    number = int(st.session_state.get(state, 1))
    found = queries.page(chosen, number)
    pages = max(1, -(-found.matching // queries.PER_PAGE))
    if number > pages:  # the run was made anew meanwhile
        del st.session_state[state]
        st.rerun()
    if not found.calls:
        st.caption("No call is like that.")
        return
    picker(
        [_choice(each) for each in found.calls],
        chosen=st.query_params.get(PARAMETER),
        key=key,
        on_pick=open_call,
        columns=COLUMNS,
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"{found.matching:,} {'call' if found.matching == 1 else 'calls'}, newest first")
        if pages > 1:
            st.pagination(pages, key=state)


def open_call(seq: str) -> None:
    """Shows a call; for the callback of a click."""
    st.query_params[PARAMETER] = seq


def _choice(call: ModelCall) -> Choice:
    words, tone = OUTCOMES[call.outcome]
    # Tasks are told apart by their end, which has to fit.
    about = (f"task {call.task}" if call.task else call.subject).replace(f"{call.domain}-", "")
    turn = f"{call.turn}" + (f", repair {call.round}" if call.round else "")
    return Choice(
        id=str(call.seq),
        cells=(
            words,
            str(call.seq),
            call.role.replace("_", " "),
            about if len(about) <= LONGEST else f"{about[: LONGEST - 1]}…",
            turn,
            f"{call.prompt_tokens:,} + {call.completion_tokens:,}",
            call_cost(call),
            "–" if call.cached else duration(call.seconds),
            call.model,
            time.strftime("%H:%M:%S", time.localtime(call.at)),
        ),
        tone=tone,
        title=call.problem or about,
    )
