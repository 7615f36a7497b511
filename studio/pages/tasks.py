"""Tasks: read one with its chain, gold diff and audits, and decide on it."""

from __future__ import annotations

import json

import streamlit as st

from engine.models.chain import ArgumentList, FromOutput, FromProfile, Literal
from engine.models.review import ReviewAction
from engine.models.task import Task
from engine.store.tasks import TaskFilter
from studio import queries
from studio.components.choose import choose_domain
from studio.components.trace import cell, change_rows, show_trace

PAGE = 50


def source_of(argument: Literal | FromProfile | FromOutput | ArgumentList) -> str:
    """Where an argument of a chain comes from, in words."""
    if isinstance(argument, Literal):
        return f"{cell(argument.value)} (said by the user)"
    if isinstance(argument, FromProfile):
        return f"{cell(argument.value)} (profile: {argument.field})"
    if isinstance(argument, ArgumentList):
        return "; ".join(source_of(item) for item in argument.items)
    where = ", ".join(f"{name} = {cell(value)}" for name, value in argument.select.items())
    chosen = f" where {where}" if where else ""
    return f"step {argument.step + 1}: {argument.path}{chosen}{'.' + argument.field if argument.field else ''}"


def show_task(task: Task) -> None:
    """The task in full."""
    st.subheader("Instruction", anchor=False)
    st.text(task.instruction)
    profile, about = st.columns(2)
    with profile:
        st.caption("User profile")
        st.dataframe([{"field": name, "value": cell(value)} for name, value in task.user_profile.items()], hide_index=True)
    with about:
        st.caption(f"{task.difficulty}, {len(task.chain.steps)} steps, {len(task.tools)} tools offered, clock {task.initial_state.now}")
    chain, gold, state, audits = st.tabs(["Chain", "Gold diff", "Initial state", "Audits"])
    with chain:
        for index, (step, call) in enumerate(zip(task.chain.steps, task.reference_calls, strict=True), start=1):
            st.code(f"{index}. {call.name}({json.dumps(call.arguments, ensure_ascii=False)})", language=None)
            lines = [{"argument": name, "source": source_of(argument)} for name, argument in step.arguments.items()]
            if lines:
                st.dataframe(lines, hide_index=True)
    with gold:
        st.dataframe(change_rows(task.gold_diff), hide_index=True)
    with state:
        key_of = {(table, json.dumps(key)) for table, key in task.initial_state.distractors}
        for table, rows in task.initial_state.rows.items():
            st.caption(table)
            st.dataframe(
                [
                    {
                        "distractor": any((table, json.dumps(value)) in key_of for value in row.values()),
                        **{name: cell(value) for name, value in row.items()},
                    }
                    for row in rows
                ],
                hide_index=True,
            )
    with audits:
        st.dataframe(
            [{"audit": audit.name, "passed": audit.passed, "detail": audit.detail} for audit in task.audits], hide_index=True
        )
        traces = [trace for audit in task.audits for trace in audit.traces]
        if traces:
            chosen = st.selectbox("Trace", traces, key=f"audit-trace-{task.id}")
            show_trace(queries.trace(task.domain, chosen), key=f"audit-{chosen}")


def decide(task: Task) -> None:
    """The buttons of a review; each press is one entry of the log."""
    curator = st.sidebar.text_input("Curator", value=st.session_state.get("curator_name", "me"), key="curator_name")
    reason = st.text_input("Reason or note", key=f"reason-{task.id}")

    def act(action: ReviewAction) -> None:
        queries.review(task.domain, task.id, action, curator, text=reason)

    log = queries.reviews(task.domain, task.id)
    approve, reject, edit, undo = st.columns(4)
    approve.button("Approve", key=f"approve-{task.id}", shortcut="A", on_click=act, args=("approve",), type="primary")
    reject.button("Reject", key=f"reject-{task.id}", shortcut="X", on_click=act, args=("reject",))
    edit.button("Needs edit", key=f"edit-{task.id}", shortcut="E", on_click=act, args=("needs_edit",))
    undo.button("Undo", key=f"undo-{task.id}", shortcut="U", on_click=act, args=("undo",), disabled=not log)
    if log:
        st.dataframe([{"curator": item.curator, "action": item.action, "text": item.text} for item in log], hide_index=True)


def page() -> None:
    """Draws the page."""
    st.title("Tasks")
    domain = choose_domain()
    if domain is None:
        return
    review, difficulty, text = st.columns([1, 1, 2])
    wanted_review = review.selectbox("Review", ["any", "open", "approved", "rejected", "needs_edit"], key="review")
    wanted_difficulty = difficulty.selectbox("Difficulty", ["any", "easy", "medium", "hard"], key="difficulty")
    words = text.text_input("Instruction contains", key="words")
    chosen = TaskFilter.model_validate(
        {
            "domain": domain,
            "state": "audited",
            "review": None if wanted_review == "any" else wanted_review,
            "difficulty": None if wanted_difficulty == "any" else wanted_difficulty,
            "text": words or None,
        }
    )
    total = queries.count_tasks(chosen)
    if not total:
        st.info("No task fits. Loosen the filter, or start a run on the Domains page.", icon=":material/info:")
        return
    st.caption(f"{total} tasks")
    listed = queries.tasks_page(chosen, None, PAGE)
    st.dataframe(
        [{"task": item.id, "review": item.review, "difficulty": item.difficulty, "steps": item.steps, "instruction": item.instruction} for item in listed],
        hide_index=True,
        height=220,
    )
    ids = [item.id for item in listed]
    asked = st.query_params.get("task")
    id = st.selectbox("Task", ids, index=ids.index(asked) if asked in ids else 0)
    st.query_params["task"] = id
    task = queries.task(domain, id)
    decide(task)
    show_task(task)


page()
