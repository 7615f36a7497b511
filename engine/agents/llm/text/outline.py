"""Ideas and tools in words as text: everything that a model must know of them, in as few tokens as it can be said."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from engine.agents.llm.text.columns import write_attribute
from engine.seeds.idea import DomainIdea, EntityIdea, ToolSketch


def domain_text(idea: DomainIdea, about: Collection[str] = ()) -> str:
    """What a domain is, who uses it, which entities there are and which rules.

    Args:
        idea: The domain.
        about: Entities at hand: rules that are about others only are left out.
    """
    lines = [f"{idea.title}. {idea.description}", f"User: {idea.user}. Entities: {', '.join(idea.entity_names)}"]
    rules = [rule for rule in idea.rules if not about or _concerns(rule, idea, about)]
    if rules:
        lines += ["Rules:", *(f"- {rule}" for rule in rules)]
    return "\n".join(lines)


def entities_text(entities: Iterable[EntityIdea]) -> str:
    """Entities, one line each."""
    lines: list[str] = []
    for entity in entities:
        parts = [f"{entity.name}: {entity.description}".rstrip(": ")]
        if entity.attributes:
            parts.append(f"columns {', '.join(map(write_attribute, entity.attributes))}")
        if entity.belongs_to:
            parts.append(f"of {', '.join(entity.belongs_to)}")
        if entity.states:
            parts.append(f"states {', '.join(entity.states)}")
        lines.append("; ".join(parts))
    return "\n".join(lines)


def sketch_text(sketch: ToolSketch) -> str:
    """A tool in one line: name, kind, entity, columns and states."""
    text = f"{sketch.name} ({sketch.kind} {sketch.entity}"
    if sketch.parameters:
        text += f": {', '.join(sketch.parameters)}"
    if sketch.from_states or sketch.to_state:
        text += f"; {'|'.join(sketch.from_states)}{' -> ' + sketch.to_state if sketch.to_state else ''}"
    return f"{text})"


def sketch_words(sketch: ToolSketch) -> list[str]:
    """What of a tool is words only, one line each."""
    lines = [f"refuse {condition.code}: {condition.words}" for condition in sketch.preconditions]
    if sketch.effects:
        lines.append(f"also: {sketch.effects}")
    if sketch.answers:
        lines.append(f"answers: {sketch.answers}")
    return lines


def _concerns(rule: str, idea: DomainIdea, about: Collection[str]) -> bool:
    words = rule.lower()
    named = [name for name in idea.entity_names if any(part in words for part in (name.replace("_", " "), name))]
    return not named or any(name in about for name in named)
