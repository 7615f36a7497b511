"""Finds an experiment for a candidate edge by searching with the contract evaluator, which costs microseconds.

Every edge is searched for apart, with randomness that depends on the seed and the edge alone; so edges can be
proven in any order and in any process with the same result.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, NamedTuple

from engine.contracts.evaluate import ANY, Expectation, conditions, evaluate
from engine.contracts.state import PlainState
from engine.errors import StateError
from engine.graph.analysis import carried
from engine.graph.arguments import Pool, draft
from engine.graph.infer import Output, outputs
from engine.graph.knowledge import locate, root
from engine.graph.open_pairs import plain_outputs
from engine.models.base import Row, Rows, Value, items_of
from engine.models.database import Table
from engine.models.domain import Domain
from engine.models.graph import Edge
from engine.models.tool import Tool
from engine.models.trace import Call, RowChange
from engine.states.builder import StateBuilder
from engine.states.satisfy import satisfy

ATTEMPTS = 6
"""Tries to find an experiment for one edge."""
EFFORT = 120
"""Most changes to rows and arguments that one search tries."""

_APART = ((0.0, 0.0), (0.5, 0.7), (0.0, 0.0), (0.7, 0.2), (0.3, 0.9), (0.7, 0.5))
_NO_ROWS = "no rows were found on which"


class Plan(NamedTuple):
    """An experiment that, by the contracts, shows an edge.

    Attributes:
        rows: The initial rows, only what the calls need.
        calls: The calls in order; the last is of the edge's target.
        sources: For each call, where its telling arguments come from.
    """

    edge: Edge
    rows: Rows
    now: str
    calls: tuple[Call, ...]
    sources: tuple[dict[str, str], ...]


class _Opening(NamedTuple):
    """An accepted call of a source tool, with the rows it runs on and what it does."""

    state: PlainState
    arguments: dict[str, Any]
    expectation: Expectation
    pool: Pool


class Planner:
    """Searches experiments for the edges of one domain.

    Args:
        domain: Its tools and schema.
        seed: With an edge's id, the source of all choices.
    """

    def __init__(self, domain: Domain, seed: int) -> None:
        self._domain = domain
        self._database = domain.database
        self._now = domain.spec.now
        self._seed = seed
        self._outputs = {
            tool.name: {
                output.text: output
                for output in (*plain_outputs(tool, domain.database), *outputs(tool, domain.database))
            }
            for tool in domain.tools
        }

    def plan(self, edge: Edge) -> Plan | str:
        """An experiment for the edge, or why none was found."""
        reason = "no experiment was found"
        hopeless = 0
        for attempt in range(ATTEMPTS):
            if hopeless == 2:
                break
            rng = random.Random(f"edge/{self._seed}/{edge.id}/{attempt}")
            try:
                found = self._attempt(edge, attempt, rng)
            except StateError as error:
                found = str(error)
            if isinstance(found, Plan):
                return found
            reason = found
            hopeless += reason.startswith(_NO_ROWS)
        return reason

    def _attempt(self, edge: Edge, attempt: int, rng: random.Random) -> Plan | str:
        source, target = self._domain.tool[edge.source], self._domain.tool[edge.target]
        if edge.kind == "data_flow":
            return self._data_flow(edge, source, target, rng, apart=_APART[attempt], sibling=attempt >= 2)
        if edge.kind == "state":
            return self._state_edge(edge, source, target, rng, optional=attempt % 2 == 1)
        if attempt % 3 == 1:
            return self._forwards(edge, source, target, rng)
        return self._backwards(edge, source, target, rng, elsewhere=attempt >= 2)

    # data flow: A, then B with a value out of A's answer

    def _data_flow(
        self, edge: Edge, source: Tool, target: Tool, rng: random.Random, *, apart: tuple[float, float], sibling: bool
    ) -> Plan | str:
        """`apart`: how likely B's other arguments are new rows, and how likely these are linked to A's; `sibling`: A
        finds another row like its own there."""
        field, name = carried(edge)
        output = self._outputs[source.name].get(field)
        if output is None or name not in target.parameter:
            return f"`{source.name}` answers no `{field}` that `{target.name}` could take"
        opening = self._open(source, output, rng, sibling=sibling)
        if isinstance(opening, str):
            return opening
        value = _answered(output, opening)
        if value is None:
            return f"`{source.name}` answered no `{field}` that was not among its own arguments"
        array = target.parameter[name].array
        after = self._continue(opening, target, {name: [value] if array else value}, rng, apart)
        if isinstance(after, str):
            return after
        state, arguments = after
        first = evaluate(source, self._database, state, opening.arguments)
        fresh = (
            _answered(output, _Opening(state, opening.arguments, first, opening.pool)) if first.code is None else None
        )
        if fresh is None:
            return f"`{source.name}` answers otherwise on the rows that `{target.name}` needs"
        arguments[name] = [fresh] if array else fresh
        if self._after(state, first, target, arguments).code is not None:
            return f"`{target.name}` is rejected with the answer of `{source.name}`"
        calls = (Call(name=source.name, arguments=opening.arguments), Call(name=target.name, arguments=arguments))
        return self._plan(edge, state, calls, ({}, {name: f"`{field}` of step 1"}))

    # precondition: B is rejected, A, B again

    def _forwards(self, edge: Edge, source: Tool, target: Tool, rng: random.Random) -> Plan | str:
        """A first; then arguments for B about what A changed; then rows on which B fails without A."""
        opening = self._open(source, None, rng, goals=_happening(source, None))
        if isinstance(opening, str):
            return opening
        after = self._continue(opening, target, {}, rng, _APART[0])
        if isinstance(after, str):
            return after
        state, arguments = after
        index = _requirement(target, edge.via)
        if evaluate(target, self._database, state, arguments).code != edge.via:
            found = satisfy(target, self._database, state, arguments, index, rng, effort=EFFORT)
            if found is None:
                return f"{_NO_ROWS} `{target.name}` is rejected with `{edge.via}` only"
            arguments = dict(found.arguments)
            state = self._trimmed(target, found.state, arguments)
        return self._rejected_then_accepted(edge, state, opening.arguments, arguments)

    def _backwards(self, edge: Edge, source: Tool, target: Tool, rng: random.Random, *, elsewhere: bool) -> Plan | str:
        """B's rejection first; then arguments for A about the same rows, or about any row that A could change."""
        builder, pool = self._begin(rng)
        arguments = draft(target, builder, pool, {}, rng)
        pool.add_arguments(target, arguments)
        found = satisfy(
            target, self._database, self._state(builder), arguments, _requirement(target, edge.via), rng, effort=EFFORT
        )
        if found is None:
            return f"{_NO_ROWS} `{target.name}` is rejected with `{edge.via}` only"
        arguments = dict(found.arguments)
        state = self._trimmed(target, found.state, arguments)
        self._collect(pool, target, arguments, state)
        if elsewhere:
            rows = [(effect.table, row) for effect in source.contract.effects for row in state.rows(effect.table, {})]
            if rows:
                table, row = rng.choice(rows)
                pool.add_family(table, row, state.rows)
        builder = StateBuilder(self._database, rng, self._now, state.to_rows(), apart=True)
        drafted = draft(source, builder, pool, {}, rng, fresh=rng.random() < 0.5)
        started = satisfy(source, self._database, self._state(builder), drafted, "accept", rng, effort=EFFORT)
        if started is None:
            return f"`{source.name}` was not accepted where `{target.name}` is rejected"
        return self._rejected_then_accepted(edge, started.state, dict(started.arguments), arguments)

    def _trimmed(self, target: Tool, state: PlainState, arguments: dict[str, Any]) -> PlainState:
        """Takes rows away that the rejection does not need: a full quota then is full by exactly one row."""
        truths = conditions(target, self._database, state, arguments)
        for table in (*reversed(self._database.tables), *reversed(self._database.tables)):
            for row in reversed(state.rows(table.name, {})):
                if self._referenced(table, row, state):
                    continue
                less = state.copy()
                less.apply([RowChange.model_construct(table=table.name, key=table.key_of(row), before=row, after=None)])
                if conditions(target, self._database, less, arguments) == truths:
                    state = less
        return state

    def _referenced(self, table: Table, row: Row, state: PlainState) -> bool:
        for other, foreign_key in self._database.children(table.name):
            pairs = zip(foreign_key.columns, foreign_key.references, strict=True)
            if state.rows(other.name, {column: row[name] for column, name in pairs}):
                return True
        return False

    def _rejected_then_accepted(
        self, edge: Edge, state: PlainState, opening: dict[str, Any], arguments: dict[str, Any]
    ) -> Plan | str:
        source, target = self._domain.tool[edge.source], self._domain.tool[edge.target]
        before = evaluate(target, self._database, state, arguments)
        if before.code != edge.via:
            return f"`{target.name}` was not rejected with `{edge.via}` before `{source.name}` ran"
        first = evaluate(source, self._database, state, opening)
        if first.code is not None or first.defect is not None:
            return f"`{source.name}` is rejected where `{target.name}` is"
        last = self._after(state, first, target, arguments)
        if last.code is not None or last.defect is not None:
            still = "still" if last.code == edge.via else "then"
            return f"`{target.name}` was {still} rejected with `{last.code}` after `{source.name}`"
        call = Call(name=target.name, arguments=arguments)
        return self._plan(edge, state, (call, Call(name=source.name, arguments=opening), call), ({}, {}, {}))

    # state: B, A, B again with another answer

    def _state_edge(self, edge: Edge, source: Tool, target: Tool, rng: random.Random, *, optional: bool) -> Plan | str:
        opening = self._open(source, None, rng, goals=_happening(source, edge.via))
        if isinstance(opening, str):
            return opening
        for change in opening.expectation.changes:
            if change.table == edge.via:
                opening.pool.add_family(change.table, change.after or change.before or {}, opening.state.rows)
        builder = StateBuilder(self._database, rng, self._now, opening.state.to_rows(), apart=True)
        drafted = draft(target, builder, opening.pool, {}, rng, optional=optional)
        found = satisfy(target, self._database, self._state(builder), drafted, "accept", rng, effort=EFFORT)
        if found is None:
            return f"`{target.name}` was not accepted"
        state, arguments = found.state, dict(found.arguments)
        before = evaluate(target, self._database, state, arguments)
        first = evaluate(source, self._database, state, opening.arguments)
        if before.code is not None or first.code is not None or first.defect is not None:
            return f"`{target.name}` or `{source.name}` was rejected"
        after = self._after(state, first, target, arguments)
        if after.code is not None or after.result == before.result:
            return f"`{target.name}` answered the same before and after `{source.name}`"
        call = Call(name=target.name, arguments=arguments)
        return self._plan(edge, state, (call, Call(name=source.name, arguments=opening.arguments), call), ({}, {}, {}))

    # parts

    def _begin(self, rng: random.Random) -> tuple[StateBuilder, Pool]:
        return StateBuilder(self._database, rng, self._now, apart=True), Pool(self._database)

    def _state(self, builder: StateBuilder) -> PlainState:
        return PlainState(self._database, builder.rows, self._now)

    def _open(
        self,
        tool: Tool,
        output: Output | None,
        rng: random.Random,
        *,
        goals: Sequence[tuple[str, bool]] = (),
        sibling: bool = False,
    ) -> _Opening | str:
        """An accepted call of `tool`, on rows that give it something to answer or to change (`goals`)."""
        builder, pool = self._begin(rng)
        if not tool.mutates_state:
            for table in self._asked(tool, output):
                links = self._linked(table, output, builder)
                pool.add_family(table, builder.add_row(table, links), builder.draft.rows)
        arguments = draft(tool, builder, pool, {}, rng, fresh=tool.mutates_state)
        if sibling and output is not None:
            place = locate(self._database, output.place)
            if place is not None:
                builder.add_row(place[0].name, pool.links(place[0]))
        found = satisfy(
            tool, self._database, self._state(builder), arguments, "accept", rng, goals=goals, effort=EFFORT
        )
        if found is None:
            return f"`{tool.name}` was not accepted"
        arguments = dict(found.arguments)
        expectation = evaluate(tool, self._database, found.state, arguments)
        if expectation.code is not None or expectation.defect is not None:
            return f"`{tool.name}` was rejected with `{expectation.code}`"
        self._collect(pool, tool, arguments, found.state)
        for change in expectation.changes:
            pool.add_family(change.table, change.after or change.before or {}, found.state.rows)
        return _Opening(found.state, arguments, expectation, pool)

    def _linked(self, table: str, output: Output | None, builder: StateBuilder) -> dict[str, Value]:
        """Links of a row that must not be null, since their value is what is to be answered."""
        links: dict[str, Value] = {}
        for foreign_key in self._database.table[table].foreign_keys if output is not None else ():
            column = foreign_key.columns[0]
            asked = output is not None and root(self._database, f"{table}.{column}") == output.place
            if asked and len(foreign_key.columns) == 1 and self._database.table[table].column[column].nullable:
                links[column] = builder.add(foreign_key.table)[foreign_key.references[0]]
        return links

    def _asked(self, tool: Tool, output: Output | None) -> list[str]:
        """The tables in which a read needs a row, so that it has something to answer."""
        tables = [field.query.table for field in tool.contract.returns if field.query is not None]
        if output is not None:
            tables = [
                field.query.table
                for field in tool.contract.returns
                if field.name == output.path and field.query is not None
            ] or [tool.entity if tool.entity in self._database.table else output.place.split(".")[0]]
        return [table for table in dict.fromkeys(tables) if table in self._database.table][:2]

    def _collect(self, pool: Pool, tool: Tool, arguments: dict[str, Any], state: PlainState) -> None:
        """Puts the rows that a call is about, and what they point to, into the pool."""
        pool.add_arguments(tool, arguments)
        for parameter in tool.parameters:
            value = arguments.get(parameter.name)
            if parameter.refers_to is None or value is None or parameter.array:
                continue
            table, _, column = parameter.refers_to.partition(".")
            for row in state.rows(table, {column: value})[:1]:
                pool.add_family(table, row, state.rows)
        pool.add_arguments(tool, arguments)

    def _continue(
        self, opening: _Opening, target: Tool, given: dict[str, Any], rng: random.Random, apart: tuple[float, float]
    ) -> tuple[PlainState, dict[str, Any]] | str:
        """Rows and arguments with which `target` is accepted after the opening call."""
        changes = opening.expectation.changes
        after = opening.state.copy()
        after.apply(changes)
        builder = StateBuilder(self._database, rng, self._now, after.to_rows(), apart=True)
        arguments = draft(target, builder, opening.pool, given, rng, apart=apart[0], linked=apart[1])
        touched = frozenset((change.table, change.key) for change in changes)
        found = satisfy(
            target,
            self._database,
            self._state(builder),
            arguments,
            "accept",
            rng,
            frozen=touched,
            fixed=tuple(given),
            effort=EFFORT,
        )
        if found is None:
            return f"`{target.name}` was not accepted after the first call"
        return without(found.state, changes), dict(found.arguments)

    def _after(self, state: PlainState, first: Expectation, target: Tool, arguments: dict[str, Any]) -> Expectation:
        later = state.copy()
        later.apply(first.changes)
        return evaluate(target, self._database, later, arguments)

    def _plan(
        self, edge: Edge, state: PlainState, calls: tuple[Call, ...], sources: tuple[dict[str, str], ...]
    ) -> Plan:
        rows = {table: content for table, content in state.to_rows().items() if content}
        return Plan(edge, rows, self._now, calls, sources)


