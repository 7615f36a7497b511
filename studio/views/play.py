"""Play: a person is the agent. Instruction, tools as forms, observations, and the reward at the end."""

from __future__ import annotations

import json
from datetime import datetime

import streamlit as st
from markupsafe import Markup
from streamlit.delta_generator import DeltaGenerator

from engine.errors import ScaleEnvError
from engine.models.reward import Verdict
from engine.models.trace import Call
from engine.models.trajectory import Trajectory
from engine.store.trajectories import TrajectorySummary
from studio.components.choose import choose_domain, forget_others
from studio.components.curator import curator
from studio.components.empty import say_empty
from studio.components.markup import badge, cell, facts, head, mono, pre, quote, row, show
from studio.components.messages import tell, told
from studio.components.play.tool_form import read_form, tool_form
from studio.components.traces.compare import mismatches_markup
from studio.components.traces.step import rows_markup, state_markup
from studio.queries import play as queries
from studio.queries import traces


def choose_task(domain: str, left: DeltaGenerator, right: DeltaGenerator) -> str | None:
    """A task by words of its instruction, or the one that the address names."""
    words = left.text_input("Words in the instruction", key="play-words", type="search", max_chars=200).strip()
    found = {item.id: f"{item.id} · {item.difficulty} · {item.instruction}" for item in queries.tasks(domain, words)}
    key = f"play-task-{domain}"
    asked = st.session_state.get(key) or st.query_params.get("task")
    if asked and asked not in found:
        line = queries.task_line(domain, asked)
        if line is not None:
            found = {asked: f"{asked} · {line}", **found}
        elif key not in st.session_state:
            st.warning("The link names a task that is not here:", icon=":material/link_off:")
            st.text(asked)
    if not found:
        say_empty(
            "No task fits. Use other words."
            if words
            else "This domain has no task to play. Start a run with tasks on the Domains page."
        )
        return None
    if st.session_state.get(key) not in found:
        st.session_state[key] = asked if asked in found else next(iter(found))
    with right:
        task = st.selectbox("Task", list(found), key=key, format_func=lambda id: found[id])
    if st.query_params.get("task") not in (None, task):
        st.query_params.pop("attempt", None)
    st.query_params["task"] = task
    return task


def choose_attempt(domain: str, task: str, desk: queries.Desk) -> str | None:
    """One of the task's attempts, or a new one."""
    found = {item.id: _attempt_line(item) for item in desk.attempts}
    chosen = f"play-attempt-{domain}-{task}"
    asked = st.query_params.get("attempt")
    if asked and asked not in found:
        st.warning("The link names an attempt that is not here:", icon=":material/link_off:")
        st.text(asked)
    if asked in found:
        st.session_state[chosen] = asked
    elif st.session_state.get(chosen) not in found:
        st.session_state[chosen] = next(iter(found), None)
    # The browser keeps an option's old words for as long as the key stays, so it changes when an attempt ends.
    key = f"{chosen}-{len(found)}-{sum(item.state == 'open' for item in desk.attempts)}"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if found:
            st.session_state[key] = st.session_state[chosen]
            st.selectbox(
                f"Attempts ({len(found)})",
                list(found),
                key=key,
                format_func=lambda id: found[id],
                on_change=lambda: st.query_params.update({"attempt": st.session_state[key]}),
            )
        st.button(
            "New attempt" if found else "Start",
            key=f"play-start-{domain}-{task}-{len(found)}",
            type="secondary" if found else "primary",
            icon=":material/play_arrow:",
            on_click=_start,
            args=(domain, task),
        )
    if st.session_state[chosen] is None:
        st.query_params.pop("attempt", None)
    elif st.query_params.get("attempt") != st.session_state[chosen]:
        st.query_params["attempt"] = st.session_state[chosen]
    return st.session_state[chosen]


def _attempt_line(item: TrajectorySummary) -> str:
    reward = "… open" if item.state == "open" else "✓ reward 1" if item.reward == 1.0 else "✗ reward 0"
    at = datetime.fromtimestamp(item.started_at).strftime("%Y-%m-%d %H:%M")
    steps = "" if item.state == "open" else f" · {counted(item.steps, 'call')}"
    return f"{reward} · {item.agent.removeprefix('person:')}{steps} · {at} · {item.id}"


