"""An edit of a task's words counts with its audits and traces in one step, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import UsageError
from engine.models.task import Task
from engine.models.task_edit import TaskWords
from engine.pipeline.task_edits import edit_task, revert_edit
from engine.store import Store
from engine.store.tasks import TaskFilter
from engine.verify import verify_domain
from tests.studio.filled import DOMAIN, fill


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(fill(tmp_path / "studio.db"), clock=lambda: 12.5) as opened:
        yield opened


def first(store: Store) -> Task:
    return next(store.tasks.iterate(DOMAIN))


def greeted(task: Task) -> TaskWords:
    return TaskWords(instruction=f"Good evening! {task.instruction}", profile=task.user_profile)


def edited(store: Store, words: TaskWords, curator: str = "ada") -> bool:
    task = first(store)
    started = store.tasks.digest(DOMAIN, task.id)
    return edit_task(store, DOMAIN, task.id, words, curator, started_from=started, note="kinder").counts


def test_an_edit_that_passes_counts_and_the_domain_verifies(store: Store) -> None:
    task = first(store)
    before = store.tasks.digest(DOMAIN, task.id)
    store.reviews.record(DOMAIN, task.id, "approve", "bob")
    assert edited(store, greeted(task))
    stored = store.tasks.get(DOMAIN, task.id)
    assert stored.audited
    assert TaskWords.of(stored) == greeted(task)
    summary = store.tasks.find(task.id)
    assert summary is not None
    assert (summary.edits, summary.review, summary.instruction) == (1, "open", stored.instruction)
    assert [each.id for each in store.tasks.page(TaskFilter(state="audited", text="good evening", edited=True))] == [
        task.id
    ]
    (edit,) = store.task_edits.of(DOMAIN, task.id)
    assert (edit.curator, edit.note, edit.at, edit.digest_before) == ("ada", "kinder", 12.5, before)
    assert edit.digest_after == store.tasks.digest(DOMAIN, task.id)
    assert (edit.before, edit.after) == (TaskWords.of(task), greeted(task))
    report = verify_domain(store, DOMAIN)
    assert report.failures == ()


def test_an_edit_that_fails_changes_nothing(store: Store) -> None:
    task = first(store)
    before = (store.tasks.digest(DOMAIN, task.id), store.traces.digests(DOMAIN, "audit", task.id))
    assert not edited(store, TaskWords(instruction="Please do it.", profile=task.user_profile))
    assert (store.tasks.digest(DOMAIN, task.id), store.traces.digests(DOMAIN, "audit", task.id)) == before
    assert store.tasks.get(DOMAIN, task.id) == task
    assert store.task_edits.of(DOMAIN, task.id) == []


def test_of_two_curators_the_second_is_told_and_overwrites_nothing(store: Store) -> None:
    task = first(store)
    started = store.tasks.digest(DOMAIN, task.id)
    edit_task(store, DOMAIN, task.id, greeted(task), "ada", started_from=started)
    mine = TaskWords(instruction=f"Hello! {task.instruction}", profile=task.user_profile)
    with pytest.raises(UsageError, match="Somebody else changed the task"):
        edit_task(store, DOMAIN, task.id, mine, "bob", started_from=started)
    assert first(store).instruction == greeted(task).instruction


def test_somebody_who_is_faster_while_the_audits_run_is_not_overwritten(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.tasks import revise

    task = first(store)
    started = store.tasks.digest(DOMAIN, task.id)
    mine = TaskWords(instruction=f"Hello! {task.instruction}", profile=task.user_profile)
    real = revise.revise

    def slow(*arguments: object) -> object:
        monkeypatch.setattr(revise, "revise", real)
        with Store.open(store.path) as other:
            assert edit_task(other, DOMAIN, task.id, greeted(task), "bob", started_from=started).counts
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(revise, "revise", slow)
    with pytest.raises(UsageError, match="Somebody else changed the task"):
        edit_task(store, DOMAIN, task.id, mine, "ada", started_from=started)
    assert first(store).instruction == greeted(task).instruction
    assert [edit.curator for edit in store.task_edits.of(DOMAIN, task.id)] == ["bob"]


def test_a_task_that_joins_while_the_audits_run_is_compared_with(store: Store) -> None:
    task = first(store)
    _, mark = store.task_edits.relatives(DOMAIN, task.id)
    other = task.model_copy(update={"id": "room_booking-7-1000", "index": 1000})
    from engine.store.tasks import TaskOutcome

    store.tasks.add(DOMAIN, TaskOutcome(position=1000, id=other.id, state="audited", difficulty="easy", task=other))
    with pytest.raises(UsageError, match="compared with changed"):
        store.task_edits.save(
            task, (), (), curator="ada", note="", started_from=store.tasks.digest(DOMAIN, task.id), mark=mark
        )


def test_an_edit_is_reverted_by_another_one_that_is_audited_too(store: Store) -> None:
    task = first(store)
    digest, traces = store.tasks.digest(DOMAIN, task.id), store.traces.digests(DOMAIN, "audit", task.id)
    store.reviews.record(DOMAIN, task.id, "approve", "bob")
    assert edited(store, greeted(task))
    (edit,) = store.task_edits.of(DOMAIN, task.id)
    after = store.tasks.digest(DOMAIN, task.id)
    assert revert_edit(store, DOMAIN, task.id, edit.seq, "bob", started_from=after).counts
    assert store.tasks.digest(DOMAIN, task.id) == digest
    assert store.traces.digests(DOMAIN, "audit", task.id) == traces
    assert [each.curator for each in store.task_edits.of(DOMAIN, task.id)] == ["ada", "bob"]
    summary = store.tasks.find(task.id)
    assert summary is not None
    assert (summary.edits, summary.review) == (2, "approved"), "the review was of these very words"
    with pytest.raises(UsageError, match="no edit number 99"):
        revert_edit(store, DOMAIN, task.id, 99, "bob", started_from=digest)


@pytest.mark.parametrize(
    "curator, instruction, says",
    [("  ", "Hello", "curator's name"), ("ada", None, "Nothing was changed")],
    ids=["nobody", "the same words"],
)
def test_senseless_edits_are_refused(store: Store, curator: str, instruction: str | None, says: str) -> None:
    task = first(store)
    words = TaskWords(instruction=instruction or task.instruction, profile=task.user_profile)
    with pytest.raises(UsageError, match=says):
        edited(store, words, curator)
    assert store.task_edits.of(DOMAIN, task.id) == []


def test_an_edit_makes_a_stale_task_count_again(store: Store) -> None:
    task = first(store)
    store.tasks.mark_stale(DOMAIN, [task.id], "a tool changed")
    assert edited(store, greeted(task))
    assert store.tasks.stale(DOMAIN) == []
