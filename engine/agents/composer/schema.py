"""From entities to the database schema Σ with its match policies (paper, section 4.1, steps 2 and 3)."""

from __future__ import annotations

from engine.agents.composer.naming import id_prefix
from engine.models.database import Check, Column, ColumnType, DatabaseSchema, ForeignKey, MatchPolicy, Role, Table
from engine.seeds.blueprint import Blueprint, Entity, EntityColumn, UniqueKey
from engine.seeds.problems import BlueprintError, Problem, nearest

TYPE_OF_ROLE: dict[Role, ColumnType] = {
    "id": "text", "code": "text", "reference": "text", "person_name": "text", "email": "text", "phone": "text",
    "username": "text", "title": "text", "text": "text", "label": "text", "status": "text", "enum": "text",
    "money": "real", "quantity": "integer", "number": "real", "percent": "real", "rating": "real", "duration": "integer",
    "flag": "boolean", "date": "date", "datetime": "datetime", "time": "time", "created_at": "datetime",
    "updated_at": "datetime", "address": "text", "city": "text", "country": "text", "url": "text",
}  # fmt: skip
"""The type of a column that does not give one."""

EXEMPT: frozenset[Role] = frozenset({"id", "created_at", "updated_at"})
SEMANTIC: frozenset[Role] = frozenset({"text", "address"})
LABELS: tuple[Role, ...] = ("title", "person_name", "username", "code", "label", "email")
"""Roles by which people call a row, the likeliest first."""


def policy_of_role(role: Role) -> MatchPolicy:
    """How the reward compares a column of this role unless told otherwise."""
    if role in EXEMPT:
        return "exempt"
    return "semantic" if role in SEMANTIC else "hard"


def columns_of(name: str, entity: Entity) -> dict[str, EntityColumn]:
    """The entity's columns with the generated key and the state column that it need not declare."""
    columns = dict(entity.columns)
    if not entity.key and not any(column.role == "id" for column in columns.values()) and f"{name}_id" not in columns:
        columns = {f"{name}_id": EntityColumn(role="id")} | columns
    lifecycle = entity.lifecycle
    if lifecycle is not None:
        declared = columns.get(lifecycle.column)
        state = declared or EntityColumn(role="status")
        changes: dict[str, object] = {"enum": state.enum or lifecycle.states, "role": "status"}
        if state.default is None:
            changes["default"] = lifecycle.first
        columns[lifecycle.column] = state.model_copy(update=changes)
    return columns


def key_of(name: str, entity: Entity) -> tuple[str, ...]:
    """The columns of the entity's primary key."""
    if entity.key:
        return entity.key
    ids = tuple(column for column, entry in entity.columns.items() if entry.role == "id")
    return ids[:1] or (f"{name}_id",)


def target_of(blueprint: Blueprint, column: EntityColumn) -> tuple[str, str]:
    """Table and column that a reference points to."""
    table, _, name = (column.to or "").partition(".")
    return table, name or key_of(table, blueprint.entities[table])[0]


def compose_database(blueprint: Blueprint) -> DatabaseSchema:
    """The database schema of the blueprint's entities, in their order.

    Raises:
        BlueprintError: A reference points nowhere.
    """
    taken = {entity.prefix for entity in blueprint.entities.values() if entity.prefix}
    tables: list[Table] = []
    for name, entity in blueprint.entities.items():
        prefix = entity.prefix if entity.prefix is not None else id_prefix(name, taken)
        taken.add(prefix)
        tables.append(_table(blueprint, name, entity, prefix))
    return DatabaseSchema(tables=tuple(tables), values=blueprint.values)


def _table(blueprint: Blueprint, name: str, entity: Entity, prefix: str) -> Table:
    columns = columns_of(name, entity)
    key = key_of(name, entity)
    foreign_keys: list[ForeignKey] = []
    for column, entry in columns.items():
        if entry.to is not None:
            table, target = target_of(blueprint, entry)
            foreign_keys.append(ForeignKey(columns=(column,), table=table, references=(target,)))
    for reference in entity.references:
        references = reference.references or key_of(reference.to, blueprint.entities[reference.to])
        foreign_keys.append(ForeignKey(columns=reference.columns, table=reference.to, references=references))
    single = tuple((column,) for column, entry in columns.items() if entry.unique and key != (column,))
    several = tuple(unique.columns for unique in entity.unique if unique.columns not in single)
    return Table(
        name=name,
        columns=tuple(_column(blueprint, name, column, entry) for column, entry in columns.items()),
        primary_key=key,
        foreign_keys=tuple(foreign_keys),
        unique=single + several,
        checks=tuple(Check(expression=check.that, message=check.message or "") for check in entity.checks),
        id_prefix=prefix if any(entry.role == "id" for entry in columns.values()) else "",
        label=entity.label or _label(columns),
        description=entity.description,
        source_name=entity.source_name,
    )


def _column(blueprint: Blueprint, table: str, name: str, entry: EntityColumn) -> Column:
    return Column(
        name=name,
        type=_type(blueprint, table, name, entry, ()),
        role=entry.role,
        nullable=entry.nullable,
        default=entry.default,
        enum=entry.enum,
        minimum=entry.minimum,
        maximum=entry.maximum,
        generated=entry.role == "id" if entry.generated is None else entry.generated,
        policy=entry.policy or policy_of_role(entry.role),
        threshold=80.0 if entry.threshold is None else entry.threshold,
        values=entry.values,
        description=entry.description,
        source_name=entry.source_name,
    )


def _type(
    blueprint: Blueprint, table: str, name: str, entry: EntityColumn, seen: tuple[tuple[str, str], ...]
) -> ColumnType:
    """The column's type; that of the column it points to where it gives none."""
    if entry.type is not None:
        return entry.type
    if entry.to is None or (table, name) in seen:
        return TYPE_OF_ROLE[entry.role]
    target, column = target_of(blueprint, entry)
    columns = columns_of(target, blueprint.entities[target])
    if column not in columns:
        where = ("entities", table, "columns", name)
        raise BlueprintError([Problem(where, f"`{target}` has no column `{column}`", nearest(column, columns))])
    return _type(blueprint, target, column, columns[column], (*seen, (table, name)))


def _label(columns: dict[str, EntityColumn]) -> str | None:
    for role in LABELS:
        for name, entry in columns.items():
            if entry.role == role:
                return name
    return None


def unique_keys(entity: Entity, table: Table) -> list[UniqueKey]:
    """Every unique set of columns with the code that its entity gives it, the primary key last where it is not generated."""
    given = {unique.columns: unique for unique in entity.unique}
    keys = [given.get(columns) or UniqueKey(columns=columns) for columns in table.unique]
    if not any(table.column[column].generated for column in table.primary_key):
        keys.append(given.get(table.primary_key) or UniqueKey(columns=table.primary_key))
    return keys
