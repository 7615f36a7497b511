"""One trace, step by step: the call, where its arguments came from, what it answered and what it changed."""

from __future__ import annotations

import json
from typing import Any

import streamlit as st

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


def show_trace(trace: Trace, *, key: str) -> None:
    """The trace's verdict and a stepper over its calls; the step is in the address."""
    st.text(trace.title)
    verdict = "passed" if trace.passed else "failed"
    st.badge(verdict, color="green" if trace.passed else "red")
    if trace.verdict:
        st.text(trace.verdict)
    if not trace.steps:
        st.caption("Nothing was called.")
        return
    index = _step_picker(len(trace.steps), key)
    show_step(trace.steps[index])
    if trace.rows is not None:
        with st.expander("Initial rows"):
            for table, rows in trace.rows.items():
                if rows:
                    st.caption(table)
                    st.dataframe([{name: cell(value) for name, value in row.items()} for row in rows], hide_index=True)


def _step_picker(steps: int, key: str) -> int:
    if steps == 1:
        return 0
    name = f"{key}-step"
    if name not in st.session_state:
        asked = st.query_params.get("step", "1")
        st.session_state[name] = min(max(int(asked) if asked.isdigit() else 1, 1), steps)
    st.session_state[name] = min(st.session_state[name], steps)

    def move(by: int) -> None:
        st.session_state[name] = min(max(st.session_state[name] + by, 1), steps)

    back, slider, forward = st.columns([1, 10, 1], vertical_alignment="bottom")
    at = slider.slider("Step", 1, steps, key=name)
    back.button("←", key=f"{key}-back", shortcut="Left", on_click=move, args=(-1,), disabled=at == 1)
    forward.button("→", key=f"{key}-next", shortcut="Right", on_click=move, args=(1,), disabled=at == steps)
    st.query_params["step"] = str(at)
    return at - 1


def show_step(step: TraceStep) -> None:
    """One call in full."""
    icon, colour, words = OUTCOMES[step.outcome]
    st.badge(f"step {step.index + 1}: {words}", icon=icon, color=colour)
    st.code(f"{step.call.name}({json.dumps(step.call.arguments, ensure_ascii=False, indent=2)})", language=None)
    left, right = st.columns(2)
    with left:
        if step.sources:
            st.caption("Where the arguments came from")
            st.dataframe([{"argument": name, "source": source} for name, source in step.sources.items()], hide_index=True)
        if step.conditions:
            st.caption("Conditions of the contract before the call")
            truth = {True: "holds", False: "violated", None: "not reached"}
            st.dataframe(
                [{"truth": truth[item.holds], "code": item.code, "condition": item.condition} for item in step.conditions],
                hide_index=True,
            )
    with right:
        st.caption("Answer" if step.problem is None else f"Refused: {step.problem.code}")
        st.json(step.result if step.problem is None else step.problem.model_dump(), expanded=2)
    if step.diff:
        st.caption("What changed")
        st.dataframe(change_rows(step.diff), hide_index=True)
    st.caption(f"{len(step.reads)} rows read, {len(step.writes)} writes")
