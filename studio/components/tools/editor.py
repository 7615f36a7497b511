"""The editor of a tool: a draft that is checked while it is written, and proposed when it is ready."""

from __future__ import annotations

import streamlit as st
from markupsafe import Markup

from engine.errors import ScaleEnvError
from engine.models.run import REVISION_PHASES, Run
from engine.models.tool import Tool
from studio import jobs
from studio.components.code_editor import code_editor, has_draft, put, written
from studio.components.curator import curator
from studio.components.diff import diff
from studio.components.markup import badge, head, row, show
from studio.components.messages import attempt, tell
from studio.queries import tools as queries

LIVE = ("queued", "running")
_PHASES = {"test": "Testing the edit", "graph": "Inferring edges", "prove": "Proving edges", "tasks": "Auditing tasks"}
_FIELDS = ("description", "summary", "note")
_ERROR = "tool-editor-error"


def _key(view: queries.ToolView) -> str:
    return f"edit-{view.domain}-{view.tool.name}"


def begin_from(view: queries.ToolView, version: Tool, note: str) -> None:
    """Puts a version into the editor and opens it; for the callback of a button."""
    key, draft = _key(view), queries.draft_of(version)
    put(f"{key}-source", draft.source)
    put(f"{key}-contract", draft.contract)
    st.session_state[f"{key}-from"] = view.stored.digest
    for name, text in zip(_FIELDS, (draft.description, draft.summary, note), strict=True):
        st.session_state[f"{key}-{name}"] = text
    st.session_state[f"segment-tab-{view.domain}"] = "edit"


def show_editor(view: queries.ToolView) -> None:
    """The draft, what is wrong with it, and what it changes."""
    key, start = _key(view), queries.draft_of(view.tool)
    st.session_state.setdefault(f"{key}-from", view.stored.digest)
    draft = start.model_copy(
        update={
            "source": written(f"{key}-source", start.source),
            "contract": written(f"{key}-contract", start.contract),
            "description": st.session_state.get(f"{key}-description", start.description),
            "summary": st.session_state.get(f"{key}-summary", start.summary),
            "note": st.session_state.get(f"{key}-note", ""),
            "started_from": st.session_state[f"{key}-from"],
        }
    )
    try:
        found = queries.examined(view, draft)
    except ScaleEnvError as error:  # the type checker could not be run: what is written is kept
        tell(error)
        return
    if found.tool is not None and not found.changed and not found.problems:
        st.session_state[f"{key}-from"] = view.stored.digest  # nothing is written: the editor begins from what counts
    elif draft.started_from != view.stored.digest:
        _offer_take_over(view)
    _say_error()
    left, right = st.columns(2, gap="medium")
    marks = {
        part: [(each.line or 1, each.message) for each in found.problems if each.where == part]
        for part in ("source", "contract")
    }
    with left:
        show(head("Code"))
        code_editor(
            start.source,
            key=f"{key}-source",
            language="python",
            problems=marks["source"],
            label="Code of the tool",
            height=430,
        )
    with right:
        show(head("Contract, YAML or JSON"))
        code_editor(
            start.contract,
            key=f"{key}-contract",
            language="yaml",
            problems=marks["contract"],
            label="Contract of the tool",
            height=430,
        )
    elsewhere = [each for each in found.problems if each.where not in marks]
    if elsewhere:
        show(*[row(badge("✗", "bad"), str(each)) for each in elsewhere])
    _fields(key, draft)
    with st.container(horizontal=True, vertical_alignment="center"):
        ready = not found.problems and bool(found.changed) and not is_blocked(view.run)
        pressed = st.button(
            "Test and propose",
            type="primary" if ready else "secondary",
            key=f"{key}-propose",
            icon=":material/science:",
            disabled=not ready,
        )
        st.button("Discard the draft", key=f"{key}-discard", on_click=begin_from, args=(view, view.tool, ""))
        show(_standing(found.changed, len(found.problems), view.run))
    _preview(start.source, draft.source, start.contract, draft.contract)
    if pressed:
        try:
            jobs.propose_edit(view.domain, view.tool.name, draft, by=curator())
        except ScaleEnvError as error:
            st.session_state[_ERROR] = error
        st.rerun()


