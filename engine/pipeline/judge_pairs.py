"""Asks the dependency agent about the pairs of tools that inference leaves open (paper, section 4.1, step 6)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from engine.agents.roles import CannotAnswer
from engine.agents.roles.foundation import DependencyRequest
from engine.models.domain import Domain
from engine.models.graph import Edge
from engine.pipeline.cast import Cast

Told = tuple[Literal["step", "warning"], str]
"""Kind and words of an event."""


def judge_pairs(cast: Cast, domain: Domain, edges: Sequence[Edge]) -> tuple[tuple[Edge, ...], Told]:
    """The candidate edges that come from accepted pairs, to be proven like all others, and what is to be told of it.

    Args:
        cast: Plays the role.
        domain: The admitted tools.
        edges: What inference found.
    """
    from engine.graph.open_pairs import edge_of, open_pairs

    pairs = open_pairs(domain, edges)
    if not pairs:
        return (), ("step", "No pair of tools is left open.")
    try:
        answer = cast.wait(cast.dependency.judge(DependencyRequest(domain=domain, pairs=pairs)))
    except CannotAnswer as error:
        return (), ("warning", f"{len(pairs)} pairs that are left open were not judged: {error}")
    asked = set(pairs)
    found = tuple(edge_of(pair) for pair in dict.fromkeys(answer.flows) if pair in asked)
    return found, ("step", f"{len(found)} of {len(pairs)} pairs that are left open were accepted as data flows.")
