"""Splits: nothing that gives away anything crosses, the shares are met as nearly as groups allow, a planted leak is found."""

from __future__ import annotations

from collections import defaultdict
from itertools import permutations
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from engine.models.dataset import Split, SplitPlan
from engine.pipeline.splits import check_leaks, divide, group


class Alike(NamedTuple):
    domain: str
    structure: int
    wording: int
    entities: int


few = st.integers(1, 6)
alikes = st.builds(Alike, st.sampled_from("abc"), few, st.integers(1, 30), st.integers(0, 30))
loose = st.builds(Alike, st.sampled_from("abc"), st.integers(1, 400), st.integers(1, 400), st.integers(0, 400))
tasks_lists = st.lists(alikes, max_size=40) | st.lists(loose, max_size=60)


@st.composite
def plans(draw: st.DrawFn) -> SplitPlan:
    train = draw(st.integers(0, 100))
    validation = draw(st.integers(0, 100 - train))
    by = draw(st.sampled_from(["task", "domain"]))
    return SplitPlan(
        by=by, train=train, validation=validation, test=100 - train - validation, seed=draw(st.integers(0, 9))
    )


def traits(task: Alike, plan: SplitPlan) -> list[tuple[str, object]]:
    if plan.by == "domain":
        return [("domain", task.domain)]
    shared: list[tuple[str, object]] = [("structure", task.structure), ("wording", task.wording)]
    return [*shared, ("entities", task.entities)] if task.entities else shared


@given(tasks_lists, plans())
def test_what_tasks_share_is_in_one_split_only(tasks: list[Alike], plan: SplitPlan) -> None:
    division = divide(tasks, plan)
    places: dict[tuple[str, object], set[Split]] = defaultdict(set)
    for task, split in zip(tasks, division.splits, strict=True):
        for trait in traits(task, plan):
            places[trait].add(split)
    assert all(len(splits) == 1 for splits in places.values())
    assert division.report.leaks.passed


@given(tasks_lists, plans())
def test_no_single_group_can_be_moved_to_come_nearer_to_the_shares(tasks: list[Alike], plan: SplitPlan) -> None:
    division = divide(tasks, plan)
    groups = group(tasks, plan.by).tasks
    wanted = [split for split, share in plan.shares.items() if share]
    sizes = {split: division.splits.count(split) for split in wanted}
    assert sum(sizes.values()) == len(tasks)
    assert {split: size for split, size in division.report.sizes.items() if size} == {
        split: size for split, size in sizes.items() if size
    }

    def cost(sizes: dict[Split, int]) -> tuple[int, float]:
        off = sum(abs(size - plan.shares[split] * len(tasks)) for split, size in sizes.items())
        return sum(not size for size in sizes.values()), round(off, 6)

    own = cost(sizes)
    for members in groups:
        here = division.splits[members[0]]
        for there in wanted:
            moved = {**sizes}
            moved[here] -= len(members)
            moved[there] += len(members)
            assert cost(moved) >= own


@given(tasks_lists, plans())
def test_the_same_seed_gives_the_same_split_and_every_asked_split_has_something(
    tasks: list[Alike], plan: SplitPlan
) -> None:
    first = divide(tasks, plan)
    assert divide(list(tasks), plan) == first
    asked = sum(1 for share in plan.shares.values() if share)
    filled = sum(1 for size in first.report.sizes.values() if size)
    assert filled == min(asked, first.report.groups)


def unlike(count: int, domains: str = "a") -> list[Alike]:
    return [Alike(domains[at % len(domains)], at + 1, 1000 + at, 2000 + at) for at in range(count)]


def test_another_seed_gives_another_split_of_the_same_sizes() -> None:
    plan = SplitPlan(train=80, validation=10, test=10)
    one, other = (divide(unlike(200), plan.model_copy(update={"seed": seed})) for seed in (0, 1))
    assert one.splits != other.splits
    assert one.report.sizes == other.report.sizes == {"train": 160, "validation": 20, "test": 20}


def test_every_domain_has_its_share_of_each_split() -> None:
    tasks = unlike(300, "abc")
    division = divide(tasks, SplitPlan(train=80, validation=10, test=10))
    for domain in "abc":
        own = [split for task, split in zip(tasks, division.splits, strict=True) if task.domain == domain]
        assert (own.count("train"), own.count("validation"), own.count("test")) == (80, 10, 10)


def test_domains_stay_whole_and_what_they_share_is_reported() -> None:
    tasks = [Alike(domain, structure, at, 0) for at, (domain, structure) in enumerate(permutations(range(1, 7), 2))]
    tasks = [task._replace(domain="-abcdef"[int(task.domain)]) for task in tasks]
    report = divide(tasks, SplitPlan(by="domain", train=50, validation=0, test=50)).report
    assert report.sizes == {"train": 15, "test": 15}
    assert report.leaks.passed
    assert report.leaks.looked_for == ("domain",)
    assert report.leaks.shared["structure"] == 6


def test_one_large_group_is_told_honestly() -> None:
    tasks = [*unlike(10), *(Alike("a", 77, 5000 + at, 0) for at in range(30))]
    report = divide(tasks, SplitPlan(train=50, validation=0, test=50)).report
    assert report.sizes == {"train": 30, "test": 10}
    assert report.largest[0] == 30
    assert report.groups == 11
    assert report.reached["test"] == pytest.approx(0.25)


@pytest.mark.parametrize("kind", ["structure", "wording", "entities"])
def test_a_planted_leak_is_found_and_named(kind: str) -> None:
    plan = SplitPlan(train=50, validation=0, test=50)
    tasks = unlike(20)
    splits = list(divide(tasks, plan).splits)
    assert check_leaks(tasks, splits, plan).passed
    here, there = splits.index("train"), splits.index("test")
    tasks[there] = tasks[there]._replace(**{kind: getattr(tasks[here], kind)})
    found = check_leaks(tasks, splits, plan)
    assert not found.passed
    assert found.found == {**dict.fromkeys(("structure", "wording", "entities"), 0), kind: 1}
    assert kind in found.examples[0]
    assert f"task {here + 1} (train)" in found.examples[0]


def test_a_torn_domain_is_a_leak_where_domains_are_split() -> None:
    plan = SplitPlan(by="domain", train=50, validation=0, test=50)
    assert check_leaks(unlike(2), ["train", "test"], plan).found == {"domain": 1}


def test_shares_add_up() -> None:
    with pytest.raises(ValidationError, match="add up to 90"):
        SplitPlan(train=80, validation=10, test=0)
