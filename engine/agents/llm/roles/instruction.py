"""The instruction agent as a language model: the composer's draft in a person's words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from engine.agents.llm.ask.prompt import fill
from engine.agents.llm.ask.question import Asker, Question
from engine.agents.llm.ask.structured import json_answer, schema_of
from engine.agents.llm.text.made_up import made_up
from engine.agents.roles.tasks import InstructionAnswer, InstructionRequest, SaidGoal
from engine.models.base import Model

LONGEST = 2_500
"""Characters of an instruction."""


class _Instruction(Model):
    instruction: str


class ModelInstruction:
    """Writes instructions through a language model."""

    def __init__(self, asker: Asker) -> None:
        self._asker = asker

    async def write(self, request: InstructionRequest) -> InstructionAnswer:
        """See `InstructionAgent.write`."""

        # The story is no source: its numbers would be wishes that the reference solution knows nothing of.
        goals = "\n".join(_goal(number, goal) for number, goal in enumerate(request.goals, start=1))
        told = "\n".join([request.draft, request.title, *map(str, request.profile.values()), goals])
        system, user = fill(
            "instruction",
            title=request.title,
            tone=request.tone,
            story=request.story,
            profile="\n".join(f"{name}: {value}" for name, value in request.profile.items() if value is not None),
            goals=goals,
            draft=request.draft,
            refused=request.refused,
            complaints="\n".join(f"- {complaint}" for complaint in request.complaints),
        )

        def check(answer: _Instruction) -> Sequence[str]:
            return list(_problems(answer.instruction, request.hidden, told))

        question = Question(
            role="instruction",
            system=system,
            user=user,
            parse=json_answer(_Instruction, check),
            schema=schema_of(_Instruction),
            schema_name="instruction",
            subject=request.task,
            task=request.task,
            most_tokens=800,
            temperature=0.7,
            round=1 if request.complaints else 0,
        )
        answer = await self._asker.ask(question)
        return InstructionAnswer(instruction=" ".join(answer.instruction.split()))


def _goal(number: int, goal: SaidGoal) -> str:
    return "\n".join([f"{number}. {goal.words}", *(f"   - {label}: {value}" for label, value in goal.facts.items())])


def _problems(text: str, hidden: Sequence[str], told: str) -> Iterator[str]:
    if not text.strip():
        yield "instruction: it is empty; write what the user says"
    if len(text) > LONGEST:
        yield f"instruction: {len(text)} characters are too many; {LONGEST} are enough"
        return
    for word in hidden:
        if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text):
            yield f'instruction: "{word}" is nothing that a user would say; say it in plain words'
    for problem in made_up(text, told):
        yield f"instruction: {problem}"
