"""Everything that a page reads, as typed values; pages hold no SQL and no domain logic."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.models.base import digest
from engine.models.domain import TestCase
from engine.models.graph import Edge, ToolGraph
from engine.models.review import ReviewAction, ReviewEntry, ReviewState
from engine.models.run import Run, RunEvent
from engine.models.task import Task
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


def run_events(run: str, after: int = 0) -> list[RunEvent]:
    """A run's log behind event number `after`."""
    with opened() as store:
        return store.runs.events(run, after=after)


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


def task(domain: str, id: str) -> Task:
    """One task.

    Raises:
        UsageError: There is no such task, or the attempt gave none.
    """
    with opened() as store:
        return store.tasks.get(domain, id)


def reviews(domain: str, id: str) -> list[ReviewEntry]:
    """What curators said about a task."""
    with opened() as store:
        return store.reviews.log(domain, id)


def review(domain: str, id: str, action: ReviewAction, curator: str, text: str = "") -> ReviewState:
    """Adds a curator's action and returns the state it leads to.

    Raises:
        UsageError: The action is not possible.
    """
    with opened() as store:
        return store.reviews.record(domain, id, action, curator, text=text)
