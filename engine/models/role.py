"""The roles that make a domain and its tasks (paper, sections 4.1 and 4.2), by name."""

from __future__ import annotations

from typing import Literal, get_args

RoleName = Literal[
    "domain",
    "tool_schema",
    "database",
    "contract",
    "code",
    "test",
    "debug",
    "dependency",
    "chain",
    "state",
    "instruction",
    "gate",
    "user",
]
"""Each is played by the composer, offline, or by a language model; see `engine.agents.roles`."""

ROLES: tuple[RoleName, ...] = get_args(RoleName)

COMPOSER = "composer"
"""Who plays a role for which no model is named."""

UNASKED: tuple[RoleName, ...] = ("gate", "user")
"""Roles that no run calls for while it makes a domain: who plays them decides nothing that the domain holds."""