def counted(count: int, what: str) -> str:
    """A number of things in words."""
    return f"{count} {what}{'' if count == 1 else 'es' if what.endswith('ch') else 's'}"


def _start(domain: str, task: str) -> None:
    try:
        st.query_params["attempt"] = queries.start(domain, task, curator())
    except ScaleEnvError as error:
        st.session_state["play-error"] = error


@st.fragment
def attempt(domain: str, task: str, id: str, listed_open: bool) -> None:
    """One attempt, alone in its fragment: a call redraws nothing else.

    Args:
        domain: Its domain.
        task: Its task.
        id: Its id.
        listed_open: The list above says that it is open.
    """
    desk = queries.desk(domain, task, id)
    trajectory = desk.attempt
    assert trajectory is not None
    if listed_open and trajectory.ended_at is not None:
        st.rerun()  # the list must say what it earned
    if "play-error" in st.session_state:
        tell(st.session_state.pop("play-error"))
    left, right = st.columns([5, 4], gap="medium")
    with left:
        _conversation(desk, trajectory)
    with right:
        if trajectory.ended_at is not None:
            _result(domain, desk, trajectory)
        elif desk.changed:
            st.warning(
                "The task was changed after this attempt began, so it can't go on. Begin a new one.",
                icon=":material/update:",
            )
        elif trajectory.agent != f"person:{curator()}":
            show(
                row(
                    "This attempt belongs to",
                    mono(trajectory.agent.removeprefix("person:")),
                    "and only they go on with it.",
                )
            )
        else:
            _act(domain, desk, trajectory)
    _database(domain, trajectory)


def _conversation(desk: queries.Desk, trajectory: Trajectory) -> None:
    show(
        row(
            badge(f"{counted(len(trajectory.calls), 'call')} made", "quiet"),
            badge(f"{trajectory.steps_left} left" if trajectory.ended_at is None else "over", "info"),
            "clock",
            mono(desk.task.initial_state.now.replace("T", " ")),
        )
    )
    if not desk.turns:
        show(row("Nothing was called yet. Choose a tool, fill in what it needs, and call it."))
        return
    parts = [
        Markup('<div><div class="se-call">{}</div>{}</div>').format(
            row(
                badge(f"{'⊘' if turn.rejected else '✓'} {number}", "warn" if turn.rejected else "good"),
                mono(turn.call.name),
                *(f"{name}: {cell(value)}" for name, value in turn.call.arguments.items()),
            ),
            pre(json.loads(turn.observation), height=260),
        )
        for number, turn in enumerate(desk.turns, 1)
    ]
    with st.container(height=620 if len(parts) > 2 else "content", border=False, autoscroll=True):
        show(Markup('<div class="se-chat">{}</div>').format(Markup("").join(parts)))


def _act(domain: str, desk: queries.Desk, trajectory: Trajectory) -> None:
    """A tool, its form, and the end."""
    tools = desk.tools
    base = f"play-{domain}-{trajectory.id}"
    name = st.selectbox(
        f"Tool (one of {len(tools)})",
        list(tools),
        key=f"{base}-tool",
        index=None,
        placeholder="type to search names and descriptions",
        format_func=lambda one: f"{one}  ·  {tools[one].description}",
    )
    if name is not None:
        tool = tools[name]
        show(Markup('<div class="se-field"><b>{}</b> <span>{}</span></div>').format(tool.name, tool.description))
        # A call that succeeded empties the form; what was refused can be mended.
        form = f"{base}-{st.session_state.get(f'{base}-form', 0)}-{name}"
        tool_form(tool, desk.offers(tool), form)
        st.button(
            "Call",
            key=f"{form}-call-{len(trajectory.calls)}",
            type="primary",
            icon=":material/bolt:",
            shortcut="Ctrl+Enter",
            on_click=_call,
            args=(domain, desk, trajectory, name, form, base),
        )
    show(head("When you have done what the user wants"))
    st.button(
        "Finish and score",
        key=f"{base}-finish-{len(trajectory.calls)}",
        icon=":material/flag:",
        on_click=_finish,
        args=(domain, trajectory),
    )


