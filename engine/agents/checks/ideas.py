"""Whether an idea hangs together."""

from __future__ import annotations

from engine.agents.checks.names import entity_name
from engine.seeds.idea import DomainIdea

MOST_ENTITIES = 30


def check_idea(idea: DomainIdea) -> list[str]:
    """What is wrong with an idea, in words; nothing where tools can be conceived for it."""
    names = idea.entity_names
    problems: list[str] = []
    if idea.user not in names:
        problems.append(f"the user `{idea.user}` is not one of the entities")
    if len(names) > MOST_ENTITIES:
        problems.append(f"{len(names)} entities are too many; at most {MOST_ENTITIES}")
    if len(names) > 1 and not any(entity.belongs_to for entity in idea.entities):
        problems.append(
            f"no entity belongs to another; add one that records what a {idea.user} does, with `of` naming whose and of what"
        )
    for entity in idea.entities:
        if names.count(entity.name) > 1:
            problems.append(f"there are two entities `{entity.name}`")
        if entity.name != entity_name(entity.name):
            problems.append(f"`{entity.name}` can't name an entity; call it `{entity_name(entity.name)}`")
        problems += [
            f"`{entity.name}` belongs to `{parent}`, which is no entity"
            for parent in entity.belongs_to
            if parent not in names
        ]
        columns = [attribute.name for attribute in entity.attributes]
        problems += [
            f"`{entity.name}` has two columns `{name}`" for name in dict.fromkeys(columns) if columns.count(name) > 1
        ]
        if len(set(entity.states)) != len(entity.states) or len(entity.states) == 1:
            problems.append(f"the states of `{entity.name}` are at least two different ones, or none")
    return list(dict.fromkeys(problems))
