"""A task's review state follows from the log, for the content that was reviewed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from engine.errors import UsageError
from engine.models.review import DECISIONS, ReviewEntry
from engine.store import Store
from engine.store.reviews import review_state
from tests.store import samples


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "studio.db", clock=lambda: 12.5) as opened:
        opened.domains.save(samples.spec(), samples.OPTIONS)
        opened.tasks.add("notes", samples.outcome(0))
        opened.tasks.add("notes", samples.outcome(1, audited=False))
        yield opened


def state(store: Store) -> str:
    return store.tasks.page(samples_filter())[0].review


def samples_filter():  # type: ignore[no-untyped-def]
    from engine.store.tasks import TaskFilter

    return TaskFilter(domain="notes", state="audited")


def test_the_last_decision_counts_until_it_is_undone(store: Store) -> None:
    assert store.reviews.record("notes", "notes-0000", "approve", "ada") == "approved"
    assert store.reviews.record("notes", "notes-0000", "reject", "bob", text="too easy") == "rejected"
    assert store.reviews.record("notes", "notes-0000", "note", "ada", text="hm") == "rejected"
    assert store.reviews.record("notes", "notes-0000", "undo", "bob") == "approved"
    assert state(store) == "approved"
    assert store.reviews.record("notes", "notes-0000", "undo", "ada") == "approved", "her note goes first"
    assert store.reviews.record("notes", "notes-0000", "undo", "ada") == "open"
    with pytest.raises(UsageError, match="nothing to undo"):
        store.reviews.record("notes", "notes-0000", "undo", "ada")
    assert [entry.seq for entry in store.reviews.log("notes", "notes-0000")] == [1, 2, 3, 4, 5, 6]
    assert store.reviews.log("notes", "notes-0000")[1].at == 12.5


@pytest.mark.parametrize(
    "task, action, curator, rating, says",
    [
        pytest.param("notes-0001", "approve", "ada", None, "no audited task", id="rejected task"),
        pytest.param("nowhere", "approve", "ada", None, "no audited task", id="unknown task"),
        pytest.param("notes-0000", "rate", "ada", 6, "from 1 to 5", id="rating"),
        pytest.param("notes-0000", "approve", " ", None, "curator's name", id="nobody"),
    ],
)
def test_senseless_actions_are_refused(
    store: Store, task: str, action: str, curator: str, rating: int | None, says: str
) -> None:
    with pytest.raises(UsageError, match=says):
        store.reviews.record("notes", task, action, curator, rating=rating)  # type: ignore[arg-type]
    assert store.reviews.log("notes", task) == []


def test_reviews_count_again_for_a_task_that_is_made_again_and_only_then(store: Store) -> None:
    store.reviews.record("notes", "notes-0000", "approve", "ada")
    store.domains.delete("notes")
    store.domains.save(samples.spec(), samples.OPTIONS)
    store.tasks.add("notes", samples.outcome(0))
    assert state(store) == "approved"
    store.domains.delete("notes")
    store.domains.save(samples.spec(), samples.OPTIONS)
    store.tasks.add("notes", samples.outcome(0, text="Something else altogether."))
    assert state(store) == "open"


def test_the_log_refuses_to_be_rewritten(store: Store) -> None:
    import sqlite3

    store.reviews.record("notes", "notes-0000", "approve", "ada")
    raw = sqlite3.connect(store.path)
    for statement in ("delete from review", "update review set action = 'reject'"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            raw.execute(statement)
    raw.close()


@settings(deadline=None, max_examples=60)
@given(some.lists(some.sampled_from(["approve", "reject", "needs_edit", "note", "tag", "undo"]), max_size=12))
def test_undoing_everything_leads_back_to_open(actions: list[str]) -> None:
    entries: list[ReviewEntry] = []

    def add(action: str, undoes: int | None = None) -> None:
        entries.append(
            ReviewEntry.model_validate(
                {
                    "seq": len(entries) + 1,
                    "domain": "d",
                    "task_id": "t",
                    "task_digest": "x",
                    "action": action,
                    "curator": "ada",
                    "undoes": undoes,
                }
            )
        )

    def standing() -> list[int]:
        undone = {entry.undoes for entry in entries}
        return [entry.seq for entry in entries if entry.action != "undo" and entry.seq not in undone]

    for action in actions:
        if action != "undo":
            add(action)
        elif standing():
            add("undo", standing()[-1])
        decisions = [entries[seq - 1].action for seq in standing() if entries[seq - 1].action in DECISIONS]
        assert review_state(entries) == (DECISIONS[decisions[-1]] if decisions else "open")
    while standing():
        add("undo", standing()[-1])
    assert review_state(entries) == "open"
