"""Whether a tool in the blueprint language holds: it is composed by itself, so that one that fails is known by name."""

from __future__ import annotations

from engine.agents.composer.compose import compose_tools
from engine.agents.composer.tool_scope import with_tools
from engine.contracts.source import write_source
from engine.errors import ScaleEnvError
from engine.models.database import DatabaseSchema
from engine.seeds.blueprint import Blueprint
from engine.seeds.problems import BlueprintError
from engine.seeds.tool_entry import ToolEntry


def check_entry(name: str, entity: str, entry: ToolEntry, blueprint: Blueprint, database: DatabaseSchema) -> list[str]:
    """What is wrong with one tool, in words; nothing where it can be composed.

    Args:
        name: The tool's name.
        entity: Its entity.
        entry: What it says.
        blueprint: The domain's entities.
        database: The schema composed from them.
    """
    if entity not in blueprint.entities:
        return [f"{name}: there is no entity `{entity}`"]
    try:
        for tool in compose_tools(with_tools(blueprint, entity, {name: entry}), database):
            write_source(tool, database)
    except BlueprintError as error:
        return list(dict.fromkeys(f"{name}: {_place(problem.path, name)}{problem}" for problem in error.problems))
    except ScaleEnvError as error:
        return [f"{name}: {error}"]
    return []


def _place(path: tuple[str | int, ...], name: str) -> str:
    """Where within the tool, as its author knows it."""
    inner = path[path.index(name) + 1 :] if name in path else ()
    if not inner:
        return ""
    words = " ".join(str(part + 1) if isinstance(part, int) else str(part) for part in inner)
    return f"{words}: "
