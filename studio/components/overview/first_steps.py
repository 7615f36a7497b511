"""The way from a seed to an exported dataset: five steps that tick themselves off."""

from __future__ import annotations

import streamlit as st

from studio.queries.overview import Steps

STEPS = (
    (
        "Seed",
        "Choose what the domain is made from: a built-in, a schema, a blueprint, a keyword.",
        "domains",
        "Domains",
    ),
    ("Run", "Tools are composed and tested, the graph is proven, tasks are audited.", "runs", "Runs"),
    ("Review", "Approve, reject or send back: one key a task.", "review", "Review queue"),
    ("Freeze", "Choose tasks, split them, freeze them as a version with a hash.", "datasets", "Datasets"),
    ("Export", "Download a bundle, JSONL or Parquet and train.", "datasets", "Datasets"),
)


def show_steps(steps: Steps) -> None:
    """Draws the steps; the first that is not done yet stands out and leads to its page."""
    done = [steps.seeded, steps.ran, steps.reviewed, steps.frozen, False]
    current = done.index(False)
    for place, (at, (title, words, file, page)) in zip(st.columns(len(STEPS)), enumerate(STEPS), strict=True):
        with place.container(border=True, height="stretch"):
            icon = "check_circle" if done[at] else "arrow_circle_right" if at == current else "circle"
            colour = "green" if done[at] else "primary" if at == current else "gray"
            st.markdown(f":{colour}[:material/{icon}:] **{at + 1}. {title}**{' · done' if done[at] else ''}")
            st.caption(words)
            if at == current and steps.seeded:
                st.page_link(f"views/{file}.py", label=f"Go to {page}", icon=":material/arrow_forward:")
