"""Names and types of all columns of a SQL schema, consistent along its references."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from engine.models.database import ColumnType
from engine.seeds.sql_lifecycles import state_machine
from engine.seeds.sql_names import RESERVED, free_name, identifier, words_of
from engine.seeds.sql_reader import SqlColumn, SqlTable, listing
from engine.seeds.sql_roles import column_role
from engine.seeds.sql_types import column_type, fits, holds_moments

ColumnNames = dict[str, dict[str, str]]
"""Table -> column -> identifier."""
ColumnTypes = dict[str, dict[str, ColumnType]]
"""Table -> column -> type; columns that are left out have none."""


def column_names(tables: Sequence[SqlTable], entities: Mapping[str, str]) -> ColumnNames:
    """An identifier for every column: unique in its table, and neither reserved nor the name of an entity.

    A key called `id` becomes `ENTITY_id`, so that parameters say which id they take.
    """
    every_entity = frozenset(entities.values())
    names: ColumnNames = {}
    for table in tables:
        entity = entities[table.name]
        plain = {column.name: identifier(column.name, f"column_{n}") for n, column in enumerate(table.columns, 1)}
        references = {key.columns[0]: key for key in reversed(table.foreign_keys) if len(key.columns) == 1}
        taken: set[str] = set()
        for column, key in references.items():
            others = {name for other, name in plain.items() if other != column}
            alone = (column,) == table.primary_key
            for wanted in _reference_names(plain[column], entities[key.table], identifier(key.references[0], "")):
                stem = wanted.removesuffix("_id")
                if wanted not in others and stem not in RESERVED and (alone or stem != entity):
                    plain[column] = wanted
                    break
        stems = {plain[column].removesuffix("_id") for column in references}
        own = f"{entity}_id"
        if table.primary_key and len(table.primary_key) == 1:
            key = table.primary_key[0]
            if (
                plain[key] in ("id", "_id", "rowid", "uuid", "guid", "pk")
                and own not in plain.values()
                and key not in references
            ):
                plain[key] = own
        named = {column: free_name(plain[column], taken, "id") for column in references}
        for column in table.columns:
            if column.name not in named:
                wanted = plain[column.name]
                if (
                    wanted in RESERVED | every_entity | stems
                    and wanted != entity
                    and not wanted.startswith(f"{entity}_")
                ):
                    wanted = f"{entity}_{wanted}"  # `value` of a setting is a `setting_value`
                named[column.name] = free_name(wanted, taken, _suffix(column), avoid=every_entity | stems)
        names[table.name] = {column.name: named[column.name] for column in table.columns}
    return names


def _suffix(column: SqlColumn) -> str:
    """What a column named like its own entity holds: `comment` of a comment is its `comment_text`."""
    if "INT" in column.declared.upper():
        return "value"
    return "text" if column_role(words_of(column.name), "text", "", ()) == "text" else "name"


def _reference_names(name: str, target: str, key: str) -> Iterator[str]:
    """Names for a reference column, the best first, all ending in `_id` as of parameters that carry an entity."""
    head, _, last = name.rpartition("_")
    if name == "reports_to":
        yield "manager_id"
    elif name in ("id", key) and not (last == "id" and head):
        yield f"{target}_id"
    elif last == "id" and head:
        if len(head) < 3:  # `s_id` of a student
            yield f"{target}_id"
        yield name
        if head in RESERVED:
            yield f"{target}_id"
    elif head and last in ("no", "num", "nr", "key", "code", "fk", "ref", "number", "uuid", "guid"):
        yield f"{head}_id"
    yield from (f"{name}_id", f"{target}_id", f"parent_{target}_id", f"other_{target}_id")
    yield from (f"{target}_{number}_id" for number in range(2, 2_001))


def column_types(tables: Sequence[SqlTable], warnings: list[str]) -> ColumnTypes:
    """The type of every column that is kept; columns that refer to each other have one type."""
    groups = _Groups()
    for table in tables:
        for key in table.foreign_keys:
            for column, target in zip(key.columns, key.references, strict=True):
                groups.join((table.name, column), (key.table, target))
    types: ColumnTypes = {table.name: {} for table in tables}
    members: dict[tuple[str, str], list[tuple[str, str]]] = {}
    raw: dict[tuple[str, str], ColumnType] = {}
    by_name = {table.name: table for table in tables}
    for table in tables:
        left_out: list[str] = []
        fixed = {*table.primary_key, *(column for key in table.foreign_keys for column in key.columns)}
        for column in table.columns:
            place = (table.name, column.name)
            found = column_type(column.declared, words_of(column.name), table.values(column.name))
            if found == "blob":
                if column.name not in fixed and groups.find(place) == place and (not column.not_null or column.default):
                    left_out.append(column.name)
                    continue
                found = "text"
            if found == "integer" and column.name not in fixed:
                found = "datetime" if holds_moments(words_of(column.name), table.values(column.name)) else found
            raw[place] = found
            members.setdefault(groups.find(place), []).append(place)
        if left_out and len(left_out) == len(table.columns):
            raw[table.name, left_out.pop()] = "text"
            members.setdefault((table.name, table.columns[-1].name), []).append((table.name, table.columns[-1].name))
        if left_out:
            warnings.append(f"BLOB columns of {table.name!r} are left out: {listing(left_out)}.")
    for group in members.values():
        agreed = _agreed(group, raw, by_name)
        for table_name, column_name in group:
            types[table_name][column_name] = agreed
    return types


def _agreed(
    group: Sequence[tuple[str, str]], raw: Mapping[tuple[str, str], ColumnType], tables: Mapping[str, SqlTable]
) -> ColumnType:
    """The one type of columns that refer to each other."""
    found: set[ColumnType] = {raw[place] for place in group}
    if len(found) == 1:
        only: ColumnType = raw[group[0]]
        return "integer" if only == "boolean" and len(group) > 1 else only
    if found <= {"integer", "real", "boolean"}:
        whole = all(fits(tables[table].values(column), "integer") for table, column in group)
        return "integer" if whole else "real"
    return "text"


class _Groups:
    """Union-find over (table, column)."""

    def __init__(self) -> None:
        self.parent: dict[tuple[str, str], tuple[str, str]] = {}

    def find(self, place: tuple[str, str]) -> tuple[str, str]:
        while place in self.parent:
            place = self.parent[place]
        return place

    def join(self, one: tuple[str, str], other: tuple[str, str]) -> None:
        first, second = self.find(one), self.find(other)
        if first != second:
            self.parent[first] = second


_COMMENT = re.compile(r"^\s*[\[\"`]?([^\s\[\]\"`]+)[\]\"`]?\s[^\n]*?--\s*([^\n]+)$", re.MULTILINE)


def commented_values(sql: str) -> dict[str, tuple[str, ...]]:
    """Value lists in comments beside columns, as in `status TEXT, -- open, closed`, by lower-case column name.

    Taken only where the values are states that people know, since any comment may hold commas.
    """
    found: dict[str, tuple[str, ...]] = {}
    for column, comment in _COMMENT.findall(sql):
        quoted = re.findall(r"['\"]([\w -]+)['\"]", comment)
        text = comment.rpartition(":")[2]
        bare = [part.strip() for part in re.split(r"[,|/]|\bor\b", text)]
        values = quoted if len(quoted) > 1 else bare if all(re.fullmatch(r"[\w-]+", part) for part in bare) else []
        if len(values) > 1 and len(set(values)) == len(values) and state_machine(values):
            found[str(column).lower()] = tuple(values)
    return found
