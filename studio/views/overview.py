"""Overview: what is there, what needs a decision, what failed, what it costs in room, what happened last."""

from __future__ import annotations

from typing import Any

import streamlit as st

from studio.components.domains.charts import days
from studio.components.domains.new import Options, start_built_in
from studio.components.markup import Tone, badge, bars, mono, numbers, row, show, table
from studio.components.overview.first_steps import show_steps
from studio.components.times import ago, size
from studio.queries import overview as queries

FIRST = "job_seeking"
FIRST_TASKS = 20

LIVE_SECONDS, REST_SECONDS = 2.0, 15.0
"""How often the page looks again while something runs, and while nothing does."""

DONE = {
    "approve": "approved",
    "reject": "rejected",
    "needs_edit": "sent back",
    "note": "noted on",
    "tag": "tagged",
    "untag": "untagged",
    "rate": "rated",
    "undo": "took back",
}
TONES: dict[str, Tone] = {"approve": "good", "reject": "bad", "needs_edit": "warn"}
KINDS = {"task_edit": "edited the task", "tool_edit": "edited the tool", "attempt": "played", "dataset": "froze"}


def show_first_screen() -> None:
    """What a newcomer meets: one button, and where it leads."""
    st.title("Welcome to ScaleEnv Studio")
    st.markdown(
        "Make an environment for training tool-use agents: tools whose code is tested, a dependency graph whose "
        "edges are proven by running them, and audited tasks that you curate. No key and no server are needed."
    )
    with st.container(border=True):
        left, right = st.columns([2, 1], vertical_alignment="center")
        with left:
            st.subheader("Your first domain", anchor=False)
            st.markdown(
                f"**Job Seeking**, a job board with 12 tables and 50 tools, and {FIRST_TASKS} audited tasks. Start; it takes about ten seconds."
            )
        with right:
            if st.button(
                "Start the first domain", type="primary", icon=":material/play_arrow:", width="stretch", key="first"
            ):
                start_built_in(FIRST, Options(FIRST_TASKS, 0, "mixed", "", False, False))
            st.page_link(
                "views/domains.py",
                label="Another seed: keyword, file, schema, blueprint",
                icon=":material/arrow_forward:",
                query_params={"view": "new"},
            )
    st.subheader("The path", anchor=False)


def show_totals(totals: queries.Totals) -> None:
    """What is there."""
    show(
        numbers(
            {
                "domains": totals.domains,
                "tools admitted": totals.tools,
                "edges proven": totals.edges,
                "tasks audited": totals.tasks,
                "open": totals.open,
                "approved": totals.approved,
                "needs edit": totals.needs_edit,
                "rejected": totals.rejected,
            }
        )
    )


def show_decisions(found: queries.Overview) -> None:
    """What waits for a person, each with the way to it."""
    st.subheader("Needs a decision", anchor=False)
    totals = found.totals
    waiting: list[tuple[str, int, str, str, dict[str, str]]] = [
        (
            "tasks nobody has decided on",
            totals.open,
            "review",
            "Review them",
            {"domain": found.domain} if found.domain else {},
        ),
        ("tasks on which curators disagree", found.disputed, "tasks", "Look at both", {"disagreed": "1"}),
        ("tasks sent back for an edit", totals.needs_edit, "tasks", "Edit them", {"review": "needs_edit"}),
        ("stale tasks, to be audited again", totals.stale, "tasks", "Look at them", {"stale": "1"}),
    ]
    if not any(count for _, count, *_ in waiting):
        st.caption("Nothing waits." if totals.tasks else "No task yet.")
        return
    for words, count, file, label, query in waiting:
        if count:
            with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
                st.markdown(f"**{count:,}** {words}")
                st.page_link(
                    f"views/{file}.py", label=label, icon=":material/arrow_forward:", query_params=query or None
                )


