"""The experiments behind a task's audits: which calls to run on which rows, and what must come out.

Arguments are worked out with the contract evaluator; what counts is the run on the runtime.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from engine.contracts.expression import parse
from engine.contracts.state import PlainState
from engine.errors import StateError
from engine.graph.footprint import EXISTENCE, Footprint
from engine.graph.knowledge import entity_of, locate
from engine.models.base import Row, Rows, items_of
from engine.models.chain import Chain, ChainArgument, FromProfile
from engine.models.domain import Domain
from engine.models.task import AuditName, Task
from engine.models.tool import Parameter, Tool
from engine.models.trace import Call
from engine.runtime.records import ExperimentRecord
from engine.states.arguments import parameter_column
from engine.states.values import distinct_value
from engine.tasks.replay import needs, run, sources

ORDERS = 4
"""Most reorderings of independent steps that are tried."""


class Trial(NamedTuple):
    """One experiment of an audit.

    Attributes:
        title: What is tried, in one line.
        calls: What is called.
        expected: The reward that must come out.
        rows: The initial rows where they are not the task's (without base rows).
        clean: Whether every call must succeed.
    """

    audit: AuditName
    title: str
    calls: tuple[Call, ...]
    expected: Literal[0, 1]
    rows: Rows | None = None
    clean: bool = False


class Trials:
    """Plans all experiments of one task.

    Args:
        task: What is audited.
        domain: Its tools.
        start: Its s0, base rows included.
    """

    def __init__(self, task: Task, domain: Domain, start: PlainState) -> None:
        self._task = task
        self._domain = domain
        self._chain: Chain = task.chain
        self._start = start
        self._prints = {step.tool: Footprint(domain.tool[step.tool], domain.database) for step in task.chain.steps}
        self._writes = [index for index, step in enumerate(task.chain.steps) if domain.tool[step.tool].mutates_state]

    def plan(self) -> list[Trial]:
        """The experiments that need no record of another."""
        reference = Trial("solvable", "the reference chain", self._task.reference_calls, 1, clean=True)
        nothing = Trial("do_nothing", "no call at all", (), 0)
        return [reference, nothing, *self._left_out(), *self.altered(), *self._without_distractors()]

    def _left_out(self) -> list[Trial]:
        found: list[Trial] = []
        for index in self._writes:
            title = f"without step {index + 1}, `{self._chain.steps[index].tool}`"
            played = run(self._chain, self._domain, self._start, remaining(self._chain, index), lenient=True)
            found.append(Trial("every_write_needed", title, played.calls, 0))
        return found

    # altered arguments

    def altered(self) -> list[Trial]:
        """One wrong hard argument at a time, for each write."""
        found: list[Trial] = []
        for index in self._writes:
            step = self._chain.steps[index]
            tool = self._domain.tool[step.tool]
            call = self._task.reference_calls[index]
            rng = random.Random(f"altered/{self._task.id}/{index}")
            for name in hard_parameters(tool, self._domain):
                if name not in call.arguments or self._is_actor(step.arguments.get(name)):
                    continue
                other = self._other(tool.parameter[name], call.arguments[name], rng)
                if other is None:
                    continue
                title = f"step {index + 1}, `{step.tool}`, with `{name}` {other!r} for {call.arguments[name]!r}"
                found.append(Trial("altered_argument", title, self._with(index, name, other), 0))
        return found

    def _is_actor(self, argument: Any) -> bool:
        return isinstance(argument, FromProfile)

    def _with(self, at: int, name: str, value: Any) -> tuple[Call, ...]:
        """The chain with one argument changed. What was found before s0 changed stays what was found; what hangs
        on the answers of writes follows, or is left out where it can't be had."""

        def change(index: int, arguments: dict[str, Any]) -> dict[str, Any]:
            if index == at:
                return {**arguments, name: value}
            step, call = self._chain.steps[index], self._task.reference_calls[index]
            found = {key for key, argument in step.arguments.items() if not self._hangs_on_writes(argument)}
            return {key: call.arguments[key] if key in found else given for key, given in arguments.items()}

        return run(self._chain, self._domain, self._start, range(len(self._chain.steps)), change, lenient=True).calls

    def _hangs_on_writes(self, argument: ChainArgument) -> bool:
        """Whether a value comes out of a write's answer, directly or through a read."""
        return any(
            source.step in self._writes
            or any(self._hangs_on_writes(earlier) for earlier in self._chain.steps[source.step].arguments.values())
            for source in sources(argument)
        )

    def _other(self, parameter: Parameter, value: Any, rng: random.Random) -> Any:
        """Another legal value for a parameter, or `None` where there is none."""
        if isinstance(value, list):
            items = items_of(value)
            first = self._other(parameter, items[0], rng) if items else None
            return None if first is None or first in items else [first, *items[1:]]
        place = locate(self._domain.database, entity_of(self._domain.database, parameter))
        if place is not None:
            rows = self._start.rows(place[0].name, {})[:200]
            others = [row[place[1].name] for row in rows if row[place[1].name] not in (value, None)]
            return rng.choice(others) if others else None
        column = parameter_column(parameter, self._domain.database)
        try:
            return distinct_value(column, rng, self._start.now, self._domain.database, (value,))
        except StateError:
            return None

    # distractors

    def _without_distractors(self) -> list[Trial]:
        distractors = set(self._task.initial_state.distractors)
        if not distractors:
            return []
        rows: Rows = {}
        for name, content in self._task.initial_state.rows.items():
            table = self._domain.database.table[name]
            rows[name] = [row for row in content if (name, table.key_of(row)) not in distractors]
        rest: Rows = self._start.to_rows()
        for name in rows:
            table = self._domain.database.table[name]
            rest[name] = [row for row in rest[name] if (name, table.key_of(row)) not in distractors]
        bare = PlainState(self._domain.database, rest, self._start.now)
        played = run(self._chain, self._domain, bare, range(len(self._chain.steps)), lenient=True)
        return [Trial("distractors_harmless", "the chain without the distractors", played.calls, 1, rows, clean=True)]

    # orders

    def reordered(self, record: ExperimentRecord) -> list[Trial]:
        """The chain in other orders that keep what depends on each other, told from the reference run."""
        before = self._before(record)
        count = len(self._chain.steps)
        rng = random.Random(f"orders/{self._task.id}")
        seen: set[tuple[int, ...]] = {tuple(range(count))}
        found: list[Trial] = []
        for _ in range(ORDERS * 3):
            order = _shuffled(before, count, rng)
            if tuple(order) in seen or len(found) >= ORDERS:
                continue
            seen.add(tuple(order))
            title = f"in the order {', '.join(str(index + 1) for index in order)}"
            played = run(self._chain, self._domain, self._start, order, lenient=True)
            found.append(Trial("reordering", title, played.calls, 1, clean=True))
        return found

    def _before(self, record: ExperimentRecord) -> list[set[int]]:
        """For each step, the earlier ones that must stay before it."""
        steps = self._chain.steps
        before: list[set[int]] = [set(needs(step)) for step in steps]
        for later in range(len(steps)):
            for earlier in range(later):
                if self._collide(record, earlier, later):
                    before[later].add(earlier)
        return before

    def _collide(self, record: ExperimentRecord, first: int, second: int) -> bool:
        """Whether the order of two steps could matter: one changes what the other looks at, or both the same."""
        if first not in self._writes and second not in self._writes:
            return False
        return self._disturbs(record, first, second) or self._disturbs(record, second, first)

    def _disturbs(self, record: ExperimentRecord, writer: int, other: int) -> bool:
        """Whether a step changes a row or a column on which another stands."""
        cells = self._looked_at(self._chain.steps[other].tool)
        touched = {(table, key) for table, key in record.records[other].reads}
        touched |= {(table, key) for _, table, key in record.records[other].writes}
        theirs = {(table, key): _changed(before, after) for table, key, before, after in record.records[other].diff}
        for table, key, before, after in record.records[writer].diff:
            searched = (table, EXISTENCE) in cells
            if before is None or after is None:
                if searched or (table, key) in touched:
                    return True
                continue
            changed = _changed(before, after)
            if changed & theirs.get((table, key), set()):
                return True
            if ((table, key) in touched or searched) and any((table, column) in cells for column in changed):
                return True
        return False

    def _looked_at(self, name: str) -> set[tuple[str, str]]:
        """All cells that a tool's contract looks at."""
        footprint = self._prints[name]
        cells = set(footprint.answers).union(*footprint.requirements)
        for effect in footprint.tool.contract.effects:
            for text in (effect.when, effect.key, *effect.values.values()):
                cells |= footprint.cells(text) if text is not None else frozenset()
            if effect.each is not None:
                cells |= footprint.cells(effect.each.partition(" in ")[2])
        return cells


