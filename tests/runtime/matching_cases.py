"""A small hiring database and generated diffs over it, shared by the tests of the reward."""

from __future__ import annotations

import random
from itertools import permutations, product

from engine.models.base import Row
from engine.models.database import Column, DatabaseSchema, ForeignKey, Table
from engine.runtime.policies import Change

JOB = Table(
    name="job",
    primary_key=("job_id",),
    columns=(
        Column(name="job_id", type="text", role="id", generated=True, policy="exempt"),
        Column(name="title", type="text", role="title", policy="semantic", threshold=80),
        Column(name="salary", type="real", role="money"),
        Column(name="lead_id", type="text", role="reference", nullable=True),
        Column(name="views", type="integer", role="number", policy="exempt"),
    ),
    foreign_keys=(ForeignKey(columns=("lead_id",), table="person", references=("person_id",)),),
)
PERSON = Table(
    name="person",
    primary_key=("person_id",),
    columns=(
        Column(name="person_id", type="text", role="id", generated=True, policy="exempt"),
        Column(name="email", type="text", role="email"),
        Column(name="mentor_id", type="text", role="reference", nullable=True),
        Column(name="best_job_id", type="text", role="reference", nullable=True),
    ),
    foreign_keys=(
        ForeignKey(columns=("mentor_id",), table="person", references=("person_id",)),
        ForeignKey(columns=("best_job_id",), table="job", references=("job_id",)),
    ),
)
SEAT = Table(
    name="seat",
    primary_key=("job_id", "number"),
    columns=(
        Column(name="job_id", type="text", role="reference"),
        Column(name="number", type="integer", role="number"),
        Column(name="note", type="text", role="text", policy="semantic", nullable=True),
    ),
    foreign_keys=(ForeignKey(columns=("job_id",), table="job", references=("job_id",)),),
)
BOOKING = Table(
    name="booking",
    primary_key=("booking_id",),
    columns=(
        Column(name="booking_id", type="integer", role="id", generated=True, policy="exempt"),
        Column(name="seat_job_id", type="text", role="reference"),
        Column(name="seat_number", type="integer", role="reference"),
    ),
    foreign_keys=(ForeignKey(columns=("seat_job_id", "seat_number"), table="seat", references=("job_id", "number")),),
)
DATABASE = DatabaseSchema(tables=(JOB, PERSON, SEAT, BOOKING))


def job(key: str, title: str = "Data engineer", salary: float = 100, lead: str | None = None, views: int = 0) -> Change:
    return "job", key, None, {"job_id": key, "title": title, "salary": salary, "lead_id": lead, "views": views}


def person(key: str, email: str = "a@b.c", mentor: str | None = None, best: str | None = None) -> Change:
    return "person", key, None, {"person_id": key, "email": email, "mentor_id": mentor, "best_job_id": best}


def seat(job_id: str, number: int, note: str | None = None) -> Change:
    return "seat", (job_id, number), None, {"job_id": job_id, "number": number, "note": note}


def booking(key: int, job_id: str, number: int) -> Change:
    return "booking", key, None, {"booking_id": key, "seat_job_id": job_id, "seat_number": number}


def update(change: Change, **after: object) -> Change:
    table, key, _, before = change
    assert before is not None
    return table, key, before, {**before, **after}


def delete(change: Change) -> Change:
    table, key, _, before = change
    return table, key, before, None


def random_diff(rng: random.Random, size: int) -> list[Change]:
    """A diff of a few kinds of row with few different values, so that many rows look alike."""
    jobs = [f"J{n}" for n in range(rng.randint(0, size))]
    people = [f"P{n}" for n in range(rng.randint(0, size))]
    leads, bests = [None, "OLD-P", *people], [None, "OLD-J", *jobs]
    changes: list[Change] = [
        job(key, rng.choice(("Data engineer", "Data engineers", "Cook")), 100, rng.choice(leads), rng.randint(0, 9))
        for key in jobs
    ]
    changes += [
        person(key, rng.choice(("a@b.c", "a@b.c", "d@e.f")), rng.choice(leads), rng.choice(bests)) for key in people
    ]
    for key in jobs:
        changes += [seat(key, number) for number in range(rng.randint(0, 1))]
    if rng.random() < 0.5:
        changes.append(update(job("OLD-J"), lead_id=rng.choice(leads)))
        if changes[-1][2] == changes[-1][3]:
            changes.pop()
    return changes


def rename(changes: list[Change], names: dict[object, object]) -> list[Change]:
    """The same changes with other generated ids, in every place that holds them."""

    def row(values: Row | None) -> Row | None:
        return values and {column: names.get(value, value) for column, value in values.items()}  # type: ignore[misc]

    def key(value: object) -> object:
        return tuple(names.get(part, part) for part in value) if isinstance(value, tuple) else names.get(value, value)

    return [(table, key(old), row(before), row(after)) for table, old, before, after in changes]


def fresh_names(changes: list[Change], rng: random.Random) -> dict[object, object]:
    """New ids for the inserted jobs and people, dealt at random."""
    names: dict[object, object] = {}
    for table in ("job", "person"):
        keys = [key for name, key, before, _ in changes if name == table and before is None]
        dealt = list(range(len(keys)))
        rng.shuffle(dealt)
        names.update({key: f"{table}-new-{number}" for key, number in zip(keys, dealt, strict=True)})
    return names


def brute_force(gold: list[Change], diff: list[Change], similar: float = 80) -> bool:
    """The reward's definition tried literally: some renaming of inserted ids makes both diffs agree."""
    from engine.runtime.similarity import text_similarity

    def inserted(changes: list[Change], table: str) -> list[object]:
        return [key for name, key, before, _ in changes if name == table and before is None]

    def shown(changes: list[Change]) -> list[tuple[object, ...]]:
        kept: list[tuple[object, ...]] = []
        for table, key, before, after in changes:
            row = {name: value for name, value in (after or {}).items() if name != "views"}
            if before is not None and after is not None and {**before, "views": 0} == {**after, "views": 0}:
                continue
            kept.append((table, repr(key), before is None, after is None, row))
        return sorted(kept, key=lambda item: (item[0], item[1]))

    def same(left: tuple[object, ...], right: tuple[object, ...]) -> bool:
        if left[:4] != right[:4]:
            return False
        here, there = dict(left[4]), dict(right[4])  # type: ignore[call-overload]
        title, other = here.pop("title", ""), there.pop("title", "")
        return here == there and (title == other or (bool(left[2]) and text_similarity(title, other) >= similar))

    choices: list[list[dict[object, object]]] = []
    for table in ("job", "person"):
        mine, theirs = inserted(gold, table), inserted(diff, table)
        if len(mine) != len(theirs):
            return False
        choices.append([dict(zip(theirs, order, strict=True)) for order in permutations(mine)])
    wanted = shown(gold)
    for first, second in product(*choices):
        had = shown(rename(diff, {**first, **second}))
        if len(had) == len(wanted) and all(same(a, b) for a, b in zip(wanted, had, strict=True)):
            return True
    return False
