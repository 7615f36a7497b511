"""Where every argument of a chain comes from, and what an instruction must not say.

The check is on the texts alone: with the same forms in which instructions say values, not with what the
instruction's writer meant to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from engine.errors import TaskError
from engine.graph.footprint import Footprint
from engine.graph.knowledge import entity_of, locate
from engine.models.base import Rows, Value, items_of
from engine.models.chain import ArgumentList, ChainArgument, FromOutput, FromProfile, Literal
from engine.models.domain import Domain
from engine.models.task import Task
from engine.states.arguments import parameter_column
from engine.tasks.mentions import facts_of
from engine.tasks.replay import resolve, sources
from engine.tasks.speech import Meaning, find, unsaid
from engine.tasks.wording import say_facts


def unsourced(task: Task, domain: Domain, answers: Mapping[int, Any]) -> list[str]:
    """Each argument that an agent could not know, in words; empty where all have a source.

    Args:
        task: The task.
        domain: Its tools.
        answers: What the reference chain's steps answered when they ran.
    """
    text = spoken_text(task)
    problems = [
        f"{value!r} is said nowhere" for value in unsaid(said_values(task, domain), task.initial_state.now, text)
    ]
    for index, step in enumerate(task.chain.steps):
        call = task.reference_calls[index]
        for name, argument in step.arguments.items():
            earlier = {at: answer for at, answer in answers.items() if at < index}
            try:
                found = resolve(argument, earlier)
            except TaskError as error:
                problems.append(f"`{name}` of step {index + 1}: {error}")
                continue
            if found != call.arguments.get(name):
                problems.append(
                    f"`{name}` of step {index + 1} is {call.arguments.get(name)!r}, its source says {found!r}"
                )
            if isinstance(argument, FromProfile) and task.user_profile.get(argument.field) != argument.value:
                problems.append(f"`{name}` of step {index + 1}: the profile has no {argument.field} {argument.value!r}")
        missing = set(call.arguments) - set(step.arguments)
        problems += [f"`{name}` of step {index + 1} has no source" for name in sorted(missing)]
    return problems


def spoken_text(task: Task) -> str:
    """All that an agent is told: the instruction and the profile."""
    return f"{task.instruction}\n{say_facts(task.user_profile)}"


def said_values(task: Task, domain: Domain) -> Iterator[tuple[Value, Meaning]]:
    """Every value that the texts must say: literals, what items are selected by, and the facts of mentions."""
    prints = {tool.name: Footprint(tool, domain.database) for tool in domain.tools}
    for step in task.chain.steps:
        tool = domain.tool[step.tool]
        for name, argument in step.arguments.items():
            column = parameter_column(tool.parameter[name], domain.database)
            meaning = Meaning(column.type, column.role, column.enum is not None)
            for item in _plain(argument):
                yield item.value, meaning
            for source in sources(argument):
                yield from _selected(source, task, domain, prints)
    for mention in task.mentions:
        for table, name, value in facts_of(mention):
            column = domain.database.table[table].column[name]
            yield value, Meaning(column.type, column.role, column.enum is not None)


def _plain(argument: ChainArgument) -> list[Literal]:
    items = argument.items if isinstance(argument, ArgumentList) else (argument,)
    return [item for item in items if isinstance(item, Literal)]


def _selected(
    source: FromOutput, task: Task, domain: Domain, prints: Mapping[str, Footprint]
) -> Iterator[tuple[Value, Meaning]]:
    tool = domain.tool[task.chain.steps[source.step].tool]
    query = next((field.query for field in tool.contract.returns if field.name == source.path), None)
    for name, value in source.select.items():
        shape = prints[tool.name].item(query, name) if query is not None and name in query.fields else None
        found = locate(domain.database, f"{shape.table}.{shape.column}") if shape is not None else None
        if found is None:
            yield value, Meaning("text")
        else:
            yield value, Meaning(found[1].type, found[1].role, found[1].enum is not None)


def leaks(task: Task, domain: Domain) -> list[str]:
    """What the instruction says that no person would: tools' and columns' names, made-up ids."""
    text = task.instruction
    said = {value for value, _ in said_values(task, domain)}
    spoken = " ".join(sorted(str(value) for value in said))
    found = [f"the tool's name `{tool.name}`" for tool in domain.tools if "_" in tool.name and tool.name in text]
    found += [
        f"`{word}`" for word in re.findall(r"\b[a-z]+(?:_[a-z0-9]+)+\b", text) if word not in spoken and "@" not in word
    ]
    found += [
        f"the id `{value}`"
        for value in made_up(task.initial_state.rows, domain)
        if value not in said and find(value, text)
    ]
    return found


def made_up(rows: Rows, domain: Domain) -> Iterator[str]:
    """The generated text ids of s0."""
    for table in domain.database.tables:
        for column in table.columns:
            if column.generated and column.role == "id" and column.type == "text":
                for row in rows.get(table.name, ()):
                    yield str(row[column.name])


def unmentioned(task: Task, domain: Domain) -> list[str]:
    """Rows of s0 that a write is given although no mention leads to them."""
    known = {(mention.table, mention.key) for mention in task.mentions}
    rows = task.initial_state.rows
    problems: list[str] = []
    for step, call in zip(task.chain.steps, task.reference_calls, strict=True):
        tool = domain.tool[step.tool]
        if not tool.mutates_state:
            continue
        for name, value in call.arguments.items():
            found = locate(domain.database, entity_of(domain.database, tool.parameter[name]))
            if found is None or found[0].primary_key != (found[1].name,):
                continue
            keys = {row[found[1].name] for row in rows.get(found[0].name, ())}
            if any(key in keys and (found[0].name, key) not in known for key in items_of(value)):
                problems.append(f"the `{found[0].name}` that `{tool.name}` is given is not spoken of")
    return problems