def show_failures(found: queries.Overview) -> None:
    """What went wrong, and why."""
    st.subheader("What failed", anchor=False)
    if not (found.troubled or found.rejected_tools or found.causes):
        st.caption("Nothing.")
        return
    for run in found.troubled[: queries.SHOWN]:
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            words = f"{run.counts.tasks_audited} of {run.options.tasks} tasks" if run.status == "short" else run.error
            show(row(badge(run.status, "bad" if run.status == "failed" else "warn"), mono(run.id), words))
            st.page_link(
                "views/runs.py", label="See the run", icon=":material/arrow_forward:", query_params={"run": run.id}
            )
    if found.rejected_tools:
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(f"**{found.totals.tools_rejected:,}** rejected tools")
            first = found.rejected_tools[0]
            st.page_link(
                "views/tools.py",
                label="See the first",
                icon=":material/arrow_forward:",
                query_params={"domain": first.domain, "tool": first.name},
            )
        show(
            table(
                [
                    {"domain": each.domain, "tool": mono(each.name), "reason": each.reason}
                    for each in found.rejected_tools
                ],
                height=200,
            )
        )
    if found.causes:
        several = found.totals.failed_attempts != 1
        st.markdown(
            f"**{found.totals.failed_attempts:,}** {'attempts' if several else 'attempt'} at a task failed an audit and "
            f"{'were' if several else 'was'} thrown away"
        )
        show(
            table(
                [{"domain": each.domain, "cause": each.cause, "attempts": each.tasks} for each in found.causes],
                height=200,
            )
        )


def show_throughput(found: queries.Overview) -> None:
    """Decisions of the last days."""
    made = sum(sum(each.values()) for _, each in found.decisions)
    st.subheader(f"Decisions of {queries.DAYS} days", anchor=False)
    if not made:
        st.caption("None yet.")
        return
    st.vega_lite_chart(
        days(found.decisions, queries.MANNERS, ("#0072B2", "#E69F00")), key="decisions", alt="Decisions of each day"
    )


def show_activity(found: queries.Overview) -> None:
    """What people did last."""
    st.subheader("Latest activity", anchor=False)
    if not found.activity:
        st.caption("Nobody has done anything yet.")
        return
    show(table([_line(each) for each in found.activity], height=360))


def _line(each: Any) -> dict[str, Any]:
    if each.kind == "review":
        what = badge(DONE.get(each.what, each.what), TONES.get(each.what, "quiet"))
    else:
        what = badge(KINDS[each.kind], "info")
    subject = f"{each.tasks:,} tasks" if each.kind == "review" and each.tasks > 1 else each.subject
    known = {"when": ago(each.at), "who": each.who, "did": what, "what": mono(subject)}
    return known if subject.startswith(each.domain) else known | {"domain": each.domain}


def show_storage(found: queries.Overview) -> None:
    """The room that the store takes."""
    room = found.storage
    st.subheader("Storage", anchor=False)
    show(numbers({"file": size(room.file), "write-ahead log": size(room.waiting), "free within": size(room.free)}))
    part = st.expander("By what", on_change="rerun", key="storage-parts")
    if part.open:
        with part:
            parts = queries.storage_by_part()
            if parts:
                show(bars({f"{name} ({size(count)})": round(count / 1e6, 1) for name, count in parts.items()}))
                st.caption("In MB, indexes included.")
            else:
                st.caption("This SQLite was built without the table that tells it.")


def show_live(found: queries.Overview) -> None:
    """Runs in progress."""
    for run in found.live[: queries.SHOWN]:
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            show(row(badge(run.status, "info"), mono(run.id), f"phase {run.phase}"))
            st.page_link(
                "views/runs.py", label="Watch it", icon=":material/arrow_forward:", query_params={"run": run.id}
            )


def show_store() -> None:
    """Everything; a fragment that looks again by itself, so that steps tick and runs come and go while one watches."""
    found = queries.overview()
    if not found.steps.seeded:
        show_first_screen()
        show_steps(found.steps)
        return
    st.title("Overview")
    if not found.steps.frozen:
        show_steps(found.steps)
    show_live(found)
    show_totals(found.totals)
    left, right = st.columns(2, gap="medium")
    with left:
        show_decisions(found)
        show_throughput(found)
        show_storage(found)
    with right:
        show_failures(found)
        show_activity(found)


def page() -> None:
    """Draws the page."""
    st.fragment(show_store, run_every=LIVE_SECONDS if queries.is_live() else REST_SECONDS)()


page()
