"""Domains: what there is, and starting a new one."""

from __future__ import annotations

import streamlit as st

from studio import jobs, queries


def new_domain() -> None:
    """The form that starts a synthesis in the background."""
    with st.form("new", border=True):
        st.subheader("New domain", anchor=False)
        builtin = st.selectbox("Built-in blueprint", jobs.builtins())
        upload = st.file_uploader("or your own: blueprint, SQL schema or SQLite file", type=["yaml", "yml", "sql", "sqlite", "db", "sqlite3"])
        tasks, seed, rows = st.columns(3)
        count = tasks.number_input("Tasks", 0, 10_000, 20)
        number = seed.number_input("Seed", 0, 2**31 - 1, 7)
        with_rows = rows.checkbox("Take the file's rows as the base")
        if st.form_submit_button("Start", type="primary"):
            if upload is None:
                run = jobs.start(builtin, tasks=int(count), seed=int(number))
            else:
                run = jobs.start_upload(upload.name, upload.getvalue(), tasks=int(count), seed=int(number), with_rows=with_rows)
            st.switch_page("pages/runs.py", query_params={"run": run})


def page() -> None:
    """Draws the page."""
    st.title("Domains")
    summaries = queries.domains()
    if summaries:
        st.dataframe(
            [
                {
                    "domain": item.name,
                    "title": item.title,
                    "seed": item.seed_kind,
                    "tables": item.tables,
                    "tools": item.tools_admitted,
                    "tools rejected": item.tools_rejected,
                    "edges proven": item.edges_proven,
                    "edges unproven": item.edges_unproven,
                    "tasks": item.tasks_audited,
                    "approved": item.tasks_approved,
                    "tasks rejected": item.tasks_rejected,
                }
                for item in summaries
            ],
            hide_index=True,
        )
    else:
        st.info("No domain yet. Choose a built-in blueprint below and press Start: no key and no server are needed.", icon=":material/info:")
    new_domain()


page()
