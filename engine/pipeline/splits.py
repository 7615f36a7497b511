"""Splits tasks into train, validation and test so that nothing in one gives away anything in another. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from hashlib import sha256
from operator import attrgetter
from typing import NamedTuple, Protocol

from engine.models.dataset import SPLITS, LeakCheck, LeakKind, Split, SplitBy, SplitPlan, SplitReport

Cost = tuple[int, float]
"""Splits that were asked for and are empty, then how many tasks are in a wrong split for the shares to be exact."""

EXAMPLES = 10


class Splittable(Protocol):
    """What a split looks at in a task; see `engine.tasks.features`."""

    @property
    def domain(self) -> str: ...
    @property
    def structure(self) -> int: ...
    @property
    def wording(self) -> int: ...
    @property
    def entities(self) -> int: ...


class Division(NamedTuple):
    """A finished split: the split of each task, in their order, and how it came out."""

    splits: list[Split]
    report: SplitReport


KINDS: tuple[LeakKind, ...] = ("domain", "structure", "wording", "entities")

_KEPT: dict[SplitBy, tuple[LeakKind, ...]] = {"task": ("structure", "wording", "entities"), "domain": ("domain",)}
"""What the tasks of one group share, by what is split."""


class Groups(NamedTuple):
    """Tasks that must stay together: places in the list of tasks, each group in order, and the domain it is counted for."""

    by: SplitBy
    tasks: list[list[int]]
    domains: list[str]


def group(tasks: Sequence[Splittable], by: SplitBy) -> Groups:
    """Groups tasks by what they share, directly or through others; the groups are in order of their first task."""
    first, *others = (_column(tasks, kind) for kind in _KEPT[by])
    # Tasks that share the first trait are one from the start; the other traits then join those.
    known: dict[Hashable, int] = {}
    place = [known.setdefault(value, len(known)) for value in first]
    parent = list(range(len(known)))

    def root(at: int) -> int:
        while parent[at] != at:
            parent[at] = parent[parent[at]]
            at = parent[at]
        return at

    for values in others:
        seen: dict[Hashable, int] = {}
        for value, at in zip(values, place, strict=True):
            before = seen.setdefault(value, at)
            if before != at and value:
                one, other = sorted((root(before), root(at)))
                parent[other] = one
    roots = [root(at) for at in range(len(parent))]
    together: dict[int, list[int]] = defaultdict(list)
    for number, at in enumerate(place):
        together[roots[at]].append(number)
    found = list(together.values())
    return Groups(by, found, [tasks[own[0]].domain for own in found])


def divide(tasks: Sequence[Splittable], plan: SplitPlan, groups: Groups | None = None) -> Division:
    """Splits tasks by a plan and checks the result; same tasks in the same order, same plan, same split.

    The groups go to the splits so that the shares are met as nearly as moving or exchanging single groups allows; a split
    that was asked for is empty only where there are too few groups.

    Args:
        tasks: In order.
        plan: The shares.
        groups: What `group` gave for these tasks, where that is known already.
    """
    groups = groups or group(tasks, plan.by)
    wanted: dict[Split, float] = {split: share for split, share in plan.shares.items() if share}
    sizes = [len(own) for own in groups.tasks]
    chosen = _assign(sizes, groups.domains, wanted, plan.seed)
    splits: list[Split] = ["train"] * len(tasks)
    for own, split in zip(groups.tasks, chosen, strict=True):
        for at in own:
            splits[at] = split
    counted = Counter(splits)
    report = SplitReport(
        plan=plan,
        sizes={split: counted[split] for split in SPLITS if counted[split] or split in wanted},
        groups=len(sizes),
        largest=tuple(sorted(sizes, reverse=True)[:5]),
        leaks=check_leaks(tasks, splits, plan),
    )
    return Division(splits, report)


def check_leaks(tasks: Sequence[Splittable], splits: Sequence[Split], plan: SplitPlan) -> LeakCheck:
    """Looks at a finished split, however it came about, for what two splits share."""
    looked_for = _KEPT[plan.by]
    counts: dict[LeakKind, int] = {}
    examples: list[str] = []
    for kind in KINDS:
        values = _column(tasks, kind)
        first: dict[Hashable, Split] = {}
        torn = {value for value, split in zip(values, splits, strict=True) if first.setdefault(value, split) != split}
        torn.discard(0)  # stands for nothing to share
        counts[kind] = len(torn)
        if kind in looked_for and torn:
            examples += _examples(kind, values, splits, torn)
    return LeakCheck(
        looked_for=looked_for,
        found={kind: counts[kind] for kind in looked_for},
        shared={kind: count for kind, count in counts.items() if kind not in looked_for},
        examples=tuple(examples[:EXAMPLES]),
    )


def _examples(kind: LeakKind, values: Sequence[Hashable], splits: Sequence[Split], torn: set[Hashable]) -> list[str]:
    places: dict[Hashable, dict[Split, int]] = defaultdict(dict)
    for at, (value, split) in enumerate(zip(values, splits, strict=True)):
        if value in torn:
            places[value].setdefault(split, at)
    return [
        " and ".join(f"task {at + 1} ({split})" for split, at in found.items()) + f" share their {kind}"
        for found in list(places.values())[:EXAMPLES]
    ]


def _column(tasks: Sequence[Splittable], kind: LeakKind) -> list[Hashable]:
    return list(map(attrgetter(kind), tasks))


def _assign(sizes: Sequence[int], domains: Sequence[str], wanted: Mapping[Split, float], seed: int) -> list[Split]:
    """The split of each group: large ones first, each to where most is lacking, in its domain and in all."""
    total = sum(sizes)
    of_domain: Counter[str] = Counter()
    for size, domain in zip(sizes, domains, strict=True):
        of_domain[domain] += size
    lacking = {split: share * total for split, share in wanted.items()}
    local = {domain: {split: share * size for split, share in wanted.items()} for domain, size in of_domain.items()}
    luck = [sha256(f"{seed}:{at}".encode()).digest() for at in range(len(sizes))]
    order = sorted(range(len(sizes)), key=lambda at: (-sizes[at], luck[at]))
    chosen: list[Split] = ["train"] * len(sizes)
    for at in order:
        own = local[domains[at]]
        # Of equals the first: train before validation before test.
        split = max(wanted, key=lambda split: lacking[split] + own[split])
        chosen[at] = split
        lacking[split] -= sizes[at]
        own[split] -= sizes[at]
    _Improved(sizes, chosen, {split: share * total for split, share in wanted.items()}, luck).run()
    return chosen


class _Improved:
    """Moves or exchanges single groups as long as that brings the shares nearer; changes `chosen` in place."""

    def __init__(
        self, sizes: Sequence[int], chosen: list[Split], targets: Mapping[Split, float], luck: Sequence[bytes]
    ) -> None:
        self._chosen = chosen
        self._targets = targets
        self._now: dict[Split, int] = dict.fromkeys(targets, 0)
        self._held: dict[Split, dict[int, list[int]]] = {split: defaultdict(list) for split in targets}
        """Split -> size -> its groups of that size."""
        for at in sorted(range(len(sizes)), key=lambda at: luck[at]):
            self._now[chosen[at]] += sizes[at]
            self._held[chosen[at]][sizes[at]].append(at)

    def run(self) -> None:
        """Improves until no single move or exchange does."""
        while (best := self._best()) is not None:
            one, other, given, taken = best
            self._hand_over(one, other, given)
            self._hand_over(other, one, taken)

    def _best(self) -> tuple[Split, Split, int, int] | None:
        """The move that helps most: from, to, size given, size taken in exchange (0 for none)."""
        found: tuple[Cost, tuple[Split, Split, int, int]] | None = None
        for one in self._targets:
            for other in self._targets:
                if one == other:
                    continue
                taken = sorted({0, *(size for size, held in self._held[other].items() if held)})
                for given in [size for size, held in self._held[one].items() if held]:
                    # The exchange that leaves `one` as near its target as can be has nearly this size.
                    ideal = given - (self._now[one] - self._targets[one])
                    also = given - (self._targets[other] - self._now[other])
                    near: set[int] = {0}
                    for aim in (ideal, also):
                        place = bisect_left(taken, aim)
                        near.update(taken[max(place - 1, 0) : place + 1])
                    for back in near:
                        cost = self._cost_after(one, other, given, back)
                        if cost < self._cost() and (found is None or cost < found[0]):
                            found = (cost, (one, other, given, back))
        return None if found is None else found[1]

    def _cost(self) -> Cost:
        empty = sum(1 for split in self._targets if not self._now[split])
        return empty, round(sum(abs(self._now[split] - target) for split, target in self._targets.items()), 6)

    def _cost_after(self, one: Split, other: Split, given: int, taken: int) -> Cost:
        self._now[one] += taken - given
        self._now[other] += given - taken
        cost = self._cost()
        self._now[one] -= taken - given
        self._now[other] -= given - taken
        return cost

    def _hand_over(self, one: Split, other: Split, size: int) -> None:
        if not size:
            return
        at = self._held[one][size].pop()
        self._held[other][size].append(at)
        self._chosen[at] = other
        self._now[one] -= size
        self._now[other] += size
