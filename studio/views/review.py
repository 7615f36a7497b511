"""Review queue: one task after the other by keyboard, several curators at once; and how far they agree."""

from __future__ import annotations

import streamlit as st

from studio.components.review.agreement import show_agreement
from studio.components.review.queue import show_queue
from studio.components.review.queue_filter import choose_queue


def page() -> None:
    """Draws the page."""
    st.title("Review queue")
    queue, agreement = st.tabs(["Queue", "Agreement"], key="part", on_change="rerun", bind="query-params")
    if queue.open:
        with queue, st.container(gap="xsmall"):
            choice = choose_queue()
            if choice is not None:
                show_queue(choice)
    if agreement.open:
        with agreement:
            show_agreement()


page()
