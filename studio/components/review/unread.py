"""Keys repeat and fingers slip: a press that comes before a task could be read is not meant for it."""

from __future__ import annotations

import time

import streamlit as st

UNREAD = 0.4
"""Seconds that a task must have been shown before a key can decide on it; nobody reads faster."""


def too_fast(since: float) -> bool:
    """Whether a press comes too soon, which is then said.

    Args:
        since: When the task came into sight, by `time.monotonic`.
    """
    if time.monotonic() - since >= UNREAD:
        return False
    st.toast("That key came before this task could be read, so it was not counted.", icon=":material/bolt:")
    return True
