"""One action for all tasks that a filter lets through: confirmed with their number, and undone as a whole."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st

from engine.errors import ScaleEnvError
from engine.models.review import ReviewAction
from engine.store.task_filter import TaskFilter
from studio.components.curator import curator
from studio.components.messages import attempt, tell
from studio.queries import tasks as queries

ACTIONS: dict[ReviewAction, tuple[str, str, str]] = {
    "approve": ("Approve", "Approved", "Reason (optional)"),
    "reject": ("Reject", "Rejected", "Reason"),
    "needs_edit": ("Mark as needing an edit", "Marked", "What has to change"),
    "tag": ("Tag", "Tagged", "Tag"),
    "untag": ("Take a tag from", "Untagged", "Tag"),
}
"""The actions: what they are called, what was done, and what their text is."""

NEEDS_TEXT = ("reject", "tag", "untag")
_DONE = "tasks-batch"


class _Done(NamedTuple):
    """The last bulk action, which can be undone."""

    batch: str
    tasks: int
    words: str


def bulk_menu(chosen: TaskFilter, total: int) -> None:
    """The menu of actions for everything that is listed, on all its pages."""
    action = st.menu_button(
        f"All {total:,} tasks",
        list(ACTIONS),
        format_func=lambda action: f"{ACTIONS[action][0]} ...",
        icon=":material/done_all:",
        key="tasks-bulk",
        disabled=not total,
    )
    if action:
        _confirm(chosen, total, action)


@st.dialog("One action for all listed tasks")
def _confirm(chosen: TaskFilter, total: int, action: ReviewAction) -> None:
    verb, done, label = ACTIONS[action]
    st.write(f"{verb} **{total:,} tasks**: all that the filter lets through, on every page of the list.")
    text = st.text_input(label, key=f"tasks-bulk-text-{action}", max_chars=300).strip()
    if st.button(
        f"{verb} {total:,} tasks", type="primary", key="tasks-bulk-do", disabled=action in NEEDS_TEXT and not text
    ):
        try:
            result = queries.review_all(chosen, action, curator(), text, total)
        except ScaleEnvError as error:
            tell(error)
            return
        words = f"{done} {result.tasks:,} tasks." if result.tasks else "Nothing changed: they all had that already."
        st.session_state[_DONE] = _Done(result.batch, result.tasks, words)
        st.rerun()


def undo_offer() -> None:
    """Says what the last bulk action did, and takes it back as a whole."""
    done: _Done | None = st.session_state.get(_DONE)
    if done is None:
        return

    def dismiss() -> None:
        st.session_state.pop(_DONE, None)

    def undo() -> None:
        attempt(_undo, done)

    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(f":material/done_all: {done.words}")
        if done.batch:
            st.button(f"Undo all {done.tasks:,}", icon=":material/undo:", key=f"tasks-undo-{done.batch}", on_click=undo)
        st.button("Close", key=f"tasks-undo-close-{done.batch}", on_click=dismiss)


def _undo(done: _Done) -> None:
    count = queries.undo_batch(done.batch, curator())
    st.session_state[_DONE] = _Done("", 0, f"Undone: {count:,} tasks are as they were before.")
