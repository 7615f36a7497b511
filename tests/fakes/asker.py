"""An `Asker` that answers from the material without any network: what the model roles make of good answers."""

from __future__ import annotations

from typing import TypeVar

from engine.agents.llm.question import NoAnswer, Question, Unusable
from engine.models.role import RoleName
from tests.fakes.material import Material
from tests.fakes.script import Script

T = TypeVar("T")


class ScriptedAsker:
    """Answers questions from material; a usable answer or none, without a corrective turn.

    Attributes:
        asked: Every question so far.
    """

    def __init__(self, material: Material) -> None:
        self._script = Script(material)
        self.asked: list[Question[object]] = []

    async def ask(self, question: Question[T]) -> T:
        """See `Asker.ask`."""
        self.asked.append(question)  # pyright: ignore[reportArgumentType]
        try:
            return question.parse(self._script.answer(question.role, question.user))
        except Unusable as error:
            raise NoAnswer(str(error)) from None

    def model_of(self, role: RoleName) -> str:
        """See `Asker.model_of`."""
        return "scripted"
