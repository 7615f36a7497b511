"""Whether a contract may take another's place: it says what tests expect, so nothing may be had by making it say less."""

from __future__ import annotations

from engine.contracts.check import check_contract
from engine.contracts.evaluate import STATED_ANY
from engine.contracts.expression import parse
from engine.errors import ScaleEnvError
from engine.foundation.cases import plan_cases
from engine.foundation.proposed import Dispute, examine_cases
from engine.models.domain import DomainSpec
from engine.models.tool import Contract, Tool


def patch_problems(
    spec: DomainSpec, tool: Tool, contract: Contract, seed: int | str, *, dispute: Dispute | None = None
) -> list[str]:
    """What speaks against a contract in place of a tool's own, a sentence each; none where it may take its place.

    It must be sound, keep every rejection code (but one that the dispute is about), keep what it writes and answers, still be
    able to accept a call and to violate each requirement that could be violated before, and settle the dispute.

    Args:
        spec: The domain's spec.
        tool: The tool with the contract as it is.
        contract: The proposed one.
        seed: Decides the cases that are searched for.
        dispute: The case that began it, where one did.
    """
    patched = tool.model_copy(update={"contract": contract})
    if problems := check_contract(patched, spec.database) or _lost(tool.contract, contract, dispute):
        return problems
    try:
        plan = plan_cases(spec, patched, seed)
    except ScaleEnvError as error:
        return [f"no cases could be planned: {error}"]
    if -1 in plan.unreachable:
        return [f"no call is ever accepted: {plan.unreachable[-1]}"]
    if defect := next((e.defect for case in plan.cases for e in case.expected if e.defect is not None), None):
        return [f"the contract does not say what must come out: {defect}"]
    problems = _unreachable(spec, tool, contract, seed, plan.unreachable)
    if dispute is not None and not problems:
        problems = [still.words for still in examine_cases(spec, patched, [dispute.case], seed).disputes]
    return problems


def _lost(before: Contract, after: Contract, dispute: Dispute | None) -> list[str]:
    """What the new contract does not say any more."""
    problems: list[str] = []
    codes = {requirement.code for requirement in after.requires}
    problems += [
        f"the rejection `{requirement.code}` is gone"
        for requirement in before.requires
        if requirement.code not in codes and (dispute is None or dispute.found != requirement.code)
    ]
    for requirement in after.requires:
        condition = parse(requirement.condition)
        if not condition.names and "(" not in condition.text:
            problems.append(f"the condition of `{requirement.code}` is `{condition.text}`, which depends on nothing")
    if after.effects != before.effects and _writes(after) != _writes(before):
        problems.append("it writes other columns than before")
    if _opened(after) - _opened(before):
        problems.append("it leaves values open that were stated before")
    if [field.name for field in after.returns] != [field.name for field in before.returns]:
        problems.append("it answers other fields than before")
    return problems


def _writes(contract: Contract) -> list[tuple[str, str, tuple[str, ...]]]:
    return sorted((effect.operation, effect.table, tuple(sorted(effect.values))) for effect in contract.effects)


def _opened(contract: Contract) -> set[str]:
    """Where the contract states `any`."""
    written = {
        f"{effect.table}.{column}"
        for effect in contract.effects
        for column, text in effect.values.items()
        if text.strip() == STATED_ANY
    }
    return written | {
        field.name for field in contract.returns if field.value is not None and field.value.strip() == STATED_ANY
    }


def _unreachable(
    spec: DomainSpec, tool: Tool, contract: Contract, seed: int | str, unreachable: dict[int, str]
) -> list[str]:
    """Rejections that could come about before and can't any more."""
    never = {contract.requires[index].code for index in unreachable if index >= 0}
    if not never:
        return []
    try:
        was = plan_cases(spec, tool, seed).unreachable
    except ScaleEnvError:
        was = {}
    known = {tool.contract.requires[index].code for index in was if index >= 0}
    return [f"the rejection `{code}` can't come about any more" for code in sorted(never - known)]
