"""What the page about traces reads, and everything that shows one."""

from __future__ import annotations

from typing import NamedTuple

from engine.errors import UsageError
from engine.models.base import Rows
from engine.models.database import DatabaseSchema
from engine.models.task import Task
from engine.models.trace import Trace, TraceKind
from engine.store.traces import TraceFilter, TraceSummary
from engine.traces.comparison import Comparison, compare
from engine.traces.origins import Origin, origins
from engine.traces.states import TableState, initial_rows, state_at
from studio.queries import known
from studio.queries.opened import opened

LISTED = 8
"""Traces of one page of the list."""


class TracePage(NamedTuple):
    """Some of the traces that fit a filter.

    Attributes:
        total: How many fit.
        number: The page's number from 1.
        pages: How many pages there are, at least 1.
    """

    items: list[TraceSummary]
    total: int
    number: int
    pages: int


class Neighbours(NamedTuple):
    """Where a trace stands in a list: its place from 1, and the traces before and after it."""

    place: int | None
    before: str | None
    after: str | None


class TraceView(NamedTuple):
    """A trace with what is needed to read it.

    Attributes:
        task: The task that it belongs to, where there is one.
        origins: For each step, where each argument came from.
        rows: The initial rows; null where they are not known.
        database: The domain's schema; null where the domain is not known.
    """

    trace: Trace
    domain: str | None
    task: Task | None
    origins: tuple[dict[str, Origin], ...]
    rows: Rows | None
    database: DatabaseSchema | None

    def state(self, step: int) -> tuple[TableState, ...]:
        """The tables that the calls up to a step touched, as they stood after it."""
        return state_at(self.trace, step, self.rows or {}, self.database)


def counts(domain: str) -> dict[tuple[TraceKind, bool], int]:
    """How many traces of each kind passed and failed."""
    with opened() as store:
        return store.traces.kinds(domain)


def listed(chosen: TraceFilter, number: int = 1) -> TracePage:
    """A page of the traces that fit, failures first; the last page where there are fewer."""
    with opened() as store:
        total = store.traces.number(chosen)
        pages = max(1, -(-total // LISTED))
        number = min(max(number, 1), pages)
        return TracePage(store.traces.page(chosen, offset=(number - 1) * LISTED, limit=LISTED), total, number, pages)


def neighbours(chosen: TraceFilter, id: str) -> Neighbours:
    """A trace's place in the list of those that fit; nothing where it is not among them."""
    with opened() as store:
        place = store.traces.place(chosen, id)
        if place is None:
            return Neighbours(None, None, None)
        around = store.traces.page(chosen, offset=max(place - 1, 0), limit=3 if place else 2)
    ids = [item.id for item in around]
    at = ids.index(id)
    return Neighbours(place + 1, ids[at - 1] if at else None, ids[at + 1] if at + 1 < len(ids) else None)


def summary(domain: str, id: str) -> TraceSummary | None:
    """One trace in one line, if the domain has it."""
    with opened() as store:
        return store.traces.summary(domain, id)


def trace(domain: str, id: str) -> Trace:
    """One trace.

    Raises:
        UsageError: There is no such trace.
    """
    with opened() as store:
        return store.traces.get(domain, id)


def view(trace: Trace, domain: str | None) -> TraceView:
    """A trace with its task, its domain's schema and the origins of its arguments, as far as they are there."""
    task: Task | None = None
    spec = None
    if domain is not None:
        with opened() as store:
            try:
                spec = known.domain(store, domain).spec
                task = known.task(store, domain, trace.task_id) if trace.task_id else None
            except UsageError:  # the task was rejected or the domain deleted since; the trace still tells its part
                task = None
    rows = initial_rows(trace, task, spec)
    return TraceView(trace, domain, task, origins(trace, task, rows), rows, None if spec is None else spec.database)


def others(domain: str, trace: TraceSummary) -> list[TraceSummary]:
    """The traces of the same tool, edge or task: those with which a comparison makes sense."""
    with opened() as store:
        found = store.traces.page(TraceFilter(domain=domain, subject=trace.subject), limit=200)
    return sorted((item for item in found if item.id != trace.id), key=lambda item: not item.id.endswith(":solvable:0"))


def comparison(left: TraceView, right: TraceView) -> Comparison:
    """Two traces side by side; the left one is what the right one is measured against."""
    shared = left.task if left.trace.task_id == right.trace.task_id else None
    return compare(left.trace, right.trace, shared, left.database)
