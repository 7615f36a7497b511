"""Mistakes of a blueprint that its models alone can't see: names that point nowhere."""

from __future__ import annotations

import keyword
import re

from engine.contracts.expression import parse
from engine.datafiles import data_directory
from engine.errors import ExpressionError, UsageError
from engine.seeds.blueprint import NAME, Blueprint, Entity
from engine.seeds.problems import Path, Problem, nearest


def check_blueprint(blueprint: Blueprint) -> list[Problem]:
    """Every name in the blueprint's entities that is unusable or points nowhere."""
    problems: list[Problem] = []
    owners: dict[str, str] = {}
    lists = {*blueprint.values, *_shipped_lists()}
    for name, entity in blueprint.entities.items():
        at: Path = ("entities", name)
        problems += _check_name(name, at)
        problems += _check_columns(blueprint, name, entity, at, lists)
        problems += _check_keys(blueprint, name, entity, at)
        for tool in entity.tools:
            problems += _check_name(tool, (*at, "tools", tool))
            if tool in owners:
                message = f"there is a tool `{tool}` in `{owners[tool]}` already"
                problems.append(Problem((*at, "tools", tool), message, "tool names are unique in a domain"))
            owners[tool] = name
    return problems + _check_user(blueprint)


def _shipped_lists() -> list[str]:
    try:
        return sorted(path.stem for path in data_directory("values").glob("*.txt"))
    except UsageError:
        return []


def _check_name(name: str, at: Path) -> list[Problem]:
    if not re.fullmatch(NAME, name) or keyword.iskeyword(name) or "__" in name:
        return [
            Problem(
                at,
                f"`{name}` can't be a name",
                "use lower-case letters, digits and single underscores, and no Python keyword",
            )
        ]
    return []


def _columns(name: str, entity: Entity) -> dict[str, None]:
    """The entity's columns with those that need not be declared."""
    columns = dict.fromkeys(entity.columns)
    if not entity.key and not any(column.role == "id" for column in entity.columns.values()):
        columns = {f"{name}_id": None} | columns
    if entity.lifecycle is not None:
        columns.setdefault(entity.lifecycle.column)
    return columns


def _check_columns(blueprint: Blueprint, name: str, entity: Entity, at: Path, lists: set[str]) -> list[Problem]:
    problems: list[Problem] = []
    for column, entry in entity.columns.items():
        where: Path = (*at, "columns", column)
        if not re.fullmatch(NAME, column) or keyword.iskeyword(column) or "__" in column:
            fix = "use lower-case letters, digits and single underscores, and no Python keyword"
            problems.append(Problem(where, f"`{column}` can't be a column's name", fix))
        if entry.to is not None:
            table, _, target = entry.to.partition(".")
            if table not in blueprint.entities:
                problems.append(Problem(where, f"no entity `{table}`", nearest(table, blueprint.entities)))
            elif target and target not in (known := _columns(table, blueprint.entities[table])):
                problems.append(Problem(where, f"`{table}` has no column `{target}`", nearest(target, known)))
            elif not target and len(blueprint.entities[table].key) > 1:
                message = f"the key of `{table}` has several columns"
                problems.append(Problem(where, message, "point to it with an entry of `references`"))
        if entry.values is not None and entry.values not in lists:
            problems.append(
                Problem((*where, "values"), f"no value list `{entry.values}`", nearest(entry.values, sorted(lists)))
            )
        if entry.default is not None and entry.enum is not None and entry.default not in entry.enum:
            problems.append(
                Problem(
                    (*where, "default"),
                    f"`{entry.default}` is not one of the values",
                    nearest(str(entry.default), entry.enum),
                )
            )
        low, high = entry.minimum, entry.maximum
        if isinstance(low, float) and isinstance(high, float) and low > high:
            problems.append(Problem(where, f"minimum {low:g} is more than maximum {high:g}", "swap them"))
    return problems


def _check_keys(blueprint: Blueprint, name: str, entity: Entity, at: Path) -> list[Problem]:
    columns = _columns(name, entity)
    named: list[tuple[Path, str]] = [((*at, "key"), column) for column in entity.key]
    for index, unique in enumerate(entity.unique):
        named += [((*at, "unique", index), column) for column in unique.columns]
    if entity.label is not None:
        named.append(((*at, "label"), entity.label))
    problems = [
        Problem(where, f"`{name}` has no column `{column}`", nearest(column, columns))
        for where, column in named
        if column not in columns
    ]
    for index, check in enumerate(entity.checks):
        where: Path = (*at, "checks", index)
        try:
            used = sorted(parse(check.that).names)
        except ExpressionError as error:
            problems.append(Problem(where, str(error)))
            continue
        problems += [
            Problem(where, f"`{name}` has no column `{column}`", nearest(column, columns))
            for column in used
            if column not in columns
        ]
    for index, reference in enumerate(entity.references):
        where = (*at, "references", index)
        if reference.to not in blueprint.entities:
            problems.append(Problem(where, f"no entity `{reference.to}`", nearest(reference.to, blueprint.entities)))
            continue
        target = blueprint.entities[reference.to]
        known = _columns(reference.to, target)
        problems += [
            Problem(where, f"`{name}` has no column `{column}`", nearest(column, columns))
            for column in reference.columns
            if column not in columns
        ]
        problems += [
            Problem(where, f"`{reference.to}` has no column `{column}`", nearest(column, known))
            for column in reference.references
            if column not in known
        ]
        if len(reference.columns) != len(reference.references or target.key or ("id",)):
            problems.append(
                Problem(
                    where,
                    f"{len(reference.columns)} columns can't point to {len(reference.references or target.key or ('id',))}",
                    "give as many `references` as `columns`",
                )
            )
    lifecycle = entity.lifecycle
    declared = entity.columns.get(lifecycle.column) if lifecycle is not None else None
    if lifecycle is not None and declared is not None and declared.enum is not None:
        missing = [state for state in lifecycle.states if state not in declared.enum]
        problems += [
            Problem((*at, "lifecycle"), f"`{lifecycle.column}` has no value `{state}`", nearest(state, declared.enum))
            for state in missing
        ]
    return problems


def _check_user(blueprint: Blueprint) -> list[Problem]:
    user = blueprint.user
    if user is None:
        return []
    entity = blueprint.entities.get(user.entity)
    if entity is None:
        return [Problem(("user", "entity"), f"no entity `{user.entity}`", nearest(user.entity, blueprint.entities))]
    columns = _columns(user.entity, entity)
    return [
        Problem(("user", "knows", index), f"`{user.entity}` has no column `{column}`", nearest(column, columns))
        for index, column in enumerate(user.knows)
        if column not in columns
    ]
