"""Editing what a task says: the draft stays until it passes every audit, and every change can be taken back."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st
from markupsafe import Markup

from engine.errors import ScaleEnvError
from engine.models.task_edit import TaskEdit, TaskWords
from engine.models.trace import Trace
from engine.tasks.revise import Complaint, Revision
from studio.components.curator import curator
from studio.components.markup import badge, head, row, show, table
from studio.components.messages import tell
from studio.components.tasks.pieces import words_diff
from studio.components.tasks.profile_text import profile_text, read_profile
from studio.components.times import ago, on
from studio.components.traces.step import named
from studio.components.traces.stepper import show_trace
from studio.queries import tasks as queries
from studio.queries.tasks import TaskView


class _Draft(NamedTuple):
    """What an editor was opened on.

    Attributes:
        digest: The task's content then.
        words: What it said then.
    """

    digest: str
    words: TaskWords


class _Outcome(NamedTuple):
    """What came of the last try to save: what is wrong, with the executions that show it."""

    complaints: tuple[Complaint, ...]
    traces: tuple[Trace, ...]


def edit_words(view: TaskView) -> None:
    """The editor for the instruction and the profile."""
    task = view.task
    key = f"draft-{task.domain}-{task.id}"
    draft = _draft(view, key)
    top = st.container()
    words, profile = st.columns([5, 3], gap="small")
    words.text_area("Instruction", key=f"{key}-instruction", height=150, persist_state="session")
    profile.text_area("Profile, one `field: value` a line", key=f"{key}-profile", height=150, persist_state="session")
    if draft.digest != view.digest:
        _changed_meanwhile(view, key)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input("Why (optional)", key=f"{key}-note", max_chars=300, width=360)
        if st.button("Run the audits and save", type="primary", icon=":material/rule:", key=f"{key}-save"):
            _save(view, key, draft)
        st.button("Discard the draft", key=f"{key}-discard", on_click=_discard, args=(key,))
    st.caption("The words count only if every audit passes with them; until then the task stays as it is.")
    outcome: _Outcome | None = st.session_state.get(f"{key}-outcome")
    if outcome is not None:
        with top:
            _show_outcome(outcome, key, task.domain)


def _draft(view: TaskView, key: str) -> _Draft:
    """What the editor was opened on; a draft that nobody touched follows the task."""
    words = TaskWords.of(view.task)
    draft: _Draft | None = st.session_state.get(key)
    fresh = draft is None or f"{key}-instruction" not in st.session_state
    if draft is not None and not fresh and draft.digest != view.digest:
        texts = (st.session_state[f"{key}-instruction"], st.session_state.get(f"{key}-profile"))
        fresh = texts == (draft.words.instruction, profile_text(draft.words.profile))
    if fresh or draft is None:
        draft = _Draft(view.digest, words)
        st.session_state[key] = draft
        st.session_state[f"{key}-instruction"] = words.instruction
        st.session_state[f"{key}-profile"] = profile_text(words.profile)
    return draft


def _changed_meanwhile(view: TaskView, key: str) -> None:
    """Says that the task is another one by now, and offers to go on with the draft."""

    def go_on() -> None:
        st.session_state[key] = _Draft(view.digest, TaskWords.of(view.task))

    with st.container(border=True):
        last = view.edits[-1] if view.edits else None
        show(
            row(
                badge("! changed meanwhile", "warn"),
                f"{last.curator} saved other words {ago(last.at)}." if last else "The task was made again.",
                "Your draft is still here. Read what the task says now, above, before you put yours in its place.",
            )
        )
        st.button("Go on with my draft", key=f"{key}-rebase", on_click=go_on)


def _save(view: TaskView, key: str, draft: _Draft) -> None:
    try:
        words = TaskWords(
            instruction=st.session_state[f"{key}-instruction"].strip(),
            profile=read_profile(st.session_state[f"{key}-profile"], draft.words.profile),
        )
        with st.spinner("Running the audits ..."):
            revision = queries.edit(
                *(view.task.domain, view.task.id, words, curator()),
                started_from=draft.digest,
                note=st.session_state.get(f"{key}-note", ""),
            )
    except ScaleEnvError as error:
        tell(error)
        return
    _told(revision, key, "Every audit passed: the task has its new words.")


def _told(revision: Revision, key: str, words: str) -> None:
    """Shows what came of the audits; where they passed, everything is drawn anew."""
    if revision.counts:
        _discard(key)
        counted = [other.id for other in revision.others if other.audited]
        if counted:
            words += f" {len(counted)} attempt that was its near-duplicate counts as a task now."
        st.session_state["told-about-edit"] = words
        st.rerun()
    failing = {complaint.trace for complaint in revision.complaints}
    traces = tuple(trace for trace in revision.traces if trace.id in failing)
    st.session_state[f"{key}-outcome"] = _Outcome(revision.complaints, traces)


def told_about_edit() -> None:
    """Says once that an edit counts."""
    words = st.session_state.pop("told-about-edit", None)
    if words:
        st.toast(words, icon=":material/check_circle:")


def _discard(key: str) -> None:
    for part in ("", "-instruction", "-profile", "-note", "-outcome"):
        st.session_state.pop(f"{key}{part}", None)


def _show_outcome(outcome: _Outcome, key: str, domain: str) -> None:
    with st.container(border=True):
        show(
            row(badge("✗ not saved", "bad"), "The task keeps its words. What is wrong with the draft:"),
            table(
                (
                    {"check": named(complaint.check), "what is wrong": complaint.problem}
                    for complaint in outcome.complaints
                ),
                tones=["bad"] * len(outcome.complaints),
            ),
        )
        for trace in outcome.traces:
            if st.toggle("The execution that shows it", key=f"{key}-shown-{trace.id}"):
                show_trace(trace, key=f"{key}-trace-{trace.id}", linked=False, domain=domain)


def show_history(view: TaskView, *, editable: bool) -> None:
    """Every edit that counts, the last one first, with what it changed; it can be taken back."""
    key = f"draft-{view.task.domain}-{view.task.id}"
    if not view.edits:
        show(row("Nobody has changed its words: they are as they were made."))
    for edit in reversed(view.edits):
        _show_edit(edit)
        current = edit.digest_after == view.digest and edit is view.edits[-1]
        if editable and view.task.audited and edit.before != TaskWords.of(view.task):
            label = "Take this edit back" if current else "Put back the words from before this edit"
            if st.button(label, icon=":material/undo:", key=f"{key}-revert-{edit.seq}"):
                try:
                    with st.spinner("Running the audits ..."):
                        revision = queries.revert(
                            view.task.domain, view.task.id, edit.seq, curator(), started_from=view.digest
                        )
                except ScaleEnvError as error:
                    tell(error)
                else:
                    _told(revision, key, "The words from before the edit are back; every audit passed.")
    outcome: _Outcome | None = st.session_state.get(f"{key}-outcome")
    if outcome is not None:
        _show_outcome(outcome, key, view.task.domain)


def _show_edit(edit: TaskEdit) -> None:
    show(
        row(badge(f"edit {edit.seq}", "info"), edit.curator, ago(edit.at), on(edit.at), edit.note),
        words_diff(edit.before.instruction, edit.after.instruction)
        if edit.before.instruction != edit.after.instruction
        else Markup(""),
        head("Profile") + words_diff(profile_text(edit.before.profile), profile_text(edit.after.profile))
        if edit.before.profile != edit.after.profile
        else Markup(""),
    )
