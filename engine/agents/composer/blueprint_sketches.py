"""Ideas and tools in words, read back from a blueprint: what its author must have had in mind."""

from __future__ import annotations

from engine.agents.composer.schema import columns_of
from engine.models.database import Role
from engine.seeds.blueprint import Blueprint, Entity, EntityColumn
from engine.seeds.idea import Attribute, DomainIdea, EntityIdea, Precondition, ToolSketch
from engine.seeds.rules import Rule
from engine.seeds.tool_entry import ToolEntry

_MADE: frozenset[Role] = frozenset({"id", "reference", "status"})


def idea_of(blueprint: Blueprint) -> DomainIdea:
    """The idea behind a blueprint; its rules are those of its tools, in their words."""
    user = blueprint.user
    rules = dict.fromkeys(
        rule.message
        for _, entry in blueprint.tools.values()
        for rule in entry.rules
        if rule.message is not None and "{" not in rule.message
    )
    return DomainIdea(
        name=blueprint.name,
        title=blueprint.title,
        description=blueprint.description,
        user=user.entity if user is not None else next(iter(blueprint.entities)),
        user_description=user.description if user is not None else "",
        entities=tuple(_entity(name, entity) for name, entity in blueprint.entities.items()),
        rules=tuple(rules),
    )


def _entity(name: str, entity: Entity) -> EntityIdea:
    columns = columns_of(name, entity)
    parents = [column.to.partition(".")[0] for column in columns.values() if column.to is not None]
    attributes = [_attribute(column, entry) for column, entry in columns.items() if entry.role not in _MADE]
    states = entity.lifecycle.states if entity.lifecycle is not None else ()
    return EntityIdea(
        name=name,
        description=entity.description,
        attributes=tuple(attributes),
        belongs_to=tuple(dict.fromkeys(parents)),
        states=states if len(states) > 1 else (),
    )


def _attribute(name: str, column: EntityColumn) -> Attribute:
    return Attribute(
        name=name,
        role=column.role,
        optional=column.nullable,
        values=column.enum or (),
        description=column.description,
    )


def sketches_of(blueprint: Blueprint) -> tuple[ToolSketch, ...]:
    """The tools of a blueprint in words."""
    return tuple(_sketch(blueprint, entity, name, entry) for name, (entity, entry) in blueprint.tools.items())


def _sketch(blueprint: Blueprint, entity: str, name: str, entry: ToolEntry) -> ToolSketch:
    moves = entry.kind in ("transition", "batch")
    kind = entry.kind
    if kind == "batch" and entry.to is None:
        kind = "action"  # a batch in words leads to a state
    states = blueprint.entities[entity].lifecycle
    known = states.states if states is not None else ()
    return ToolSketch(
        name=name,
        entity=entity,
        kind=kind,
        description=entry.description or name.replace("_", " ").capitalize() + ".",
        summary=entry.summary or name.replace("_", " "),
        parameters=_columns(blueprint.entities[entity], entry),
        from_states=tuple(state for state in entry.states if state in known and state != entry.to),
        to_state=entry.to if moves and kind != "action" and entry.to in known else None,
        preconditions=_preconditions(entry.rules),
        effects=_changes(entry) or ("Changes several at once." if kind == "action" else ""),
        answers=", ".join(called.replace("_", " ") for called in entry.returns),
    )


def _columns(entity: Entity, entry: ToolEntry) -> tuple[str, ...]:
    match entry.kind:
        case "lookup" | "list":
            others = [one.column for one in entry.filters if one.column is not None] if entry.kind == "list" else []
            found = [*entry.by, *others]
        case "search":
            found = [one.column for one in entry.filters if one.column is not None]
        case "create" | "update":
            found = list(entry.columns or ())
        case "assign" | "unassign" | "transfer":
            found = [entry.column or ""]
        case "compute" | "action":
            found = [name for name in entry.parameters if name in entity.columns]
        case _:
            found = []
    return tuple(dict.fromkeys(found))


def _preconditions(rules: tuple[Rule, ...]) -> tuple[Precondition, ...]:
    found: dict[str, Precondition] = {}
    for rule in rules:
        code = rule.code or rule.rule
        words = rule.message if rule.message is not None and "{" not in rule.message else code.replace("_", " ")
        found.setdefault(code, Precondition(code=code, words=words))
    return tuple(found.values())


def _changes(entry: ToolEntry) -> str:
    changed = [f"{name.replace('_', ' ')} of the row" for name in entry.set]
    for effect in entry.effects:
        verb = "adds" if effect.insert else "changes" if effect.update else "deletes"
        changed.append(f"{verb} {effect.table.replace('_', ' ')}")
    changed += [f"deletes {table.replace('_', ' ')}" for table in entry.cascade]
    return f"Also {', '.join(dict.fromkeys(changed))}." if changed else ""
