"""A domain from a keyword: what it shall be about, who plays which role, what it may cost, and what it is likely to."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import streamlit as st

from engine.models.role import ROLES
from engine.seeds.keyword import LONGEST_HINT, LONGEST_KEYWORD
from studio.components.domains.players import Players, ask_roles
from studio.components.markup import badge, head, mono, numbers, row, show, table
from studio.components.messages import told
from studio.components.models.amounts import UNKNOWN, dollars, named
from studio.components.models.roles import choose_model, shown_role
from studio.components.models.setup import show_how_to
from studio.components.runs.budget import ask_budget, budget_words
from studio.queries import models as queries

MOST_TOOLS = 200
USUAL_TOOLS = 40


class Wish(NamedTuple):
    """What is asked for beside a run's usual options."""

    keyword: str
    tools: int
    hint: str
    players: Players


def ask_for_keyword(tasks: int, start: Callable[[Wish], None], offer: Callable[[str], None]) -> None:
    """Draws the form; a fragment, so that a letter typed draws only this.

    Args:
        tasks: How many tasks are asked for, for the estimate.
        start: Starts the run.
        offer: Shows the built-in domains that are near a keyword.
    """
    setup = None
    with told():
        setup = queries.setup()
    if setup is None:
        return
    if not setup.models:
        st.info(
            "Making a domain from a keyword needs a language model, and none is configured. "
            "A built-in domain, a schema or a blueprint needs none.",
            icon=":material/info:",
        )
        words = _ask_words()
        offer(words)
        show(head("To configure a model, write a file studio.toml or set variables, and start the studio again"))
        show_how_to()
        return
    wish = _ask(setup, tasks)
    with st.container(horizontal=True, vertical_alignment="center"):
        thinks = "domain" in wish.players.models
        ready = bool(wish.keyword.strip()) and thinks
        pressed = st.button(
            "Start", key="start-keyword", type="primary", icon=":material/play_arrow:", disabled=not ready
        )
        if not wish.keyword.strip():
            show(row("Write what the domain is about."))
        elif not thinks:
            show(row("Name a model for the domain agent: what a keyword stands for, the composer can't know."))
    if pressed:
        start(wish)
    if wish.keyword.strip():
        offer(wish.keyword)


def _ask_words() -> str:
    typed = st.text_input(
        "Keyword",
        key="new-keyword",
        placeholder="wedding planning",
        max_chars=LONGEST_KEYWORD,
        live=True,
        persist_state="session",
    )
    return typed or ""


def _ask(setup: queries.Setup, tasks: int) -> Wish:
    left, middle, right = st.columns([2, 1, 2], vertical_alignment="bottom")
    with left:
        keyword = _ask_words()
    tools = middle.number_input(
        "Tools", 1, MOST_TOOLS, USUAL_TOOLS, key="new-tools", persist_state="session", help="About how many."
    )
    with right:
        default = choose_model("Model of all roles", setup, key="new-model", start=setup.default, empty="none chosen")
    hint = st.text_area(
        "Further wishes, in words",
        key="new-hint",
        height=80,
        max_chars=LONGEST_HINT,
        placeholder="for example: for a small shop with two mechanics; repairs need the customer's consent above 100 euros",
        persist_state="session",
    )
    with st.expander("Who plays which role", icon=":material/groups:"):
        models = ask_roles(setup, ROLES, default, key="new", configured=True)
    with st.expander("Budget", icon=":material/savings:"):
        budget = ask_budget(setup.settings.budget, key="new-budget")
    wish = Wish(keyword, int(tools), hint or "", Players(models, budget))
    _show_estimate(wish, setup, tasks)
    return wish


def _show_estimate(wish: Wish, setup: queries.Setup, tasks: int) -> None:
    """What it is likely to take, and what would keep it from beginning."""
    models, budget = wish.players.models, wish.players.budget
    found = queries.estimate_of(wish.tools, tasks, models, setup)
    cost = UNKNOWN if found.cost is None else dollars(found.cost)
    show(
        numbers(
            {
                "tokens read, about": found.tokens_in,
                "tokens written, about": found.tokens_out,
                "cost, about": "free" if found.cost == 0 else cost,
                "models": len(set(models.values())),
                "roles of the composer": len(ROLES) - len(models),
            }
        )
    )
    if limit := budget_words(budget):
        show(row("It stops, and can go on later, at", limit))
    for name in dict.fromkeys(models.values()):
        key = queries.key_of(name, setup)
        if key.status == "absent":
            show(row(badge("no key", "bad"), mono(name), f"needs a key in {key.variable}"))
    if found.cost is None and budget.cost is not None:
        show(row(badge(UNKNOWN, "warn"), "a bound in dollars needs prices in studio.toml (input_price, output_price)"))
    if found.by_role:
        with st.expander("The estimate by role", icon=":material/table_rows:"):
            show(
                table(
                    [
                        {
                            "role": shown_role(role),
                            "model": named(each.model),
                            "tokens read": each.tokens_in,
                            "tokens written": each.tokens_out,
                            "cost": dollars(each.cost),
                        }
                        for role, each in found.by_role.items()
                    ],
                    counts=True,
                )
            )
