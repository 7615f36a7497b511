"""One trace, step by step: the call, where its arguments came from, what it answered and what it changed."""

from __future__ import annotations

import json
import re
from typing import Any

import streamlit as st

from engine.models.base import Rows
from engine.models.trace import RowChange, Trace, TraceStep

OUTCOMES = {
    "success": (":material/check_circle:", "green", "success"),
    "rejection": (":material/block:", "orange", "anticipated rejection"),
    "failure": (":material/error:", "red", "unexpected failure"),
}


def cell(value: Any) -> str:
    """A value as a table shows it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def change_rows(changes: tuple[RowChange, ...]) -> list[dict[str, str]]:
    """One line for each column that a change touched."""
    lines: list[dict[str, str]] = []
    for change in changes:
        before, after = change.before or {}, change.after or {}
        for column in after or before:
            if before.get(column) == after.get(column) and change.operation == "update":
                continue
            lines.append(
                {
                    "table": change.table,
                    "row": cell(change.key),
                    "operation": change.operation,
                    "column": column,
                    "before": cell(before[column]) if column in before else "",
                    "after": cell(after[column]) if column in after else "",
                }
            )
    return lines


def show_trace(trace: Trace, *, key: str, linked: bool = True, narrow: bool = False) -> None:
    """The trace's verdict and a stepper over its calls.

    Args:
        key: Tells this stepper from others on the page.
        linked: Keep the step in the address.
        narrow: There is room for one column only.
    """
    st.text(trace.title)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge("passed" if trace.passed else "failed", color="green" if trace.passed else "red")
        if trace.verdict:
            st.text(trace.verdict)
    if trace.steps:
        show_step(trace.steps[_step_picker(len(trace.steps), key, linked)], narrow=narrow)
    else:
        st.caption("Nothing was called.")
    if trace.rows is not None:
        with st.expander("Initial rows"):
            show_rows(trace.rows)


def show_rows(rows: Rows) -> None:
    """A database state, table by table."""
    for table, listed in rows.items():
        if listed:
            st.text(table)
            st.dataframe([{name: cell(value) for name, value in row.items()} for row in listed], hide_index=True)


def _step_picker(steps: int, key: str, linked: bool) -> int:
    if steps == 1:
        return 0
    name = f"{key}-step"
    if name not in st.session_state:
        asked = st.query_params.get("step", "") if linked else ""
        st.session_state[name] = int(asked) if re.fullmatch("[0-9]{1,6}", asked) else 1
    st.session_state[name] = min(max(st.session_state[name], 1), steps)

    def move(by: int) -> None:
        st.session_state[name] = min(max(st.session_state[name] + by, 1), steps)

    with st.container(horizontal=True, vertical_alignment="bottom"):
        at = st.slider("Step", 1, steps, key=name)
        st.button("Back", key=f"{key}-back", shortcut="Left", on_click=move, args=(-1,))
        st.button("Next", key=f"{key}-next", shortcut="Right", on_click=move, args=(1,))
    if linked:
        st.query_params["step"] = str(at)
    return at - 1


def show_step(step: TraceStep, *, narrow: bool = False) -> None:
    """One call in full."""
    icon, colour, words = OUTCOMES[step.outcome]
    st.badge(f"step {step.index + 1}: {words}", icon=icon, color=colour)
    st.code(
        f"{step.call.name}({json.dumps(step.call.arguments, ensure_ascii=False, indent=2)})",
        language=None,
        wrap_lines=True,
    )
    left, right = (st.container(), st.container()) if narrow else st.columns(2)
    with left:
        if step.sources:
            st.caption("Where the arguments came from")
            st.dataframe(
                [{"argument": name, "source": source} for name, source in step.sources.items()], hide_index=True
            )
        if step.conditions:
            st.caption("Conditions of the contract before the call")
            truth = {True: "holds", False: "violated", None: "not reached"}
            st.dataframe(
                [
                    {"truth": truth[item.holds], "code": item.code, "condition": item.condition}
                    for item in step.conditions
                ],
                hide_index=True,
            )
    with right:
        if step.problem is None:
            st.caption("Answer")
            st.json(step.result, expanded=2)
        else:
            st.caption("Refused")
            st.text(f"{step.problem.code}: {step.problem.message}")
            if step.problem.details:
                st.json(step.problem.details, expanded=2)
    if step.diff:
        st.caption("What changed")
        st.dataframe(change_rows(step.diff), hide_index=True)
    st.caption(f"{len(step.reads)} rows read, {len(step.writes)} writes")
