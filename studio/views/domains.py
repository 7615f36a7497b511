"""Domains: what there is, and starting a new one."""

from __future__ import annotations

import streamlit as st

from studio import jobs
from studio.components.messages import told
from studio.queries import domains as queries


def new_domain() -> None:
    """The form that starts a synthesis in the background."""
    with st.form("new", border=True):
        st.subheader("New domain", anchor=False)
        ready, own = st.columns(2)
        with ready:
            builtin = st.selectbox("Built-in blueprint", jobs.builtins(), key="builtin")
            tasks, seed = st.columns(2)
            count = tasks.number_input("Tasks", 0, 10_000, 20, help="Audited tasks to make.")
            number = seed.number_input(
                "Seed", 0, 2**31 - 1, 0, help="The same seed gives the same domain, byte by byte."
            )
            name = st.text_input(
                "Name", help="The domain's name (`--name`), where not the seed's own.", placeholder="as in the seed"
            )
        with own:
            upload = st.file_uploader(
                "or a file of your own: blueprint (YAML), SQL schema, SQLite file",
                type=[ending[1:] for ending in jobs.ENDINGS],
            )
            with_rows = st.checkbox("Take the file's rows as the base of every task")
            replace = st.checkbox("Replace a domain of that name (`--force`)")
        pressed = st.form_submit_button("Start", type="primary", icon=":material/play_arrow:")
    if not pressed:
        return
    with told():
        with st.spinner("Reading the seed ..."):
            if upload is None:
                requested = jobs.start(builtin, tasks=count, seed=number, rename=name, replace=replace)
            else:
                requested = jobs.start_upload(
                    upload.name,
                    upload.getvalue(),
                    tasks=count,
                    seed=number,
                    rename=name,
                    replace=replace,
                    with_rows=with_rows,
                )
        st.switch_page("views/runs.py", query_params={"run": requested.run.id})


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
                    "from": item.seed_kind,
                    "tables": item.tables,
                    "tools": item.tools_admitted,
                    "tools rejected": item.tools_rejected,
                    "edges proven": item.edges_proven,
                    "edges unproven": item.edges_unproven,
                    "tasks": item.tasks_audited,
                    "tasks approved": item.tasks_approved,
                    "attempts rejected": item.tasks_rejected,
                }
                for item in summaries
            ],
            hide_index=True,
        )
    else:
        st.info(
            "No domain yet. Press Start to make one from a built-in blueprint: no key and no server are needed.",
            icon=":material/info:",
        )
    new_domain()


page()
