"""Questions on which a whole domain hangs are asked anew where nothing usable came, as for another sample."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from engine.agents.llm.question import Asker, NoAnswer, Question

T = TypeVar("T")

SAMPLES = 3
"""A model that had three tries, each with its corrective turn, has nothing to say on the matter."""
WARMER = 0.7
"""Temperature of further samples: at 0 many a model would say the same again."""


async def ask_patiently(asker: Asker, question: Question[T], samples: int = SAMPLES) -> T:
    """The answer to a question, or to a further sample of it.

    Raises:
        NoAnswer: No sample was usable; the message is about the last.
    """
    for number in range(1, samples):
        try:
            return await asker.ask(question)
        except NoAnswer:
            question = replace(question, sample=number, temperature=WARMER)
    return await asker.ask(question)
