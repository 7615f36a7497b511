"""The typed wrapper of the reward: models in, a verdict out, any text matcher."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.models.base import canonical_json
from engine.models.trace import RowChange
from engine.runtime.matching import score
from engine.runtime.policies import Change
from engine.runtime.reward import PERFECT, Mismatch, RapidFuzzMatcher, Scorer, Verdict, policies
from tests.runtime.matching_cases import DATABASE, fresh_names, job, person, random_diff, rename, seat

SCORER = Scorer(DATABASE)


def models(changes: Sequence[Change]) -> list[RowChange]:
    return [RowChange(table=table, key=key, before=before, after=after) for table, key, before, after in changes]


def test_the_verdict_names_table_key_column_policy_and_both_values() -> None:
    verdict = SCORER.score_changes(models([job("J1", salary=100)]), models([job("J7", salary=90)]))
    assert verdict == Verdict(
        reward=0.0,
        mismatches=(
            Mismatch(
                table="job",
                key="J7",
                column="salary",
                policy="hard",
                expected=100,
                found=90,
                message="job 'J7': salary must be 100, found 90.",
            ),
        ),
    )


def test_a_prepared_reference_scores_any_number_of_episodes() -> None:
    gold = SCORER.prepare(models([person("P1"), job("J1", lead="P1"), seat("J1", 1)]))
    for names in ({"P1": "P4"}, {"J1": "J4"}, {"P1": "P2", "J1": "J2"}):
        assert SCORER.score(gold, rename([seat("J1", 1), job("J1", lead="P1"), person("P1")], names)) is PERFECT
        assert SCORER.score(gold, [person("P1"), job("J1", lead="OTHER"), seat("J1", 1)]).reward == 0.0


def test_another_text_matcher_can_take_over() -> None:
    class Lengths:
        def similarity(self, expected: str, found: str) -> float:
            return 100.0 if len(expected) == len(found) else 0.0

    gold, other = [job("J1", "Cook")], [job("J1", "Maid")]
    assert SCORER.score(gold, other).reward == 0.0
    assert Scorer(DATABASE, Lengths()).score(gold, other).reward == 1.0


def test_policies_are_plain_json_and_change_nothing_when_read_back() -> None:
    plain_policies = policies(DATABASE)
    again = json.loads(canonical_json(plain_policies))
    assert again == plain_policies
    gold, diff = [job("J1", salary=100)], [job("J1", salary=90)]
    assert score(again, gold, diff) == score(plain_policies, gold, diff)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10**9))
def test_a_bundle_scores_as_the_engine_does(seed: int) -> None:
    """Plain data through JSON and the pure-Python similarity give the verdict of the engine."""
    rng = random.Random(seed)
    gold, diff = random_diff(rng, 3), random_diff(rng, 3)
    if rng.random() < 0.5:
        diff = rename(gold, fresh_names(gold, rng))
    through_json = json.loads(canonical_json(gold)), json.loads(canonical_json(diff))
    answer = score(json.loads(canonical_json(policies(DATABASE))), *through_json)
    verdict = SCORER.score(gold, diff)
    assert answer["reward"] == verdict.reward
    assert [item["message"] for item in answer["mismatches"]] == [item.message for item in verdict.mismatches]


@pytest.mark.parametrize("texts", [("Call me", "call me!", 100), ("", "x", 0)], ids=str)
def test_rapidfuzz_matches_normalised_text(texts: tuple[str, str, float]) -> None:
    assert RapidFuzzMatcher().similarity(texts[0], texts[1]) == texts[2]
