"""Runs a chain as the program that it is: arguments from the text, the profile and earlier answers.

`play` runs it on the contract evaluator, which predicts every answer; audits then run the same calls for real.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, cast

from engine.contracts.evaluate import ANY, Expectation, evaluate
from engine.contracts.state import PlainState
from engine.errors import TaskError
from engine.models.base import Row, items_of
from engine.models.chain import ArgumentList, Chain, ChainArgument, ChainStep, FromOutput
from engine.models.domain import Domain
from engine.models.trace import Call, Key, RowChange


class Played(NamedTuple):
    """A predicted run.

    Attributes:
        calls: The concrete calls.
        answers: What each answered; `None` where it was rejected.
        codes: The rejection code of each; `None` for a success.
        state: The rows after the run.
        changes: Net row changes of the whole run.
        steps: Net row changes of each call.
    """

    calls: tuple[Call, ...]
    answers: tuple[Any, ...]
    codes: tuple[str | None, ...]
    state: PlainState
    changes: tuple[RowChange, ...]
    steps: tuple[tuple[RowChange, ...], ...]

    @property
    def accepted(self) -> bool:
        """Whether no call was rejected."""
        return all(code is None for code in self.codes)


def resolve(argument: ChainArgument, answers: Mapping[int, Any]) -> Any:
    """The value of a symbolic argument.

    Args:
        argument: Where the value comes from.
        answers: The answers of earlier steps by index; rejected and left-out steps are missing.

    Raises:
        TaskError: The answer is missing, or `select` does not pick exactly one item.
    """
    if isinstance(argument, ArgumentList):
        return [resolve(item, answers) for item in argument.items]
    if not isinstance(argument, FromOutput):
        return argument.value
    item = selected(argument, answers.get(argument.step))
    value = item if argument.field is None else item.get(argument.field)
    if value is None or value is ANY:
        raise TaskError(f"Step {argument.step + 1} answers no `{argument.field or argument.path}` to go on with.")
    return value


def selected(source: FromOutput, answer: Any) -> Any:
    """The value or the item of `answer` that `source` takes (before its `field`).

    Raises:
        TaskError: There is no such item, or several.
    """
    if not isinstance(answer, dict) or source.path not in answer:
        raise TaskError(f"Step {source.step + 1} answers no `{source.path}`.")
    value = cast("dict[str, Any]", answer)[source.path]
    if source.field is None:
        return value
    items = [item for item in items_of(value) if picks(source.select, item)] if isinstance(value, list) else []
    if len(items) != 1:
        raise TaskError(
            f"{source.select} picks {len(items)} items of `{source.path}` in step {source.step + 1}, not one."
        )
    return items[0]


def picks(select: Mapping[str, Any], item: Mapping[str, Any]) -> bool:
    """Whether an item of a list answer has the selected values."""
    return all(name in item and item[name] == value for name, value in select.items())


def sources(argument: ChainArgument) -> tuple[FromOutput, ...]:
    """The references to earlier answers within an argument."""
    if isinstance(argument, ArgumentList):
        return tuple(item for item in argument.items if isinstance(item, FromOutput))
    return (argument,) if isinstance(argument, FromOutput) else ()


def needs(step: ChainStep) -> tuple[int, ...]:
    """The earlier steps whose answers a step uses."""
    return tuple(sorted({source.step for argument in step.arguments.values() for source in sources(argument)}))


def play(chain: Chain, domain: Domain, state: PlainState) -> Played:
    """Predicts a run of the whole chain on `state`, which stays as it is.

    Raises:
        TaskError: A step is rejected, or an argument can't be had.
    """
    played = run(chain, domain, state, range(len(chain.steps)))
    for step, code in zip(chain.steps, played.codes, strict=True):
        if code is not None:
            raise TaskError(f"The chain's `{step.tool}` is rejected with `{code}`.")
    return played


def run(
    chain: Chain,
    domain: Domain,
    state: PlainState,
    order: Iterable[int],
    arguments: Callable[[int, dict[str, Any]], dict[str, Any]] | None = None,
    *,
    lenient: bool = False,
) -> Played:
    """Predicts the given steps in the given order; a rejected one is passed over.

    Args:
        chain: The program; references between steps keep its numbering.
        domain: Its tools.
        state: The rows before; they stay as they are.
        order: Indexes of the steps to take.
        arguments: Last change of a step's arguments, if any: (index, arguments) -> arguments.
        lenient: Leave out steps whose arguments can't be had, as someone who tries to follow the chain would.

    Raises:
        TaskError: An argument can't be had.
    """
    after = state.copy()
    calls: list[Call] = []
    codes: list[str | None] = []
    changes: list[tuple[RowChange, ...]] = []
    answers: dict[int, Any] = {}
    given: list[Any] = []
    for index in order:
        step = chain.steps[index]
        try:
            values = {name: resolve(argument, answers) for name, argument in step.arguments.items()}
            if arguments is not None:
                values = arguments(index, values)
            expectation = expect(domain, step.tool, after, values)
        except TaskError:
            if lenient:
                continue
            raise
        after.apply(expectation.changes)
        calls.append(Call(name=step.tool, arguments=values))
        codes.append(expectation.code)
        changes.append(expectation.changes)
        given.append(expectation.result)
        if expectation.code is None:
            answers[index] = expectation.result
    return Played(tuple(calls), tuple(given), tuple(codes), after, net(changes), tuple(changes))


def expect(domain: Domain, name: str, state: PlainState, arguments: Mapping[str, Any]) -> Expectation:
    """What the contract says of one call.

    Raises:
        TaskError: The contract does not say what comes out.
    """
    expectation = evaluate(domain.tool[name], domain.database, state, arguments)
    if expectation.defect is not None:
        raise TaskError(f"The contract of `{name}` leaves its outcome open here: {expectation.defect}.")
    if any(ANY in (change.after or {}).values() for change in expectation.changes):
        raise TaskError(f"The contract of `{name}` does not state every value that it writes.")
    return expectation


def net(steps: Sequence[Sequence[RowChange]]) -> tuple[RowChange, ...]:
    """Several steps' changes as one: first before, last after; what ends as it began is left out."""
    first: dict[tuple[str, Key], Row | None] = {}
    last: dict[tuple[str, Key], Row | None] = {}
    for changes in steps:
        for change in changes:
            place = (change.table, change.key)
            first.setdefault(place, change.before)
            last[place] = change.after
    found = [
        RowChange(table=table, key=key, before=first[table, key], after=after)
        for (table, key), after in last.items()
        if first[table, key] != after
    ]
    return tuple(sorted(found, key=lambda change: (change.table, key_order(change.key))))


def key_order(key: Key) -> tuple[tuple[bool, str, str | int | float], ...]:
    """A sort key for row keys, whatever their types."""
    parts = key if isinstance(key, tuple) else (key,)
    return tuple((part is not None, type(part).__name__, 0 if part is None else part) for part in parts)
