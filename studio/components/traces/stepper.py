"""One trace, step by step: every call in full, an overview of all, forwards and backwards."""

from __future__ import annotations

import re
from collections.abc import Sequence

import streamlit as st

from engine.models.trace import Trace, TraceStep
from studio.components.markup import badge, head, mono, row, show
from studio.components.picker import Choice, picker
from studio.components.traces.step import SIGNS, rows_markup, state_markup, step_markup
from studio.queries import traces as queries
from studio.queries.traces import TraceView

NAMES_UP_TO = 8
"""Steps of a trace up to which the overview has room for the tools' names."""


def show_trace(trace: Trace, *, key: str, linked: bool = True, narrow: bool = False, domain: str | None = None) -> None:
    """The trace's verdict, an overview of its calls and a stepper over them.

    Args:
        trace: Any execution.
        key: Tells this stepper from others on the page.
        linked: Keep the step in the address.
        narrow: There is room for one column only.
        domain: Where the trace belongs; the domain that the page shows where left out.
    """
    show_view(queries.view(trace, domain or st.session_state.get("last-domain")), key=key, linked=linked, narrow=narrow)


def show_view(view: TraceView, *, key: str, linked: bool = True, narrow: bool = False) -> None:
    """The same for a trace that was read with its surroundings."""
    verdict_line(view.trace)
    _stepper(view, key, linked, narrow)


def verdict_line(trace: Trace) -> None:
    """What was tried and what it showed."""
    tone, words = ("good", "✓ passed") if trace.passed else ("bad", "✗ failed")
    if trace.verdict == "not finished":
        tone, words = "info", "… open"
    show(
        row(
            badge(words, tone),
            trace.title,
            *([trace.verdict] if trace.verdict else []),
            *(["clock", mono(trace.now.replace("T", " "))] if trace.now else []),
        )
    )


@st.fragment
def _stepper(view: TraceView, key: str, linked: bool, narrow: bool) -> None:
    """Alone in its fragment: a step redraws nothing else."""
    steps = view.trace.steps
    at = 0
    if not steps:
        show(row("Nothing was called."))
    else:
        at = pick_step(overview(steps), key, linked=linked)
        show(step_markup(steps[at], view.origins[at], narrow=narrow))
    if view.rows is None:
        return
    # Buttons and no switches: the arrow keys do nothing while a switch has the focus.
    with st.container(horizontal=True):
        after = shows("the database after this step", f"{key}-after") if steps else False
        initial = shows("all initial rows", f"{key}-initial")
    if after:
        show(head("The database after this step: what its calls touched"), state_markup(view.state(at)))
    if initial:
        show(head("All initial rows"), rows_markup(view.rows))


def shows(what: str, key: str) -> bool:
    """A button that shows something and hides it again, and whether it is shown."""
    shown = bool(st.session_state.get(f"{key}-shown"))

    def turn() -> None:
        st.session_state[f"{key}-shown"] = not shown

    icon = ":material/expand_less:" if shown else ":material/expand_more:"
    st.button(f"{'Hide' if shown else 'Show'} {what}", key=f"{key}-turn", icon=icon, on_click=turn, type="tertiary")
    return shown


def overview(steps: Sequence[TraceStep]) -> list[Choice]:
    """The steps with their verdicts by colour and sign, and their tools where there is room."""
    roomy = len(steps) <= NAMES_UP_TO
    return [
        Choice(
            str(step.index + 1),
            [SIGNS[step.outcome][0], f"{step.index + 1} {step.call.name}" if roomy else str(step.index + 1)],
            SIGNS[step.outcome][1],
            f"step {step.index + 1}: {step.call.name}, {SIGNS[step.outcome][2]}",
        )
        for step in steps
    ]


def pick_step(choices: Sequence[Choice], key: str, *, linked: bool, start: int = 1) -> int:
    """Lets the user go to a step by the overview, a slider, buttons or the arrow keys; returns its index.

    Args:
        choices: What the overview shows of each step; their ids are their numbers from 1.
        key: Tells this one from others on the page.
        linked: Keep the step in the address.
        start: Number of the step to begin with where the address names none.
    """
    count = len(choices)
    name = f"{key}-step"
    if name not in st.session_state:
        asked = st.query_params.get("step", "") if linked else ""
        st.session_state[name] = int(asked) if re.fullmatch("[0-9]{1,6}", asked) else start
    at = st.session_state[name] = min(max(st.session_state[name], 1), count)
    if count > 1:
        _controls(choices, key, name)
    if linked and st.query_params.get("step") != str(at):
        st.query_params["step"] = str(at)
    return at - 1


def _controls(choices: Sequence[Choice], key: str, name: str) -> None:
    count = len(choices)

    def move(by: int) -> None:
        st.session_state[name] = min(max(st.session_state[name] + by, 1), count)

    def jump(number: str) -> None:
        st.session_state[name] = int(number)

    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button("Back", key=f"{key}-back", shortcut="Left", on_click=move, args=(-1,))
        st.button("Next", key=f"{key}-next", shortcut="Right", on_click=move, args=(1,))
        st.slider("Step", 1, count, key=name, label_visibility="collapsed")
    picker(choices, chosen=str(st.session_state[name]), key=f"{key}-strip", on_pick=jump)
