"""A domain's tools as a list that is filtered and picked from."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from studio.components.markup import head, show, table
from studio.components.segment import segment
from studio.queries import tools as queries
from studio.queries.tools import ToolLine

STATES = ("all", "admitted", "rejected", "stale", "edited")
_ROWS = 6
"""Rows that the list shows before it scrolls."""
_ROW_HEIGHT = 29


def list_tools(domain: str, found: Sequence[ToolLine]) -> str | None:
    """The list of those that the filter lets through; a row that is picked becomes the tool that is chosen.

    Returns:
        The tool to show where nobody picked one yet.
    """
    state = f"choose-tool-{domain}"
    # Positions mean other tools once the filter or the list changes: each gets a grid of its own.
    grid = f"tools-{domain}-{abs(hash(tuple(found)))}"

    def pick() -> None:
        rows = st.session_state[grid]["selection"]["rows"]
        if rows:
            st.session_state[state] = found[rows[0]].summary.name

    if found:
        st.dataframe(
            [_row(line) for line in found],
            key=grid,
            on_select=pick,
            selection_mode="single-row",
            hide_index=True,
            row_height=_ROW_HEIGHT,
            height=_ROW_HEIGHT * (1 + min(len(found), _ROWS)) + 8,
            column_config={
                "coverage": st.column_config.ProgressColumn(
                    "coverage",
                    help="Preconditions that tests saw satisfied and violated, of those that can be violated.",
                    format="percent",
                    min_value=0,
                    max_value=1,
                    width=96,
                ),
                "tool": st.column_config.TextColumn(width="medium"),
            },
            alt="The domain's tools; pick a row to see the tool",
        )
    else:
        st.info("No tool fits. Loosen the filter.", icon=":material/filter_alt_off:")
    return found[0].summary.name if found else None


def filter_tools(domain: str, lines: Sequence[ToolLine]) -> list[ToolLine]:
    """The filters, and what they let through."""
    counts = {state: sum(line.fits(state, "all", "all", "") for line in lines) for state in STATES}
    offered = [state for state in STATES if state == "all" or counts[state]]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        state = segment("State", offered, "state", scope=domain, say=lambda name: f"{name} {counts[name]}")
        category = _option("Kind", sorted({line.summary.category for line in lines}), "category", domain)
        table = _option("Table", sorted({line.summary.entity for line in lines}), "table", domain)
        words = st.text_input(
            "Words in name, table or rejection code",
            key=f"tool-words-{domain}",
            type="search",
            max_chars=100,
            placeholder="Search",
            label_visibility="collapsed",
            width=150,
        )
    return [line for line in lines if line.fits(state, category, table, words)]


def _option(label: str, options: Sequence[str], parameter: str, domain: str) -> str:
    key = f"tool-{parameter}-{domain}"
    offered = ["all", *options]
    if st.session_state.get(key) not in offered:
        asked = st.query_params.get(parameter)
        st.session_state[key] = asked if asked in offered else "all"
    chosen = st.selectbox(
        label,
        offered,
        key=key,
        format_func=lambda name: f"{label.lower()}: {name}" if name == "all" else name,
        label_visibility="collapsed",
        width=124,
    )
    if chosen == "all":
        st.query_params.pop(parameter, None)
    else:
        st.query_params[parameter] = chosen
    return str(chosen)


def _row(line: ToolLine) -> dict[str, object]:
    each = line.summary
    reachable = each.rules - each.unreachable
    marks = {"counts": "counts", "waiting": "waits", "refused": "refused", "superseded": "superseded"}
    return {
        "tool": each.name,
        "state": ("✓ " if each.admitted else "✗ " if each.admitted is False else "… ")
        + line.state
        + (" · stale" if each.stale else ""),
        "kind": each.category,
        "table": each.entity,
        "cases": each.cases,
        "failed": each.failures,
        "coverage": each.covered / reachable if reachable > 0 else 1.0 if each.cases else 0.0,
        "in": each.inputs,
        "out": each.outputs,
        "unproven": each.unproven,
        "tasks": each.tasks,
        "last edit": marks.get(line.edit or "", ""),
    }


def show_rejected(domain: str, found: Sequence[ToolLine]) -> None:
    """What was rejected and why, where the list shows nothing else."""
    if not found or any(line.state != "rejected" for line in found):
        return
    listed = {line.summary.name for line in found}
    show(
        head("What was rejected and why. A rejected tool is in no graph and no task; it can be mended under “Edit”."),
        table(
            [
                {"tool": each.name, "reason": reason}
                for each in queries.rejected(domain)
                if each.name in listed
                for reason in each.reasons or ("no reason was stored",)
            ],
            height=260,
        ),
    )
