"""What the instruction agent is asked for (paper, section 4.2, step 3): a built task, taken apart into goals and facts.

The facts are exactly what the audit `provenance` looks for, in the very forms that it accepts, so a text that says them
all passes.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from typing import NamedTuple, get_args

from engine.agents.roles.tasks import InstructionRequest, SaidGoal
from engine.graph.footprint import Footprint
from engine.graph.knowledge import locate
from engine.models.base import Value
from engine.models.chain import ChainArgument, FromOutput
from engine.models.database import Column
from engine.models.domain import Domain
from engine.models.task import Task
from engine.states.arguments import parameter_column
from engine.tasks.instruction import wish_words
from engine.tasks.mentions import facts_of
from engine.tasks.phrases import Tone
from engine.tasks.provenance import made_up
from engine.tasks.replay import needs, sources
from engine.tasks.revise import spoken_problems
from engine.tasks.speech import Meaning, forms, said
from engine.tasks.spoken import literals
from engine.tasks.wording import name_words, noun, say_facts

LONGEST = 2_500
"""Characters of an instruction that a model writes; people write some hundreds."""
MOST_COMPLAINTS = 6
_TONES: tuple[Tone, ...] = get_args(Tone)


class _Fact(NamedTuple):
    label: str
    value: Value
    meaning: Meaning


def instruction_request(task: Task, domain: Domain, story: str = "") -> InstructionRequest:
    """What is asked of the instruction agent.

    Args:
        task: With the composer's words, which become the draft.
        domain: Its tools.
        story: Why the user wants this, where somebody has thought of a reason.
    """
    spoken = {str(value) for goal in _facts(task, domain) for value in (fact.value for fact in goal[1])}
    names = [tool.name for tool in domain.tools if "_" in tool.name]
    ids = [value for value in made_up(task.initial_state.rows, domain) if value not in spoken]
    return InstructionRequest(
        title=domain.spec.title,
        goals=tuple(_goals(task, domain)),
        profile=task.user_profile,
        hidden=tuple(dict.fromkeys([*names, *ids])),
        tone=random.Random(f"tone/{task.id}").choice(_TONES),
        draft=task.instruction,
        now=task.initial_state.now,
        story=story,
        task=task.id,
    )


def with_words(task: Task, words: str) -> Task:
    """The task with another instruction, not audited yet."""
    return task.model_copy(update={"instruction": words, "audits": (), "reason": ""})


def complaints(task: Task, domain: Domain) -> tuple[str, ...]:
    """Why a task's words can't stand, in words that help to mend them; the audits find the same and no more."""
    found = [*_unusable(task.instruction), *spoken_problems(task, domain)]
    return tuple(found[:MOST_COMPLAINTS])


def _unusable(text: str) -> Iterator[str]:
    if not text.strip():
        yield "The instruction is empty; write what the user wants."
    if len(text) > LONGEST:
        yield f"The instruction has {len(text)} characters; {LONGEST} are enough."
    if any(character < " " and character != "\n" for character in text):
        yield "The instruction has a character that can't be printed; take it out."


def _goals(task: Task, domain: Domain) -> Iterator[SaidGoal]:
    now, profile = task.initial_state.now, say_facts(task.user_profile)
    for words, facts in _facts(task, domain):
        told: dict[str, str] = {}
        for fact in facts:
            if said(fact.value, fact.meaning, now, profile) is not None:
                continue
            form = said(fact.value, fact.meaning, now, task.instruction)
            form = form or next(iter(forms(fact.value, fact.meaning, now)), None)
            if form is not None and form not in told.values():
                told[_free_label(fact.label, told)] = form
        yield SaidGoal(words=words, facts=told)


def _free_label(label: str, taken: dict[str, str]) -> str:
    if label not in taken:
        return label
    return next(text for number in range(2, len(taken) + 3) if (text := f"{label} {number}") not in taken)


def _facts(task: Task, domain: Domain) -> list[tuple[str, list[_Fact]]]:
    """For each change, the words for it, and what has to be said so that it can be made.

    What tells a row apart is a fact of every change that is about it: whoever writes may well say "that booking" the second
    time, but has to know which one it is.
    """
    prints: dict[str, Footprint] = {}
    goals: list[tuple[str, list[_Fact]]] = []
    for index, step in enumerate(task.chain.steps):
        tool = domain.tool[step.tool]
        if tool.mutates_state:
            found = [fact for at in _leading(task, domain, index) for fact in _of_step(task, domain, at, prints)]
            goals.append((wish_words(tool), _once(found)))
    told = {_mark(fact) for _, facts in goals for fact in facts}
    rest = _once(fact for fact in _of_mentions(task, domain) if _mark(fact) not in told)
    if goals:
        goals[0][1].extend(rest)
    return goals


def _once(facts: Iterable[_Fact]) -> list[_Fact]:
    found: dict[tuple[str, Value, Meaning], _Fact] = {}
    for fact in facts:
        if fact.value is not None:
            found.setdefault(_mark(fact), fact)
    return list(found.values())


def _mark(fact: _Fact) -> tuple[str, Value, Meaning]:
    return type(fact.value).__name__, fact.value, fact.meaning


def _leading(task: Task, domain: Domain, index: int) -> list[int]:
    """The reads that lead to a change, and the change itself, in order."""
    found: set[int] = set()
    waiting = [index]
    while waiting:
        at = waiting.pop()
        found.add(at)
        earlier = set(needs(task.chain.steps[at])) - found
        waiting += [before for before in earlier if not _is_write(task, domain, before)]
    return sorted(found)


def _is_write(task: Task, domain: Domain, index: int) -> bool:
    return domain.tool[task.chain.steps[index].tool].mutates_state


def _of_step(task: Task, domain: Domain, index: int, prints: dict[str, Footprint]) -> Iterator[_Fact]:
    step = task.chain.steps[index]
    tool = domain.tool[step.tool]
    table = domain.database.table.get(tool.entity)
    thing = noun(table) if table is not None else ""
    of_rows = {} if tool.mutates_state else {fact.value: fact.label for fact in _of_mentions(task, domain)}
    for name, argument in step.arguments.items():
        column = parameter_column(tool.parameter[name], domain.database)
        label = name_words(name, thing)
        for literal in literals(argument):
            told = label if tool.mutates_state else of_rows.get(literal.value) or _of(thing, label)
            yield _Fact(told, literal.value, _meaning(column))
        yield from _selected(task, domain, argument, prints)


def _selected(task: Task, domain: Domain, argument: ChainArgument, prints: dict[str, Footprint]) -> Iterator[_Fact]:
    """What picks an item of an earlier answer."""
    for source in sources(argument):
        for name, value in source.select.items():
            column = _column(task, domain, source, name, prints)
            if column is None:
                yield _Fact(name_words(name), value, Meaning("text"))
            else:
                yield _Fact(_of(column[0], name_words(column[1].name, column[0])), value, _meaning(column[1]))


def _column(
    task: Task, domain: Domain, source: FromOutput, name: str, prints: dict[str, Footprint]
) -> tuple[str, Column] | None:
    tool = domain.tool[task.chain.steps[source.step].tool]
    query = next((field.query for field in tool.contract.returns if field.name == source.path), None)
    if query is None or name not in query.fields:
        return None
    shape = prints.setdefault(tool.name, Footprint(tool, domain.database)).item(query, name)
    found = locate(domain.database, f"{shape.table}.{shape.column}") if shape is not None else None
    return (noun(found[0]), found[1]) if found is not None else None


def _of_mentions(task: Task, domain: Domain) -> Iterator[_Fact]:
    for mention in task.mentions:
        for name, column_name, value in facts_of(mention):
            table = domain.database.table[name]
            column = table.column[column_name]
            yield _Fact(_of(noun(table), name_words(column.name, noun(table))), value, _meaning(column))


def _of(thing: str, label: str) -> str:
    return label if not thing or label.startswith(thing) else f"{thing} {label}"


def _meaning(column: Column) -> Meaning:
    return Meaning(column.type, column.role, column.enum is not None)
