"""The controls of a decision on a task: buttons with shortcuts, reasons, tags, rating, notes and history."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple, ParamSpec

import streamlit as st

from engine.errors import ScaleEnvError, UsageError
from engine.models.review import ReviewAction, ReviewEntry
from engine.store.review_summary import TAGS, TEXT_LETTERS
from studio.components.curator import curator
from studio.components.markup import Markup, badge, row, show, table
from studio.components.messages import attempt
from studio.components.review.focus import focus
from studio.components.review.unread import too_fast
from studio.components.tasks.pieces import review_badge
from studio.components.times import ago, on
from studio.queries import review as queries
from studio.queries.review import ReviewView

P = ParamSpec("P")

REASONS: dict[str, tuple[str, ...]] = {
    "reject": (
        "Unclear instruction",
        "Not a real need",
        "Too easy",
        "Wrong solution",
        "Gives solution away",
        "Near-duplicate",
    ),
    "needs_edit": (
        "Unnatural wording",
        "Detail is missing",
        "Detail too much",
        "Ambiguous name",
        "Profile does not fit",
        "Wrong difficulty",
    ),
}
"""The usual reasons, in our own words; the keys 1 to 6 pick them."""

ASKS = {"reject": "Why is it rejected?", "needs_edit": "What needs an edit?"}
HISTORY_HEIGHT = 320
"""Greatest height of the history, in pixels."""

_LAST = "last-decision"


class Acts(NamedTuple):
    """What the buttons do, where a page does more than record.

    Attributes:
        decide: Records a decision with its reason; says whether that was done.
        undo: Takes the last decision back.
        skip: Puts the task off; without it there is no such button.
    """

    decide: Callable[[ReviewAction, str], bool]
    undo: Callable[[], None]
    skip: Callable[[], None] | None = None


def decide(domain: str, task_id: str, *, key: str) -> None:
    """Draws a task's review: its state, the buttons, tags, rating, note and history.

    Every button's key names the task: a press that comes late never hits another one.

    Args:
        domain: The task's domain.
        task_id: The task.
        key: Tells this place from others on the page.
    """
    view = queries.review(domain, task_id)
    if not view.audited:
        show(row(badge("rejected by its audits", "bad"), "Curators decide on audited tasks only."))
        return
    name = curator()
    acts = Acts(
        lambda action, text: _decided(view, action, name, text),
        lambda: attempt(queries.record, view, "undo", name),
    )
    draw(view, acts, key=key, undoable=any(entry.curator == name for entry in view.log))


def _decided(view: ReviewView, action: ReviewAction, name: str, text: str) -> bool:
    """Records a decision, unless the key was pressed for the task before: a list may open the next one by itself."""
    task, at = st.session_state.get(_LAST, (None, 0.0))
    if task not in (None, (view.domain, view.task_id)) and too_fast(at):
        return False
    done = succeeded(queries.record, view, action, name, text=text)
    if done:
        st.session_state[_LAST] = ((view.domain, view.task_id), time.monotonic())
    return done


def draw(view: ReviewView, acts: Acts, *, key: str, undoable: bool = True) -> None:
    """Draws a review whose buttons do what a page wants.

    Args:
        view: The review.
        acts: What the buttons do.
        key: Tells this place from others on the page.
        undoable: Whether there is something to undo.
    """
    place = f"{key}-{view.domain}-{view.task_id}"
    asked: str | None = st.session_state.get(f"{place}-asked")
    _show_state(view)
    with st.container(horizontal=True, gap="small"):
        st.button(
            "Approve",
            key=f"approve-{place}",
            shortcut="A",
            type="primary",
            on_click=acts.decide,
            args=("approve", ""),
        )
        for action, label, shortcut in (("reject", "Reject", "X"), ("needs_edit", "Needs edit", "E")):
            st.button(label, key=f"{action}-{place}", shortcut=shortcut, on_click=_ask, args=(place, action))
    with st.container(horizontal=True, gap="small"):
        if acts.skip is not None:
            st.button("Skip", key=f"skip-{place}", shortcut="S", on_click=acts.skip)
        st.button("Undo", key=f"undo-{place}", shortcut="U", on_click=acts.undo, disabled=not undoable)
        st.button("Note", key=f"note-{place}", shortcut="N", on_click=_ask, args=(place, "note"))
    if asked in REASONS:
        _ask_why(view, acts, asked, place)
    elif asked == "note":
        _ask_note(view, place)
    _show_tags_and_rating(view, place)
    if view.log:
        with st.expander(f"History ({len(view.log)})"):
            show(history(view))


def history(view: ReviewView) -> Markup:
    """Everything ever said, newest first; what no longer counts is dimmed."""
    undone = {entry.undoes for entry in view.log}
    listed = list(reversed(view.log))

    def about(entry: ReviewEntry) -> str:
        if entry.action == "undo":
            return f"takes back no. {entry.undoes}"
        said = str(entry.rating) if entry.action == "rate" else entry.text
        marks = [
            *(["in bulk"] if entry.batch else []),
            *(["taken back"] if entry.seq in undone else []),
            *(["of earlier content"] if entry.task_digest != view.digest else []),
        ]
        return " · ".join(part for part in (said, *marks) if part)

    return table(
        [
            {
                "no.": entry.seq,
                "when": on(entry.at),
                "who": entry.curator,
                "what": entry.action.replace("_", " "),
                "": about(entry),
            }
            for entry in listed
        ],
        tones=[
            "quiet" if entry.seq in undone or entry.action == "undo" or entry.task_digest != view.digest else None
            for entry in listed
        ],
        height=HISTORY_HEIGHT,
    )


def _show_state(view: ReviewView) -> None:
    summary = view.summary
    parts: list[Markup | str] = [review_badge(summary.state)]
    for name, decision in summary.decisions.items():
        parts.append(row(name, review_badge(decision)) if summary.reviewers > 1 else f"by {name}")
    if summary.agreed is False:
        parts.append(badge("disagreed", "warn"))
    if summary.reviewed_at is not None:
        parts.append(ago(summary.reviewed_at))
    if summary.rating is not None:
        parts.append(f"★ {summary.rating:.1f}")
    reason = next((e.text for e in reversed(view.log) if e.seq in summary.seqs.values() and e.text), "")
    show(row(*parts), *([Markup('<div class="se-said">{}</div>').format(reason)] if reason else []))


def succeeded(action: Callable[P, object], *arguments: P.args, **named: P.kwargs) -> bool:
    """Does what a button asks for; where that fails, the error is shown above what comes next."""
    try:
        action(*arguments, **named)
    except ScaleEnvError as error:
        attempt(_fail, error)
        return False
    return True


def _fail(error: ScaleEnvError) -> None:
    raise error


def _ask(place: str, what: str | None) -> None:
    """Opens a panel, or closes it where it is open."""
    shown = st.session_state.get(f"{place}-asked")
    st.session_state[f"{place}-asked"] = None if shown == what else what
    st.session_state[f"{place}-free"] = False
    st.session_state["asked-turns"] = st.session_state.get("asked-turns", 0) + 1


def _free(place: str) -> None:
    st.session_state[f"{place}-free"] = True
    st.session_state["asked-turns"] = st.session_state.get("asked-turns", 0) + 1


def _ask_why(view: ReviewView, acts: Acts, action: str, place: str) -> None:
    """The usual reasons by digit, and one in the curator's own words."""

    def answer(text: str) -> None:
        if acts.decide(action, text):  # type: ignore[arg-type]
            st.session_state[f"{place}-asked"] = None

    def own() -> None:
        text = str(st.session_state.get(f"{place}-{action}-words") or "").strip()
        if text:
            answer(text)
        else:
            attempt(_fail, UsageError("Say why in a few words, or pick one of the reasons."))

    with st.container(border=True, gap="xsmall", key=f"why-{place}"):
        show(row(ASKS[action]))
        columns = st.columns(2, gap="xsmall")
        for at, reason in enumerate(REASONS[action]):
            columns[at % 2].button(
                reason,
                key=f"{action}-{at + 1}-{place}",
                shortcut=str(at + 1),
                on_click=answer,
                args=(reason,),
                width="stretch",
            )
        with (
            st.form(f"{action}-form-{place}", border=False),
            st.container(horizontal=True, gap="xsmall", vertical_alignment="bottom"),
        ):
            st.text_input(
                "In your own words",
                key=f"{place}-{action}-words",
                max_chars=TEXT_LETTERS,
                placeholder="In your own words",
                label_visibility="collapsed",
            )
            st.form_submit_button("Record", key=f"{action}-own-{place}", on_click=own)
        with st.container(horizontal=True, gap="xsmall"):
            st.button("Write", key=f"{action}-other-{place}", shortcut="W", on_click=_free, args=(place,))
            st.button("Back", key=f"{action}-back-{place}", shortcut="Escape", on_click=_ask, args=(place, action))
    if st.session_state.get(f"{place}-free"):
        focus(f"why-{place}", f"{place}-{st.session_state['asked-turns']}")


