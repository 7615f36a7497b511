"""Who plays which role in a new run, and what it may spend."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import streamlit as st

from engine.models.role import COMPOSER, ROLES, RoleName
from engine.models.run import Budget
from studio.components.messages import told
from studio.components.models.roles import ROLE_WORDS, choose_model, shown_role
from studio.components.runs.budget import ask_budget
from studio.queries import models as queries

MAKING: tuple[RoleName, ...] = ("domain", "tool_schema", "database", "contract")
"""Roles whose work a blueprint, a schema or a file has done already."""


class Players(NamedTuple):
    """Who plays, and for how much.

    Attributes:
        models: Role -> the model that plays it; the composer plays the others.
        budget: What may be spent.
    """

    models: dict[RoleName, str]
    budget: Budget


NOBODY = Players({}, Budget())
"""The composer plays all roles."""


def ask_players() -> Players:
    """Offers to let language models play roles for a domain that is written down already; by itself the composer plays all."""
    setup = None
    with told():
        setup = queries.setup()
    if setup is None or not setup.models:
        return NOBODY
    with st.expander("Let language models play roles", icon=":material/groups:"):
        st.caption("By themselves all roles are the composer's: offline, and for nothing.")
        default = choose_model(
            "Model of all roles below", setup, key="mixed-model", start=COMPOSER, empty="none chosen"
        )
        models = ask_roles(setup, [role for role in ROLES if role not in MAKING], default, key="mixed")
        budget = ask_budget(setup.settings.budget, key="mixed-budget")
    return Players(models, budget) if models else NOBODY


def ask_roles(
    setup: queries.Setup, roles: Sequence[RoleName], default: str, *, key: str, configured: bool = False
) -> dict[RoleName, str]:
    """A choice for each role.

    Args:
        setup: What is configured.
        roles: Which.
        default: Who plays a role for which nothing is chosen.
        key: Tells these fields from others.
        configured: Begin with what the settings say, where they give a role to somebody else than most.
    """
    found: dict[RoleName, str] = {}
    places = st.columns(3)
    for number, role in enumerate(roles):
        said = setup.players[role] if configured and setup.settings.models else setup.default
        with places[number % 3]:
            name = choose_model(
                shown_role(role),
                setup,
                key=f"{key}-role-{role}",
                start=said if said != setup.default else "",
                empty="the model of all roles",
                help=ROLE_WORDS[role],
            )
        name = name or default
        if name and name != COMPOSER:
            found[role] = name
    return found
