"""A task in full: its words, the chain with its bindings, s0, the gold diff, audits with their traces, similar tasks."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st
from markupsafe import Markup

from engine.models.task import Task
from engine.store.call_log import CallFilter
from studio.components.markup import badge, head, lines, mono, quote, row, show, table
from studio.components.messages import told
from studio.components.models.amounts import named
from studio.components.models.call import show_calls_of
from studio.components.models.roles import shown_role
from studio.components.tasks.editor import edit_words, show_history
from studio.components.tasks.pieces import (
    ROLES,
    chain_markup,
    instruction_markup,
    mentions_markup,
    profile_markup,
    review_badge,
    state_markup,
)
from studio.components.traces.step import changes_markup
from studio.components.traces.stepper import show_trace
from studio.queries import tasks as queries
from studio.queries import traces
from studio.queries.tasks import StateRow, TaskView

SMALL = 60
"""Rows of an initial state up to which all its tables are shown at once."""
ROWS = 50
"""Rows of a large table that are shown at a time."""


def show_task(view: TaskView, *, key: str = "task", editable: bool = False) -> None:
    """The task in full.

    Args:
        view: What there is to show.
        key: Tells it from others on the page; the section that is open belongs to it, whichever the task.
        editable: Offer to edit the instruction and the profile.
    """
    show_words(view)
    show_sections(view, key=key, editable=editable)


def show_words(view: TaskView, *, narrow: bool = False) -> None:
    """Instruction and profile, beside each other where there is room: what an agent is told."""
    task = view.task
    if narrow:
        show(
            head("Instruction"),
            instruction_markup(task.instruction, view.spoken),
            size_line(task),
            head("The user knows of themselves"),
            profile_markup(task),
        )
        return
    left, right = st.columns([5, 3], gap="small")
    with left:
        show(head("Instruction"), instruction_markup(task.instruction, view.spoken), size_line(task))
    with right:
        show(head("The user knows of themselves"), profile_markup(task))


def size_line(task: Task) -> Markup:
    """How large a task is, in one line."""
    rows = sum(len(listed) for listed in task.initial_state.rows.values())
    return Markup('<div class="se-under">{}{}</div>').format(
        f"{task.difficulty} · {len(task.chain.steps)} steps · {len(task.tools)} tools offered · {rows:,} rows · "
        f"clock {task.initial_state.now}",
        players_markup(task),
    )


def players_markup(task: Task) -> Markup:
    """Who made the task, where language models did: each with its roles; empty where all of it is the composer's."""
    roles: dict[str, list[str]] = {}
    for role, player in task.made_by.items():
        roles.setdefault(player, []).append(shown_role(role))
    return Markup("").join(
        Markup(" · {} {}").format(badge(player, "info"), ", ".join(played)) for player, played in roles.items()
    )


@st.fragment
def show_sections(view: TaskView, *, key: str = "task", editable: bool = False) -> None:
    """Everything but the words, by section; alone in its fragment, and only the open section is worked out."""
    task = view.task
    # The names never change while one task is looked at: other names make other tabs, and the first of them opens.
    parts: dict[str, Callable[[], None]] = {
        "Solution": lambda: _solution(view),
        "Initial state": lambda: _initial_state(view, key),
        "Audits": lambda: _audits(view, key),
        "Similar tasks": lambda: _similar(task),
        "Made by": lambda: _made_by(task, key),
    }
    if editable and task.audited:
        parts["Edit"] = lambda: edit_words(view)
    parts["Earlier words"] = lambda: show_history(view, editable=editable)
    tabs = st.tabs(list(parts), key=f"{key}-section", on_change="rerun")
    for tab, draw in zip(tabs, parts.values(), strict=True):
        if tab.open:
            with tab, told():
                draw()


def _solution(view: TaskView) -> None:
    task = view.task
    keys = {table.name: table.primary_key for table in view.database.tables}
    show(
        head("The reference solution, and where each argument comes from"),
        chain_markup(task),
        changes_markup(task.gold_diff, "What it changes: the gold state against the initial one"),
        head("What the instruction speaks of"),
        mentions_markup(task, view.rows, keys),
    )


