"""The roles in our own words, and choosing a model for one."""

from __future__ import annotations

import streamlit as st

from engine.models.role import COMPOSER, RoleName
from studio.queries.models import Setup

ROLE_WORDS: dict[RoleName, str] = {
    "domain": "thinks a domain through from its keyword: actors, entities, rules",
    "tool_schema": "conceives the tools, in words",
    "database": "works out tables, columns, keys, constraints and match policies",
    "contract": "makes pre- and post-conditions formal, where they don't follow by themselves",
    "code": "writes the tools' Python",
    "test": "thinks up cases beyond those that follow from the contracts",
    "debug": "repairs what failed its tests",
    "dependency": "judges the pairs of tools that inference leaves open",
    "chain": "thinks up what a user could want, as a program",
    "state": "furnishes initial states, distractors among them",
    "instruction": "says a task in the user's words",
    "gate": "decides whether another chain pays",
    "user": "plays the user in a conversation",
}


def shown_role(role: str) -> str:
    """A role's name for people."""
    return role.replace("_", " ")


def choose_model(
    label: str, setup: Setup, *, key: str, start: str, empty: str = "none", help: str | None = None
) -> str:
    """Lets the user pick a configured model, the composer, or write another one's name.

    Args:
        label: Our own words.
        setup: What is configured.
        key: Tells this field from others.
        start: What stands in it at first.
        empty: What an empty choice means.
        help: What the pointer tells; our own words.

    Returns:
        The model's name, `composer`, or empty.
    """
    offered = list(dict.fromkeys(["", *(each.endpoint.model for each in setup.models), COMPOSER]))
    if key not in st.session_state:
        st.session_state[key] = start if start in offered else ""
    chosen = st.selectbox(
        label,
        offered,
        key=key,
        format_func=lambda name: name or empty,
        accept_new_options=True,
        help=help,
        persist_state="session",
    )
    return (chosen or "").strip()
