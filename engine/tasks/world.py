"""A task under construction: s0, the chain so far, and what its run has made known."""

from __future__ import annotations

import random
from typing import Any, NamedTuple

from engine.contracts.state import PlainState
from engine.errors import TaskError
from engine.graph.analysis import feeders
from engine.graph.footprint import Footprint
from engine.graph.infer import outputs
from engine.models.base import Row
from engine.models.chain import ArgumentList, Chain, ChainArgument, ChainStep, FromOutput, FromProfile, Literal
from engine.models.domain import Domain
from engine.models.graph import ToolGraph
from engine.models.task import Mention
from engine.models.trace import Key, RowChange
from engine.tasks.replay import expect, resolve

Place = tuple[str, Key]
"""A row: its table and key."""


class Ground:
    """What task building asks of a domain again and again, worked out once.

    Attributes:
        fed: (tool, parameter) -> (source tool, output) of every proven data flow.
        prints: What each tool reads and writes.
        follows: Write -> the writes that a proven edge leads to.
    """

    def __init__(self, domain: Domain, graph: ToolGraph) -> None:
        self.domain = domain
        self.database = domain.database
        self.fed = feeders(graph)
        self.prints = {tool.name: Footprint(tool, domain.database) for tool in domain.tools}
        follows: dict[str, dict[str, None]] = {}
        for edge in graph.proven:
            if (
                edge.kind != "state"
                and domain.tool[edge.source].mutates_state
                and domain.tool[edge.target].mutates_state
            ):
                follows.setdefault(edge.source, {})[edge.target] = None
        self.follows = {source: tuple(targets) for source, targets in follows.items()}
        self.writes = tuple(tool.name for tool in domain.tools if tool.mutates_state)


class Known(NamedTuple):
    """An entity that the chain has found: where its key comes from, and how people speak of it."""

    argument: FromOutput | FromProfile | Literal
    mention: Mention | None
    source: tuple[str, str] | None


class Saved(NamedTuple):
    """A world as it was."""

    start: PlainState
    state: PlainState
    steps: list[ChainStep]
    answers: list[Any]
    changes: list[tuple[RowChange, ...]]
    known: dict[Place, Known]
    touched: dict[Place, None]
    rows_said: dict[Place, None]


