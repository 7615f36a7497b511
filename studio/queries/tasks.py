"""What the pages about tasks read, and what curators do there."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Literal, NamedTuple

from engine.models.base import Row
from engine.models.database import DatabaseSchema
from engine.models.domain import Domain
from engine.models.review import ReviewAction, ReviewEntry, ReviewState
from engine.models.task import Task
from engine.models.task_edit import TaskEdit, TaskWords
from engine.store import Store
from engine.store.reviews import BulkResult
from engine.store.similar_tasks import SimilarTask
from engine.store.task_filter import TaskFilter, TaskSort
from engine.store.tasks import TaskFigures, TaskSummary
from engine.tasks.mentions import entities_of
from engine.tasks.revise import Revision
from engine.tasks.spoken import Spoken
from studio.queries import known
from studio.queries.opened import opened
from studio.queries.unchanged import until_written

PAGE = 25
"""Tasks of one page of the list."""


class TaskPage(NamedTuple):
    """Some of the tasks that fit a filter.

    Attributes:
        total: How many fit.
        number: The page's number from 1.
        pages: How many pages there are, at least 1.
    """

    items: list[TaskSummary]
    total: int
    number: int
    pages: int


class Facets(NamedTuple):
    """What a filter can choose from."""

    domains: list[str]
    tools: list[str]
    tags: list[str]


RowRole = Literal["changed", "mentioned", "other", "distractor", "base"]


class StateRow(NamedTuple):
    """A row of a task's initial state.

    Attributes:
        role: What it is there for: the reference solution changes it, the instruction speaks of it, neither, it only
            makes the task harder, or it is one of the domain's base rows.
    """

    values: Row
    role: RowRole

    @property
    def distractor(self) -> bool:
        """Whether the row only makes the task harder."""
        return self.role == "distractor"


class TaskView(NamedTuple):
    """A task with what curators said about it.

    Attributes:
        rows: The initial state by table; what matters to the task comes first.
        review: What the log comes to.
        digest: Of the content; an edit or a decision names it, so that it never meets another one.
        stale: Why the audits have to be run again, or empty.
        edits: Changes of its words, oldest first.
        spoken: Where the instruction says what the solution stands on.
        database: The domain's schema.
    """

    task: Task
    rows: dict[str, list[StateRow]]
    review: ReviewState
    log: list[ReviewEntry]
    digest: str
    stale: str
    edits: list[TaskEdit]
    spoken: tuple[Spoken, ...]
    database: DatabaseSchema


def count_tasks(chosen: TaskFilter) -> int:
    """How many tasks a filter lets through."""
    with opened() as store:
        return store.tasks.count(chosen)


@until_written
def page(chosen: TaskFilter, sort: TaskSort, *, descending: bool, number: int) -> TaskPage:
    """A page of the tasks that fit; the last page where there are fewer."""
    with opened() as store, store.snapshot():
        total = store.tasks.count(chosen)
        pages = max(1, -(-total // PAGE))
        number = min(max(number, 1), pages)
        items = store.tasks.page(
            chosen, sort=sort, descending=descending, offset=(number - 1) * PAGE, limit=PAGE, total=total
        )
    return TaskPage(items, total, number, pages)


def page_of(chosen: TaskFilter, sort: TaskSort, *, descending: bool, task: TaskSummary) -> int | None:
    """The number of the page on which a task is listed; none where the filter leaves it out."""
    with opened() as store:
        place = store.tasks.place(chosen, task.number, sort=sort, descending=descending)
    return None if place is None else place // PAGE + 1


@until_written
def facets() -> Facets:
    """What a filter can choose from."""
    with opened() as store:
        return Facets(store.domains.names(), store.tasks.tools_used(), list(store.tasks.tags()))


@until_written
def figures(domains: tuple[str, ...]) -> TaskFigures:
    """How many tasks of some domains, or of all, are in which state."""
    with opened() as store:
        return store.tasks.figures(domains)


def find(id: str, domains: tuple[str, ...] = ()) -> TaskSummary | None:
    """The task of that id, in the first of the domains (all where left out) that has one."""
    with opened() as store:
        return store.tasks.find(id, domains)


def task(domain: str, id: str) -> TaskView:
    """One task.

    Raises:
        UsageError: There is no such task, or the attempt gave none.
    """
    with opened() as store:
        found = store.tasks.get(domain, id)
        digest = store.tasks.digest(domain, id)
        summary = store.tasks.find(id, (domain,))
        foundation = known.domain(store, domain)
        return TaskView(
            task=found,
            rows=state_rows(found, foundation),
            review=store.reviews.state(domain, id, digest),
            log=store.reviews.log(domain, id),
            digest=digest,
            stale=summary.stale if summary is not None else "",
            edits=store.task_edits.of(domain, id),
            spoken=_spoken(store.path, domain, id, digest),
            database=foundation.database,
        )


@lru_cache(maxsize=32)
def _spoken(path: Path, domain: str, id: str, digest: str) -> tuple[Spoken, ...]:
    """Kept, because the tools' footprints that it takes are worked out anew each time."""
    from engine.tasks.spoken import spoken

    del digest
    with Store.open(path) as store:
        try:
            return spoken(known.task(store, domain, id), known.domain(store, domain))
        except (KeyError, StopIteration):  # a tool or a column of the chain is gone; the instruction is shown as it is
            return ()