def _initial_state(view: TaskView, key: str) -> None:
    """s0; large states table by table, page by page, with a search."""
    counts = dict.fromkeys(ROLES, 0)
    for listed in view.rows.values():
        for each in listed:
            counts[each.role] += 1
    show(row(*(Markup("{} {}").format(badge(ROLES[role][0], ROLES[role][1] or "quiet"), f"{counts[role]:,}") for role in ROLES if counts[role])))  # fmt: skip
    if not view.rows:
        show(row("The database is empty at the start."))
    elif sum(counts.values()) <= SMALL:
        for name, listed in view.rows.items():
            show(row(mono(name), f"{len(listed)} rows"), state_markup(listed))
    else:
        _large_state(view, f"{key}-{view.task.domain}-{view.task.id}")


def _large_state(view: TaskView, key: str) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox(
            "Table",
            list(view.rows),
            format_func=lambda name: f"{name} ({len(view.rows[name]):,})",
            key=f"{key}-table",
            width=320,
        )
        words = st.text_input("Rows with", key=f"{key}-words", type="search", live=True, width=320)
        found = _with_words(view.rows[name], words or "")
        pages = max(1, -(-len(found) // ROWS))
        number = st.pagination(pages, key=f"{key}-page-{name}-{pages}") if pages > 1 else 1
    first = (number - 1) * ROWS
    show(
        row(f"{min(first + 1, len(found)):,} to {min(first + ROWS, len(found)):,} of {len(found):,} rows"),
        state_markup(found[first : first + ROWS], height=480),
    )


def _with_words(rows: list[StateRow], words: str) -> list[StateRow]:
    wanted = words.lower().split()
    if not wanted:
        return rows
    texts = (" ".join(str(value) for value in each.values.values()).lower() for each in rows)
    return [each for each, text in zip(rows, texts, strict=True) if all(word in text for word in wanted)]


def _audits(view: TaskView, key: str) -> None:
    """Each check with its outcome, and the executions that show it."""
    task = view.task
    if not task.audits:
        show(row("No audit was run: the attempt was given up before."))
        return
    show(
        table(
            (
                {
                    "": badge("✓ passed", "good") if audit.passed else badge("✗ failed", "bad"),
                    "audit": mono(audit.name),
                    "what was tried and seen": audit.detail,
                    "executions": len(audit.traces),
                }
                for audit in task.audits
            ),
            tones=[None if audit.passed else "bad" for audit in task.audits],
        )
    )
    names: dict[str, list[str]] = {}
    for audit in sorted(task.audits, key=lambda audit: audit.passed):
        for trace in audit.traces:
            names.setdefault(trace, []).append(audit.name)
    if not names:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            "Execution",
            list(names),
            format_func=lambda id: f"{', '.join(names[id])}  ·  {id}",
            key=f"{key}-audit-{task.domain}-{task.id}",
            width=560,
        )
        st.page_link(
            "views/traces.py",
            label="Open on the Traces page",
            icon=":material/footprint:",
            query_params={"domain": task.domain, "trace": chosen},
        )
    show_trace(traces.trace(task.domain, chosen), key=f"{key}-audit-{chosen}", linked=False, domain=task.domain)


def _made_by(task: Task, key: str) -> None:
    """Who made what of it, and every call that it took."""
    if not task.made_by:
        show(row("The composer made all of it, offline."))
        return
    show(table([{"role": shown_role(role), "played by": named(player)} for role, player in task.made_by.items()]))
    show_calls_of(CallFilter(domain=task.domain, subject=task.id), key=f"{key}-calls-{task.domain}-{task.id}")


def _similar(task: Task) -> None:
    found = queries.similar(task.domain, task.id)
    if not found:
        show(row("No other task of the domain has the same chain of tools or words that are rare elsewhere."))
    for other in found:
        words, link = st.columns([12, 1], gap="small", vertical_alignment="center")
        with words:
            same = badge("= same tools", "warn") if other.same_chain else badge("some rare words", "quiet")
            show(
                row(
                    mono(other.id),
                    review_badge(other.review),
                    same,
                    f"{other.alike:.0%} of word pairs",
                    f"{other.difficulty}, {other.steps} steps",
                ),
                quote(other.instruction),
            )
        with link:
            st.page_link("views/tasks.py", label="Open", query_params={"domain": task.domain, "task": other.id})


def stale_line(view: TaskView) -> Markup:
    """Why the audits don't count for now."""
    return lines(row(badge("⟳ stale", "warn"), f"Its audits have to be run again: {view.stale}"))
