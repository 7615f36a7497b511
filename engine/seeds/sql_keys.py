"""Makes the keys of a SQL schema ones that an engine with strict inserts can live with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from engine.seeds.sql_names import words_of
from engine.seeds.sql_reader import SqlForeignKey, SqlTable, listing

_COUNTED = frozenset({"id", "no", "num", "number", "nr", "key", "pk", "rowid", "oid", "uuid", "guid"})


def with_keys(tables: Sequence[SqlTable], entities: Mapping[str, str], warnings: list[str]) -> list[SqlTable]:
    """The tables, each without a declared primary key given one of its own columns where one serves as such."""
    keyed: list[SqlTable] = []
    for table in tables:
        key = () if table.primary_key else _own_key(table, entities[table.name])
        if key:
            warnings.append(f"Table {table.name!r} declares no primary key; {listing(key)} serves as one.")
            unique = tuple(one for one in table.unique if one != key)
            table = replace(table, primary_key=key, unique=unique)
        elif not table.primary_key:
            warnings.append(f"Table {table.name!r} has no primary key; its rows are numbered by a new column.")
        keyed.append(table)
    return keyed


def _own_key(table: SqlTable, entity: str) -> tuple[str, ...]:
    """Columns that identify the rows although they are not declared as the key."""
    for columns in table.unique:
        found = [table.find(name) for name in columns]
        if all(column is not None and column.not_null for column in found):
            return columns
    names = {
        "id",
        "_id",
        f"{entity}_id",
        f"{entity.replace('_', '')}id",
        f"{entity}_no",
        f"{entity}_key",
        f"{entity}_code",
        "uuid",
    }
    for column in table.columns[:2]:
        joined = "_".join(words_of(column.name))
        if joined in names or joined.replace("_", "") in names:
            values = table.values(column.name)
            if len(values) == len(table.rows) and len({str(value) for value in values}) == len(values):
                return (column.name,)
    return ()


def is_counted(table: SqlTable, declared: str) -> bool:
    """Whether the one column of a table's primary key is a number or text that a database makes up.

    Args:
        declared: What type was declared for it, as the engine reads it.
    """
    if table.counted:
        return True
    words = words_of(table.primary_key[0])
    if declared == "integer":
        return bool(words) and words[-1] in _COUNTED
    return bool(words) and words[-1] in ("id", "uuid", "guid", "pk", "oid") and declared == "text"


@dataclass(frozen=True)
class Weakening:
    """A column that stays empty-able, or a reference that is dropped, so that rows can be inserted one by one."""

    table: str
    key: SqlForeignKey
    drop: bool


def cyclic_references(tables: Sequence[SqlTable], warnings: list[str]) -> list[Weakening]:
    """References that must be weakened, since each row of a cycle would have to exist before itself."""
    found: list[Weakening] = []
    required: dict[str, list[SqlForeignKey]] = {
        table.name: [key for key in table.foreign_keys if _is_required(table, key)] for table in tables
    }
    by_name = {table.name: table for table in tables}
    while cycle := _cycle(required):
        # prefer to weaken an optional part of a key, then the reference whose column is not part of a primary key
        table, key = min(cycle, key=lambda edge: (_in_primary_key(by_name[edge[0]], edge[1]), edge[1].declared))
        drop = _in_primary_key(by_name[table], key)
        found.append(Weakening(table, key, drop))
        required[table].remove(key)
        way = " -> ".join([*(name for name, _ in cycle), cycle[0][0]])
        done = "is dropped" if drop else "may stay empty"
        warnings.append(
            f"The required references {way} form a cycle; {table}({', '.join(key.columns)}) {done} so that rows can be made."
        )
    return found


def _in_primary_key(table: SqlTable, key: SqlForeignKey) -> bool:
    return any(column in table.primary_key for column in key.columns)


def _is_required(table: SqlTable, key: SqlForeignKey) -> bool:
    """Whether a row can't be inserted before the row that the reference points to."""
    columns = [column for name in key.columns if (column := table.find(name)) is not None]
    return all(column.not_null or column.name in table.primary_key for column in columns)


def _cycle(required: Mapping[str, Sequence[SqlForeignKey]]) -> list[tuple[str, SqlForeignKey]]:
    """Some cycle of required references as (table, reference) pairs, or nothing."""
    done: set[str] = set()
    for start in required:
        if start in done:
            continue
        path: list[tuple[str, SqlForeignKey]] = []
        on_path = [start]
        pending = [iter(required[start])]
        while pending:
            key = next(pending[-1], None)
            if key is None:
                pending.pop()
                done.add(on_path.pop())
                if path:
                    path.pop()
                continue
            if key.table in on_path:
                place = on_path.index(key.table)
                return [*path[place:], (on_path[-1], key)]
            if key.table not in done and key.table in required:
                path.append((on_path[-1], key))
                on_path.append(key.table)
                pending.append(iter(required[key.table]))
    return []