_ORDER: tuple[RowRole, ...] = ("changed", "mentioned", "other", "distractor", "base")


def state_rows(task: Task, domain: Domain) -> dict[str, list[StateRow]]:
    """A task's initial state by table, each row with what it is there for."""
    distractors = set(task.initial_state.distractors)
    mentioned = {(each.table, each.key) for mention in task.mentions for each in entities_of(mention)}
    changed = {(change.table, change.key) for change in task.gold_diff}
    tables = domain.database.table

    def role(table: str, row: Row) -> RowRole:
        place = (table, tables[table].key_of(row)) if table in tables else None
        if place in changed:
            return "changed"
        return "mentioned" if place in mentioned else "distractor" if place in distractors else "other"

    found = {
        table: [StateRow(row, role(table, row)) for row in rows]
        for table, rows in task.initial_state.rows.items()
        if rows
    }
    if task.initial_state.extends_base:
        for table, rows in domain.spec.base_rows.items():
            own = [StateRow(row, role(table, row)) for row in rows]
            base = [each if each.role != "other" else each._replace(role="base") for each in own]
            if base:
                found.setdefault(table, []).extend(base)
    return {table: sorted(rows, key=lambda row: _ORDER.index(row.role)) for table, rows in found.items()}


def similar(domain: str, id: str) -> list[SimilarTask]:
    """Tasks of the domain with the same chain of tools or similar words."""
    with opened() as store:
        return store.tasks.similar(domain, id)


def rejections(*domains: str) -> dict[str, int]:
    """Why attempts at tasks came to nothing, with how many each reason stopped."""
    with opened() as store:
        return store.tasks.rejections(*domains)


def review_all(chosen: TaskFilter, action: ReviewAction, curator: str, text: str, expected: int) -> BulkResult:
    """Adds one action for all tasks that a filter lets through: all or none.

    Raises:
        UsageError: The action is not possible, or the filter lets through another number of tasks by now.
    """
    with opened() as store:
        return store.reviews.record_all(chosen, action, curator, text=text, expected=expected)


def undo_batch(batch: str, curator: str) -> int:
    """Takes back a bulk action, and returns for how many tasks.

    Raises:
        UsageError: The curator did not make it, or nothing of it stands any more.
    """
    with opened() as store:
        return store.reviews.undo_batch(batch, curator)


def edit(domain: str, id: str, words: TaskWords, curator: str, *, started_from: str, note: str) -> Revision:
    """Gives a task new words if all audits pass with them.

    Raises:
        UsageError: Somebody else changed the task, nothing was changed, or no curator is named.
    """
    from engine.pipeline.task_edits import edit_task

    with opened() as store:
        return edit_task(store, domain, id, words, curator, started_from=started_from, note=note)


def revert(domain: str, id: str, seq: int, curator: str, *, started_from: str) -> Revision:
    """Gives a task the words back that it had before an edit, if all audits pass with them.

    Raises:
        UsageError: As `edit`.
    """
    from engine.pipeline.task_edits import revert_edit

    with opened() as store:
        return revert_edit(store, domain, id, seq, curator, started_from=started_from)
