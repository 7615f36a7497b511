"""Settles what the test agent's cases and the contracts differ about: a case gives way, or, once a tool, the contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.agents.roles import CannotAnswer
from engine.agents.roles.foundation import ProposedCase, RepairAnswer, RepairRequest
from engine.foundation.patches import patch_problems
from engine.foundation.proposed import Dispute, examine_cases
from engine.models.domain import DomainSpec
from engine.models.tool import Tool
from engine.pipeline.cast import Cast
from engine.pipeline.coding import together

TOOLS_A_DISPUTE = 4
"""One dispute is taken to the debug agent for this many tools of the domain, and one of a tool at most: each costs as much as a
repair, and a test agent that differs more often than that is no witness against the contracts."""

_LONGEST_REASON = 300


@dataclass(frozen=True, slots=True)
class Settled:
    """A tool after its proposed cases were looked at.

    Attributes:
        tool: With another contract, where that was found wrong; its code is that of the old one then.
        cases: The cases that are run.
        is_patched: Whether the contract is another one.
        notes: What was disputed and what came of it, and which cases were unusable, a sentence each.
    """

    tool: Tool
    cases: tuple[ProposedCase, ...] = ()
    is_patched: bool = False
    notes: tuple[str, ...] = ()


async def settle(
    cast: Cast,
    spec: DomainSpec,
    tools: Sequence[Tool],
    proposed: Mapping[str, tuple[ProposedCase, ...]],
    seed: int | str,
) -> dict[str, Settled]:
    """Looks at proposed cases, and has disputes judged by the debug agent, all at once.

    Returns:
        Tool -> what came of it, for the tools of which there were cases.
    """
    examined = {
        tool.name: examine_cases(spec, tool, proposed[tool.name], seed) for tool in tools if tool.name in proposed
    }
    disputed = [tool for tool in tools if tool.name in examined and examined[tool.name].disputes]
    heard = disputed[: max(1, len(tools) // TOOLS_A_DISPUTE)]
    answers = await together(
        cast.debug.repair(
            RepairRequest(
                tool=tool,
                database=spec.database,
                failures=(examined[tool.name].disputes[0].words,),
                case=examined[tool.name].disputes[0].case,
                allowed=("instance", "contract"),
            )
        )
        for tool in heard
    )
    verdicts = {tool.name: answer for tool, answer in zip(heard, answers, strict=True)}
    settled: dict[str, Settled] = {}
    for tool in tools:
        if tool.name not in examined:
            continue
        found = examined[tool.name]
        notes = [f"A proposed case is unusable: {reason}" for reason in found.unusable]
        result = Settled(tool, found.agreed)
        for number, dispute in enumerate(found.disputes):
            if number or tool.name not in verdicts:
                notes.append(f"Disputed: {dispute.words} The case is left out.")
                continue
            result, words = _decided(spec, result, proposed[tool.name], dispute, verdicts[tool.name], seed)
            notes.append(f"Disputed: {dispute.words} {words}")
        settled[tool.name] = Settled(result.tool, result.cases, result.is_patched, tuple(notes))
    return settled


def _decided(
    spec: DomainSpec,
    so_far: Settled,
    proposed: Sequence[ProposedCase],
    dispute: Dispute,
    verdict: RepairAnswer | CannotAnswer | None,
    seed: int | str,
) -> tuple[Settled, str]:
    """What a verdict changes, and what is said of it; the engine has the last word."""
    tool = so_far.tool
    if verdict is None or isinstance(verdict, CannotAnswer):
        return so_far, "Nobody could decide; the case is left out."
    reason = f" ({' '.join(verdict.reason.split())[:_LONGEST_REASON]})" if verdict.reason.strip() else ""
    if verdict.kind == "instance":
        corrected = verdict.case
        if corrected is None or corrected.tool != tool.name:
            return so_far, f"The case was taken back{reason}."
        if examine_cases(spec, tool, [corrected], seed).agreed:
            return Settled(tool, (*so_far.cases, corrected)), f"The case was corrected{reason}."
        return so_far, f"The case was corrected{reason}, and the contract differs again; it is left out."
    if verdict.kind != "contract" or verdict.contract is None:
        return so_far, "The verdict was none; the case is left out."
    if problems := patch_problems(spec, tool, verdict.contract, seed, dispute=dispute):
        return so_far, f"Another contract was proposed{reason} and refused: {'; '.join(problems)}."
    patched = tool.model_copy(update={"contract": verdict.contract})
    agreed = examine_cases(spec, patched, proposed, seed).agreed
    return Settled(patched, agreed, is_patched=True), f"The contract was corrected{reason}."
