"""What the pages about tasks read, and what curators do there."""

from __future__ import annotations

from typing import NamedTuple

from engine.errors import UsageError
from engine.models.base import Row
from engine.models.review import ReviewAction, ReviewEntry, ReviewState
from engine.models.task import Task
from engine.store.tasks import TaskFilter, TaskSummary
from studio.queries.opened import opened


def count_tasks(chosen: TaskFilter) -> int:
    """How many tasks a filter lets through."""
    with opened() as store:
        return store.tasks.count(chosen)


def tasks_page(chosen: TaskFilter, offset: int, limit: int) -> list[TaskSummary]:
    """One page of tasks, from the `offset`-th on."""
    with opened() as store:
        return store.tasks.page(chosen, offset=offset, limit=limit)


class StateRow(NamedTuple):
    """A row of a task's initial state."""

    values: Row
    distractor: bool


class TaskView(NamedTuple):
    """A task with what curators said about it.

    Attributes:
        rows: The initial state by table, distractors told apart.
        review: What the log comes to.
    """

    task: Task
    rows: dict[str, list[StateRow]]
    review: ReviewState
    log: list[ReviewEntry]


def task(domain: str, id: str) -> TaskView:
    """One task.

    Raises:
        UsageError: There is no such task, or the attempt gave none.
    """
    with opened() as store:
        found = store.tasks.get(domain, id)
        log = store.reviews.log(domain, id)
        review = store.reviews.state(domain, id, store.tasks.digest(domain, id))
        tables = store.domains.get(domain).database.table
    distractors = set(found.initial_state.distractors)
    rows = {
        table: [StateRow(row, table in tables and (table, tables[table].key_of(row)) in distractors) for row in listed]
        for table, listed in found.initial_state.rows.items()
        if listed
    }
    return TaskView(found, rows, review, log)


def is_audited(domain: str, id: str) -> bool:
    """Whether the domain has an audited task of that id."""
    with opened() as store:
        try:
            return store.tasks.get(domain, id).audited
        except UsageError:
            return False


def rejections(domain: str) -> dict[str, int]:
    """Why attempts at tasks came to nothing, with how many each reason stopped."""
    with opened() as store:
        return store.tasks.rejections(domain)


def review(domain: str, id: str, action: ReviewAction, curator: str, text: str = "") -> ReviewState:
    """Adds a curator's action and returns the state it leads to.

    Raises:
        UsageError: The action is not possible.
    """
    with opened() as store:
        return store.reviews.record(domain, id, action, curator, text=text)
