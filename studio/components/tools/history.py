"""The edits of a tool: what was proposed, what came of it, and the way back."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from markupsafe import Markup

from engine.models.tool import Tool
from engine.models.tool_edit import ToolEdit
from studio.components.diff import diff
from studio.components.markup import Tone, badge, head, quote, row, show
from studio.components.times import ago, on
from studio.components.tools.editor import begin_from
from studio.components.tools.tests import show_cases, show_reasons
from studio.queries import tools as queries

STATES: dict[str, tuple[str, Tone]] = {
    "waiting": ("… being tested", "info"),
    "refused": ("✗ refused", "bad"),
    "counts": ("✓ counts", "good"),
    "superseded": ("superseded", "quiet"),
}


def show_history(view: queries.ToolView, edits: Sequence[ToolEdit]) -> None:
    """All edits, newest first."""
    if not edits:
        st.info("Nobody has edited this tool. Change its code or contract under “Edit”.", icon=":material/info:")
        return
    for number, edit in enumerate(edits):
        words, tone = STATES[edit.state]
        with st.container(border=True):
            show(
                row(
                    Markup("<b>Edit {}</b>").format(edit.seq),
                    badge(words, tone),
                    f"by {edit.curator}",
                    f"{ago(edit.at)} ({on(edit.at)})",
                )
            )
            if edit.note:
                show(quote(edit.note))
            show(changes(edit.before, edit.after))
            with st.container(horizontal=True):
                st.button(
                    "Edit from the version before it",
                    key=f"undo-{edit.seq}",
                    icon=":material/undo:",
                    on_click=begin_from,
                    args=(view, edit.before, f"Takes back edit {edit.seq}."),
                    disabled=edit.before == view.tool,
                )
                st.button(
                    "Edit from this version",
                    key=f"redo-{edit.seq}",
                    icon=":material/edit:",
                    on_click=begin_from,
                    args=(view, edit.after, f"From edit {edit.seq}."),
                    disabled=edit.after == view.tool,
                )
            if edit.state == "refused" and edit.report is not None:
                show_reasons(edit.report.reasons)
                if number == 0 or st.toggle("Show its test cases", key=f"cases-of-{edit.seq}"):
                    show_evidence(edit)


def show_evidence(edit: ToolEdit) -> None:
    """The cases of a proposal that was refused, with their executions."""
    found = queries.evidence(edit.seq)
    traces = {trace.id: trace for trace in found.traces}
    show_cases(found.cases, traces.get, key=f"evidence-{edit.seq}")


def changes(before: Tool, after: Tool) -> Markup:
    """What differs between two versions of a tool."""
    pieces: list[Markup] = []
    for name in ("description", "summary", "source"):
        if getattr(before, name) != getattr(after, name):
            pieces += [head(name.capitalize()), diff(getattr(before, name), getattr(after, name))]
    if before.contract != after.contract:
        old, new = (queries.contract_text(each.model_dump_json()) for each in (before, after))
        pieces += [head("Contract"), diff(old, new)]
    return Markup("").join(pieces) or Markup('<div class="se-dimmed">Nothing differs.</div>')
