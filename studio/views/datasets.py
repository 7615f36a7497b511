"""Datasets: choose tasks, see their balance, split and freeze them; look at versions, compare and download them."""

from __future__ import annotations

import streamlit as st

from engine.models.dataset import DatasetChoice, SplitPlan
from engine.pipeline.datasets import Preview, default_name
from studio.components.curator import curator
from studio.components.datasets.balance import show_balance, show_split
from studio.components.datasets.choice import choose_plan, choose_tasks
from studio.components.datasets.quick_export import quick_export
from studio.components.datasets.version import show_versions
from studio.components.empty import say_empty
from studio.components.markup import numbers, show
from studio.components.messages import told
from studio.components.segment import settle
from studio.queries import datasets as queries
from studio.queries.datasets import Counting

NEW, VERSIONS, QUICK = "New version", "Versions", "Quick export"
PARTS = {"new": NEW, "versions": VERSIONS, "export": QUICK}
WAIT = 1.0
"""Seconds between two looks at a count that goes on."""


def page() -> None:
    """Draws the page."""
    st.title("Datasets")
    part = _choose_part()
    if part == "versions":
        _say_frozen()
        show_versions()
    elif part == "export":
        quick_export()
    else:
        _new_version()


def _choose_part() -> str:
    """The part of the page; a link to a version opens it, and so does freezing."""
    key = "datasets-part"
    wanted = st.session_state.pop("datasets-go-to", None)
    if wanted is not None:
        st.session_state[key] = wanted
    asked = st.query_params.get("part")
    settle(key, list(PARTS), asked if asked in PARTS else "versions" if "dataset" in st.query_params else "new")
    part = st.segmented_control(
        "Part", list(PARTS), key=key, format_func=PARTS.__getitem__, required=True, label_visibility="collapsed"
    )
    st.query_params["part"] = str(part)
    if part != "versions":
        for parameter in ("dataset", "version", "with"):
            st.query_params.pop(parameter, None)
    return str(part)


def _say_frozen() -> None:
    """What became of a wish to freeze."""
    new = st.session_state.pop("datasets-told", None)
    if new is True:
        st.success("Frozen. Download it in the form that you need.", icon=":material/ac_unit:")
    elif new is False:
        st.info("Nothing has changed: this version holds that very content already.", icon=":material/info:")


def _new_version() -> None:
    facets = queries.facets()
    if not facets.domains:
        say_empty("There is no domain yet. Start one on the Domains page.", "domains", "Go to Domains")
        return
    left, right = st.columns([2, 5], gap="medium")
    with left:
        choice = choose_tasks(facets)
    if choice is None:
        return
    with right:
        counting = queries.count(choice)
        if counting.current:
            _chosen(choice, counting)
        else:
            _waiting(choice, counting)


@st.fragment(run_every=WAIT)
def _waiting(choice: DatasetChoice, counting: Counting) -> None:
    """Looks again until the count is there, and shows what was counted before."""
    if queries.count(choice).current:
        st.rerun()
    st.caption("Counting the tasks …")
    if counting.counted is not None:
        show_balance(counting.counted.balance)


def _chosen(choice: DatasetChoice, counting: Counting) -> None:
    counted = counting.counted
    if counted is None or not counted.balance.tasks:
        _say_nothing(choice)
        return
    balance = counted.balance
    show(
        numbers(
            {
                "tasks": balance.tasks,
                "domains": len(balance.domains),
                "tools used": len(balance.tools),
                "kinds of rules": len(balance.rules),
            }
        )
    )
    plan = choose_plan(balance.tasks, len(balance.domains))
    if plan is not None:
        preview = counted.preview(plan)
        show_split(preview.division.report)
        for warning in preview.warnings:
            st.warning(warning, icon=":material/warning:")
        _freeze(choice, plan, preview)
    st.subheader("Balance")
    show_balance(balance)


def _say_nothing(choice: DatasetChoice) -> None:
    """Why there is nothing to freeze, and what to do about it."""
    counts = queries.facets().reviews
    if not any(counts.values()):
        say_empty("There is no audited task yet. Start a domain on the Domains page.", "domains", "Go to Domains")
    elif not any(counts[state] for state in choice.reviews):
        say_empty(
            f"No task is {' or '.join(choice.reviews).replace('_', ' ')} yet. Review some, or let other states in on the left: "
            f"{counts['open']:,} are open.",
            "review",
            "Go to the review queue",
        )
    else:
        say_empty("No task fits this choice. Widen it on the left.")


def _freeze(choice: DatasetChoice, plan: SplitPlan, preview: Preview) -> None:
    usual = default_name(preview.balance.domains)
    left, middle, right = st.columns([2, 4, 1], vertical_alignment="bottom")
    name = left.text_input("Name", usual, key=f"freeze-name-{usual}", max_chars=80)
    note = middle.text_input("Note", key="freeze-note", placeholder="What this version is for", max_chars=500)
    if not right.button("Freeze", type="primary", icon=":material/ac_unit:", key="freeze", width="stretch"):
        return
    with told():
        with st.status("Freezing …") as status:
            frozen = queries.freeze_version(
                choice,
                plan,
                name=name,
                note=note,
                curator=curator(),
                progress=lambda what, done, total: status.update(label=f"Freezing: {what}, {done:,} of {total:,} …"),
            )
        manifest = frozen.version.manifest
        st.query_params["dataset"], st.query_params["version"] = manifest.name, str(manifest.version)
        st.session_state["datasets-go-to"] = "versions"
        st.session_state["datasets-told"] = frozen.new
        st.rerun()


page()
