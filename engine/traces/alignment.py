"""Lays two executions side by side, call by call, and says where they differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from engine.models.base import canonical_json
from engine.models.trace import Call, TraceStep

Difference = Literal["missing", "extra", "arguments", "outcome", "answer", "changes"]
"""Missing: only the left side has the call. Extra: only the right side has it. The others: what of a pair differs."""


class Pair(NamedTuple):
    """A call on the left with the one on the right that does the same; indexes, null where there is no partner."""

    left: int | None
    right: int | None


class ComparedStep(NamedTuple):
    """A pair with its differences, none where both did the very same.

    Attributes:
        arguments: Names of the arguments that differ or that only one side gives.
    """

    left: TraceStep | None
    right: TraceStep | None
    differences: tuple[Difference, ...]
    arguments: tuple[str, ...] = ()


def align_calls(left: Sequence[Call], right: Sequence[Call]) -> tuple[Pair, ...]:
    """Pairs calls of the same tool, so that as many as possible are paired and their arguments agree best.

    Order is kept on both sides; every call is in exactly one pair. Takes time and room in proportion to the product
    of both lengths.
    """
    values = [_values(call) for call in left], [_values(call) for call in right]

    def worth(i: int, j: int) -> float:
        """How well two calls go together, above 0 exactly where the tool is the same."""
        if left[i].name != right[j].name:
            return 0.0
        mine, theirs = values[0][i], values[1][j]
        names = mine.keys() | theirs.keys()
        agreeing = sum(1 for name in names if name in mine and name in theirs and mine[name] == theirs[name])
        return 2.0 + (agreeing / len(names) if names else 1.0)

    rows, columns = len(left), len(right)
    best = [[0.0] * (columns + 1) for _ in range(rows + 1)]
    for i in reversed(range(rows)):
        for j in reversed(range(columns)):
            paired = worth(i, j)
            best[i][j] = max(best[i + 1][j], best[i][j + 1], best[i + 1][j + 1] + paired if paired else 0.0)
    pairs: list[Pair] = []
    i = j = 0
    while i < rows and j < columns:
        paired = worth(i, j)
        if paired and best[i][j] == best[i + 1][j + 1] + paired:
            pairs.append(Pair(i, j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            pairs.append(Pair(i, None))
            i += 1
        else:
            pairs.append(Pair(None, j))
            j += 1
    pairs += [Pair(index, None) for index in range(i, rows)]
    pairs += [Pair(None, index) for index in range(j, columns)]
    return tuple(pairs)


def compare_steps(left: Sequence[TraceStep], right: Sequence[TraceStep]) -> tuple[ComparedStep, ...]:
    """Two executions side by side; the left one is what the right one is measured against."""
    pairs = align_calls([step.call for step in left], [step.call for step in right])
    return tuple(
        _compared(
            None if pair.left is None else left[pair.left],
            None if pair.right is None else right[pair.right],
        )
        for pair in pairs
    )


def _compared(left: TraceStep | None, right: TraceStep | None) -> ComparedStep:
    if left is None or right is None:
        return ComparedStep(left, right, ("extra",) if left is None else ("missing",))
    mine, theirs = _values(left.call), _values(right.call)
    arguments = tuple(
        name
        for name in dict.fromkeys([*left.call.arguments, *right.call.arguments])
        if mine.get(name) != theirs.get(name)
    )
    found: list[Difference] = ["arguments"] if arguments else []
    if left.outcome != right.outcome or _code(left) != _code(right):
        found.append("outcome")
    elif canonical_json(left.result) != canonical_json(right.result):
        found.append("answer")
    if left.diff != right.diff:
        found.append("changes")
    return ComparedStep(left, right, tuple(found), arguments)


def _code(step: TraceStep) -> str | None:
    return None if step.problem is None else step.problem.code


def _values(call: Call) -> dict[str, Any]:
    """Arguments in a form in which 1, 1.0 and true differ."""
    return {name: canonical_json(value) for name, value in call.arguments.items()}
