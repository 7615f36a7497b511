"""Counts over the log: only what stands counts, and bulk actions are told apart."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from engine.models.review import ReviewAction
from engine.store import Store
from engine.store.task_filter import TaskFilter
from tests.store import samples

DAY = 86400.0
NOON = datetime(2026, 3, 2, 12).timestamp()
"""By this machine's clock: days are counted in its time zone."""


class Diary:
    """A store in which time goes on as the test says."""

    def __init__(self, path: Path) -> None:
        self.now = NOON
        self.store = Store.open(path, clock=lambda: self.now)
        self.store.domains.save(samples.spec(), samples.OPTIONS)
        for position in range(4):
            self.store.tasks.add("notes", samples.outcome(position))

    def say(self, task: int, action: ReviewAction, curator: str, *, days: float = 0.0, seconds: float = 0.0) -> None:
        self.now = NOON + days * DAY + seconds
        self.store.reviews.record("notes", f"notes-{task:04d}", action, curator, text="so" if action == "note" else "")


@pytest.fixture
def diary(tmp_path: Path) -> Iterator[Diary]:
    found = Diary(tmp_path / "studio.db")
    yield found
    found.store.close()


def test_decisions_are_counted_by_day_and_curator(diary: Diary) -> None:
    diary.say(0, "approve", "ada")
    diary.say(1, "reject", "ada")
    diary.say(1, "note", "ada")
    diary.say(2, "approve", "bob", days=1)
    diary.say(3, "approve", "bob", days=1)
    diary.say(3, "undo", "bob", days=1)
    diary.now = NOON + 2 * DAY
    diary.store.reviews.record_all(TaskFilter(domain="notes"), "approve", "ada")
    figures = diary.store.review_figures
    assert figures.per_day(0) == [
        ("2026-03-02", "ada", 2, 0),
        ("2026-03-03", "bob", 1, 0),
        ("2026-03-04", "ada", 4, 4),
    ]
    assert figures.per_day(NOON + DAY / 2) == figures.per_day(0)[1:]


def test_times_leave_out_bulk_actions_and_what_was_taken_back(diary: Diary) -> None:
    for task in range(3):
        diary.say(task, "approve", "ada", seconds=20.0 * task)
    diary.say(1, "undo", "ada", seconds=50)
    diary.store.reviews.record_all(TaskFilter(domain="notes"), "reject", "ada")
    figures = diary.store.review_figures
    assert figures.times("ada") == [NOON, NOON + 40]
    assert figures.times("ada", limit=1) == [NOON + 40]
    assert figures.times("ada", since=NOON + 1) == [NOON + 40]
    assert figures.times("bob") == []
    assert [(each.task_id, each.curator) for each in figures.recent()] == [("notes-0002", "ada"), ("notes-0000", "ada")]


def test_pairs_and_disagreements_follow_what_stands(diary: Diary) -> None:
    figures = diary.store.review_figures
    assert (figures.shared(), figures.pairs(), figures.disagreements()) == ((0, 0), [], [])
    diary.say(0, "approve", "ada")
    diary.say(0, "reject", "bob")
    diary.say(1, "approve", "ada")
    diary.say(1, "approve", "bob")
    diary.say(2, "approve", "ada")
    assert figures.shared() == (2, 1)
    assert figures.pairs() == [
        ("ada", "bob", "approved", "approved", 1),
        ("ada", "bob", "approved", "rejected", 1),
    ]
    assert [(each.task_id, each.decisions) for each in figures.disagreements()] == [
        ("notes-0000", (("ada", "approved"), ("bob", "rejected")))
    ]
    assert figures.disagreements(offset=1) == []
    assert figures.curators() == [("ada", 3, 0, 0), ("bob", 1, 1, 0)]
    diary.say(0, "undo", "bob")
    diary.say(0, "needs_edit", "eve")
    assert [each.decisions for each in figures.disagreements()] == [(("ada", "approved"), ("eve", "needs_edit"))]
    diary.store.domains.delete("notes")
    assert (figures.shared(), figures.curators(), figures.disagreements()) == ((0, 0), [], [])


def test_a_disagreement_is_found_by_the_last_decisions_in_their_order(diary: Diary) -> None:
    diary.say(0, "approve", "ada")
    diary.say(0, "reject", "bob")
    diary.say(0, "needs_edit", "ada")
    (found,) = diary.store.review_figures.disagreements()
    assert found.decisions == (("bob", "rejected"), ("ada", "needs_edit"))