def _call(domain: str, desk: queries.Desk, trajectory: Trajectory, name: str, form: str, base: str) -> None:
    try:
        made = Call(name=name, arguments=read_form(desk.tools[name], form))
        if queries.call(domain, trajectory.id, made, after=len(trajectory.calls)):
            st.session_state[f"{base}-form"] = st.session_state.get(f"{base}-form", 0) + 1
    except ScaleEnvError as error:
        st.session_state["play-error"] = error


def _finish(domain: str, trajectory: Trajectory) -> None:
    try:
        queries.end(domain, trajectory.id, after=len(trajectory.calls))
    except ScaleEnvError as error:
        st.session_state["play-error"] = error


def _result(domain: str, desk: queries.Desk, trajectory: Trajectory) -> None:
    if trajectory.reward is None:
        show(row(badge("not scored", "warn"), trajectory.unscored))
    else:
        solved = trajectory.reward == 1.0
        show(
            row(
                badge(f"{'✓' if solved else '✗'} reward {trajectory.reward:g}", "good" if solved else "bad"),
                "You changed exactly what the reference changes."
                if solved
                else counted(len(trajectory.mismatches), "mismatch"),
                *(["The steps were used up."] if trajectory.truncated else []),
            )
        )
        if not solved:
            show(
                head("Where the database differs from the reference's"),
                mismatches_markup(Verdict(reward=trajectory.reward, mismatches=trajectory.mismatches)),
            )
    with st.container(horizontal=True):
        if desk.reference is not None:
            st.page_link(
                "views/traces.py",
                label="Compare with the reference",
                icon=":material/compare_arrows:",
                query_params={"domain": domain, "trace": desk.reference, "with": trajectory.trace_id},
            )
        st.page_link(
            "views/traces.py",
            label="Step through",
            icon=":material/footprint:",
            query_params={"domain": domain, "trace": trajectory.trace_id},
        )
        st.page_link(
            "views/tasks.py",
            label="The task in full",
            icon=":material/checklist:",
            query_params={"domain": domain, "task": desk.task.id},
        )
        st.download_button(
            "Trajectory",
            data=trajectory.model_dump_json(indent=2),
            file_name="trajectory.json",
            mime="application/json",
            icon=":material/download:",
            on_click="ignore",
            key=f"play-download-{domain}-{trajectory.id}",
        )


def _database(domain: str, trajectory: Trajectory) -> None:
    if not st.toggle("Show the database (an agent does not see it)", key=f"play-{domain}-{trajectory.id}-database"):
        return
    view = traces.view(queries.trace_of(domain, trajectory), domain)
    touched = view.state(len(view.trace.steps) - 1) if view.trace.steps else ()
    names = {state.table for state in touched}
    if touched:
        show(head("Touched by your calls"), state_markup(touched))
    show(
        head("As it was from the start" if touched else "The database"),
        rows_markup({table: rows for table, rows in (view.rows or {}).items() if table not in names}),
    )


def page() -> None:
    """Draws the page."""
    st.title("Play")
    first, second, third = st.columns([3, 3, 8])
    with first:
        domain = choose_domain()
    if domain is None:
        return
    forget_others("play", domain, "task", "attempt")
    task = choose_task(domain, second, third)
    if task is None:
        return
    desk = queries.desk(domain, task, None)
    profile = {name.replace("_", " "): value for name, value in desk.task.user_profile.items() if value is not None}
    left, right = st.columns([5, 4], gap="medium")
    with left:
        show(head("What the user wants"), quote(desk.task.instruction))
    with right:
        show(head("What is known of the user"), facts(profile) if profile else row("nothing"))
    if "play-error" in st.session_state:
        tell(st.session_state.pop("play-error"))
    chosen = choose_attempt(domain, task, desk)
    if chosen is None:
        show(
            row("You play the agent: call tools until the user has what they want, then finish. Every step is stored.")
        )
        return
    with told():
        attempt(domain, task, chosen, any(item.id == chosen and item.state == "open" for item in desk.attempts))


page()
