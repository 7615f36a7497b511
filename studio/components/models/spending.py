"""What language models cost over all runs: by model, by role and by domain."""

from __future__ import annotations

import streamlit as st

from studio.components.empty import say_empty
from studio.components.markup import head, numbers, show
from studio.components.models.amounts import total_cost
from studio.components.models.sums import EXPLAINED, sums_table
from studio.queries import models as queries


def show_spending(found: queries.Spending) -> None:
    """Draws the part."""
    if not found.total.calls:
        say_empty(
            "No language model was asked anything yet. Start a domain from a keyword on the Domains page.",
            "domains",
            "New domain from a keyword",
            view="new",
            **{"from": "keyword"},
        )
        return
    total = found.total
    show(
        numbers(
            {
                "calls": total.calls,
                "from memory": total.cached,
                "tokens read": total.prompt_tokens,
                "tokens written": total.completion_tokens,
                "tokens saved": total.saved_tokens,
                "cost": total_cost(total),
            }
        )
    )
    show(
        head("By model"),
        sums_table(found.by_model, "model", height=300),
        head("By role"),
        sums_table(found.by_role, "role", total=total, height=430),
        head("By domain"),
        sums_table(found.by_domain, "domain", height=430),
    )
    st.caption(EXPLAINED)
