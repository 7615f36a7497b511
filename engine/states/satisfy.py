"""Goal-directed search for a state and arguments in which a tool's requirements come out as wanted.

This is what makes "only this precondition fails" something that can be tested: the search reads the
contract, wishes for changes that would turn an unmet goal, tries them within the schema and keeps what helps.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from random import Random
from typing import Any, Literal

from engine.contracts.expression import Expression, parse
from engine.contracts.state import PlainState
from engine.models.base import Row
from engine.models.database import DatabaseSchema
from engine.models.tool import Parameter, Tool
from engine.models.trace import Key
from engine.states.arguments import argument_names, defaults_of, given_arguments
from engine.states.candidates import compare, sign_of
from engine.states.draft import Draft
from engine.states.moves import Board
from engine.states.reading import UNDEFINED, Locals, Names, Reading, function_of, loop_of
from engine.states.steps import Wish
from engine.states.wishes import Wishes

Want = Literal["accept"] | int
"""All requirements true, or the index of the requirement that alone is false."""

_WISHES = 24
_DEEPEST = 4


@dataclass(frozen=True, slots=True)
class Goal:
    """An expression and how it must come out.

    Attributes:
        wanted: The truth that it must have; `None`: anything but false.
    """

    expression: Expression
    wanted: bool | None

    def met(self, truth: bool | None) -> bool:
        """Whether that truth will do."""
        return truth is not False if self.wanted is None else truth is self.wanted


@dataclass(frozen=True, slots=True)
class Found:
    """A state and arguments that meet all goals."""

    state: PlainState
    arguments: dict[str, Any]


def goals_of(tool: Tool, want: Want, *, strict: bool = True) -> list[Goal]:
    """The goals that stand for a wanted truth vector of the tool's requirements.

    Args:
        want: All true, or which is the first false one.
        strict: The later ones are not false either (they may be undefined); otherwise they may be anything.
    """
    expressions = [parse(requirement.condition) for requirement in tool.contract.requires]
    if want == "accept":
        return [Goal(expression, True) for expression in expressions]
    goals = [Goal(expression, True) for expression in expressions[:want]]
    goals.append(Goal(expressions[want], False))
    if strict:
        goals.extend(Goal(expression, None) for expression in expressions[want + 1 :])
    return goals


class Search:
    """Searches on a draft, in place; a search that fails leaves the draft as it was.

    Args:
        draft: The rows to start from and to change.
        parameters: What the arguments must keep to.
        names: What names in the goals mean.
        defaults: Values of parameters that are not given.
        arguments: The arguments to start from.
        rng: Source of all choices.
        frozen: (table, key) of rows that must stay as they are.
        fixed: Parameters whose arguments must stay as they are.
        apart: As for `StateBuilder`.
    """

    def __init__(
        self,
        draft: Draft,
        parameters: Mapping[str, Parameter],
        names: Names,
        defaults: Mapping[str, Any],
        arguments: Mapping[str, Any],
        rng: Random,
        *,
        frozen: Collection[tuple[str, Key]] = (),
        fixed: Collection[str] = (),
        apart: bool = False,
    ) -> None:
        self.board = Board(draft, dict(arguments), dict(parameters), rng, frozen, fixed, apart)
        self._names = names
        self._defaults = dict(defaults)
        self._rng = rng
        self._left: float = 0

    @classmethod
    def for_tool(
        cls,
        tool: Tool,
        draft: Draft,
        arguments: Mapping[str, Any],
        rng: Random,
        *,
        names: Names | None = None,
        frozen: Collection[tuple[str, Key]] = (),
        fixed: Collection[str] = (),
        apart: bool = False,
    ) -> Search:
        """A search over the arguments of one tool."""
        meanings = names if names is not None else argument_names(tool, draft.database)
        return cls(
            draft, tool.parameter, meanings, defaults_of(tool), arguments, rng, frozen=frozen, fixed=fixed, apart=apart
        )

    def solve(self, goals: Sequence[Goal], effort: int = 240) -> bool:
        """Changes draft and arguments until all goals are met at once.

        Args:
            goals: What must hold; earlier ones are worked on first.
            effort: Most changes that are tried.

        Returns:
            Whether it was managed. If not, draft and arguments are as before.
        """
        start = self.board.mark()
        self._left = effort
        best = self.unmet(goals)
        while best and self._left > 0:
            improved = self._improve(goals, best)
            if improved is None:
                if self._left <= 0:
                    break
                self.board.rollback(start)
                self._jolt(goals)
                improved = self.unmet(goals)
            best = improved
        if best:
            self.board.rollback(start)
            return False
        self._straighten(start, goals)
        return True

    def _straighten(self, start: tuple[int, dict[str, Any]], goals: Sequence[Goal]) -> None:
        """Lets spans run forward in the rows that were changed, as far as no goal is against it."""
        for wish in list(self.board.straightenings(start)):
            before = self.board.mark()
            backward = len(list(self.board.straightenings(start)))
            if self.board.make(wish) and (len(list(self.board.straightenings(start))) >= backward or self.unmet(goals)):
                self.board.rollback(before)

    def _reading(self) -> Reading:
        values = {**self._defaults, **self.board.arguments}
        return Reading(self.board.draft.database, self.board.draft, self._names, values)

    def unmet(self, goals: Sequence[Goal]) -> list[Goal]:
        """The goals that are not met right now."""
        reading = self._reading()
        return [goal for goal in goals if not goal.met(reading.truth(goal.expression))]

    def _improve(self, goals: Sequence[Goal], unmet: list[Goal]) -> list[Goal] | None:
        """One accepted change: fewer unmet goals, or as many but others; `None` where nothing helped."""
        goal = unmet[0] if self._rng.random() < 0.85 else self._rng.choice(unmet)
        before = self.board.mark()
        sideways: list[tuple[list[Goal], int]] = []
        for attempt in range(3):
            outcome = self._reach(goal, _DEEPEST, goals, unmet)
            if outcome is not None and len(outcome) < len(unmet):
                return outcome
            if outcome is not None:
                sideways.append((outcome, attempt))
                if self._rng.random() < 0.5 or self._left <= 0:
                    return outcome
            self.board.rollback(before)
            if self._left <= 0:
                return None
        return None

    def _reach(self, goal: Goal, depth: int, goals: Sequence[Goal], unmet: list[Goal]) -> list[Goal] | None:
        """Works on one goal until it is met, by steps that each bring it nearer; the goals then unmet."""
        reading = self._reading()
        wanted = goal.wanted is not False
        tree = goal.expression.tree
        degree = _degree(reading, tree, wanted, {})
        met_otherwise: tuple[Wish, list[Goal]] | None = None
        mark = self.board.mark()
        for wish in islice(Wishes(reading, self._rng).truth(tree, wanted, {}), _WISHES):
            if self._left <= 0:
                break
            if not self.board.make(wish):
                self._left -= 0.4
                continue
            self._left -= 1
            look = self._reading()
            if goal.met(look.truth(goal.expression)):
                now_unmet = [other for other in goals if not other.met(look.truth(other.expression))]
                if len(now_unmet) < len(unmet):
                    return now_unmet
                if met_otherwise is None or len(now_unmet) < len(met_otherwise[1]):
                    met_otherwise = (wish, now_unmet)
            elif depth > 0 and _degree(look, tree, wanted, {}) > degree + 1e-9:
                outcome = self._reach(goal, depth - 1, goals, unmet)
                if outcome is not None:
                    return outcome
            self.board.rollback(mark)
        if met_otherwise is not None and self.board.make(met_otherwise[0]):
            return self.unmet(goals)
        return None

    def _jolt(self, goals: Sequence[Goal]) -> None:
        """Changes something at random among what the goals stand on, to start from elsewhere."""
        reading = self._reading()
        for _ in range(2):
            goal = self._rng.choice(goals)
            wishes = list(
                islice(Wishes(reading, self._rng).truth(goal.expression.tree, self._rng.random() < 0.5, {}), 12)
            )
            self._rng.shuffle(wishes)
            self._left -= 1
            for wish in wishes[:4]:
                if self.board.make(wish):
                    reading = self._reading()
                    break


def satisfy(
    tool: Tool,
    database: DatabaseSchema,
    state: PlainState,
    arguments: Mapping[str, Any],
    want: Want,
    rng: Random,
    *,
    frozen: Collection[tuple[str, Key]] = (),
    fixed: Collection[str] = (),
    goals: Iterable[tuple[str, bool]] = (),
    strict: bool = True,
    effort: int = 240,
) -> Found | None:
    """Finds a state and arguments in which the tool's requirements have the wanted truths.

    Args:
        tool: Whose contract.
        database: The schema, which the state keeps throughout.
        state: The state to start from; not changed.
        arguments: The arguments to start from; all required parameters.
        want: `"accept"`, or the index of the requirement that is the first and only false one.
        rng: Source of all choices; the same rng state gives the same answer.
        frozen: (table, key) of rows that must stay as they are.
        fixed: Parameters whose arguments must stay as they are.
        goals: Further (expression, wanted truth) over arguments, bindings and rows.
        strict: With an index: later requirements must not be false either.
        effort: Most changes that are tried.

    Returns:
        What was found, or `None` if the effort was used up.
    """
    draft = Draft(database, state.now, state.to_rows())
    search = Search.for_tool(tool, draft, arguments, rng, frozen=frozen, fixed=fixed)
    wanted = [*goals_of(tool, want, strict=strict), *(Goal(parse(text), truth) for text, truth in goals)]
    if not search.solve(wanted, effort):
        return None
    return Found(PlainState(database, draft.to_rows(), draft.now), given_arguments(tool, search.board.arguments))


def make(
    expression: str,
    wanted: bool,
    draft: Draft,
    rng: Random,
    *,
    names: Mapping[str, Any] | None = None,
    frozen: Collection[tuple[str, Key]] = (),
    effort: int = 120,
) -> bool:
    """Changes the rows of `draft` until `expression` is as wanted; for those who build states step by step.

    Args:
        expression: In the contract language.
        wanted: The truth that it must get.
        draft: Changed in place; as before if nothing was found.
        rng: Source of all choices.
        names: Values of the names in the expression; they stay as they are.
        frozen: (table, key) of rows that must stay as they are.
        effort: Most changes that are tried.

    Returns:
        Whether it was managed.
    """
    meanings = Names(columns={}, arrays=frozenset(), bindings={})
    search = Search(draft, {}, meanings, names or {}, {}, rng, frozen=frozen)
    return search.solve([Goal(parse(expression), wanted)], effort)


# How near


def _degree(reading: Reading, node: ast.expr, wanted: bool, local: Locals) -> float:
    """How near a part is to the wanted truth, from 0 to 1 (which is only reached where it has it)."""
    value = reading.evaluate(node, local)
    if value is not UNDEFINED and bool(value) is wanted:
        return 1.0
    node = reading.resolve(node, local)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return _degree(reading, node.operand, not wanted, local)
    if isinstance(node, ast.BoolOp):
        degrees = [_degree(reading, operand, wanted, local) for operand in node.values]
        every = isinstance(node.op, ast.And) is wanted
        return 0.99 * (sum(degrees) / len(degrees) if every else max(degrees))
    if isinstance(node, ast.Compare):
        return 0.5 * _nearness(reading, node, wanted, local) + (0.1 if value is not UNDEFINED else 0.0)
    loop = loop_of(node.args[0]) if isinstance(node, ast.Call) and node.args else None
    if function_of(node) in ("any", "all") and loop is not None:
        degrees: list[float] = []
        for entry in reading.items(loop, local):
            tests = [_degree(reading, test, True, entry) for test in loop.tests]
            element = _degree(reading, loop.element, wanted, entry)
            if (function_of(node) == "any") is wanted:
                degrees.append((sum(tests) + element) / (len(tests) + 1))
            else:
                degrees.append(max([element, *(1 - degree for degree in tests)]))
        if not degrees:
            return 0.0
        existential = (function_of(node) == "any") is wanted
        return 0.99 * (max(degrees) if existential else sum(degrees) / len(degrees))
    return 0.05 if value is not UNDEFINED else 0.0


def _nearness(reading: Reading, node: ast.Compare, wanted: bool, local: Locals) -> float:
    """For comparisons of numbers, how small the gap is, from 0 to 1; otherwise 0."""
    if len(node.ops) > 1:
        operands = [node.left, *node.comparators]
        links = zip(operands, node.ops, operands[1:], strict=False)
        held = [compare(reading.evaluate(a, local), sign_of(op), reading.evaluate(b, local)) for a, op, b in links]
        return sum(1 for item in held if item is wanted) / len(held)
    left, right = reading.evaluate(node.left, local), reading.evaluate(node.comparators[0], local)
    if isinstance(left, int | float) and isinstance(right, int | float):
        return 1 / (1 + abs(left - right))
    if left is not UNDEFINED and right is not UNDEFINED and left is not None and right is not None:
        return 0.1
    return 0.0


def changed_rows(draft: Draft, mark: int) -> dict[tuple[str, Key], Row | None]:
    """The rows that were touched since `mark`, as they are now."""
    return {(table, key): draft.get(table, key) for table, key in draft.touched(mark)}
