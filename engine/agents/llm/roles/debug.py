"""The debug role, played by a model: patches of tools, cases and contracts (paper, section 4.1, step 5)."""

from __future__ import annotations

import re
from typing import Literal

from engine.agents.llm.ask.prompt import fill
from engine.agents.llm.ask.question import Asker, Question, Unusable
from engine.agents.llm.ask.structured import functions_in, json_answer, schema_of
from engine.agents.llm.roles.test import CaseText, read_case, tool_in_words
from engine.agents.llm.text.cases import write_call
from engine.agents.llm.text.contract_words import contract_steps, head_of
from engine.agents.llm.text.deviations import deviations
from engine.agents.llm.text.functions import tool_source, without_docstring
from engine.agents.llm.text.tables import tables_text
from engine.agents.llm.text.traces import trace_text
from engine.agents.roles.foundation import PatchKind, ProposedCase, RepairAnswer, RepairRequest
from engine.contracts.touched import touched_tables
from engine.models.base import Model
from engine.models.tool import Contract, Tool

MOST_FAILURES = 6
"""Failures that are told: further ones have mostly the same cause."""
LAST_AT_ZERO = 2
"""Up to this repair the likeliest patch is wanted; where two of them did not do, something else has to be tried."""
_LONGEST_FAILURE = 500
_LINE = re.compile(r"line (\d+): ")
_TOKENS_CODE = 1_500
_TOKENS_DISPUTE = 800


class ConditionChange(Model):
    """A condition anew, under its rejection code."""

    code: str
    condition: str


class _Verdict(Model):
    kind: Literal["instance", "contract"]
    reason: str
    case: CaseText | None
    changes: tuple[ConditionChange, ...]


class ModelDebug:
    """Asks a model for a patch; see `engine.agents.roles.foundation.DebugAgent`."""

    def __init__(self, asker: Asker) -> None:
        self._asker = asker

    async def repair(self, request: RepairRequest) -> RepairAnswer | None:
        """A patch of a kind that is allowed.

        Raises:
            CannotAnswer: No usable patch came out.
        """
        if "tool" in request.allowed and request.case is None:
            return RepairAnswer(kind="tool", source=await self._asker.ask(_code_question(request)))
        return await self._asker.ask(_dispute_question(request))


def _code_question(request: RepairRequest) -> Question[str]:
    tool, database = request.tool, request.database
    steps = contract_steps(tool, database)
    deviating = deviations(tool.source, [step.partition(". ")[2] for step in steps.split("\n")])
    failures = [_with_line(failure, tool.source)[:_LONGEST_FAILURE] for failure in request.failures[:MOST_FAILURES]]
    system, user = fill(
        "debug",
        tables=tables_text(database, touched_tables(tool, database), rules=False),
        steps=f"{head_of(tool)}\n{steps}",
        code=_shown_code(tool),
        deviations="\n".join(f"- {deviation}" for deviation in deviating),
        failures="\n".join(f"- {failure}" for failure in failures),
        call="" if request.trace is None else trace_text(request.trace, database),
        wish=request.hint,
    )
    return Question(
        role="debug",
        system=system,
        user=user,
        parse=lambda text: _new_source(tool, text, deviating),
        subject=tool.name,
        most_tokens=_TOKENS_CODE,
        round=request.round,
        sample=max(0, request.round - LAST_AT_ZERO),
        schema_name="debug",
    )


def _new_source(tool: Tool, text: str, deviating: list[str]) -> str:
    source = tool_source(tool, functions_in(text, [tool.name])[tool.name])
    if source == tool.source:
        words = "that is the code that failed, unchanged; find what is wrong with it and change that"
        raise Unusable([words, *(f"change this: {deviation}" for deviation in deviating)])
    return source


def _shown_code(tool: Tool) -> str:
    """The source without the docstring, which is computed and nobody's fault."""
    return without_docstring(tool.source) if tool.source else f"{head_of(tool)}\n    (nothing was written yet)"


def _with_line(failure: str, source: str) -> str:
    """A failure that names a line of the source, with that line's text: the model sees the code without its docstring."""
    # A person may move an import to the top of the module; of a model's answer only the function is taken.
    failure = failure.replace(
        "imports stand at the top; move it there", "there are no imports; use what is there already"
    )
    match = _LINE.match(failure)
    lines = source.split("\n")
    if match is None or not 1 <= int(match[1]) <= len(lines):
        return failure
    return f"`{lines[int(match[1]) - 1].strip()}`: {failure[match.end() :]}"


def _dispute_question(request: RepairRequest) -> Question[RepairAnswer]:
    tool, database = request.tool, request.database
    system, user = fill(
        "debug_dispute",
        tables=tables_text(database, touched_tables(tool, database)),
        tool=tool_in_words(tool),
        conditions=stated_conditions(tool),
        case="" if request.case is None else _case_text(request.case),
        dispute="\n".join(failure[:_LONGEST_FAILURE] for failure in request.failures[:MOST_FAILURES]),
        wish=request.hint,
    )
    return Question(
        role="debug",
        system=system,
        user=user,
        parse=lambda text: _patch(json_answer(_Verdict)(text), request),
        schema=schema_of(_Verdict),
        subject=tool.name,
        most_tokens=_TOKENS_DISPUTE,
        round=request.round,
        schema_name="debug",
    )


def stated_conditions(tool: Tool) -> str:
    """Bindings and conditions as the contract states them."""
    bound = [f"{binding.name} = {binding.expression}" for binding in tool.contract.bindings]
    conditions = [f"{requirement.code}: {requirement.condition}" for requirement in tool.contract.requires]
    return "\n".join([*bound, "conditions:", *conditions])


def _case_text(case: ProposedCase) -> str:
    rows = [write_call(table, row) for table, listed in case.rows.items() for row in listed]
    expects = case.expects or "success"
    return "\n".join(
        [f"note: {case.note}", *rows, f"call: {write_call(case.tool, case.arguments)}", f"expects: {expects}"]
    )


def _patch(verdict: _Verdict, request: RepairRequest) -> RepairAnswer:
    """The verdict as a patch that the engine takes.

    Raises:
        Unusable: It is of a kind that is not allowed now, or names what there is not.
    """
    _refuse_kind(verdict.kind, request.allowed)
    if verdict.kind == "instance":
        case = read_case(verdict.case, (request.tool,), request.database) if verdict.case is not None else None
        return RepairAnswer(kind="instance", case=case, reason=verdict.reason)
    contract = changed_contract(request.tool, verdict.changes)
    return RepairAnswer(kind="contract", contract=contract, reason=verdict.reason)


def _refuse_kind(kind: PatchKind, allowed: tuple[PatchKind, ...]) -> None:
    if kind not in allowed:
        raise Unusable([f"kind `{kind}` is not allowed this time; it is one of {', '.join(allowed)}"])


def changed_contract(tool: Tool, changes: tuple[ConditionChange, ...]) -> Contract:
    """The contract with some conditions in place of those under the same codes.

    Raises:
        Unusable: There is no such code, or nothing would be changed.
    """
    conditions = {change.code: change.condition for change in changes}
    codes = [requirement.code for requirement in tool.contract.requires]
    if unknown := [code for code in conditions if code not in codes]:
        raise Unusable([f"there is no code `{code}`; there are {', '.join(codes)}" for code in unknown])
    requires = tuple(
        requirement.model_copy(update={"condition": conditions.get(requirement.code, requirement.condition)})
        for requirement in tool.contract.requires
    )
    if requires == tool.contract.requires:
        raise Unusable(["with kind `contract`, give at least one condition that is different from what it is"])
    return tool.contract.model_copy(update={"requires": requires})
