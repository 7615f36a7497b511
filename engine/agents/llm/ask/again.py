"""Another answer to the same words, where the first ones were of no use and everything depends on one."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from engine.agents.llm.ask.question import Asker, NoAnswer, Question

T = TypeVar("T")

WARMER = 0.7
"""Temperature of further samples: at 0 many a model would say the same again."""


async def ask_until(asker: Asker, question: Question[T], samples: int) -> T:
    """The first usable answer of some samples.

    Raises:
        NoAnswer: Not one of them was usable; the message is about the last.
    """
    for sample in range(1, samples):
        try:
            return await asker.ask(question)
        except NoAnswer:
            question = replace(question, sample=sample, temperature=WARMER)
    return await asker.ask(question)
