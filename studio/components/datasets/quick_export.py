"""A domain's tasks as they are now, without freezing them."""

from __future__ import annotations

from typing import get_args

import streamlit as st

from engine.pipeline.exports import Format
from engine.store.tasks import TaskFilter
from studio.components.choose import choose_domain
from studio.components.messages import told
from studio.downloads import MOST, Download, make_download
from studio.queries import tasks as queries

FORMATS: dict[Format, str] = {
    "bundle": "A folder that runs alone, with nothing but Python: tools, tasks, loader.",
    "jsonl": "One row a task, with messages, tool schemas and reference; loads with `datasets`.",
    "parquet": "The same as one Parquet file.",
}


def quick_export() -> None:
    """Draws the choice and the button."""
    st.caption(
        "One domain as it stands now, for a first look. Nothing is kept: freeze a dataset for what is trained on or cited."
    )
    domain = choose_domain()
    if domain is None:
        return
    audited = queries.count_tasks(TaskFilter(domain=domain, state="audited"))
    approved = queries.count_tasks(TaskFilter(domain=domain, state="audited", review="approved"))
    left, right = st.columns(2)
    which = left.radio("Tasks", [f"All audited tasks ({audited})", f"Approved tasks only ({approved})"], key="which")
    approved_only = which.startswith("Approved")
    format: Format = right.radio("Format", get_args(Format), captions=list(FORMATS.values()), key="format")
    count = approved if approved_only else audited
    if not count:
        st.info(
            "No task is approved yet. Approve some on the Tasks page."
            if approved_only and audited
            else "This domain has no audited task yet; see its run.",
            icon=":material/info:",
        )
        return
    if count > MOST:
        st.info(f"More than {MOST:,} tasks are written by the command line:", icon=":material/terminal:")
        only = " --approved-only" if approved_only else ""
        st.code(f"scaleenv export --domain {domain} --format {format}{only} --out {domain}", language="bash")
        return
    # What was made belongs to what was asked for; another choice or another review asks anew.
    asked = (domain, format, approved_only, audited, approved)
    if st.button("Make the file", type="primary", icon=":material/archive:"):
        with told(), st.spinner("Writing ..."):
            st.session_state["download"] = (asked, make_download(domain, format, approved_only=approved_only))
    made_for, made = st.session_state.get("download", (None, None))
    if made_for == asked:
        _offer(made)


def _offer(made: Download) -> None:
    size = f"{len(made.content) / 1e6:.1f} MB" if len(made.content) > 1e6 else f"{len(made.content) / 1e3:.0f} kB"
    st.success(f"{made.tasks} tasks, {size}.", icon=":material/check:")
    st.download_button(
        "Download",
        made.content,
        file_name=made.name,
        mime="application/zip",
        icon=":material/download:",
        on_click="ignore",
    )
