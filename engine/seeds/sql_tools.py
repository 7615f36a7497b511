"""Chooses the tools of a SQL schema: the most useful ones over its most connected entities."""

from __future__ import annotations

from collections.abc import Mapping

from engine.seeds.sql_entities import Draft
from engine.seeds.sql_entity_tools import EntityTools, Planned
from engine.seeds.sql_reader import listing
from engine.seeds.tool_entry import ToolEntry

MOST_TOOLS = 70
"""Tools of one domain, about as many as the paper's largest domains have."""
MOST_ENTITIES = 24
"""Entities that get tools."""


def plan_tools(
    drafts: Mapping[str, Draft], owners: Mapping[str, str], user: str | None, warnings: list[str]
) -> dict[str, dict[str, ToolEntry]]:
    """Entity -> its tools by name, `MOST_TOOLS` at most over the `MOST_ENTITIES` most connected entities."""
    weights = {name: _weight(name, draft, drafts) for name, draft in drafts.items()}
    ranked = sorted(drafts, key=lambda name: (name != user, -weights[name], list(drafts).index(name)))
    chosen = set(ranked[:MOST_ENTITIES])
    if len(ranked) > MOST_ENTITIES:
        rest = [drafts[name].table.name for name in drafts if name not in chosen]
        warnings.append(
            f"Only the {MOST_ENTITIES} most connected tables get tools; these get none: {listing(rest, 30)}."
        )
    planned: list[Planned] = []
    taken: set[str] = set()
    for name in (name for name in drafts if name in chosen):
        for tool in EntityTools(drafts[name], drafts, owners).all():
            unique = _unique_name(tool.name, name, taken)
            planned.append(Planned(name, unique, tool.entry, tool.level))
    kept = sorted(planned, key=lambda tool: (tool.level, ranked.index(tool.entity)))[:MOST_TOOLS]
    if len(kept) < len(planned):
        warnings.append(
            f"{len(planned) - len(kept)} of {len(planned)} possible tools were left out, the less useful first."
        )
    names = {tool.name for tool in kept}
    result: dict[str, dict[str, ToolEntry]] = {name: {} for name in drafts}
    for tool in planned:
        if tool.name in names:
            result[tool.entity][tool.name] = tool.entry
    return result


def _unique_name(name: str, entity: str, taken: set[str]) -> str:
    """A tool name that no other tool has."""
    candidate, number = name, 2
    while candidate in taken:
        candidate = f"{name}_of_{entity}" if number == 2 else f"{name}_{number}"
        number += 1
    taken.add(candidate)
    return candidate


def _weight(name: str, draft: Draft, drafts: Mapping[str, Draft]) -> float:
    """How central an entity is."""
    pointing = sum(target == name for other in drafts.values() for target in other.links.values())
    return 2 * pointing + 1.5 * len(draft.links) + 2 * (draft.machine is not None) + 0.5 * (draft.label is not None)
