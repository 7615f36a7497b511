"""Everything that a page reads, as typed values; pages hold no SQL and no domain logic."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from engine.errors import UsageError
from engine.models.base import Row, digest
from engine.models.domain import TestCase
from engine.models.graph import Edge, ToolGraph
from engine.models.review import ReviewAction, ReviewEntry, ReviewState
from engine.models.run import Run, RunEvent
from engine.models.task import Task
from engine.models.tool import Tool
from engine.models.trace import Trace, TraceKind
from engine.store import Store
from engine.store.domains import DomainSummary
from engine.store.tasks import TaskFilter, TaskSummary
from engine.store.tools import StoredTool
from engine.store.traces import TraceSummary


def store_path() -> Path:
    """The store that this server shows: `SCALEENV_DB`, or `data/studio.db`."""
    return Path(os.environ.get("SCALEENV_DB") or "data/studio.db")


@contextmanager
def opened() -> Iterator[Store]:
    """The store, opened for one read or write; connections belong to the thread of one page run."""
    store = Store.open(store_path())
    try:
        yield store
    finally:
        store.close()


def domains() -> list[DomainSummary]:
    """All domains with their sizes."""
    with opened() as store:
        return store.domains.summaries()


def runs() -> list[Run]:
    """All runs, newest first."""
    with opened() as store:
        return store.runs.all()


def run(id: str) -> Run:
    """One run.

    Raises:
        UsageError: There is no such run.
    """
    with opened() as store:
        return store.runs.get(id)


class RunLog:
    """The end of a run's log, for a page that looks again and again: only what is new is read."""

    LINES = 300

    def __init__(self, run: str) -> None:
        self.run = run
        self.total = 0
        self.tail: deque[RunEvent] = deque(maxlen=self.LINES)

    def refresh(self) -> None:
        """Reads what was added since."""
        with opened() as store:
            while new := store.runs.events(self.run, after=self.total):
                self.tail.extend(new)
                self.total = new[-1].seq


def tools(domain: str) -> list[StoredTool]:
    """A domain's tools, rejected ones included."""
    with opened() as store:
        return store.tools.all(domain)


def test_cases(domain: str, tool: str) -> list[TestCase]:
    """The procedural test cases of a tool."""
    with opened() as store:
        return store.tools.cases(domain, tool)


class GraphView:
    """A domain's graph with its tools, and a revision that changes exactly when the picture does."""

    def __init__(self, graph: ToolGraph, stored: list[StoredTool]) -> None:
        self.graph = graph
        self.tools = [entry.tool for entry in stored if entry.admitted]
        self.tool: dict[str, Tool] = {tool.name: tool for tool in self.tools}
        self.edge: dict[str, Edge] = {edge.id: edge for edge in graph.edges}
        self.revision = digest(graph.model_dump(mode="json"))[:16]


def graph(domain: str) -> GraphView:
    """A domain's tool dependency graph."""
    with opened() as store:
        return GraphView(store.graph(domain), store.tools.all(domain))


def traces(domain: str, kind: TraceKind | None = None) -> list[TraceSummary]:
    """A domain's traces."""
    with opened() as store:
        return store.traces.of(domain, kind)


def trace(domain: str, id: str) -> Trace:
    """One trace.

    Raises:
        UsageError: There is no such trace.
    """
    with opened() as store:
        return store.traces.get(domain, id)


def count_tasks(chosen: TaskFilter) -> int:
    """How many tasks a filter lets through."""
    with opened() as store:
        return store.tasks.count(chosen)


def tasks_page(chosen: TaskFilter, after: tuple[str, int] | None, limit: int) -> list[TaskSummary]:
    """One page of tasks, beginning behind `after`."""
    with opened() as store:
        return store.tasks.page(chosen, after=after, limit=limit)


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