def without(state: PlainState, changes: tuple[RowChange, ...]) -> PlainState:
    """The state with changes taken back."""
    rows = state.to_rows()
    for change in changes:
        table = state.database.table[change.table]
        kept = [row for row in rows.get(change.table, []) if table.key_of(row) != change.key]
        rows[change.table] = kept if change.before is None else [*kept, change.before]
    return PlainState(state.database, rows, state.now)


def _answered(output: Output, opening: _Opening) -> Value:
    """The newest value of an output that the call did not get as an argument itself, or `None`."""
    given: list[Any] = []
    for argument in opening.arguments.values():
        given.extend(items_of(argument))
    result = opening.expectation.result or {}
    answer = result.get(output.path)
    if output.field is None:
        values: list[Any] = [answer]
    else:
        values = [item.get(output.field) for item in items_of(answer)] if isinstance(answer, list) else []
    return next(
        (value for value in reversed(values) if value is not None and value is not ANY and value not in given), None
    )


def _requirement(tool: Tool, code: str) -> int:
    """The first requirement with that rejection code."""
    return next(index for index, requirement in enumerate(tool.contract.requires) if requirement.code == code)


def _happening(tool: Tool, table: str | None) -> list[tuple[str, bool]]:
    """What must hold so that the first conditional effect (on `table`) really happens."""
    for effect in tool.contract.effects:
        if table is None or effect.table == table:
            goals: list[tuple[str, bool]] = []
            if effect.each is not None:
                goals.append((f"len({effect.each.partition(' in ')[2]}) > 0", True))
            elif effect.when is not None:
                goals.append((effect.when, True))
            return goals
    return []
