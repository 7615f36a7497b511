"""Asks the roles of tools' code and tests, many at once; what comes back is in the order of the questions."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from engine.agents.roles import CannotAnswer
from engine.agents.roles.foundation import CodeRequest, ProposedCase, TestAnswer, TestRequest
from engine.models.database import DatabaseSchema
from engine.models.domain import DomainSpec
from engine.models.tool import Tool
from engine.pipeline.cast import Cast

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Written:
    """Tools with code.

    Attributes:
        tools: In the order in which they came; one for which no code came has none.
        problems: Tool -> why no code came.
    """

    tools: tuple[Tool, ...]
    problems: dict[str, str]


@dataclass(frozen=True, slots=True)
class Proposed:
    """Cases of the test agent.

    Attributes:
        cases: Tool -> its cases.
        problems: Tools, separated by commas -> why no case of theirs came.
        left_out: Why cases that were written are none, a sentence each.
    """

    cases: dict[str, tuple[ProposedCase, ...]]
    problems: dict[str, str]
    left_out: tuple[str, ...] = ()


async def together(work: Iterable[Coroutine[Any, Any, T]]) -> list[T | CannotAnswer]:
    """Does all of it at once; one that has no answer does not keep the others from theirs."""

    async def one(task: Coroutine[Any, Any, T]) -> T | CannotAnswer:
        try:
            return await task
        except CannotAnswer as error:
            return error

    return await asyncio.gather(*(one(task) for task in work))


async def write_sources(cast: Cast, tools: Sequence[Tool], database: DatabaseSchema, *, hint: str = "") -> Written:
    """Has tools' code written, several tools a call; those that are missing then are asked for one by one.

    Args:
        cast: Who writes.
        tools: The tools; what code they have is not looked at.
        database: The schema.
        hint: What a person wants to be different.
    """
    batches = _batches(tools, cast.batch("code"))
    sources, problems = await _ask_for_code(cast, batches, database, hint)
    left = [(tool,) for batch in batches if len(batch) > 1 for tool in batch if tool.name not in sources]
    if left:
        more, problems = await _ask_for_code(cast, left, database, hint)
        sources |= more
    player = cast.player("code")
    return Written(
        tuple(tool.model_copy(update={"source": sources.get(tool.name, ""), "made_by": player}) for tool in tools),
        {tool.name: problems.get(tool.name, "the answer left it out") for tool in tools if tool.name not in sources},
    )


async def _ask_for_code(
    cast: Cast, batches: Sequence[Sequence[Tool]], database: DatabaseSchema, hint: str
) -> tuple[dict[str, str], dict[str, str]]:
    answers = await together(
        cast.code.write(CodeRequest(tools=tuple(batch), database=database, hint=hint)) for batch in batches
    )
    sources: dict[str, str] = {}
    problems: dict[str, str] = {}
    for batch, answer in zip(batches, answers, strict=True):
        if isinstance(answer, CannotAnswer):
            problems.update((tool.name, str(answer)) for tool in batch)
        else:
            sources.update((tool.name, answer.sources[tool.name]) for tool in batch if tool.name in answer.sources)
    return sources, problems


async def propose_cases(cast: Cast, spec: DomainSpec, tools: Sequence[Tool]) -> Proposed:
    """Cases of the test agent for the tools where a person would worry: those that change something under rules.

    A read is compared with its contract over whole answers already, and one without rules has nothing that words and formal
    conditions could differ in.
    """
    worrying = [tool for tool in tools if tool.mutates_state and any(each.rule for each in tool.contract.requires)]
    answers = await _ask_for_cases(cast, spec, _batches(worrying, cast.batch("test")))
    # An answer that never came, or a request that was too long, costs a batch; each of its tools gets a request of its own.
    failed = [len(batch) > 1 and isinstance(answer, CannotAnswer) for batch, answer in answers]
    alone = [(tool,) for (batch, _), again in zip(answers, failed, strict=True) if again for tool in batch]
    answers = [each for each, again in zip(answers, failed, strict=True) if not again]
    answers += await _ask_for_cases(cast, spec, alone)
    cases: dict[str, tuple[ProposedCase, ...]] = {}
    problems: dict[str, str] = {}
    left_out: list[str] = []
    for batch, answer in answers:
        if isinstance(answer, CannotAnswer):
            problems[", ".join(tool.name for tool in batch)] = str(answer)
            continue
        left_out += answer.left_out
        for tool in batch:
            if found := tuple(case for case in answer.cases if case.tool == tool.name):
                cases[tool.name] = found
    return Proposed(cases, problems, tuple(left_out))


async def _ask_for_cases(
    cast: Cast, spec: DomainSpec, batches: Sequence[tuple[Tool, ...]]
) -> list[tuple[tuple[Tool, ...], TestAnswer | CannotAnswer]]:
    answers = await together(
        cast.test.propose(TestRequest(tools=batch, database=spec.database, now=spec.now)) for batch in batches
    )
    return list(zip(batches, answers, strict=True))


def _batches(tools: Sequence[Tool], size: int) -> list[tuple[Tool, ...]]:
    """Neighbours in the domain's order share their tables, which are told once a batch."""
    return [tuple(tools[start : start + size]) for start in range(0, len(tools), size)]
