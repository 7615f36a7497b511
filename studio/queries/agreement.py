"""How well curators agree and how fast they are: plain arithmetic over counts and times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple

PAUSE = 300.0
"""Seconds between two decisions from which on it was a pause, and no work on the later task."""

FEW = 10
"""With fewer shared tasks a pair's kappa says little."""


class Pace(NamedTuple):
    """How fast somebody decides.

    Attributes:
        decisions: How many decisions it stands on, the first one of each sitting aside.
        per_hour: Decisions an hour of work, pauses left out; null where there is too little to tell.
        seconds: Median time from one decision to the next; null likewise.
    """

    decisions: int
    per_hour: float | None
    seconds: float | None


def pace(times: Sequence[float]) -> Pace:
    """The pace that follows from the times of decisions, in seconds and in order."""
    gaps = [later - earlier for earlier, later in pairwise(times) if later - earlier < PAUSE]
    worked = sum(gaps)
    if worked <= 0:
        return Pace(len(gaps), None, None)
    return Pace(len(gaps), 3600 * len(gaps) / worked, median(gaps))


class PairAgreement(NamedTuple):
    """How far two curators decide alike.

    Attributes:
        tasks: Tasks that both decided on.
        alike: Those that they decide alike.
        kappa: Cohen's kappa: 1 is full agreement, 0 what chance gives. Null where both always decide the same one way,
            for then chance alone explains everything.
    """

    first: str
    second: str
    tasks: int
    alike: int
    kappa: float | None

    @property
    def few(self) -> bool:
        """Whether the tasks are too few for the kappa to say much."""
        return self.tasks < FEW


def agreement(first: str, second: str, counts: Mapping[tuple[str, str], int]) -> PairAgreement:
    """The agreement of a pair.

    Args:
        first: One curator.
        second: The other one.
        counts: (decision of the first, decision of the second) -> tasks.
    """
    tasks = sum(counts.values())
    alike = sum(count for (one, two), count in counts.items() if one == two)
    if not tasks:
        return PairAgreement(first, second, 0, 0, None)
    ones: dict[str, int] = {}
    twos: dict[str, int] = {}
    for (one, two), count in counts.items():
        ones[one] = ones.get(one, 0) + count
        twos[two] = twos.get(two, 0) + count
    # In whole numbers as long as possible: whether chance explains everything must not hang on rounding.
    by_chance = sum(count * twos.get(decision, 0) for decision, count in ones.items())
    if by_chance == tasks * tasks:
        return PairAgreement(first, second, tasks, alike, None)
    kappa = (alike * tasks - by_chance) / (tasks * tasks - by_chance)
    return PairAgreement(first, second, tasks, alike, kappa)
