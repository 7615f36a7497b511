"""Tasks: read one with its chain, gold diff and audits, and decide on it."""

from __future__ import annotations

from typing import get_args

import streamlit as st

from engine.models.chain import ArgumentList, FromOutput, FromProfile, Literal
from engine.models.review import ReviewState
from engine.models.task import Difficulty, Task
from engine.store.tasks import TaskFilter
from studio.components.choose import choose, choose_domain
from studio.components.curator import curator
from studio.components.messages import attempt
from studio.components.trace import cell, change_rows, show_trace
from studio.queries import tasks as queries
from studio.queries import traces
from studio.queries.tasks import TaskView

PAGE = 50
COLOURS = {"open": "blue", "approved": "green", "rejected": "red", "needs_edit": "orange"}


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


def show_task(view: TaskView) -> None:
    """The task in full."""
    task = view.task
    instruction, profile = st.columns([3, 2])
    with instruction:
        st.caption("Instruction")
        with st.container(border=True):
            st.text(task.instruction)
        st.text(
            f"{task.difficulty}, {len(task.chain.steps)} steps, {len(task.tools)} tools offered, "
            f"clock {task.initial_state.now}"
        )
    with profile:
        st.caption("User profile")
        st.dataframe(
            [{"field": name, "value": cell(value)} for name, value in task.user_profile.items()], hide_index=True
        )
    chain, gold, state, audits = st.tabs(["Chain", "Gold diff", "Initial state", "Audits"])
    with chain:
        show_chain(task)
    with gold:
        st.dataframe(change_rows(task.gold_diff), hide_index=True)
    with state:
        show_state(view)
    with audits:
        show_audits(task)


def show_chain(task: Task) -> None:
    """The reference solution, with the source of each argument."""
    for index, (step, call) in enumerate(zip(task.chain.steps, task.reference_calls, strict=True), start=1):
        st.code(f"{index}. {call.name}", language=None)
        if step.arguments:
            st.dataframe(
                [
                    {"argument": name, "value": cell(call.arguments.get(name)), "source": source_of(argument)}
                    for name, argument in step.arguments.items()
                ],
                hide_index=True,
            )


def show_state(view: TaskView) -> None:
    """s0, with the rows that only make the task harder told apart."""
    if view.task.initial_state.extends_base:
        st.caption("These rows are added to the domain's base rows.")
    for table, rows in view.rows.items():
        st.text(table)
        st.dataframe(
            [
                {
                    "is a distractor": row.distractor,
                    **{name: cell(value) for name, value in row.values.items()},
                }
                for row in rows
            ],
            hide_index=True,
        )


def show_audits(task: Task) -> None:
    """Each check with its outcome, and the executions that show it."""
    st.dataframe(
        [{"audit": audit.name, "passed": audit.passed, "detail": audit.detail} for audit in task.audits],
        hide_index=True,
    )
    names: dict[str, list[str]] = {}
    for audit in task.audits:
        for trace in audit.traces:
            names.setdefault(trace, []).append(audit.name)
    if names:
        chosen = st.selectbox(
            "Execution",
            list(names),
            format_func=lambda id: f"{', '.join(names[id])}  ·  {id}",
            key=f"audit-{task.domain}-{task.id}",
        )
        show_trace(traces.trace(task.domain, chosen), key=f"audit-{chosen}", linked=False)


def decide(view: TaskView) -> None:
    """The buttons of a review; each press is one entry of the log."""
    task = view.task
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.badge(view.review.replace("_", " "), color=COLOURS[view.review])
        reason = st.text_input("Reason or note", key=f"reason-{task.domain}-{task.id}")
        for label, action, shortcut in (
            ("Approve", "approve", "A"),
            ("Reject", "reject", "X"),
            ("Needs edit", "needs_edit", "E"),
            ("Undo", "undo", "U"),
        ):
            # The key names the task: a press that comes late must never decide on the next one.
            st.button(
                label,
                key=f"{action}-{task.domain}-{task.id}",
                shortcut=shortcut,
                on_click=attempt,
                args=(queries.review, task.domain, task.id, action, curator(), reason),
                disabled=action == "undo" and not view.log,
            )
    if view.log:
        with st.expander(f"History ({len(view.log)})"):
            st.dataframe(
                [{"curator": item.curator, "action": item.action, "text": item.text} for item in reversed(view.log)],
                hide_index=True,
            )


def choose_filter(domain: str) -> TaskFilter:
    """The filter that the user sets."""
    review, difficulty, text = st.columns([1, 1, 2])
    wanted_review = review.selectbox("Review", ["any", *get_args(ReviewState)], key="review")
    wanted_difficulty = difficulty.selectbox("Difficulty", ["any", *get_args(Difficulty)], key="difficulty")
    words = text.text_input("Instruction contains", key="words")
    return TaskFilter(
        domain=domain,
        state="audited",
        review=None if wanted_review == "any" else wanted_review,
        difficulty=None if wanted_difficulty == "any" else wanted_difficulty,
        text=words.strip() or None,
    )


def list_tasks(chosen: TaskFilter, total: int) -> list[str]:
    """Shows one page of the tasks that the filter lets through, and returns their ids."""
    # Where each page up to this one begins: the store pages by place, so that late pages are as fast as early ones.
    begins: list[tuple[str, int] | None] = st.session_state.setdefault(f"pages-{chosen.model_dump_json()}", [None])
    listed = queries.tasks_page(chosen, (len(begins) - 1) * PAGE, PAGE)
    if total > PAGE:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button("Earlier", on_click=begins.pop, disabled=len(begins) == 1, key="earlier")
            last = (listed[-1].domain, listed[-1].position) if listed else None
            st.button("Later", on_click=begins.append, args=(last,), disabled=len(listed) < PAGE, key="later")
            first = (len(begins) - 1) * PAGE
            st.caption(f"{first + 1} to {first + len(listed)}")
    st.dataframe(
        [
            {
                "task": item.id,
                "review": item.review,
                "difficulty": item.difficulty,
                "steps": item.steps,
                "instruction": item.instruction,
            }
            for item in listed
        ],
        hide_index=True,
        height="auto" if len(listed) <= 5 else 220,
        column_config={"instruction": st.column_config.TextColumn(width="large")},
    )
    return [item.id for item in listed]


def show_rejected(domain: str) -> None:
    """Why attempts came to nothing."""
    causes = queries.rejections(domain)
    if causes:
        with st.expander(f"{sum(causes.values())} attempts were rejected"):
            st.dataframe([{"cause": cause, "attempts": count} for cause, count in causes.items()], hide_index=True)


def page() -> None:
    """Draws the page."""
    st.title("Tasks")
    domain = choose_domain()
    if domain is None:
        return
    chosen = choose_filter(domain)
    total = queries.count_tasks(chosen)
    whole = queries.count_tasks(TaskFilter(domain=domain, state="audited"))
    if not whole:
        st.info(
            "This domain has no audited task yet. Start a run with tasks on the Domains page.", icon=":material/info:"
        )
        show_rejected(domain)
        return
    st.caption(f"{total} of {whole} tasks")
    ids = list_tasks(chosen, total) if total else []
    # A task stays in sight when it was linked to, and when a decision takes it out of the filter.
    asked = st.query_params.get("task")
    if asked and asked not in ids and queries.is_audited(domain, asked):
        ids.insert(0, asked)
    if ids:
        view = queries.task(domain, choose("Task", ids, "task", scope=domain))
        decide(view)
        show_task(view)
    else:
        st.info("No task fits. Loosen the filter.", icon=":material/info:")
    show_rejected(domain)


page()
