"""What an episode earned, with every mismatch named (paper, section 4.1)."""

from __future__ import annotations

from typing import Any, Literal

from engine.models.base import Model
from engine.models.database import MatchPolicy
from engine.models.trace import Key


class Mismatch(Model):
    """One difference between what an episode changed and what the reference changed.

    Attributes:
        key: Key of the episode's row, or of the reference's row where the episode has none.
        column: The column (several of a composite link joined by a comma); null where a whole row is missing,
            too much, or wrongly deleted or kept.
        policy: `hard` or `semantic` for a value, `link` for a reference to an inserted row, `row` for a whole row.
        expected: The reference's value or row.
        found: The episode's value or row.
        message: The difference in one sentence.
    """

    table: str
    key: Key
    column: str | None
    policy: MatchPolicy | Literal["link", "row"]
    expected: Any
    found: Any
    message: str


class Verdict(Model):
    """What an episode earned.

    Attributes:
        reward: 1.0 where the episode changed what the reference changed and nothing else, or else 0.0.
        mismatches: Every difference, in a stable order; empty exactly if the reward is 1.
    """

    reward: float
    mismatches: tuple[Mismatch, ...] = ()
