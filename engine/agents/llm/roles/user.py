"""The user simulator as a language model: it says what it was told, and nothing that it was not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from engine.agents.llm.ask.prompt import fill
from engine.agents.llm.ask.question import Asker, Question
from engine.agents.llm.ask.structured import json_answer, schema_of
from engine.agents.llm.text.made_up import made_up
from engine.agents.roles.tasks import UserAnswer, UserRequest
from engine.models.base import Model

LONGEST = 2_000
"""Characters of one message of a user."""
_OVERHEARD = 9
"""So many words of the rules in a row are no coincidence."""


class _Said(Model):
    text: str
    ends: bool


class ModelUser:
    """Plays the user through a language model."""

    def __init__(self, asker: Asker) -> None:
        self._asker = asker

    async def reply(self, request: UserRequest) -> UserAnswer:
        """See `UserAgent.reply`."""
        profile = "\n".join(f"{name}: {value}" for name, value in request.profile.items() if value is not None)
        said = "\n".join(f"{each.speaker}: {' '.join(each.text.split())}" for each in request.said)
        system, user = fill(
            "user",
            request=request.instruction,
            profile=profile,
            said=said,
            turns=str(request.turns),
        )
        told = f"{request.instruction}\n{profile}\n{said}"

        def check(answer: _Said) -> Sequence[str]:
            return _empty_or_long(answer.text) or [
                *_given_away(answer.text, system),
                *(f"text: {problem}" for problem in made_up(answer.text, told)),
            ]

        question = Question(
            role="user",
            system=system,
            user=user,
            parse=json_answer(_Said, check),
            schema=schema_of(_Said),
            schema_name="user",
            most_tokens=400,
            temperature=0.7,
        )
        answer = await self._asker.ask(question)
        return UserAnswer(text=answer.text.strip(), ends=answer.ends or request.turns <= 1)


def _empty_or_long(text: str) -> list[str]:
    if not text.strip():
        return ["text: it is empty; say something, or goodbye"]
    return [f"text: {len(text)} characters are too many for a message; be brief"] if len(text) > LONGEST else []


def _given_away(text: str, rules: str) -> list[str]:
    """Whether a message recites the rules by which the user is played."""
    secret = set(_runs(rules))
    if any(run in secret for run in _runs(text)):
        return ["text: it repeats the rules that you were given; a user knows of none"]
    return []


def _runs(text: str) -> Iterator[tuple[str, ...]]:
    words = re.findall(r"[\w']+", text.lower())
    return zip(*(islice(words, start, None) for start in range(_OVERHEARD)), strict=False)
