"""What of an instruction the reference solution stands on: where each value is said, and what it is needed for."""

from __future__ import annotations

from typing import NamedTuple

from engine.models.base import Value
from engine.models.chain import ArgumentList, ChainArgument, FromProfile, Literal
from engine.models.domain import Domain
from engine.models.task import Task
from engine.tasks.mentions import facts_of
from engine.tasks.provenance import said_values
from engine.tasks.replay import sources
from engine.tasks.speech import find, said


class Spoken(NamedTuple):
    """A place of the instruction at which a value is said.

    Attributes:
        start: Index of its first character.
        end: Index behind its last one.
        why: What the value is needed for.
    """

    start: int
    end: int
    value: Value
    why: str


def spoken(task: Task, domain: Domain) -> tuple[Spoken, ...]:
    """Where the instruction says what the chain and its entities need, in the order of the text.

    Longer ways to say a value are looked for first and every place is used once, as in the audit `provenance`.
    """
    now = task.initial_state.now
    text = task.instruction
    found: list[Spoken] = []
    ways = {
        (type(value).__name__, value): (form, value)
        for value, meaning in said_values(task, domain)
        if value is not None and (form := said(value, meaning, now, text)) is not None
    }
    for form, value in sorted(ways.values(), key=lambda way: (-len(way[0]), way[0])):
        span = find(form, text)
        if span is not None:
            found.append(Spoken(*span, value, why_needed(task, value)))
            text = text[: span[0]] + "\x00" * (span[1] - span[0]) + text[span[1] :]
    return tuple(sorted(found))


def why_needed(task: Task, value: Value) -> str:
    """What a value is needed for, as the rest of a sentence: an argument, a choice, or to tell an entity apart."""
    for index, step in enumerate(task.chain.steps, start=1):
        for name, argument in step.arguments.items():
            if any(same(item.value, value) for item in literals(argument)):
                return f"which step {index} (`{step.tool}`) needs as its `{name}`"
            if any(same(chosen, value) for source in sources(argument) for chosen in source.select.values()):
                return f"by which step {index} (`{step.tool}`) picks the right one of several for `{name}`"
    told = [table for mention in task.mentions for table, _, fact in facts_of(mention) if same(fact, value)]
    return f"by which the `{told[0]}` that is meant is told apart from others" if told else "which the task needs"


def literals(argument: ChainArgument) -> list[Literal]:
    """The values within an argument that the text says."""
    items = argument.items if isinstance(argument, ArgumentList) else (argument,)
    return [item for item in items if isinstance(item, Literal)]


def profile_fields(argument: ChainArgument) -> list[FromProfile]:
    """The values within an argument that come from the profile."""
    items = argument.items if isinstance(argument, ArgumentList) else (argument,)
    return [item for item in items if isinstance(item, FromProfile)]


def same(one: object, other: object) -> bool:
    """Whether two values are the same, their types too: 1 is neither true nor 1.0."""
    return type(one) is type(other) and one == other
