"""Where the arguments of a trace's calls came from.

What was recorded when the trace was made is repeated as it stands. Otherwise it is worked out from what is there:
the task's chain says what its steps take from where; and a value that an earlier answer, the profile or the
instruction holds may have been taken from there. Where none of them holds it, that is said too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple, cast

from engine.errors import TaskError
from engine.models.base import Rows, canonical_json, items_of
from engine.models.chain import ChainArgument, FromOutput, FromProfile
from engine.models.chain import Literal as Said
from engine.models.task import Task
from engine.models.trace import Trace, TraceStep
from engine.tasks.replay import resolve
from engine.tasks.speech import Meaning, said
from engine.traces.alignment import align_calls

OriginKind = Literal["recorded", "instruction", "profile", "answer", "row", "test", "unknown"]


class Origin(NamedTuple):
    """Where one argument came from.

    Attributes:
        kind: Instruction, profile and answer are the three sources of an agent; `row` is a row of the initial state,
            `test` a value that a procedural test made up.
        words: The same in words.
        step: Index of the earlier step whose answer holds the value.
        certain: Whether it was recorded or is what the task's chain says; otherwise an equal value was found.
    """

    kind: OriginKind
    words: str
    step: int | None = None
    certain: bool = False


UNKNOWN = Origin("unknown", "not known")
MADE_UP = Origin("test", "made up by the test")


def origins(trace: Trace, task: Task | None = None, rows: Rows | None = None) -> tuple[dict[str, Origin], ...]:
    """For each step, each argument's origin.

    Args:
        trace: Any execution.
        task: The task that it belongs to, where there is one.
        rows: The initial rows, where they are known.
    """
    chain = _chain_steps(trace, task) if task is not None else {}
    found: list[dict[str, Origin]] = []
    for step in trace.steps:
        earlier = trace.steps[: step.index]
        found.append(
            {
                name: Origin("recorded", step.sources[name], certain=True)
                if name in step.sources
                else _by_chain(name, value, step.index, trace, task, chain)
                or _by_value(name, value, earlier, task, rows)
                or (MADE_UP if trace.kind == "procedural_test" else UNKNOWN)
                for name, value in step.call.arguments.items()
            }
        )
    return tuple(found)


def _chain_steps(trace: Trace, task: Task) -> dict[int, int]:
    """Step of the trace -> the chain's step that it carries out."""
    pairs = align_calls(task.reference_calls, [step.call for step in trace.steps])
    return {pair.right: pair.left for pair in pairs if pair.left is not None and pair.right is not None}


def _by_chain(
    name: str, value: Any, index: int, trace: Trace, task: Task | None, chain: Mapping[int, int]
) -> Origin | None:
    """What the task's chain says of an argument, if the value is what it gives."""
    if task is None or index not in chain:
        return None
    argument = task.chain.steps[chain[index]].arguments.get(name)
    if argument is None:
        return None
    places = {theirs: ours for ours, theirs in chain.items()}
    answers = {
        theirs: trace.steps[ours].result
        for theirs, ours in places.items()
        if ours < index and trace.steps[ours].outcome == "success"
    }
    try:
        if not same(resolve(argument, answers), value):
            return None
    except TaskError:
        return None
    return _said_by(argument, places)


def _said_by(argument: ChainArgument, places: Mapping[int, int]) -> Origin:
    if isinstance(argument, FromOutput):
        step = places[argument.step]
        return Origin("answer", f"step {step + 1} answered it: {_path(argument)}", step, certain=True)
    if isinstance(argument, FromProfile):
        return Origin("profile", f"the user's profile: {argument.field}", certain=True)
    if isinstance(argument, Said):
        return Origin("instruction", "the instruction", certain=True)
    return _together([_said_by(item, places) for item in argument.items])


def _path(source: FromOutput) -> str:
    if source.field is None:
        return source.path
    chosen = ", ".join(f"{name} = {plain(value)}" for name, value in source.select.items())
    return f"{source.path}[{chosen}].{source.field}"


