"""Asks the dependency agent about the pairs of tools that inference leaves open (paper, section 4.1, step 6).

Contracts say all that it has to know. So it is asked about all of a domain's tools while their code is written, and what it said
of those that are admitted counts; only where a tool was rejected, or its contract corrected, it may be asked about a few more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Literal

from engine.agents.roles import CannotAnswer
from engine.agents.roles.foundation import DependencyRequest, OpenPair
from engine.models.domain import Domain, DomainSpec
from engine.models.graph import Edge
from engine.models.tool import Tool
from engine.pipeline.cast import Cast
from engine.pipeline.kept_cases import JudgedPairs

Told = tuple[Literal["step", "warning"], str]
"""Kind and words of an event."""

_ALL = 10_000
"""More pairs than any domain has open."""

_NONE = JudgedPairs()


async def judge_early(cast: Cast, spec: DomainSpec, tools: Sequence[Tool]) -> JudgedPairs:
    """Judges the pairs of tools that have no code yet.

    Args:
        cast: Plays the role.
        spec: The domain's spec.
        tools: All its tools; of some, nothing may come in the end.
    """
    domain = Domain(spec=spec, tools=tuple(tools))
    return await _judged(cast, domain, await asyncio.to_thread(_open_pairs, domain))


def judge_pairs(
    cast: Cast, domain: Domain, edges: Sequence[Edge], before: JudgedPairs = _NONE
) -> tuple[tuple[Edge, ...], Told]:
    """The candidate edges that come from accepted pairs, to be proven like all others, and what is to be told of it.

    Args:
        cast: Plays the role.
        domain: The admitted tools.
        edges: What inference found.
        before: What was judged while code was written.
    """
    from engine.graph.open_pairs import edge_of, open_pairs

    asked = set(before.asked)
    still = [pair for pair in open_pairs(domain, edges, most=_ALL) if pair in asked]
    left = [pair for pair in open_pairs(domain, edges) if pair not in asked]
    later = cast.wait(_judged(cast, domain, tuple(left)))
    pairs = [*still, *left]
    if not pairs:
        return (), ("step", "No pair of tools is left open.")
    accepted = set(before.flows) | set(later.flows)
    found = tuple(edge_of(pair) for pair in pairs if pair in accepted)
    unjudged = (len(still) if before.problem else 0) + (len(left) if later.problem else 0)
    if unjudged:
        problem = later.problem or before.problem
        return found, ("warning", f"{unjudged} of {len(pairs)} pairs that are left open were not judged: {problem}")
    return found, ("step", f"{len(found)} of {len(pairs)} pairs that are left open were accepted as data flows.")


def _open_pairs(domain: Domain) -> tuple[OpenPair, ...]:
    from engine.graph.infer import infer
    from engine.graph.open_pairs import open_pairs

    return open_pairs(domain, infer(domain))


async def _judged(cast: Cast, domain: Domain, pairs: tuple[OpenPair, ...]) -> JudgedPairs:
    if not pairs:
        return _NONE
    try:
        answer = await cast.dependency.judge(DependencyRequest(domain=domain, pairs=pairs))
    except CannotAnswer as error:
        return JudgedPairs(asked=pairs, problem=str(error))
    accepted = set(answer.flows)
    return JudgedPairs(asked=pairs, flows=tuple(pair for pair in pairs if pair in accepted))
