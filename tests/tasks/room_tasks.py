"""Tasks over the hand-written domain, built and audited once for all tests."""

from __future__ import annotations

from functools import cache

from engine.graph.infer import infer
from engine.graph.prove import prove
from engine.models.domain import Domain
from engine.models.graph import ToolGraph
from engine.models.task import Task
from engine.runtime.inprocess import InProcessRuntime
from engine.tasks.audit import Audited, audit_all
from engine.tasks.build import Candidate, TaskBuilder
from tests.fakes.bookings import bookings_domain

SEED = 7
COUNT = 24


@cache
def room_graph() -> ToolGraph:
    domain = bookings_domain()
    with InProcessRuntime(domain) as runtime:
        edges, _ = prove(domain, infer(domain), runtime, SEED)
    return ToolGraph(tools=tuple(tool.name for tool in domain.tools), edges=edges)


@cache
def room_candidates() -> tuple[Task, ...]:
    builder = TaskBuilder(bookings_domain(), room_graph(), SEED)
    built = [builder.propose(index) for index in range(COUNT)]
    return tuple(candidate.task for candidate in built if isinstance(candidate, Candidate))


@cache
def room_audited() -> tuple[Audited, ...]:
    return tuple(audited(room_candidates()))


def audited(tasks: tuple[Task, ...], domain: Domain | None = None) -> list[Audited]:
    used = domain or bookings_domain()
    with InProcessRuntime(used) as runtime:
        return audit_all(tasks, used, runtime)


def task_with(tool: str, *, steps: int | None = None) -> Task:
    """The first audited task with a tool in its chain (and that many steps)."""
    for entry in room_audited():
        names = [step.tool for step in entry.task.chain.steps]
        if entry.task.audited and tool in names and (steps is None or len(names) == steps):
            return entry.task
    raise AssertionError(f"no task with {tool}")