def _ask_note(view: ReviewView, place: str) -> None:
    def save() -> None:
        words = str(st.session_state.get(f"{place}-note-words") or "")
        if succeeded(queries.record, view, "note", curator(), text=words):  # else it stays in the field
            st.session_state[f"{place}-asked"] = None

    with st.container(border=True, key=f"notes-{place}"), st.form(f"note-form-{place}", border=False):
        st.text_area("Note", key=f"{place}-note-words", max_chars=TEXT_LETTERS, height=80)
        st.form_submit_button("Save the note", key=f"note-save-{place}", on_click=save)
    focus(f"notes-{place}", f"{place}-{st.session_state.get('asked-turns', 0)}")


def _show_tags_and_rating(view: ReviewView, place: str) -> None:
    name = curator()
    tags, stars = f"{place}-tags", f"{place}-stars"
    rating = view.rating_of(name)
    # What the store says counts, whoever changed it since this was drawn last.
    st.session_state[tags] = list(view.summary.tags)
    st.session_state[stars] = None if rating is None else rating - 1

    def retag() -> None:
        attempt(queries.retag, view, list(st.session_state[tags]), name)

    def rate() -> None:
        chosen = st.session_state[stars]
        if chosen is not None:
            attempt(queries.record, view, "rate", name, rating=chosen + 1)

    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.multiselect(
            "Tags",
            sorted({*view.summary.tags, *queries.known_tags()}),
            key=tags,
            on_change=retag,
            accept_new_options=True,
            max_selections=TAGS,
            placeholder="Tags",
            label_visibility="collapsed",
        )
        st.feedback("stars", key=stars, on_change=rate)
