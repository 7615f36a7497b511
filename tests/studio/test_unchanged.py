"""Answers are kept until something is written, whoever writes it."""

from __future__ import annotations

from pathlib import Path

from engine.store import Store
from engine.store.task_filter import TaskFilter
from studio.queries import tasks
from studio.queries.opened import opened
from studio.queries.unchanged import until_written
from tests.studio.filled import DOMAIN, TASKS

FIRST = f"{DOMAIN}-7-0000"


def test_a_read_is_asked_once_and_again_after_each_write(full_store: Path) -> None:
    asked: list[int] = []

    @until_written
    def count(least: int) -> int:
        asked.append(least)
        with opened() as store:
            return store.tasks.count(TaskFilter(review="approved", least_steps=least))

    assert [count(1), count(1), count(1)] == [0, 0, 0]
    assert asked == [1]
    with Store.open(full_store) as other:
        for action, approved in (("approve", 1), ("undo", 0), ("approve", 1)):
            other.reviews.record(DOMAIN, FIRST, action, "ada")  # type: ignore[arg-type]
            assert count(1) == approved
            assert count(1) == approved
    assert asked == [1] * 4


def test_another_store_has_its_own_answers(full_store: Path, monkeypatch, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    assert tasks.figures(()).audited == TASKS
    monkeypatch.setenv("SCALEENV_DB", str(tmp_path / "other.db"))
    assert tasks.figures(()).audited == 0
