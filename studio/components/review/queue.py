"""The review queue: the task that is served, its decision beside it, and how far everybody is."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

import streamlit as st

from engine.errors import ScaleEnvError
from engine.models.review import ReviewAction
from studio.components.curator import curator
from studio.components.empty import say_empty
from studio.components.markup import Markup, badge, head, mono, row, show
from studio.components.messages import attempt, show_last_error, told
from studio.components.review.decide import Acts, draw, succeeded
from studio.components.review.queue_filter import QueueChoice
from studio.components.review.unread import too_fast
from studio.components.tasks.brief import audit_badges, show_brief
from studio.components.tasks.pieces import review_badge
from studio.components.times import ago
from studio.queries import review as queries
from studio.queries.review import QueueItem, Standing

LIVE = 5.0
"""Seconds between two looks at what others do."""

HOUSE_RULES = (
    "Would a real person ask for this, in these words?",
    "Can it be done with what the instruction, the profile and the tools say, in one way only?",
    "Does the instruction keep the solution to itself: no tool names, no ids that a user would not know?",
    "Is every change of the solution asked for, and nothing more?",
    "Does the difficulty fit?",
)

_AT, _WANTED, _DRAWN, _KEPT = "queue-at", "queue-wanted", "queue-drawn", "queue-kept"


@st.fragment
def show_queue(choice: QueueChoice) -> None:
    """Serves tasks; reruns alone, so that the next one is there at once."""
    show_last_error()
    with told():
        _serve(choice, curator())


def _serve(choice: QueueChoice, name: str) -> None:
    before: tuple[str, tuple[str, str]] | None = st.session_state.get(_AT)
    if before is not None and before[0] != name:
        queries.leave(before[0], before[1])  # the curator took another name
        before = None
    item = queries.serve(
        name, choice.chosen, choice.mode, st.session_state.get(_WANTED), None if before is None else before[1]
    )
    st.session_state[_KEPT] = None if item is None else item.served
    if item is None:
        st.session_state[_AT] = None
        show_standing(choice, name)
        _say_done(choice, name)
        return
    at = (name, (item.served.domain, item.served.task_id))
    above = st.container()  # counted last, so that the next task does not wait for it
    task, review = st.columns([5, 3], gap="medium")
    with task:
        show_brief(item.task, *([badge("skipped before", "quiet")] if item.served.skipped else []))
        if st.session_state.get(_AT) != at:
            st.session_state[_AT] = at
            st.session_state[_DRAWN] = time.monotonic()
    with review:
        draw(item.review, _acts(item, name), key="queue")
        show(
            head("Audits"),
            audit_badges(item.task.task.audits),
            head("Before you decide"),
            Markup('<div class="se-house">{}</div>').format(_rules()),
        )
    with above:
        show_standing(choice, name)


def _rules() -> Markup:
    return Markup("").join(Markup("<div>{}</div>").format(rule) for rule in HOUSE_RULES)


def _acts(item: QueueItem, name: str) -> Acts:
    """What the buttons of this very task do."""

    def decide(action: ReviewAction, text: str) -> bool:
        return not _too_fast() and succeeded(_then_next, lambda: queries.decide(item, action, name, text))

    def skip() -> None:
        if not _too_fast():
            attempt(_then_next, lambda: queries.skip(item.served, name))

    def undo() -> None:
        if not _too_fast():
            attempt(_go_back, name, item)

    return Acts(decide, undo, skip)


def _then_next(act: Callable[[], object]) -> None:
    try:
        act()
    finally:
        st.session_state.pop(_WANTED, None)


def _go_back(name: str, item: QueueItem | None) -> None:
    st.session_state[_WANTED] = queries.undo_last(name, None if item is None else item.served)


def _too_fast() -> bool:
    """Whether the task was shown too shortly ago for the press to be meant for it; such a press does nothing.

    A key that is held down repeats itself, so each press that is not counted prolongs the wait.
    """
    if not too_fast(st.session_state.get(_DRAWN, 0.0)):
        return False
    st.session_state[_DRAWN] = time.monotonic()
    return True


@st.fragment(run_every=LIVE)
def show_standing(choice: QueueChoice, name: str) -> None:
    """How far the queue is and what others do, looked up again and again; keeps the task that is looked at."""
    kept = st.session_state.get(_KEPT)
    if kept is not None:
        with suppress(ScaleEnvError):  # where the store is busy, the next turn is early enough
            st.session_state[_KEPT] = queries.stay(kept, name)
        if st.session_state[_KEPT] is None:
            st.rerun()
    with told():
        show(standing_markup(queries.standing(name, choice.chosen, choice.mode)))


def standing_markup(found: Standing) -> Markup:
    """Progress, pace and the others, in two lines."""
    progress = found.progress
    whole = progress.decided + progress.open
    share = 100 * progress.decided / whole if whole else 100
    mine = [f"you today: {found.today:,}"]
    if found.pace.per_hour is not None and found.pace.seconds is not None:
        mine += [f"{found.pace.per_hour:,.0f} an hour", f"{found.pace.seconds:,.0f} s a task"]
    said = [
        f"{progress.decided:,} of {whole:,} decided",
        f"{progress.open:,} open",
        *([f"{progress.leased:,} with others"] if progress.leased else []),
        *([f"{progress.skipped:,} skipped by you"] if progress.skipped else []),
        *mine,
    ]
    parts: list[Markup] = [
        Markup(
            '<div class="se-queue"><span class="se-meter"><b style="width:{}%"></b></span><span>{}</span></div>'
        ).format(f"{share:.1f}", " · ".join(said))
    ]
    others = [
        Markup("<span>{} is at {}</span>").format(lease.curator, mono(lease.task_id)) for lease in found.others[:3]
    ]
    latest = [
        Markup("<span>{} {} {}</span>").format(each.curator, review_badge(_STATE[each.action]), ago(each.at))
        for each in found.recent[:2]
    ]
    if others or latest:
        parts.append(row(*others, *([Markup("<span>last decided:</span>")] if latest else []), *latest))
    return Markup("").join(parts)


_STATE = {"approve": "approved", "reject": "rejected", "needs_edit": "needs_edit"}


def _say_done(choice: QueueChoice, name: str) -> None:
    """Nothing is left to serve: why, and where it goes on."""
    progress = queries.standing(name, choice.chosen, choice.mode).progress
    with st.container(horizontal=True):
        st.button("Undo", key="undo-nothing-left", shortcut="U", on_click=attempt, args=(_go_back, name, None))
    if progress.open:
        count = "The last open task is" if progress.open == 1 else f"The last {progress.open:,} open tasks are"
        say_empty(f"{count} with other curators now. What they leave comes back here by itself.")
    elif choice.narrowed:
        say_empty("No task under this filter waits for you. Loosen the filter, or go on with the datasets.")
    elif choice.mode == "second_opinion":
        say_empty(
            "No task waits for your second opinion. See on the Agreement tab where curators differ.",
            "datasets",
            "Make a dataset",
        )
    else:
        say_empty(
            "Every task is decided. Give second opinions, or make a dataset of the approved tasks.",
            "datasets",
            "Make a dataset",
        )
