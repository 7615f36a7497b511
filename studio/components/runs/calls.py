"""What a run asked language models: the sums by role and by task, the list, and one call in full."""

from __future__ import annotations

import streamlit as st

from engine.store.call_log import CallFilter
from studio.components.markup import row, show
from studio.components.messages import told
from studio.components.models.call import show_chosen_call
from studio.components.models.calls import PARAMETER, choose_calls, show_calls
from studio.components.models.sums import EXPLAINED, sums_table
from studio.components.segment import segment
from studio.queries import calls as queries

BY = {"role": "by role", "task": "by task", "model": "by model"}


def show_calls_of_run(id: str, *, every: float | None) -> None:
    """Draws the part.

    Args:
        id: The run.
        every: Seconds after which the sums and the list look again; `None` at rest.
    """
    scope = CallFilter(run=id)
    show_chosen_call(scope)
    by = segment("Sums", list(BY), "by", scope=id, say=BY.__getitem__)
    st.fragment(_guarded_sums, run_every=every)(scope, by)
    chosen = choose_calls(scope)
    st.fragment(_guarded_list, run_every=every)(chosen, f"calls-{id}", st.query_params.get(PARAMETER))


def _guarded_sums(scope: CallFilter, by: str) -> None:
    with told():
        sums = queries.sums_by(by, scope)  # type: ignore[arg-type]
        if not sums:
            show(row("No call yet." if by != "task" else "No call was about a task yet."))
            return
        show(sums_table(sums, by, total=queries.sums(scope) if by != "task" else None, height=330))
        st.caption(EXPLAINED)


def _guarded_list(chosen: CallFilter, key: str, drawn: str | None) -> None:
    with told():
        show_calls(chosen, key=key, drawn=drawn)
