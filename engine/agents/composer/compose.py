"""Composes a blueprint: database schema, tools with contracts, and code, the same for the same blueprint."""

from __future__ import annotations

from collections.abc import Callable

from engine.agents.composer import moves, reads, writes
from engine.agents.composer.draft import Draft
from engine.agents.composer.schema import compose_database
from engine.contracts.check import check_contract
from engine.contracts.source import write_source
from engine.errors import ContractError, ExpressionError, SeedError
from engine.models.base import Model, digest
from engine.models.database import DatabaseSchema
from engine.models.domain import Actor, DomainSpec
from engine.models.tool import Tool
from engine.seeds import Seed
from engine.seeds.blueprint import Blueprint
from engine.seeds.check import check_blueprint
from engine.seeds.problems import BlueprintError, Problem
from engine.seeds.tool_entry import ToolKind

BUILDERS: dict[ToolKind, Callable[[Draft], Tool]] = {
    "get": reads.compose_get,
    "lookup": reads.compose_lookup,
    "search": reads.compose_search,
    "list": reads.compose_list,
    "compute": reads.compose_compute,
    "create": writes.compose_create,
    "update": writes.compose_update,
    "delete": writes.compose_delete,
    "transition": writes.compose_transition,
    "assign": writes.compose_assign,
    "unassign": writes.compose_assign,
    "transfer": moves.compose_transfer,
    "batch": moves.compose_batch,
    "action": moves.compose_action,
}


class Composition(Model):
    """What phase 1 starts from: the domain's schema and its tools, not tested yet."""

    spec: DomainSpec
    tools: tuple[Tool, ...]


def compose_tools(blueprint: Blueprint, database: DatabaseSchema) -> tuple[Tool, ...]:
    """Each entry of a blueprint as a tool with a contract, without code.

    Raises:
        BlueprintError: Some entries contradict the schema; every such tool is named.
    """
    tools: list[Tool] = []
    problems: list[Problem] = []
    for name, (table, _) in blueprint.tools.items():
        try:
            tools.append(_tool(blueprint, database, table, name))
        except BlueprintError as error:
            problems.extend(error.problems)
        except (ExpressionError, ContractError) as error:
            problems.append(Problem(("entities", table, "tools", name), str(error)))
    if problems:
        raise BlueprintError(problems)
    return tuple(tools)


def compose(blueprint: Blueprint) -> Composition:
    """Turns a blueprint into a database schema and tools with contracts and code; the same for the same blueprint.

    Raises:
        BlueprintError: The blueprint contradicts itself; every mistake is named with its place.
    """
    problems = check_blueprint(blueprint)
    if problems:
        raise BlueprintError(problems)
    database = compose_database(blueprint)
    designed = compose_tools(blueprint, database)
    tools: list[Tool] = []
    for tool in designed:
        try:
            source = write_source(tool, database)
        except (ExpressionError, ContractError) as error:
            problems.append(Problem(("entities", tool.entity, "tools", tool.name), str(error)))
        else:
            tools.append(tool.model_copy(update={"source": source}))
    if problems:
        raise BlueprintError(problems)
    user = blueprint.user
    spec = DomainSpec(
        name=blueprint.name,
        title=blueprint.title,
        description=blueprint.description,
        seed_kind="blueprint",
        seed_digest=digest(blueprint.model_dump(mode="json")),
        database=database,
        actor=Actor(table=user.entity, profile=user.knows, description=user.description) if user is not None else None,
        now=blueprint.now,
        warnings=blueprint.warnings,
    )
    return Composition(spec=spec, tools=tuple(tools))


def compose_what_holds(blueprint: Blueprint) -> Composition:
    """Composes an inferred blueprint: tools that contradict it are left out, each with a warning.

    What was inferred from somebody's schema has no author who could mend it, and one tool that can't be stated is no
    reason to refuse the rest.

    Raises:
        BlueprintError: Something other than a tool is wrong.
        SeedError: No tool is left.
    """
    dropped: list[str] = []
    while True:
        try:
            composition = compose(blueprint)
        except BlueprintError as error:
            reasons: dict[tuple[str, str], str] = {}
            for problem in error.problems:
                match problem.path:
                    case ("entities", str(table), "tools", str(name), *_) if name in blueprint.entities[table].tools:
                        reasons.setdefault((table, name), str(problem))
                    case _:
                        raise
            dropped += [f"Tool `{name}` is left out: {reason}." for (_, name), reason in reasons.items()]
            entities = {
                table: entity.model_copy(
                    update={
                        "tools": {name: each for name, each in entity.tools.items() if (table, name) not in reasons}
                    }
                )
                for table, entity in blueprint.entities.items()
            }
            fields = {name: getattr(blueprint, name) for name in Blueprint.model_fields}
            blueprint = Blueprint.model_validate({**fields, "entities": entities})
        else:
            break
    if not composition.tools:
        why = f" {dropped[0]}" if dropped else ""
        raise SeedError(f"{blueprint.name}: no tool could be made over these tables.{why}")
    spec = composition.spec.model_copy(update={"warnings": (*composition.spec.warnings, *dropped)})
    return composition.model_copy(update={"spec": spec})


def compose_seed(seed: Seed) -> Composition:
    """Composes what `read_seed` read; the schema's description says where it came from.

    Raises:
        SeedError: The blueprint contradicts itself; mistakes in a file are named with file and line.
    """
    try:
        composition = compose(seed.blueprint) if seed.kind == "blueprint" else compose_what_holds(seed.blueprint)
    except BlueprintError as error:
        if seed.file is None:
            raise
        raise seed.file.locate(error.problems) from None
    spec = composition.spec.model_copy(
        update={
            "seed_kind": seed.kind,
            "seed_digest": seed.digest,
            "base_rows": seed.base_rows,
            "warnings": tuple(dict.fromkeys((*composition.spec.warnings, *seed.warnings))),
        }
    )
    return composition.model_copy(update={"spec": spec})


def _tool(blueprint: Blueprint, database: DatabaseSchema, table: str, name: str) -> Tool:
    entity = blueprint.entities[table]
    draft = Draft(blueprint, database, database.table[table], entity, name, entity.tools[name])
    tool = BUILDERS[draft.entry.kind](draft)
    found = check_contract(tool, database)
    if found:
        raise BlueprintError([Problem(draft.names.path, text) for text in found])
    return tool
