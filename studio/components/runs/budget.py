"""What a run may spend on language models: said, asked for, and enlarged."""

from __future__ import annotations

import streamlit as st

from engine.models.run import Budget
from engine.store.call_log import CallSums
from studio.components.models.amounts import dollars, in_short

MOST_DOLLARS = 1_000_000.0
MOST_TOKENS = 10**12
MOST_CALLS = 10**9


def budget_words(budget: Budget) -> str:
    """A budget in one line; empty where there is no bound."""
    parts = [
        f"{dollars(budget.cost)}" if budget.cost is not None else "",
        f"{budget.tokens:,} tokens" if budget.tokens is not None else "",
        f"{budget.calls:,} calls" if budget.calls is not None else "",
    ]
    return ", ".join(filter(None, parts))


def ask_budget(start: Budget, *, key: str) -> Budget:
    """Asks for each bound; an empty field is no bound.

    Args:
        start: What stands in the fields at first.
        key: Tells these fields from others.
    """
    cost, tokens, calls = st.columns(3)
    dollars_given = cost.number_input(
        "At most, in US dollars",
        0.0,
        MOST_DOLLARS,
        start.cost,
        step=1.0,
        key=f"{key}-cost",
        placeholder="no bound",
        persist_state="session",
    )
    tokens_given = tokens.number_input(
        "At most, in tokens",
        0,
        MOST_TOKENS,
        start.tokens,
        step=10_000,
        key=f"{key}-tokens",
        placeholder="no bound",
        persist_state="session",
    )
    calls_given = calls.number_input(
        "At most, in calls",
        0,
        MOST_CALLS,
        start.calls,
        step=10,
        key=f"{key}-calls",
        placeholder="no bound",
        persist_state="session",
    )
    return Budget(
        cost=None if dollars_given is None else float(dollars_given),
        tokens=None if tokens_given is None else int(tokens_given),
        calls=None if calls_given is None else int(calls_given),
    )


def enlarge_budget(budget: Budget, spent: CallSums) -> Budget:
    """Asks for a larger budget, with twice the old one to begin with; what was spent counts towards it.

    Args:
        budget: The one that is used up.
        spent: What the run spent.
    """
    st.text(f"Spent so far: {in_short(spent)}. The budget is for the whole run, what is spent counts.")
    doubled = Budget(
        cost=None if budget.cost is None else 2 * budget.cost,
        tokens=None if budget.tokens is None else 2 * budget.tokens,
        calls=None if budget.calls is None else 2 * budget.calls,
    )
    # Fields keep what was typed; another budget that was used up begins anew.
    return ask_budget(doubled, key=f"enlarge-{budget.cost}-{budget.tokens}-{budget.calls}")
