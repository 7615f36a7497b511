"""All domains in one table; a click opens one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from engine.store.domains import DomainSummary
from studio.components.times import ago

KEY = "domain-table"


def show_domains(summaries: Sequence[DomainSummary]) -> str | None:
    """Draws the table and returns the name of the domain that was clicked, if one was."""
    # Selection goes by position: another list is another table.
    key = f"{KEY}-{hash(tuple(each.name for each in summaries))}"
    state = st.dataframe(
        [_line(each) for each in summaries],
        hide_index=True,
        key=key,
        on_select="rerun",
        selection_mode="single-cell",
        height="content" if len(summaries) <= 25 else 920,
        column_config={
            "domain": st.column_config.TextColumn(width="medium", pinned=True),
            "reviewed": st.column_config.ProgressColumn(
                min_value=0, max_value=100, format="%d %%", width="small", help="Tasks that a curator has decided on."
            ),
            "health": st.column_config.TextColumn(width="medium"),
        },
    )
    cells = state.selection.cells
    return summaries[cells[0][0]].name if cells and cells[0][0] < len(summaries) else None


def _line(each: DomainSummary) -> dict[str, Any]:
    decided = each.tasks_audited - each.tasks_open
    return {
        "domain": each.name,
        "title": each.title,
        "health": health(each)[1],
        "tables": each.tables,
        "tools": each.tools_admitted,
        "edges": each.edges_proven,
        "tasks": each.tasks_audited,
        "reviewed": 100 * decided // each.tasks_audited if each.tasks_audited else 0,
        "approved": each.tasks_approved,
        "open": each.tasks_open,
        "needs edit": each.tasks_needs_edit,
        "rejected": each.tasks_declined,
        "stale": each.tasks_stale + each.tools_stale,
        "from": each.seed_kind,
        "made": ago(each.made_at),
    }


RUN_TROUBLES = {
    "failed": "run failed",
    "short": "fewer tasks than asked",
    "interrupted": "run interrupted",
    "cancelled": "run cancelled",
    "exhausted": "run out of budget",
    "queued": "run waits",
    "running": "being made",
}


def health(each: DomainSummary) -> tuple[bool, str]:
    """Whether all is well with a domain, and what is to be said about it in one line."""
    told = [RUN_TROUBLES[each.run_status]] if each.run_status in RUN_TROUBLES else []
    if each.tools_rejected:
        told.append(f"{each.tools_rejected} tools rejected")
    if each.tools_untested:
        told.append(f"{each.tools_untested} tools untested")
    if each.tools_stale or each.tasks_stale:
        told.append("stale")
    if not told and each.edges_unproven:
        return True, f"✓ {each.edges_unproven} edges unproven"
    return not told, f"▲ {', '.join(told)}" if told else "✓ all proven"
