"""Near-duplicates: tasks of a domain that differ in names and numbers only."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

from engine.models.base import digest
from engine.models.chain import ArgumentList, ChainArgument, FromOutput, Literal
from engine.models.task import Audit, Task

SIMILAR = 0.9
"""Share of common word pairs from which two tasks of the same structure are near-duplicates."""
SIMILAR_WITH_VALUES = 0.5
"""The same where the values are the same too, and so at most the user is another."""


class Fingerprint(NamedTuple):
    """What of a task is compared.

    Attributes:
        structure: Digest of the chain without its values: tools, where arguments come from, what they are selected by.
        values: Digest of the values that the chain writes or looks for.
        pairs: Pairs of neighbouring words of the instruction, numbers and quotations left out.
    """

    structure: str
    values: str
    pairs: frozenset[tuple[str, str]]


def fingerprint(task: Task) -> Fingerprint:
    """The fingerprint of a task; does not depend on its ids."""
    steps = [
        [step.tool, {name: _shape(argument) for name, argument in step.arguments.items()}] for step in task.chain.steps
    ]
    values = [
        [step.tool, {name: _values(argument) for name, argument in step.arguments.items()}] for step in task.chain.steps
    ]
    text = re.sub(r'"[^"]*"', '""', task.instruction.lower())
    spoken = re.findall(r'[a-z\']+|""', text)
    return Fingerprint(digest(steps), digest(values), frozenset(pairwise(spoken)))


def near(one: Fingerprint, other: Fingerprint) -> bool:
    """Whether two tasks are near-duplicates: the same chain and nearly the same text."""
    if one.structure != other.structure:
        return False
    union = one.pairs | other.pairs
    common = len(one.pairs & other.pairs) / len(union) if union else 1.0
    return common >= (SIMILAR_WITH_VALUES if one.values == other.values else SIMILAR)


class Duplicates:
    """Marks each task that is a near-duplicate of an earlier one; the order decides, and nothing else."""

    def __init__(self) -> None:
        self._seen: dict[str, list[tuple[str, Fingerprint]]] = {}

    def check(self, task: Task) -> Task:
        """The task with the audit `not_duplicate`; a task that passed all audits is remembered."""
        own = fingerprint(task)
        twin = next(
            (name for name, other in self._seen.get(own.structure, ()) if name != task.id and near(own, other)), None
        )
        passed = twin is None
        compared = sum(1 for name, _ in self._seen.get(own.structure, ()) if name != task.id)
        detail = f"unlike {compared} earlier tasks of the same structure" if passed else f"a near-duplicate of {twin}"
        audit = Audit(name="not_duplicate", passed=passed, detail=detail)
        audits = (*(earlier for earlier in task.audits if earlier.name != "not_duplicate"), audit)
        checked = task.model_copy(
            update={"audits": audits, "reason": task.reason or ("" if passed else f"not_duplicate: {detail}")}
        )
        if checked.audited:
            self._seen.setdefault(own.structure, []).append((task.id, own))
        return checked


def mark_duplicates(tasks: Iterable[Task]) -> list[Task]:
    """All tasks with the audit `not_duplicate`, in their order."""
    duplicates = Duplicates()
    return [duplicates.check(task) for task in tasks]


def _shape(argument: ChainArgument) -> object:
    if isinstance(argument, ArgumentList):
        return [_shape(item) for item in argument.items]
    if isinstance(argument, FromOutput):
        return [argument.step, argument.path, argument.field, sorted(argument.select)]
    return argument.kind


def _values(argument: ChainArgument) -> object:
    if isinstance(argument, ArgumentList):
        return [_values(item) for item in argument.items]
    if isinstance(argument, FromOutput):
        return argument.select
    return argument.value if isinstance(argument, Literal) else argument.field