def _changed(before: Row | None, after: Row | None) -> set[str]:
    """The columns in which a row differs; all of them for one that appears or goes."""
    one, other = before or {}, after or {}
    return {name for name in one.keys() | other.keys() if one.get(name) != other.get(name)}


def remaining(chain: Chain, left_out: int) -> list[int]:
    """The steps that can still be tried when one is left out: those that don't use its answer, directly or not."""
    gone = {left_out}
    kept: list[int] = []
    for index, step in enumerate(chain.steps):
        if index in gone or gone.intersection(needs(step)):
            gone.add(index)
        else:
            kept.append(index)
    return kept


def hard_parameters(tool: Tool, domain: Domain) -> tuple[str, ...]:
    """The parameters that decide which rows change, or flow into a column that the reward compares exactly."""
    texts: list[str] = []
    for effect in tool.contract.effects:
        table = domain.database.table[effect.table]
        each = effect.each.partition(" in ")[2] if effect.each is not None else None
        texts += [text for text in (each, effect.when, effect.key) if text is not None]
        texts += [text for name, text in effect.values.items() if table.column[name].policy == "hard"]
    bindings: Mapping[str, str] = {binding.name: binding.expression for binding in tool.contract.bindings}
    names: set[str] = set()
    waiting = texts
    while waiting:
        text = waiting.pop()
        free = parse(text).names if text.strip() != "any" else frozenset[str]()
        waiting += [bindings[name] for name in free if name in bindings and name not in names]
        names |= free
    return tuple(parameter.name for parameter in tool.parameters if parameter.name in names)


def _shuffled(before: list[set[int]], count: int, rng: random.Random) -> list[int]:
    """A random order that keeps every step behind those in `before`."""
    order: list[int] = []
    left = list(range(count))
    while left:
        ready = [index for index in left if before[index] <= set(order)]
        chosen = rng.choice(ready)
        order.append(chosen)
        left.remove(chosen)
    return order
