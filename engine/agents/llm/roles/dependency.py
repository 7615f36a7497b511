"""The dependency agent as a language model: all open pairs of a domain in one request, answered by their numbers."""

from __future__ import annotations

from collections.abc import Sequence

from engine.agents.llm.ask.prompt import fill
from engine.agents.llm.ask.question import Asker, Question
from engine.agents.llm.ask.structured import json_answer, schema_of
from engine.agents.roles.foundation import DependencyAnswer, DependencyRequest, OpenPair
from engine.models.base import Model
from engine.models.domain import Domain
from engine.models.tool import Tool

_LONGEST = 90


class _Flows(Model):
    flows: tuple[int, ...]


class ModelDependency:
    """Judges open pairs through a language model."""

    def __init__(self, asker: Asker) -> None:
        self._asker = asker

    async def judge(self, request: DependencyRequest) -> DependencyAnswer:
        """See `DependencyAgent.judge`."""
        pairs = request.pairs
        if not pairs:
            return DependencyAnswer(flows=())

        def check(answer: _Flows) -> Sequence[str]:
            unknown = sorted({number for number in answer.flows if not 1 <= number <= len(pairs)})
            return [f"there is no pair {number}; they go from 1 to {len(pairs)}" for number in unknown]

        lines = [f"{number}. {_line(request.domain, pair)}" for number, pair in enumerate(pairs, start=1)]
        system, user = fill("dependency", domain=request.domain.spec.title, pairs="\n".join(lines))
        question = Question(
            role="dependency",
            system=system,
            user=user,
            parse=json_answer(_Flows, check),
            schema=schema_of(_Flows),
            schema_name="dependency",
            subject=", ".join(dict.fromkeys(pair.target for pair in pairs)),
            most_tokens=1_000,
        )
        answer = await self._asker.ask(question)
        chosen = set(answer.flows)
        return DependencyAnswer(flows=tuple(pair for number, pair in enumerate(pairs, start=1) if number in chosen))


def _line(domain: Domain, pair: OpenPair) -> str:
    source, target = domain.tool[pair.source], domain.tool[pair.target]
    parameter = target.parameter[pair.parameter]
    meaning = f": {_short(parameter.description)}" if parameter.description else ""
    return f"{_named(source)} answers {pair.output} -> {_named(target)} takes {pair.parameter}{meaning}"


def _named(tool: Tool) -> str:
    return f"{tool.name} ({_short(tool.summary)})" if tool.summary else tool.name


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST].rstrip()}..."
