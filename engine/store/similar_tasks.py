"""Tasks that are like a given one: the same chain of tools, or the same rare words. Found through indexes, not by comparing all."""

from __future__ import annotations

import re
from itertools import pairwise

from engine.models.base import Model
from engine.models.review import ReviewState
from engine.models.task import Difficulty
from engine.store.codec import to_text
from engine.store.connection import Connection

CANDIDATES = 200
"""How many tasks are looked at for each of the two reasons."""
RARE = 6
"""How many of the instruction's rarest words are looked for."""
COMMON = 5_000
"""Words that more tasks than this have say nothing about one of them."""


class SimilarTask(Model):
    """A task that is like another one of its domain.

    Attributes:
        same_chain: Whether it calls the same tools in the same order.
        alike: Share of common pairs of neighbouring words of the two instructions, 0 to 1.
    """

    id: str
    instruction: str
    difficulty: Difficulty
    steps: int
    review: ReviewState
    same_chain: bool
    alike: float


def similar_tasks(connection: Connection, domain: str, id: str, limit: int = 10) -> list[SimilarTask]:
    """Up to `limit` audited tasks of the domain that are most like one of them, the nearest first."""
    own = connection.one("select number, instruction, tools from task where domain = ? and id = ?", (domain, id))
    if own is None:
        return []
    pairs = _pairs(own["instruction"])
    numbers = [*_same_chain(connection, domain, own["tools"]), *_same_words(connection, domain, own["instruction"])]
    rows = connection.all(
        "select id, instruction, difficulty, steps, review, tools from task "
        "where number in (select value from json_each(?)) and number != ? and state = 'audited'",
        (to_text(numbers), own["number"]),
    )
    found = [
        SimilarTask(
            id=row["id"],
            instruction=row["instruction"],
            difficulty=row["difficulty"],
            steps=row["steps"],
            review=row["review"],
            same_chain=row["tools"] == own["tools"],
            alike=_share(pairs, _pairs(row["instruction"])),
        )
        for row in rows
    ]
    return sorted(found, key=lambda task: (-task.same_chain, -task.alike, task.id))[:limit]


def _same_chain(connection: Connection, domain: str, tools: str) -> list[int]:
    rows = connection.all(
        "select number from task where domain = ? and tools = ? order by number limit ?", (domain, tools, CANDIDATES)
    )
    return [row["number"] for row in rows]


def _same_words(connection: Connection, domain: str, instruction: str) -> list[int]:
    """Tasks with several of the rarest words; a word of this task alone leads nowhere."""
    words = connection.all(
        "select term, doc from json_each(?) as said join task_word on term = said.value where doc between 2 and ? "
        "order by doc, term limit ?",
        (to_text(sorted(set(_words(instruction)))), COMMON, RARE),
    )
    if not words:
        return []
    # Terms come from the index, so they hold letters and digits only.
    query = " OR ".join(f'"{row["term"]}"' for row in words)
    rows = connection.all(
        "select number from task where domain = ? and number in (select rowid from task_search "
        "where task_search match ? order by rank limit ?)",
        (domain, f"{{instruction}} : ({query})", CANDIDATES),
    )
    return [row["number"] for row in rows]


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.lower())


def _pairs(text: str) -> frozenset[tuple[str, str]]:
    return frozenset(pairwise(_words(text)))


def _share(one: frozenset[tuple[str, str]], other: frozenset[tuple[str, str]]) -> float:
    union = len(one | other)
    return len(one & other) / union if union else 1.0
