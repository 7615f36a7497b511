"""Whether a database carries the tools that it is derived from."""

from __future__ import annotations

from engine.agents.composer.schema import compose_database
from engine.agents.composer.sketch_entry import bound_of, column_named
from engine.agents.roles.foundation import DatabaseAnswer, DatabaseRequest
from engine.errors import ScaleEnvError
from engine.models.database import DatabaseSchema, Table
from engine.seeds.blueprint import Blueprint
from engine.seeds.check import check_blueprint
from engine.seeds.idea import DomainIdea, ToolSketch


def blueprint_of(idea: DomainIdea, answer: DatabaseAnswer) -> Blueprint:
    """The domain as far as idea and database say it, without tools."""
    return Blueprint(
        name=idea.name,
        title=idea.title,
        description=idea.description,
        user=answer.user,
        values=answer.values,
        entities=answer.entities,
    )


def check_database(answer: DatabaseAnswer, request: DatabaseRequest) -> list[str]:
    """What is wrong with a database, in words; nothing where the tools can be made over it."""
    idea = request.idea
    missing = [name for name in idea.entity_names if name not in answer.entities]
    if missing:
        return [f"there is no table for `{name}`" for name in missing]
    blueprint = blueprint_of(idea, answer)
    problems = [f"{'.'.join(map(str, problem.path[1:]))}: {problem}" for problem in check_blueprint(blueprint)]
    if problems:
        return problems
    try:
        database = compose_database(blueprint)
    except ScaleEnvError as error:
        return [str(error)]
    for entity in idea.entities:
        lifecycle = answer.entities[entity.name].lifecycle
        lacking = [state for state in entity.states if lifecycle is None or state not in lifecycle.states]
        if lacking:
            problems.append(f"`{entity.name}` lacks the states {', '.join(lacking)}")
        problems += [
            f"`{entity.name}` belongs to `{parent}`, but has no reference to it"
            for parent in entity.belongs_to
            if parent in answer.entities and not _points_to(database.table[entity.name], parent)
        ]
        problems += _owner_problems(entity.name, blueprint, database)
    for tool in request.tools:
        problems += _tool_problems(tool, database)
    return problems + _user_problems(answer, database)


def _points_to(table: Table, parent: str) -> bool:
    return any(key.table == parent for key in table.foreign_keys)


def _owner_problems(name: str, blueprint: Blueprint, database: DatabaseSchema) -> list[str]:
    path = blueprint.entities[name].owner
    if path is None:
        return []
    table = database.table[name]
    *steps, last = path.split(".")
    for step in steps:
        column = column_named(table, step)
        reference = table.reference_of(column) if column else None
        if reference is None:
            return [f"the owner path `{path}` of `{name}` leads nowhere at `{step}`"]
        table = database.table[reference.table]
    if last not in table.column:
        return [f"the owner path `{path}` of `{name}` ends at a column that `{table.name}` does not have"]
    return []


def _tool_problems(tool: ToolSketch, database: DatabaseSchema) -> list[str]:
    table = database.table.get(tool.entity)
    if table is None or tool.kind in ("compute", "action"):
        return []  # what they take need not be columns
    return [
        f"{tool.name}: `{table.name}` has no column for `{word}`"
        for word in tool.parameters
        if column_named(table, word) is None
        and word != tool.entity
        and ((bound := bound_of(word)) is None or bound[0] not in table.column)
    ]


def _user_problems(answer: DatabaseAnswer, database: DatabaseSchema) -> list[str]:
    table = database.table.get(answer.user.entity)
    if table is None:
        return [f"there is no table for the user `{answer.user.entity}`"]
    if not answer.user.knows:
        return [f"the user knows nothing of themselves: give `{table.name}` a name and an e-mail address"]
    unique = {columns[0] for columns in table.unique if len(columns) == 1}
    if not unique & set(answer.user.knows):
        return [f"nothing that the user knows tells one `{table.name}` from another: make the e-mail address unique"]
    return []
