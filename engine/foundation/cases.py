"""Plans the procedural test cases of a tool from its schema and contract alone (paper, section 4.1, step 5).

Nothing here looks at the tool's code: a state and arguments are searched for each thing worth testing, and what
must come out is worked out from the contract.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Literal

from engine.contracts.evaluate import ANY, Expectation, evaluate, open_scope
from engine.contracts.expression import Undefined, parse, parse_message
from engine.contracts.state import PlainState
from engine.contracts.touched import touched_tables
from engine.errors import StateError
from engine.foundation.probes import Probe, difference_goals, probes_of
from engine.models.base import Rows
from engine.models.database import DatabaseSchema
from engine.models.domain import DomainSpec
from engine.models.tool import Tool
from engine.models.trace import Call
from engine.states.arguments import argument_names, defaults_of, given_arguments, make_arguments
from engine.states.builder import StateBuilder
from engine.states.draft import Draft
from engine.states.reading import Reading
from engine.states.satisfy import Goal, Search, Want, goals_of

CaseKind = Literal["accept", "reject", "boundary"]

MAIN_EFFORT = 240
"""Most changes tried for a case that a requirement's coverage hangs on."""
PROBE_EFFORT = 24
"""Most changes tried for a case that would only be good to have; twice as many where rows must be brought in order."""
MOST_PROBES = 90
"""Most probes of one tool for which a case is searched."""
_ENOUGH = 3
"""Accepted cases that show a probe already, from which on none is searched for it."""
_SIZES = (5, 3, 6)
_PARENTS = 3
"""Rows of tables that the tool's tables refer to: enough for two rows to have different ones."""


@dataclass(frozen=True, slots=True)
class Case:
    """One planned case.

    Attributes:
        target: The rejection code that a `reject` case aims at.
        note: What is special about it, in words.
        rows: The whole initial state.
        calls: The call under test, perhaps twice in a row.
        expected: What must come out of each call.
        said: For each call that is rejected, what the message must name.
        alone: For a `reject` case: no later requirement is false.
    """

    kind: CaseKind
    target: str
    note: str
    rows: Rows
    now: str
    calls: tuple[Call, ...]
    expected: tuple[Expectation, ...]
    said: tuple[tuple[str, ...], ...]
    alone: bool = True


@dataclass(frozen=True, slots=True)
class Plan:
    """All cases of a tool.

    Attributes:
        unreachable: Index of a requirement -> why no case violates it; `-1`: why no call is accepted.
    """

    cases: tuple[Case, ...]
    unreachable: dict[int, str]


def plan_cases(spec: DomainSpec, tool: Tool, seed: int | str) -> Plan:
    """Plans the cases; the same seed gives the same plan.

    Raises:
        ContractError: The contract is unsound; `check_contract` says where.
        ExpressionError: As above.
    """
    return _Planner(spec, tool, seed).plan()


