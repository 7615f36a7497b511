"""Finds the references that a schema means but does not declare, by names, types and values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from engine.seeds.sql_names import singular, words_of
from engine.seeds.sql_reader import SqlColumn, SqlForeignKey, SqlTable
from engine.seeds.sql_roles import PERSON
from engine.seeds.sql_types import declared_type

_KEY_WORDS = frozenset({"id", "ids", "key", "fk", "no", "num", "number", "code", "uuid", "guid", "ref", "pk", "nr"})
_PEOPLE = ("user", "account", "member", "employee", "staff", "person", "customer", "profile", "contact")
_SELF = frozenset(
    {"parent", "reports_to", "manager", "supervisor", "boss", "reply_to", "in_reply_to", "predecessor", "replied_to"}
)
_BY_PEOPLE = PERSON | {
    "created_by", "updated_by", "assigned_to", "assignee", "sender", "recipient", "receiver", "creator", "reporter",
    "approved_by", "uploaded_by", "posted_by", "follower", "followee", "followed", "following", "friend", "host", "poster",
}  # fmt: skip
_RESOLVED_SHARE = 0.97


def with_inferred_links(tables: Sequence[SqlTable], entities: Mapping[str, str], warnings: list[str]) -> list[SqlTable]:
    """The tables with references added where a column's name, type and values say that it is one.

    Args:
        entities: Table name -> entity name.
    """
    keyed = [table for table in tables if len(table.primary_key) == 1]
    found: list[SqlTable] = []
    for table in tables:
        referencing = {column for key in table.foreign_keys for column in key.columns}
        added: list[SqlForeignKey] = []
        for column in table.columns:
            if column.name in referencing:
                continue
            target = _target(table, column, keyed, entities)
            if target is not None and _agrees(table, column, target):
                added.append(SqlForeignKey((column.name,), target.name, target.primary_key, declared=False))
        if added:
            listed = ", ".join(f"{key.columns[0]} -> {key.table}" for key in added[:8])
            more = f" and {len(added) - 8} more" if len(added) > 8 else ""
            warnings.append(
                f"References of {table.name!r} that are not declared were inferred from names: {listed}{more}."
            )
        found.append(replace(table, foreign_keys=(*table.foreign_keys, *added)))
    return found


def _target(
    table: SqlTable, column: SqlColumn, keyed: Sequence[SqlTable], entities: Mapping[str, str]
) -> SqlTable | None:
    """The table whose key a column's name means."""
    words = words_of(column.name)
    alone = (column.name,) == table.primary_key
    same_key = [
        other for other in keyed if other is not table and words_of(other.primary_key[0]) == words and len(words) > 1
    ]
    if len(same_key) == 1 and _specific(words):
        other = same_key[0]
        owns = table.primary_key == (column.name,)
        if not owns or _extends(entities[table.name], entities[other.name]):
            return other
    if alone:
        return None
    stem = _stem(words)
    if not stem:
        return None
    named = "_".join([*stem[:-1], singular(stem[-1])])
    marked = len(stem) < len(words)
    if named == entities[table.name]:
        return None  # `table_number` of a table says which table it is, not that it points to one
    by_entity = {entities[other.name]: other for other in keyed}
    if named in by_entity and (marked or _looks_like_key(column, by_entity[named])):
        return by_entity[named]
    joined = {entities[other.name].replace("_", ""): other for other in keyed}
    if marked and named.replace("_", "") in joined:
        return joined[named.replace("_", "")]
    if not marked and named not in ("reports_to", "reply_to", "created_by", "updated_by", "assigned_to"):
        return None
    if named in _SELF or (stem[0] == "parent" and named.removeprefix("parent_") in ("", entities[table.name])):
        if table in keyed and named not in ("manager", "supervisor", "boss"):
            return table
        if table in keyed and entities[table.name].rpartition("_")[2] in PERSON:
            return table
    ending = [other for other in keyed if named.endswith("_" + entities[other.name])]
    if ending:
        return max(ending, key=lambda other: len(entities[other.name]))
    if named in _BY_PEOPLE or stem[-1] in _BY_PEOPLE:
        for name in _PEOPLE:
            if name in by_entity:
                return by_entity[name]
    return None


def _specific(words: Sequence[str]) -> bool:
    """Whether a key's name says more than that it is a key."""
    return any(word not in _KEY_WORDS for word in words) and words[-1] in _KEY_WORDS


def _stem(words: Sequence[str]) -> list[str]:
    """A column's words without those that mark a key."""
    stem = list(words)
    while stem and stem[-1] in _KEY_WORDS:
        stem.pop()
    while stem and stem[0] in ("id", "fk"):
        stem.pop(0)
    return stem


def _extends(entity: str, other: str) -> bool:
    """Whether an entity's name says that it is a part of the other: `customer_detail` of `customer`."""
    return entity.startswith(other + "_") or entity.endswith("_" + other)


def _looks_like_key(column: SqlColumn, target: SqlTable) -> bool:
    """Whether a column named like a table, without `id`, could hold its key: a number, where the key is one."""
    key = target.find(target.primary_key[0])
    return declared_type(column.declared) == "integer" and key is not None and declared_type(key.declared) == "integer"


def _agrees(table: SqlTable, column: SqlColumn, target: SqlTable) -> bool:
    """Whether types and, where there are rows, values allow the reference."""
    key = target.find(target.primary_key[0])
    if key is None:
        return False
    mine, theirs = declared_type(column.declared), declared_type(key.declared)
    if "unknown" not in (mine, theirs) and mine != theirs and {mine, theirs} - {"integer", "real"}:
        return False
    if mine not in ("integer", "text", "real", "unknown"):
        return False
    values = table.values(column.name)
    if values and target.rows and not target.cut:
        known = {str(value) for value in target.values(key.name)}
        return sum(str(value) in known for value in values) >= _RESOLVED_SHARE * len(values)
    return not (values and not target.rows and not target.cut) or not table.rows
