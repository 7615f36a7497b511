"""How many tasks of a choice have what. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from operator import attrgetter

from engine.models.dataset import Balance, Split, SplitReport
from engine.store.choices import Candidate
from engine.store.features import Chain

DIFFICULTIES = ("easy", "medium", "hard")
UNEVEN = 10
"""A part that is so many times another is worth a warning."""
SINGLE_DOMAIN_TEST = 2
"""Domains from which on a test split of one domain is worth a warning."""


def weigh(
    tasks: Sequence[Candidate],
    chains: Mapping[int, Chain],
    rules: Mapping[str, Mapping[str, Sequence[str]]],
    tags: Sequence[tuple[int, str]] = (),
) -> Balance:
    """The balance of tasks.

    Args:
        tasks: Whose features are known.
        chains: The tools of each chain, by its number.
        rules: Domain -> tool -> the kinds of business rules among its preconditions.
        tags: (number of a task, tag), of whatever tasks.
    """
    by_chain = Counter(map(attrgetter("chain"), tasks))
    tools: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    for number, count in by_chain.items():
        chain = chains[number]
        known = rules.get(chain.domain, {})
        for tool in set(chain.tools):
            tools[f"{chain.domain}.{tool}"] += count
        for kind in {kind for tool in chain.tools for kind in known.get(tool, ())}:
            kinds[kind] += count
    tagged: Counter[str] = Counter()
    if tags:
        numbers = set(map(attrgetter("number"), tasks))
        tagged = Counter(tag for number, tag in tags if number in numbers)
    difficulty = Counter(map(attrgetter("difficulty"), tasks))
    steps = Counter(map(attrgetter("steps"), tasks))
    return Balance(
        tasks=len(tasks),
        domains=dict(sorted(Counter(map(attrgetter("domain"), tasks)).items())),
        difficulty={name: difficulty[name] for name in DIFFICULTIES if difficulty[name]},
        steps={str(count): steps[count] for count in sorted(steps)},
        tools=_most_first(tools),
        rules=_most_first(kinds),
        reviews=_most_first(Counter(map(attrgetter("review"), tasks))),
        tags=_most_first(tagged),
        alike=len(tasks) - len(set(map(attrgetter("structure", "wording"), tasks))),
    )


def _most_first(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def warnings(balance: Balance, split: SplitReport, test_domains: int) -> list[str]:
    """What somebody who freezes this should know first, in sentences of our own without foreign words.

    Args:
        balance: Of all tasks.
        split: How they were split.
        test_domains: How many domains the test split has tasks of.
    """
    found: list[str] = []
    for what, counts in (("domain", balance.domains), ("difficulty", balance.difficulty)):
        if len(counts) > 1 and max(counts.values()) >= UNEVEN * min(counts.values()):
            found.append(
                f"Very uneven: the most frequent {what} has {max(counts.values()):,} tasks, the rarest {min(counts.values()):,}."
            )
    if balance.alike:
        found.append(
            f"{balance.alike:,} tasks share their chain and their wording with an earlier one and differ in names and numbers only."
        )
    asked: list[Split] = [name for name, share in split.plan.shares.items() if share]
    if empty := [name for name in asked if not split.sizes.get(name)]:
        found.append(
            f"There are too few groups for all splits: {' and '.join(empty)} would be empty. "
            "Choose more tasks, or fewer splits."
        )
    off = {name: abs(split.reached.get(name, 0) - split.plan.shares[name]) for name in asked if name not in empty}
    if off and max(off.values()) > 0.05:
        found.append(
            "The shares can't be met more nearly: tasks that give each other away stay together, and the largest "
            f"group has {split.largest[0]:,} of {balance.tasks:,} tasks."
        )
    if split.plan.test and test_domains == 1 and len(balance.domains) >= SINGLE_DOMAIN_TEST:
        found.append("All tasks of the test split come from a single domain.")
    if split.plan.by == "domain" and (shared := split.leaks.shared.get("structure", 0)):
        found.append(f"{shared:,} chain structures occur in domains of different splits.")
    return found
