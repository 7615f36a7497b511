"""Cohen's kappa and paces: known values, bounds, and what they must not hang on."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as some

from studio.queries.agreement import FEW, PAUSE, agreement, pace

DECISIONS = ("approved", "rejected", "needs_edit")
COUNTS = some.dictionaries(
    some.tuples(some.sampled_from(DECISIONS), some.sampled_from(DECISIONS)), some.integers(1, 50), min_size=1
)


@pytest.mark.parametrize(
    "counts, kappa",
    [
        # The textbook's example: 20 and 15 alike of 50, kappa 0.4.
        pytest.param(
            {
                ("approved", "approved"): 20,
                ("approved", "rejected"): 5,
                ("rejected", "approved"): 10,
                ("rejected", "rejected"): 15,
            },
            0.4,
            id="textbook",
        ),
        pytest.param({("approved", "approved"): 3, ("rejected", "rejected"): 7}, 1.0, id="full agreement"),
        pytest.param({("approved", "rejected"): 5, ("rejected", "approved"): 5}, -1.0, id="always the other"),
        pytest.param({("approved", "approved"): 10, ("approved", "rejected"): 10}, 0.0, id="one never differs"),
        pytest.param({("approved", "approved"): 30}, None, id="both always the same"),
        pytest.param({}, None, id="nothing shared"),
    ],
)
def test_kappa_has_its_known_values(counts: dict[tuple[str, str], int], kappa: float | None) -> None:
    found = agreement("ada", "bob", counts)
    assert found.kappa == (None if kappa is None else pytest.approx(kappa))
    assert found.tasks == sum(counts.values())


@given(COUNTS)
def test_kappa_is_that_of_its_definition_and_the_same_from_both_sides(counts: dict[tuple[str, str], int]) -> None:
    found = agreement("ada", "bob", counts)
    turned = agreement("bob", "ada", {(two, one): count for (one, two), count in counts.items()})
    assert found.kappa == turned.kappa
    n = sum(counts.values())
    seen = Fraction(sum(counts.get((each, each), 0) for each in DECISIONS), n)
    chance = sum(
        Fraction(sum(counts.get((each, other), 0) for other in DECISIONS), n)
        * Fraction(sum(counts.get((other, each), 0) for other in DECISIONS), n)
        for each in DECISIONS
    )
    if chance == 1:
        assert found.kappa is None
    else:
        assert found.kappa == pytest.approx(float((seen - chance) / (1 - chance)))
        assert found.kappa is not None
        assert -1 <= found.kappa <= 1
    assert found.few == (n < FEW)


def test_pauses_are_no_work() -> None:
    found = pace([0, 30, 60, 60 + PAUSE, 60 + PAUSE + 60])
    assert (found.decisions, found.per_hour, found.seconds) == (3, pytest.approx(90.0), 30)


@pytest.mark.parametrize("times", [[], [5.0], [5.0, 5.0], [0.0, 10 * PAUSE]])
def test_too_little_gives_no_pace(times: list[float]) -> None:
    found = pace(times)
    assert (found.per_hour, found.seconds) == (None, None)
