"""The outcome reward for the engine: typed in and out, with rapidfuzz as its measure of text (paper, section 4.1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from engine.models.database import DatabaseSchema
from engine.models.reward import Mismatch, Verdict
from engine.models.trace import RowChange
from engine.runtime.matching import Matcher
from engine.runtime.policies import Change, Side
from engine.runtime.records import to_diff
from engine.runtime.similarity import best_ratio

__all__ = ["PERFECT", "Mismatch", "RapidFuzzMatcher", "Scorer", "TextMatcher", "Verdict", "policies", "verdict"]

PERFECT = Verdict(reward=1.0)


class TextMatcher(Protocol):
    """Measures how far two texts mean the same."""

    def similarity(self, expected: str, found: str) -> float:
        """Similarity in [0, 100]; 100 for equal texts."""
        ...


class RapidFuzzMatcher:
    """Fuzzy text match: the better of the normalised texts as they stand and with their words sorted."""

    def __init__(self) -> None:
        from rapidfuzz import fuzz

        self._ratio = fuzz.ratio

    def similarity(self, expected: str, found: str) -> float:
        """Similarity in [0, 100] by insertions and deletions, blind to case, punctuation and word order."""
        return best_ratio(expected, found, self._ratio)


def policies(database: DatabaseSchema) -> dict[str, Any]:
    """What the reward compares in each table, as plain JSON-able data for `engine.runtime.matching`."""
    return {
        table.name: {
            "key": list(table.primary_key),
            "generated": [column.name for column in table.columns if column.generated],
            "columns": [
                {"name": column.name, "policy": column.policy, "threshold": column.threshold}
                for column in table.columns
            ],
            "links": [
                {"columns": list(link.columns), "table": link.table, "references": list(link.references)}
                for link in table.foreign_keys
            ],
        }
        for table in database.tables
    }


class Scorer:
    """Scores episodes of one domain.

    Args:
        database: The domain's schema with its match policies.
        matcher: Measure of text for semantic columns; rapidfuzz by default.
    """

    def __init__(self, database: DatabaseSchema, matcher: TextMatcher | None = None) -> None:
        self._matching = Matcher(policies(database), (matcher or RapidFuzzMatcher()).similarity)

    def prepare(self, gold: Sequence[RowChange]) -> Side:
        """A task's gold diff in the form that scores fastest, for any number of episodes."""
        return self._matching.prepare(to_diff(gold))

    def score(self, gold: Side | Sequence[Change], diff: Sequence[Change]) -> Verdict:
        """The verdict on an episode whose net diff against s0 is `diff`, in plain form."""
        return verdict(self._matching.score(gold, diff))

    def score_changes(self, gold: Sequence[RowChange], diff: Sequence[RowChange]) -> Verdict:
        """The same for row changes as models."""
        return self.score(to_diff(gold), to_diff(diff))


def verdict(answer: dict[str, Any]) -> Verdict:
    """The plain answer of `engine.runtime.matching` as a model."""
    if not answer["mismatches"]:
        return PERFECT
    return Verdict(reward=answer["reward"], mismatches=tuple(Mismatch(**item) for item in answer["mismatches"]))