class World:
    """s0 and the chain, kept consistent: every step is accepted on the rows that those before it leave.

    Attributes:
        start: s0.
        state: The rows after the chain so far.
        steps: The chain so far.
        answers: What each step answers.
        known: The entities found so far.
        touched: Rows that the chain changed or made.
        rows_said: Rows whose values were said, and so must stay as they are.
    """

    def __init__(self, ground: Ground, start: PlainState, rng: random.Random, actor: Row | None) -> None:
        self.ground = ground
        self.domain = ground.domain
        self.rng = rng
        self.start = start
        self.state = start.copy()
        self.steps: list[ChainStep] = []
        self.answers: list[Any] = []
        self.changes: list[tuple[RowChange, ...]] = []
        self.known: dict[Place, Known] = {}
        self.touched: dict[Place, None] = {}
        self.rows_said: dict[Place, None] = {}
        self.actor = actor
        self.actor_table = self.domain.spec.actor.table if self.domain.spec.actor is not None else None

    @property
    def chain(self) -> Chain:
        """The chain so far."""
        return Chain(steps=tuple(self.steps))

    @property
    def actor_place(self) -> Place | None:
        """The user's own row."""
        if self.actor is None or self.actor_table is None:
            return None
        return self.actor_table, self.ground.database.table[self.actor_table].key_of(self.actor)

    def value(self, argument: ChainArgument) -> Any:
        """What a symbolic argument is worth now."""
        return resolve(argument, dict(enumerate(self.answers)))

    def take(self, step: ChainStep) -> int:
        """Appends a step and gives its index.

        Raises:
            TaskError: It is rejected.
        """
        values = {name: self.value(argument) for name, argument in step.arguments.items()}
        expectation = expect(self.domain, step.tool, self.state, values)
        if expectation.code is not None:
            raise TaskError(f"`{step.tool}` is rejected with `{expectation.code}`.")
        self.steps.append(step)
        self.answers.append(expectation.result)
        self.changes.append(expectation.changes)
        if expectation.changes:
            self.state = self.state.copy()
            self.state.apply(expectation.changes)
            for change in expectation.changes:
                self.touched[change.table, change.key] = None
        return len(self.steps) - 1

    def mark(self) -> tuple[int, dict[Place, Known], dict[Place, None]]:
        """A point to come back to while only reads are added."""
        return len(self.steps), dict(self.known), dict(self.rows_said)

    def back(self, mark: tuple[int, dict[Place, Known], dict[Place, None]]) -> None:
        """Takes back the reads added since `mark`."""
        count, self.known, self.rows_said = mark
        del self.steps[count:], self.answers[count:], self.changes[count:]

    def save(self) -> Saved:
        """Everything that adding a goal may change, to come back to it."""
        return Saved(
            self.start.copy(), self.state, list(self.steps), list(self.answers), list(self.changes),
            dict(self.known), dict(self.touched), dict(self.rows_said),
        )  # fmt: skip

    def restore(self, saved: Saved) -> None:
        """Takes back whatever happened since `save`."""
        self.start, self.state, self.steps, self.answers, self.changes, self.known, self.touched, self.rows_said = saved

    def settle(self, wanted: PlainState) -> None:
        """Changes s0 so that the rows after the chain become `wanted`.

        Raises:
            TaskError: That takes a row which the chain has touched or the instruction has described, or the chain
                runs differently then.
        """
        changes = difference(self.state, wanted)
        for change in changes:
            place = (change.table, change.key)
            if place in self.touched or place in self.rows_said:
                raise TaskError(f"The `{change.table}` row {change.key!r} is settled and can't change any more.")
        if changes:
            self.start.apply(changes)
            self.replay()

    def replay(self) -> None:
        """Runs the chain again from s0.

        Raises:
            TaskError: A step is rejected now, or an argument can't be had.
        """
        steps, self.steps, self.answers, self.changes, self.touched = self.steps, [], [], [], {}
        self.state = self.start.copy()
        for step in steps:
            self.take(step)

    def created(self, place: Place) -> FromOutput | None:
        """The answer of the chain's own write that made a row, where one tells its key."""
        table = self.ground.database.table[place[0]]
        if len(table.primary_key) != 1:
            return None
        wanted = f"{place[0]}.{table.primary_key[0]}"
        for index, changes in enumerate(self.changes):
            if any((change.table, change.key) == place and change.before is None for change in changes):
                for output in outputs(self.domain.tool[self.steps[index].tool], self.ground.database):
                    source = FromOutput(step=index, path=output.path)
                    if (
                        output.place == wanted
                        and output.field is None
                        and self.answers[index].get(output.path) == place[1]
                    ):
                        return source
        return None

    def made_by_chain(self, place: Place) -> bool:
        """Whether a row exists only because of the chain."""
        return self.start.get(*place) is None


def difference(before: PlainState, after: PlainState) -> list[RowChange]:
    """The row changes that lead from one state to the other, parents and children in no special order."""
    changes: list[RowChange] = []
    old, new = before.to_rows(), after.to_rows()
    for table in before.database.tables:
        mine = {table.key_of(row): row for row in old.get(table.name, ())}
        theirs = {table.key_of(row): row for row in new.get(table.name, ())}
        if mine == theirs:
            continue
        changes += [
            RowChange.model_construct(table=table.name, key=key, before=row, after=theirs.get(key))
            for key, row in mine.items()
            if theirs.get(key) != row
        ]
        changes += [
            RowChange.model_construct(table=table.name, key=key, before=None, after=row)
            for key, row in theirs.items()
            if key not in mine
        ]
    return changes


def list_of(arguments: list[ChainArgument]) -> ArgumentList:
    """Several plain arguments as one list argument."""
    return ArgumentList(items=tuple(item for item in arguments if not isinstance(item, ArgumentList)))