def is_blocked(run: Run | None) -> bool:
    """Whether a run keeps others from being begun: it works, or will."""
    return run is not None and run.status in (*LIVE, "interrupted")


def _fields(key: str, draft: queries.Draft) -> None:
    for name in _FIELDS:
        st.session_state.setdefault(f"{key}-{name}", getattr(draft, name))
    left, right = st.columns(2, gap="medium")
    with left:
        st.text_area(
            "Description, which agents read",
            key=f"{key}-description",
            height=82,
            max_chars=2000,
            persist_state="session",
        )
    with right:
        st.text_input(
            "In a person's words (“schedule an interview”)",
            key=f"{key}-summary",
            max_chars=2000,
            persist_state="session",
        )
        st.text_input("Why you change it", key=f"{key}-note", max_chars=2000, persist_state="session")


def _standing(changed: tuple[str, ...], problems: int, run: Run | None) -> Markup:
    if problems:
        return row(badge(f"✗ {problems} to mend", "bad"), "before it can be tested")
    if not changed:
        return row(badge("nothing changed yet"))
    if is_blocked(run):
        return row(badge("… an edit is under way", "info"), "your draft is kept until it is finished")
    return row(badge("✓ ready to test", "good"), f"changes {', '.join(changed)}; it counts only if all tests pass")


def _preview(source: str, new_source: str, contract: str, new_contract: str) -> None:
    pieces = [
        (name, diff(old, new))
        for name, old, new in (("Code", source.rstrip(), new_source.rstrip()), ("Contract", contract, new_contract))
    ]
    shown = [part for name, drawn in pieces if drawn for part in (head(name), drawn)]
    if shown:
        with st.expander("What the draft changes", expanded=True):
            show(*shown)


def _offer_take_over(view: queries.ToolView) -> None:
    st.warning(
        "The tool was changed since you began to edit it. Your draft is kept; look at what it changes now.",
        icon=":material/sync_problem:",
    )

    def take_over() -> None:
        st.session_state[f"{_key(view)}-from"] = view.stored.digest

    st.button("Go on from the tool as it is now", key=f"{_key(view)}-take-over", on_click=take_over)


def _say_error() -> None:
    error = st.session_state.pop(_ERROR, None)
    if error is not None:
        tell(error)


# The run that tests an edit


def show_run(view: queries.ToolView) -> None:
    """What is under way in the domain, live, and what can be done about it."""
    if view.run is None:
        return
    live = view.run.status in LIVE
    st.fragment(_progress, run_every=1.0 if live else 5.0)(view.run.id, view.run.status)


def _progress(id: str, before: str) -> None:
    run, last = queries.run(id)
    if run.status != before and run.status not in LIVE:
        st.rerun()  # the whole page shows what came of it
    edit = queries.edit_of(id)
    words = {"queued": "waits for a process", "running": "", "interrupted": "was interrupted", "failed": "failed"}
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            show(
                row(
                    badge(
                        "… live" if run.status in LIVE else f"! {run.status}", "info" if run.status in LIVE else "warn"
                    ),
                    Markup("<b>Edit {} of <code>{}</code></b> by {}").format(edit.seq, edit.tool, edit.curator),
                    words.get(run.status, run.status),
                )
            )
            if run.status in LIVE:
                st.button("Cancel", key=f"cancel-{id}", on_click=attempt, args=(jobs.cancel, id), disabled=run.cancel)
            else:
                st.button("Go on", key=f"resume-{id}", type="primary", on_click=_resume, args=(id,))
                if edit.state == "waiting":
                    st.button("Drop the edit", key=f"drop-{id}", on_click=attempt, args=(jobs.drop_edit, id))
            st.page_link("views/runs.py", label="Open the run", query_params={"run": id})
        at = REVISION_PHASES.index(run.phase) if run.phase in REVISION_PHASES else 0
        share = min(run.done / run.total, 1.0) if run.total else 0.0
        steps = f", {run.done} of {run.total}" if run.total else ""
        st.progress((at + share) / len(REVISION_PHASES), text=f"{_PHASES.get(run.phase, 'Beginning')}{steps}")
        st.text(run.error or last)


def _resume(id: str) -> None:
    attempt(jobs.resume, id, by=curator())


__all__ = ["begin_from", "has_draft", "is_blocked", "show_editor", "show_run"]