def _together(items: Sequence[Origin]) -> Origin:
    """One origin for a list of values, each with its own."""
    if not items:
        return UNKNOWN
    words = list(dict.fromkeys(item.words for item in items))
    kinds = {item.kind for item in items}
    kind = items[0].kind if len(kinds) == 1 else "unknown" if "unknown" in kinds else "answer"
    step = next((item.step for item in items if item.step is not None), None)
    return Origin(kind, "; ".join(words), step, all(item.certain for item in items))


def _by_value(
    name: str, value: Any, earlier: Sequence[TraceStep], task: Task | None, rows: Rows | None
) -> Origin | None:
    """Where an equal value was to be seen before the call."""
    if isinstance(value, list) and value:
        items = [_by_value(name, item, earlier, task, rows) for item in items_of(value)]
        return _together([item or UNKNOWN for item in items]) if any(items) else None
    return (
        _in_answers(name, value, earlier)
        or (_in_texts(name, value, task) if task is not None else None)
        or (_in_rows(name, value, rows) if rows is not None else None)
    )


def _in_answers(name: str, value: Any, earlier: Sequence[TraceStep]) -> Origin | None:
    """The first answer with an equal value; one in a field of the argument's name counts more.

    Yes, no, null and small numbers are equal to too much: for them the field must have the name.
    """
    telling = isinstance(value, str) or (isinstance(value, int | float) and not isinstance(value, bool) and value > 99)
    first: Origin | None = None
    for step in earlier:
        for path, field, held in leaves(step.result):
            if not same(held, value):
                continue
            origin = Origin("answer", f"step {step.index + 1} answered it: {path}", step.index)
            if field == name:
                return origin
            if telling and first is None:
                first = origin
    return first


def _in_texts(name: str, value: Any, task: Task) -> Origin | None:
    fields = [field for field, held in task.user_profile.items() if held is not None and same(held, value)]
    if fields:
        return Origin("profile", f"the user's profile: {name if name in fields else fields[0]}")
    if value is None or isinstance(value, bool | list | dict):
        return None
    plain_value = cast("str | int | float", value)
    type_ = "text" if isinstance(value, str) else "integer" if isinstance(value, int) else "real"
    forms = [Meaning(type_), *([Meaning("date"), Meaning("datetime"), Meaning("time")] if type_ == "text" else [])]
    for meaning in forms:
        try:
            form = said(plain_value, meaning, task.initial_state.now, task.instruction)
        except ValueError:  # the text is no date
            continue
        if form:
            return Origin("instruction", f"the instruction says {plain(form)}")
    return None


def _in_rows(name: str, value: Any, rows: Rows) -> Origin | None:
    """A row of the initial state that holds the value, in a column of the argument's name if there is one."""
    if not isinstance(value, str):
        return None
    places = [
        (column == name, table, column)
        for table, listed in rows.items()
        for row in listed
        for column, held in row.items()
        if held == value
    ]
    if not places:
        return None
    _, table, column = max(places, key=lambda place: place[0])
    return Origin("row", f"an initial row: {table}.{column}")


def leaves(answer: Any, path: str = "", field: str = "") -> Iterator[tuple[str, str, Any]]:
    """Every plain value of an answer: (path, the last field's name, value). Lists of a path are numbered from 0."""
    if isinstance(answer, dict):
        for name, value in cast("dict[str, Any]", answer).items():
            yield from leaves(value, f"{path}.{name}" if path else name, name)
    elif isinstance(answer, list):
        for number, value in enumerate(items_of(answer)):
            yield from leaves(value, f"{path}[{number}]", field)
    elif path:
        yield path, field, answer


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same JSON; 1, 1.0 and true are not."""
    if one.__class__ is other.__class__ and one.__class__ in (str, int, bool):
        return bool(one == other)
    return canonical_json(one) == canonical_json(other)


def plain(value: Any) -> str:
    """A value in a sentence."""
    return f"“{value}”" if isinstance(value, str) else canonical_json(value)