class _Planner:
    def __init__(self, spec: DomainSpec, tool: Tool, seed: int | str) -> None:
        self._spec = spec
        self._database = spec.database
        self._tool = tool
        self._seed = f"{seed}:{tool.name}"
        self._names = argument_names(tool, spec.database)
        self._tables = touched_tables(tool, spec.database)
        self._worlds: dict[int, Draft] = {}
        self._cases: list[Case] = []
        self._accepted: list[tuple[Case, PlainState]] = []
        self._defaults = defaults_of(tool)
        self._known: set[str] = set()
        self._differences: list[Goal] = []
        self._optional = [parameter.name for parameter in tool.parameters if not parameter.required]

    def plan(self) -> Plan:
        unreachable: dict[int, str] = {}
        if not self._accepts():
            unreachable[-1] = f"no state in which all requirements hold was found in {4 * MAIN_EFFORT} changes"
        for index, requirement in enumerate(self._tool.contract.requires):
            if not self._rejects(index):
                unreachable[index] = (
                    f"no state in which `{requirement.condition}` fails and all before it hold was found in "
                    f"{4 * MAIN_EFFORT} changes of rows and arguments"
                )
        accepted = -1 not in unreachable
        for number, probe in enumerate(probes_of(self._tool, self._database, self._names)[:MOST_PROBES]):
            self._probe(probe, number, accepted)
        return Plan(tuple(self._cases), unreachable)

    def _accepts(self) -> bool:
        """Cases in which everything holds, over different rows, optional parameters and list sizes."""
        first = False
        for attempt in range(4):
            if self._try("accept", "accept", "everything holds", attempt, optional=(), size=2, effort=MAIN_EFFORT):
                first = True
                break
        if not first:
            # An optional parameter may be what makes it acceptable.
            for attempt in range(4):
                if self._try(
                    "accept", "accept", "everything holds", attempt, optional=self._optional, effort=MAIN_EFFORT
                ):
                    first = True
                    break
        if not first:
            return False
        self._find_differences()
        every = [name for name in self._optional if self._tool.parameter[name].default is None]
        self._try(
            "accept", "accept", "all parameters given", 1, optional=self._optional, goals=_given(every), twice=True
        )
        self._try("accept", "accept", "with siblings", 2, optional=self._optional, goals=_given(every), siblings=True)
        self._try("accept", "accept", "called twice", 0, optional=(), size=1, twice=True, siblings=True)
        self._try("accept", "accept", "other rows", 2, siblings=True)
        self._try("accept", "accept", "yet other rows", 1, siblings=True, size=3)
        for name in every[:6]:
            others = [other for other in every if other != name]
            goals = [*_given([name]), *_left_out(others)]
            self._try("accept", "accept", f"only `{name}` given", 0, optional=[name], goals=goals, siblings=True)
            if len(every) > 2:
                goals = [*_given(others), *_left_out([name])]
                self._try("accept", "accept", f"all but `{name}` given", 1, optional=others, goals=goals, siblings=True)
        return True

    def _rejects(self, index: int) -> bool:
        """Cases in which just that requirement fails; without it, no code may take its place."""
        found = 0
        code = self._tool.contract.requires[index].code
        for attempt in range(2):
            found += self._try("reject", index, f"only `{code}`", attempt, effort=MAIN_EFFORT)
        if found == 0:
            for attempt in range(2):
                note = f"`{code}` first, later ones fail too"
                found += self._try("reject", index, note, attempt, effort=MAIN_EFFORT, strict=False)
        return found > 0

    def _find_differences(self) -> None:
        """Keeps the "written value differs" goals that can be had."""
        for text in difference_goals(self._tool):
            goal = Goal(parse(text), True)
            if self._try("boundary", "accept", "every written value is new", 0, goals=[goal], keep=False):
                self._differences.append(goal)

    def _probe(self, probe: Probe, number: int, accepted: bool) -> None:
        goal = Goal(parse(probe.text), True)
        world = number % len(_SIZES)
        twice = probe.both and probe.requirement is not None
        if accepted:
            enough = self._shown(goal) >= _ENOUGH
            found = enough or self._try(
                "boundary",
                "accept",
                probe.note,
                world,
                optional=probe.start,
                goals=[goal],
                siblings=number % 2 == 0,
                effort=PROBE_EFFORT if probe.start is None else 2 * PROBE_EFFORT,
            )
            if found and not twice:
                return
        if probe.requirement is not None:
            self._try("boundary", probe.requirement, probe.note, world, goals=[goal], effort=PROBE_EFFORT, strict=False)

    def _shown(self, goal: Goal) -> int:
        """In how many of the accepted cases so far the goal is met."""
        shown = 0
        for case, state in self._accepted:
            values = {**self._defaults, **case.calls[0].arguments}
            shown += goal.met(Reading(self._database, state, self._names, values).truth(goal.expression))
            if shown >= _ENOUGH:
                break
        return shown

    def _try(
        self,
        kind: CaseKind,
        want: Want,
        note: str,
        world: int,
        *,
        optional: Collection[str] | None = None,
        size: int | None = None,
        goals: Sequence[Goal] = (),
        effort: int = 80,
        strict: bool = True,
        twice: bool = False,
        siblings: bool = False,
        keep: bool = True,
    ) -> bool:
        """Searches for one case and keeps it; tells whether it was found."""
        rng = Random(f"{self._seed}:{kind}:{want}:{note}:{world}:{strict}")
        draft = self._world(world % len(_SIZES))
        mark = draft.mark()
        arguments = make_arguments(self._tool, draft, rng, self._names, optional, size)
        search = Search.for_tool(self._tool, draft, arguments, rng, names=self._names, apart=True)
        wanted = [*goals_of(self._tool, want, strict=strict), *goals]
        apart = self._differences if want == "accept" else []
        found = bool(apart) and search.solve([*wanted, *apart], effort)
        found = found or search.solve(wanted, effort)
        if found and keep:
            if siblings:
                self._add_siblings(draft, search, [*wanted, *apart], rng)
            self._keep(kind, want, note, draft, search.board.arguments, twice, strict)
        draft.rollback(mark)
        return found

    def _keep(
        self, kind: CaseKind, want: Want, note: str, draft: Draft, arguments: dict[str, Any], twice: bool, strict: bool
    ) -> None:
        rows = draft.to_rows()
        call = Call(name=self._tool.name, arguments=given_arguments(self._tool, arguments))
        print_of = repr((call.arguments, rows, twice))
        if print_of in self._known:
            return
        self._known.add(print_of)
        state = PlainState(self._database, rows, self._spec.now)
        expected = [evaluate(self._tool, self._database, state, call.arguments)]
        said = [said_of(self._tool, self._database, expected[0], state, call.arguments)]
        if twice and expected[0].defect is None:
            follow = state.copy()
            if not _has_any(expected[0]):
                follow.apply(expected[0].changes)
                expected.append(evaluate(self._tool, self._database, follow, call.arguments))
                said.append(said_of(self._tool, self._database, expected[1], follow, call.arguments))
        target = self._tool.contract.requires[want].code if isinstance(want, int) else ""
        calls = (call,) * len(expected)
        case = Case(kind, target, note, rows, self._spec.now, calls, tuple(expected), tuple(said), strict)
        self._cases.append(case)
        if want == "accept":
            self._accepted.append((case, state))

    # worlds

    def _world(self, number: int) -> Draft:
        """A state with a few rows in every table that the tool has to do with."""
        found = self._worlds.get(number)
        if found is None:
            rng = Random(f"{self._seed}:world:{number}")
            builder = StateBuilder(self._database, rng, self._spec.now, apart=True)
            parents = {
                foreign_key.table: _PARENTS
                for name in self._tables
                for foreign_key in self._database.table[name].foreign_keys
            }
            builder.fill_what_fits({**parents, **dict.fromkeys(self._tables, _SIZES[number])})
            found = self._worlds[number] = builder.draft
        return found

    def _add_siblings(self, draft: Draft, search: Search, goals: Sequence[Goal], rng: Random) -> None:
        """Beside each row that an argument points to, rows that only just differ: same parents, same status."""
        builder = StateBuilder(self._database, rng, self._spec.now, draft=draft, apart=True)
        for parameter in self._tool.parameters:
            if parameter.refers_to is None or parameter.array:
                continue
            table_name, _, column = parameter.refers_to.partition(".")
            table = self._database.table.get(table_name)
            value = search.board.arguments.get(parameter.name)
            if table is None or value is None or column not in table.column:
                continue
            for row in draft.rows(table_name, {column: value})[:1]:
                linked = [name for key in table.foreign_keys for name in key.columns if name not in table.primary_key]
                alike = [item.name for item in table.columns if item.role in ("status", "enum", "title", "flag")]
                for shared in ([*linked, *alike], linked, alike):
                    mark = draft.mark()
                    try:
                        builder.add_row(
                            table_name, {name: row[name] for name in shared if name not in table.primary_key}
                        )
                    except StateError:
                        draft.rollback(mark)
                        continue
                    if search.unmet(goals):
                        draft.rollback(mark)
                    else:
                        break


def said_of(
    tool: Tool, database: DatabaseSchema, expected: Expectation, state: PlainState, arguments: Mapping[str, Any]
) -> tuple[str, ...]:
    """The values that the contract's message of a rejection has places for; a tool's own message must name them."""
    if expected.code is None:
        return ()
    failed = [truth.holds for truth in expected.truths].index(False)
    scope = open_scope(tool, database, state, arguments)
    values: list[str] = []
    for part in parse_message(tool.contract.requires[failed].message):
        if isinstance(part, str):
            continue
        try:
            value = part.expression.evaluate(scope)
        except Undefined:
            continue
        if isinstance(value, str | int | float) and not isinstance(value, bool) and value != "":
            values.append(repr(value)[1:-1] if part.quoted and isinstance(value, str) else str(value))
    return tuple(values)


def _given(names: Collection[str]) -> list[Goal]:
    return [Goal(parse(f"{name} is not None"), True) for name in names]


def _left_out(names: Collection[str]) -> list[Goal]:
    return [Goal(parse(f"{name} is None"), True) for name in names]


def _has_any(expected: Expectation) -> bool:
    return any(value is ANY for change in expected.changes for value in (change.after or {}).values())
