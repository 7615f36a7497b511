"""A language model that says what a test tells it to, through the interface that roles ask by."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from engine.agents.llm.ask.question import NoAnswer, Question, Unusable
from engine.agents.llm.text.functions import without_docstring
from engine.models.role import RoleName
from engine.models.tool import Tool

T = TypeVar("T")

Says = Callable[[Question[Any], int], str]
"""What is answered to a question, in its first or second turn."""


class ScriptedAsker:
    """Asks once more where an answer is unusable, and then gives up, as the client does.

    Attributes:
        asked: Every question, in the order in which they came.
        told: What was wrong with first answers.
    """

    def __init__(self, says: Says) -> None:
        self._says = says
        self.asked: list[Question[Any]] = []
        self.told: list[str] = []

    async def ask(self, question: Question[T]) -> T:
        """The parsed answer, after one corrective turn at most."""
        self.asked.append(question)
        try:
            return question.parse(self._says(question, 1))
        except Unusable as unusable:
            self.told.extend(unusable.problems)
        try:
            return question.parse(self._says(question, 2))
        except Unusable as unusable:
            raise NoAnswer(str(unusable)) from None

    def model_of(self, role: RoleName) -> str:
        """The same for all."""
        return "test/model"

    async def close(self) -> None:
        """Nothing is open."""


def names_asked(question: Question[Any]) -> list[str]:
    """The tools of which a question wants the code."""
    return re.findall(r"^def (\w+)\(", question.user, re.MULTILINE)


def code_block(sources: Iterable[str]) -> str:
    """Code as models answer it."""
    return "Here it is:\n```python\n{}\n```".format("\n\n".join(map(without_docstring, sources)))


def writes(tools: Iterable[Tool]) -> Says:
    """Answers with these tools' own code."""
    sources = {tool.name: tool.source for tool in tools}
    return lambda question, _: code_block(sources[name] for name in dict.fromkeys(names_asked(question)))
