"""From an idea and its tools to entities in the blueprint language: keys, references, owners, lifecycles, missing columns.

Everything that can be worked out is worked out here, so that a language model is only asked for what needs imagination:
further columns, constraints and realistic values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine.agents.composer.role_guess import guessed_role
from engine.agents.composer.sketch_entry import MOMENTS, NUMBERS, bound_of
from engine.agents.roles.foundation import DatabaseAnswer
from engine.models.database import Role
from engine.seeds.blueprint import Entity, EntityColumn, Lifecycle, User
from engine.seeds.idea import Attribute, DomainIdea, EntityIdea, ToolSketch

_KNOWN: tuple[Role, ...] = ("person_name", "username", "email", "phone")
_NATURAL: tuple[Role, ...] = ("email", "username", "code", "phone", "title", "person_name", "label")
"""Roles by which a row can be looked up, the surest first."""
_LONGEST_PATH = 3


def derive_database(
    idea: DomainIdea,
    tools: Iterable[ToolSketch],
    entities: Mapping[str, Entity] | None = None,
    values: Mapping[str, tuple[str, ...]] | None = None,
) -> DatabaseAnswer:
    """The database that an idea and its tools imply.

    Args:
        idea: Entities with what is known of them.
        tools: Columns that they name and no entity has are added; what they look up by becomes unique.
        entities: What is said of some tables beyond that: further columns (or other roles of known ones), unique
            columns and row checks.
        values: Value lists by name, to which `entities` refer.
    """
    tools = tuple(tools)
    given = dict(entities or {})
    made: dict[str, dict[str, EntityColumn]] = {}
    required: dict[str, set[str]] = {}
    for entity in idea.entities:
        said = given.get(entity.name)
        mine = [tool for tool in tools if tool.entity == entity.name]
        columns = _references(entity, idea, mine, said, required)
        for attribute in entity.attributes:
            columns.setdefault(attribute.name, _column(attribute))
        for name, column in (said.columns if said is not None else {}).items():
            columns[name] = column
        _add_named(columns, entity, idea, mine)
        state = {"status"} if _states(entity, mine) else set[str]()
        for name in (f"{entity.name}_id", "id", *state):
            columns.pop(name, None)
        if said is None and (entity.belongs_to or entity.states) and not _has(columns, "created_at"):
            columns.setdefault("created_at", EntityColumn(role="created_at"))
        if (
            not any(column.to is None and column.role != "created_at" for column in columns.values())
            and len(columns) < 3
        ):
            columns["title"] = EntityColumn(role="title")
        _make_unique(columns, entity.name == idea.user, any(tool.kind == "lookup" for tool in mine), mine)
        made[entity.name] = columns
    owners = _owner_paths(made, idea.user)
    answer = {
        entity.name: Entity(
            description=entity.description,
            columns=made[entity.name],
            unique=_kept_unique(given.get(entity.name), made[entity.name]),
            checks=said.checks if (said := given.get(entity.name)) is not None else (),
            lifecycle=Lifecycle(states=states)
            if (states := _states(entity, [t for t in tools if t.entity == entity.name]))
            else None,
            owner=owners.get(entity.name),
        )
        for entity in idea.entities
    }
    user = made[idea.user]
    knows = tuple(
        name for role in _KNOWN for name, column in user.items() if column.role == role and not column.nullable
    )
    return DatabaseAnswer(
        entities=answer,
        user=User(entity=idea.user, knows=knows, description=idea.user_description),
        values=_used(values or {}, answer),
        uses={tool.name: _tables_of(tool, idea) for tool in tools},
    )


def _column(attribute: Attribute) -> EntityColumn:
    if attribute.role == "enum" and len(attribute.values) < 2:
        return EntityColumn(role="label", nullable=attribute.optional, description=attribute.description)
    enum = attribute.values if attribute.role == "enum" else None
    return EntityColumn(role=attribute.role, nullable=attribute.optional, enum=enum, description=attribute.description)


def _states(entity: EntityIdea, tools: Iterable[ToolSketch]) -> tuple[str, ...]:
    """The entity's states, with those that its tools name beside."""
    if not entity.states:
        return ()
    named = [state for tool in tools for state in (*tool.from_states, *([tool.to_state] if tool.to_state else []))]
    return tuple(dict.fromkeys((*entity.states, *named)))


def _references(
    entity: EntityIdea,
    idea: DomainIdea,
    tools: Iterable[ToolSketch],
    said: Entity | None,
    required: dict[str, set[str]],
) -> dict[str, EntityColumn]:
    """What each row points to. May be empty: what is taken off by a tool, and what closes a circle."""
    tools = list(tools)
    columns: dict[str, EntityColumn] = {}
    required[entity.name] = set()
    pointed = {column.to: name for name, column in (said.columns if said is not None else {}).items() if column.to}
    for parent in dict.fromkeys(entity.belongs_to):
        if parent not in idea.entity_names:
            continue
        name = f"parent_{parent}_id" if parent == entity.name else f"{parent}_id"
        if parent in pointed and f"{parent}_id" not in (said.columns if said is not None else {}):
            continue  # the model named the same reference otherwise, such as `reviewer_id`
        words = {parent, name}
        taken_off = any(
            tool.kind == "unassign" and (words & set(tool.parameters) or parent in tool.name) for tool in tools
        )
        circle = parent == entity.name or _reaches(required, parent, entity.name)
        nullable = taken_off or circle
        if not nullable:
            required[entity.name].add(parent)
        columns[name] = EntityColumn(role="reference", to=parent, nullable=nullable)
    return columns


