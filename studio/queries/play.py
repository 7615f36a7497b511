"""What the page about playing a task reads, and what a player does there."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from engine.errors import UsageError
from engine.models.domain import Domain
from engine.models.task import Task
from engine.models.tool import Tool
from engine.models.trace import Call, Trace
from engine.models.trajectory import Trajectory
from engine.rollouts.offers import Offer, offers
from engine.rollouts.play import Turn as Played
from engine.rollouts.play import begin, finish, go_on, named, observations
from engine.rollouts.warm import WarmEnvironments
from engine.runtime.environment import Environment
from engine.store import Store
from engine.store.tasks import TaskFilter, TaskSummary
from engine.store.trajectories import TrajectorySummary
from studio.queries import known
from studio.queries.opened import opened, store_path

_WARM = WarmEnvironments()
"""One sandboxed environment for each domain that is being played, for all sessions of this server."""

OFFERED = 50
"""Tasks that the search offers at once."""


class Turn(NamedTuple):
    """One call of an attempt as the agent knows it: what it asked and what it was told."""

    call: Call
    observation: str

    @property
    def rejected(self) -> bool:
        """Whether the call did not do what was asked."""
        return self.observation.startswith('{"error":')


class Desk(NamedTuple):
    """All that a player may see of a task, and the attempt that is open on the desk.

    Attributes:
        attempts: The task's attempts, the newest first.
        attempt: The one that is looked at.
        turns: Its calls with what they answered.
        reference: Id of the trace of the reference solution; null where there is none. Not before the end.
        changed: The task is not what it was when the attempt began.
    """

    domain: Domain
    task: Task
    attempts: list[TrajectorySummary]
    attempt: Trajectory | None
    turns: tuple[Turn, ...]
    reference: str | None
    changed: bool

    @property
    def tools(self) -> dict[str, Tool]:
        """The tools that the task gives the agent, in its order."""
        return {name: self.domain.tool[name] for name in self.task.tools if name in self.domain.tool}

    def offers(self, tool: Tool) -> dict[str, tuple[Offer, ...]]:
        """For each parameter, values that were seen so far and may fit."""
        answers = [
            (number, json.loads(turn.observation)) for number, turn in enumerate(self.turns, 1) if not turn.rejected
        ]
        return {
            parameter.name: offers(parameter, self.domain.database, self.task, answers) for parameter in tool.parameters
        }


def tasks(domain: str, words: str = "") -> list[TaskSummary]:
    """Audited tasks whose instruction has the words; as many as a list can show."""
    with opened() as store:
        return store.tasks.page(TaskFilter(domain=domain, state="audited", text=words or None), limit=OFFERED)


def task_line(domain: str, id: str) -> str | None:
    """A task's instruction, or nothing where there is no such task to be played."""
    with opened() as store:
        try:
            return known.task(store, domain, id).instruction
        except UsageError:
            return None


def desk(domain: str, task: str, attempt: str | None) -> Desk:
    """A task with its attempts.

    Raises:
        UsageError: There is no such task, or it has no such attempt.
    """
    with opened() as store:
        found = known.task(store, domain, task)
        digest = store.tasks.digest(domain, task)
        chosen = _attempt(store, domain, task, attempt) if attempt else None
        reference = f"{task}:solvable:0"
        turns: tuple[Turn, ...] = ()
        if chosen is not None:
            turns = tuple(Turn(call, seen) for call, seen in zip(chosen.calls, observations(chosen), strict=True))
        return Desk(
            known.domain(store, domain),
            found,
            store.trajectories.of_task(domain, task),
            chosen,
            turns,
            reference if store.traces.summary(domain, reference) is not None else None,
            chosen is not None and chosen.task_digest != digest,
        )


def _attempt(store: Store, domain: str, task: str, id: str) -> Trajectory:
    found = store.trajectories.get(domain, id)
    if found.task_id != task:
        raise UsageError(f"The attempt `{id}` is at the task `{found.task_id}`, not at `{task}`.")
    return found


def trace_of(domain: str, attempt: Trajectory) -> Trace:
    """The trace of an attempt as far as it has come.

    Raises:
        UsageError: There is none.
    """
    with opened() as store:
        return store.traces.get(domain, attempt.trace_id)


def start(domain: str, task: str, player: str) -> str:
    """Begins an attempt and returns its id.

    Raises:
        UsageError: The player has no name, or there is no such task.
    """
    if not player:
        raise UsageError("An attempt needs the player's name; fill in the field in the sidebar.")
    with opened() as store:
        turn = begin(
            known.domain(store, domain),
            known.task(store, domain, task),
            digest=store.tasks.digest(domain, task),
            agent=f"person:{player}",
            at=time.time(),
        )
        with store.transaction():
            turn = named(turn, store.trajectories.next_id(domain, task))
            store.trajectories.open(turn.trajectory)
            store.traces.put(domain, task, turn.trace)
    return turn.trajectory.id


def call(domain: str, attempt: str, made: Call, *, after: int) -> bool:
    """Makes one more call in an attempt; tells whether it succeeded.

    Args:
        domain: The attempt's domain.
        attempt: Its id.
        made: The call, as the player asked for it.
        after: How many calls the player saw; where there are more, nothing is called.

    Raises:
        UsageError: The attempt went on elsewhere.
        TaskError: It is over, or the task or its tools were changed since it began.
    """
    with _at_table(domain, attempt, after, "it is shown as it stands now, and nothing was called") as at:
        turn = go_on(at.attempt, at.task, at.digest, at.environment, made, at=time.time())
        at.keep(turn, at.store.trajectories.append)
    return turn.trace.steps[-1].outcome == "success"


def end(domain: str, attempt: str, *, after: int) -> None:
    """Ends an attempt: the player is done, and it is scored.

    Raises:
        UsageError: The attempt went on elsewhere.
        TaskError: It is over, or the task or its tools were changed since it began.
    """
    with _at_table(domain, attempt, after, "look at it as it stands now before you finish it") as at:
        at.keep(finish(at.attempt, at.task, at.digest, at.environment, at=time.time()), at.store.trajectories.finish)


class _Table(NamedTuple):
    """Everything that one more move of an attempt needs."""

    store: Store
    attempt: Trajectory
    task: Task
    digest: str
    environment: Environment

    def keep(self, turn: Played, write: Callable[[Trajectory], None]) -> None:
        """Stores what came of the move, with its trace."""
        with self.store.transaction():
            write(turn.trajectory)
            self.store.traces.put(self.task.domain, self.task.id, turn.trace)


@contextmanager
def _at_table(domain: str, attempt: str, after: int, advice: str) -> Iterator[_Table]:
    """The attempt as the player saw it, ready for one more move.

    Raises:
        UsageError: It went on elsewhere; `advice` says what that means.
    """
    with opened() as store:
        found = store.trajectories.get(domain, attempt)
        if len(found.calls) != after:
            raise UsageError(f"The attempt `{attempt}` went on in another tab; {advice}.")
        task = known.task(store, domain, found.task_id)
        with _WARM.use(
            f"{store_path()}/{domain}", store.revision(domain), lambda: known.domain(store, domain)
        ) as environment:
            yield _Table(store, found, task, store.tasks.digest(domain, task.id), environment)
