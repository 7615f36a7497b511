"""The gate as a language model: whether a graph should be expanded by another chain."""

from __future__ import annotations

from pydantic import Field

from engine.agents.llm.ask.prompt import fill
from engine.agents.llm.ask.question import Asker, Question
from engine.agents.llm.ask.structured import json_answer, schema_of
from engine.agents.roles.tasks import GateAnswer, GateRequest
from engine.models.base import Model


class _Probability(Model):
    probability: float = Field(ge=0, le=1)


class ModelGate:
    """Weighs an expansion through a language model."""

    def __init__(self, asker: Asker) -> None:
        self._asker = asker

    async def weigh(self, request: GateRequest) -> GateAnswer:
        """See `GateAgent.weigh`."""
        if request.unused == 0:
            return GateAnswer(probability=0.0)
        system, user = fill(
            "gate",
            unused=str(request.unused),
            complexity=f"{request.complexity:.3f}",
            feasibility=f"{request.feasibility:.3f}",
        )
        question = Question(
            role="gate",
            system=system,
            user=user,
            parse=json_answer(_Probability),
            schema=schema_of(_Probability),
            schema_name="gate",
            most_tokens=100,
        )
        answer = await self._asker.ask(question)
        return GateAnswer(probability=answer.probability)