def _reaches(required: Mapping[str, set[str]], start: str, goal: str) -> bool:
    pending, seen = [start], {start}
    while pending:
        here = pending.pop()
        if here == goal:
            return True
        for target in required.get(here, set()) - seen:
            seen.add(target)
            pending.append(target)
    return False


def _add_named(
    columns: dict[str, EntityColumn], entity: EntityIdea, idea: DomainIdea, tools: Iterable[ToolSketch]
) -> None:
    """Columns that tools write or look for and no one has spoken of."""
    has_states = bool(entity.states)  # then the engine makes the status
    for tool in tools:
        for word in tool.parameters:
            plain = word.removesuffix("_id")
            if word in columns or f"{word}_id" in columns or plain == entity.name or tool.kind in ("compute", "action"):
                continue
            if any(column.to in (word, plain) for column in columns.values()):
                continue
            if plain in idea.entity_names:
                columns[f"{plain}_id"] = EntityColumn(role="reference", to=plain, nullable=True)
            elif not (word == "status" and has_states) and not _is_bound(word, columns):
                role = guessed_role(word, entity.name)
                if role in ("status", "reference", "id"):
                    role = "label"
                needed = tool.kind in ("create", "lookup")
                columns[word] = EntityColumn(role=role, nullable=not needed and role not in ("flag",))


def _is_bound(word: str, columns: Mapping[str, EntityColumn]) -> bool:
    """Whether a criterion such as `maximum_price` or `due_on_from` is about a column that there is."""
    bound = bound_of(word)
    return bound is not None and bound[0] in columns and columns[bound[0]].role in NUMBERS | MOMENTS


def _has(columns: Mapping[str, EntityColumn], role: Role) -> bool:
    return any(column.role == role for column in columns.values())


def _make_unique(columns: dict[str, EntityColumn], is_user: bool, looked_up: bool, tools: Iterable[ToolSketch]) -> None:
    """Makes that unique by which rows are looked up; the user has a name and an e-mail address of their own."""
    if is_user:
        named = [name for name, column in columns.items() if column.role == "person_name"]
        if not any(not columns[name].nullable for name in named):
            name = next(iter(named), "full_name")
            columns[name] = columns.get(name, EntityColumn(role="person_name")).model_copy(update={"nullable": False})
        mails = [name for name, column in columns.items() if column.role == "email"] or ["email"]
        _set(columns, mails[0], "email")
    if not looked_up:
        return
    for tool in tools:
        if tool.kind != "lookup":
            continue
        asked = [word for word in tool.parameters if word in columns and columns[word].to is None]
        if any(columns[word].unique for word in asked):
            continue
        telling = [name for role in _NATURAL for name, column in columns.items() if column.role == role]
        sure = [word for word in asked if columns[word].role in ("email", "username", "code", "phone")]
        found = next(iter([*sure, *asked, *telling]), None)
        if found is not None and (asked or not any(column.unique for column in columns.values())):
            _set(columns, found, columns[found].role)


def _set(columns: dict[str, EntityColumn], name: str, role: Role) -> None:
    old = columns.get(name) or EntityColumn(role=role)
    columns[name] = old.model_copy(update={"unique": True, "nullable": False})


def _kept_unique(said: Entity | None, columns: Mapping[str, EntityColumn]) -> tuple[Any, ...]:
    if said is None:
        return ()
    kept = [key for key in said.unique if all(name in columns for name in key.columns)]
    return tuple(key for key in kept if not (len(key.columns) == 1 and columns[key.columns[0]].unique))


def _owner_paths(tables: Mapping[str, Mapping[str, EntityColumn]], user: str) -> dict[str, str]:
    """Entity -> path of references that are never empty to the user's id, the shortest."""
    paths: dict[str, str] = {}
    hops: dict[str, int] = {user: 0}
    pending = [user]
    while pending:
        target = pending.pop(0)
        if hops[target] == _LONGEST_PATH:
            continue
        for name, columns in tables.items():
            if name in hops:
                continue
            column = next((one for one, entry in columns.items() if entry.to == target and not entry.nullable), None)
            if column is not None:
                hops[name] = hops[target] + 1
                paths[name] = column if target == user else f"{column.removesuffix('_id')}.{paths[target]}"
                pending.append(name)
    return paths


def _used(values: Mapping[str, tuple[str, ...]], entities: Mapping[str, Entity]) -> dict[str, tuple[str, ...]]:
    named = {column.values for entity in entities.values() for column in entity.columns.values()}
    return {name: words for name, words in values.items() if name in named}


def _tables_of(tool: ToolSketch, idea: DomainIdea) -> tuple[str, ...]:
    """The entity, and those that its rules and changes speak of."""
    words = " ".join([tool.effects, tool.answers, *(condition.words for condition in tool.preconditions)]).lower()
    spoken = [name for name in idea.entity_names if name != tool.entity and name.replace("_", " ") in words]
    named = [name for name in idea.entity_names if name in tool.parameters or f"{name}_id" in tool.parameters]
    return tuple(dict.fromkeys([tool.entity, *named, *spoken]))
