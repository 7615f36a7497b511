"""Reads the tables of an open SQL source as SQLite understands them, before anything is inferred or renamed."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from engine.errors import SeedError
from engine.seeds.sql_source import Source
from engine.seeds.sql_tokens import Token, closing, tokenize

SAMPLE_ROWS = 2_000
"""Rows of a table that are looked at to infer what its columns mean."""
BASE_ROWS = 20_000
"""Rows of a table that are taken as initial state, at most."""
MAX_TABLES = 1_000

SqlValue = str | int | float | bytes | None

_BOOKKEEPING = re.compile(
    r"alembic_version|android_metadata|ar_internal_metadata|databasechangelog(lock)?|django_migrations|doctrine_migration_versions"
    r"|flyway_schema_history|goose_db_version|knex_migrations(_lock)?|room_master_table|schema_migrations|schema_version"
    r"|sequelizemeta|sqlx_migrations|spatialite_history|_+efmigrationshistory|_+prisma_migrations|_+diesel_schema_migrations|_sqlx_migrations",
    re.IGNORECASE,
)
_SHADOWS = re.compile(r"_(content|docsize|config|data|idx|segments|segdir|stat|node|parent|rowid)", re.IGNORECASE)


@dataclass(frozen=True)
class SqlColumn:
    """One column as declared.

    Attributes:
        declared: The declared type, possibly empty.
        default: The default's SQL text.
        key: Place in the primary key from 1, or 0.
    """

    name: str
    declared: str = ""
    not_null: bool = False
    default: str | None = None
    key: int = 0


@dataclass(frozen=True)
class SqlForeignKey:
    """A reference from `columns` to the `references` of `table`, in the spelling of their definitions.

    Attributes:
        declared: Whether the schema states it; else it was inferred from names.
    """

    columns: tuple[str, ...]
    table: str
    references: tuple[str, ...]
    declared: bool = True
    on_delete: str = "NO ACTION"


@dataclass(frozen=True)
class SqlTable:
    """One table as declared.

    Attributes:
        counted: The primary key is SQLite's own row number.
        checks: The conditions of its CHECK constraints, each as tokens.
        rows: Rows in primary-key order, values in column order; an empty byte string stands for any BLOB.
        cut: Whether the table has more rows than were read.
        sql: The statement that defines it.
    """

    name: str
    columns: tuple[SqlColumn, ...]
    primary_key: tuple[str, ...] = ()
    counted: bool = False
    foreign_keys: tuple[SqlForeignKey, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    checks: tuple[tuple[Token, ...], ...] = ()
    rows: tuple[tuple[SqlValue, ...], ...] = ()
    cut: bool = False
    sql: str = ""

    def find(self, name: str) -> SqlColumn | None:
        """The column of that name, whatever the case of its letters."""
        wanted = name.lower()
        return next((column for column in self.columns if column.name.lower() == wanted), None)

    def values(self, column: str) -> list[SqlValue]:
        """The column's values in the rows that were read, nulls left out."""
        place = next(index for index, one in enumerate(self.columns) if one.name == column)
        return [row[place] for row in self.rows if row[place] is not None]

    def identifies(self, columns: Sequence[str]) -> bool:
        """Whether the columns are the primary key or declared unique."""
        wanted = sorted(columns)
        return any(sorted(key) == wanted for key in (self.primary_key, *self.unique))


@dataclass
class SqlSchema:
    """Everything that was read.

    Attributes:
        tables: In the order in which the source defines them.
        warnings: What was ignored, in words.
    """

    tables: list[SqlTable]
    warnings: list[str] = field(default_factory=list[str])


def quote(name: str) -> str:
    """An identifier as SQLite takes it, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'


def listing(names: Iterable[str], most: int = 8) -> str:
    """Names for a message, cut where there are many."""
    listed = list(names)
    shown = ", ".join(repr(name) for name in listed[:most])
    return shown if len(listed) <= most else f"{shown} and {len(listed) - most} more"


def read_schema(source: Source, *, all_rows: bool = False) -> SqlSchema:
    """Reads tables, keys, constraints and rows.

    Args:
        all_rows: Read rows as an initial state (up to `BASE_ROWS` a table), not just a sample.

    Raises:
        SeedError: There is no table that could be used, or there are too many.
    """
    connection, warnings = source.connection, list(source.warnings)
    objects = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY rowid").fetchall()
    for kind, plural in (("view", "Views"), ("trigger", "Triggers")):
        names = [str(name) for type_, name, _, _ in objects if type_ == kind]
        names += source.triggers if kind == "trigger" else []
        if names:
            warnings.append(f"{plural} are ignored: {listing(names)}.")
    definitions = {str(name): str(sql or "") for type_, name, _, sql in objects if type_ == "table"}
    chosen = _choose(definitions, source.virtual, warnings)
    if not chosen:
        raise SeedError(f"{source.where}: there is no table in it that could hold rows; a schema needs at least one.")
    if len(chosen) > MAX_TABLES:
        raise SeedError(
            f"{source.where}: {len(chosen)} tables are more than the {MAX_TABLES} that one domain can have."
        )
    limit = BASE_ROWS if all_rows else SAMPLE_ROWS
    tables = [table for name in chosen if (table := _table(connection, name, definitions[name], limit, warnings))]
    if not tables:
        raise SeedError(f"{source.where}: no table in it has a column that rows could be written to.")
    cut = [table.name for table in tables if table.cut]
    if all_rows and cut:
        warnings.append(f"Only the first {limit} rows are taken of: {listing(cut)}.")
    return SqlSchema(_resolve(tables, warnings), warnings)


def _choose(definitions: dict[str, str], unmade: Sequence[str], warnings: list[str]) -> list[str]:
    """The tables that are somebody's data: not virtual, not SQLite's own, not a framework's bookkeeping."""
    found = [name for name, sql in definitions.items() if re.match(r"\s*CREATE\s+VIRTUAL\b", sql, re.IGNORECASE)]
    virtual = [*found, *unmade]
    shadows = {
        name
        for name in definitions
        for owner in virtual
        if name.startswith(owner) and _SHADOWS.fullmatch(name[len(owner) :])
    }
    if virtual:
        warnings.append(f"Virtual tables are ignored with the tables they keep: {listing(virtual)}.")
    plain = [
        name
        for name in definitions
        if name not in virtual and name not in shadows and not name.lower().startswith("sqlite_")
    ]
    kept = [name for name in plain if not _BOOKKEEPING.fullmatch(name)]
    if kept and len(kept) < len(plain):
        warnings.append(f"Bookkeeping tables are ignored: {listing(name for name in plain if name not in kept)}.")
    return kept or plain


def _table(connection: sqlite3.Connection, name: str, sql: str, limit: int, warnings: list[str]) -> SqlTable | None:
    """One table, or `None` where nothing can be written to it."""
    described = connection.execute(f"PRAGMA table_xinfo({quote(name)})").fetchall()
    computed = [str(column) for _, column, _, _, _, _, hidden in described if hidden]
    if computed:
        warnings.append(f"Generated columns of {name!r} are left out: {listing(computed)}.")
    columns = tuple(
        SqlColumn(str(column), str(declared or ""), bool(not_null), None if default is None else str(default), int(key))
        for _, column, declared, not_null, default, key, hidden in described
        if not hidden
    )
    if not columns:
        warnings.append(f"Table {name!r} is ignored: it has no column that could be written.")
        return None
    known = {column.name for column in columns}
    key = tuple(column.name for column in sorted(columns, key=lambda column: column.key) if column.key)
    if any(one in computed for *_, one in ((row[5], row[1]) for row in described if row[5])):
        key = ()
    tokens = tokenize(sql)
    rowid = len(key) == 1 and any(column.key and column.declared.upper() == "INTEGER" for column in columns)
    rows = _rows(connection, name, columns, key, limit)
    return SqlTable(
        name=name,
        columns=columns,
        primary_key=key,
        counted=rowid,
        foreign_keys=_foreign_keys(connection, name, known, warnings),
        unique=_unique(connection, name, known, key),
        checks=_checks(tokens),
        rows=rows[:limit],
        cut=len(rows) > limit,
        sql=sql,
    )


def _rows(
    connection: sqlite3.Connection, name: str, columns: Sequence[SqlColumn], key: tuple[str, ...], limit: int
) -> tuple[tuple[SqlValue, ...], ...]:
    """Up to one row more than `limit`; BLOBs come as an empty byte string, whatever their size."""
    chosen = ", ".join(
        f"CASE typeof({quote(column.name)}) WHEN 'blob' THEN x'' ELSE {quote(column.name)} END" for column in columns
    )
    order = f" ORDER BY {', '.join(quote(column) for column in key)}" if key else ""
    start, end = f"SELECT {chosen} FROM {quote(name)}", f" LIMIT {limit + 1}"
    try:
        found = connection.execute(start + order + end).fetchall()
    except sqlite3.OperationalError as error:
        if "no such collation" not in str(error):
            raise
        found = connection.execute(start + end).fetchall()
    return tuple(tuple(row) for row in found)


def _foreign_keys(
    connection: sqlite3.Connection, name: str, known: set[str], warnings: list[str]
) -> tuple[SqlForeignKey, ...]:
    """The declared foreign keys in the order of their definition; targets are not yet resolved."""
    grouped: dict[int, list[tuple[int, str, str, str | None, str]]] = {}
    for number, seq, target, column, to, _, on_delete, _ in connection.execute(
        f"PRAGMA foreign_key_list({quote(name)})"
    ):
        grouped.setdefault(number, []).append((seq, str(target), str(column), to, str(on_delete)))
    keys: list[SqlForeignKey] = []
    spelling = {column.lower(): column for column in known}
    for number in sorted(grouped, reverse=True):
        parts = sorted(grouped[number])
        columns = tuple(spelling.get(part[2].lower(), part[2]) for part in parts)
        if not known.issuperset(columns):
            warnings.append(f"The reference {name}({', '.join(columns)}) is dropped: it stands on a generated column.")
            continue
        references = tuple(part[3] for part in parts if part[3] is not None)
        keys.append(SqlForeignKey(columns, parts[0][1], references, on_delete=parts[0][4]))
    return tuple(keys)


def _unique(
    connection: sqlite3.Connection, name: str, known: set[str], key: tuple[str, ...]
) -> tuple[tuple[str, ...], ...]:
    """Column sets with a unique index that covers every row: neither partial nor over expressions."""
    found: list[tuple[str, ...]] = []
    for row in connection.execute(f"PRAGMA index_list({quote(name)})").fetchall():
        index, unique, partial = str(row[1]), row[2], row[4]
        if not unique or partial:
            continue
        parts = connection.execute(f"PRAGMA index_info({quote(index)})").fetchall()
        columns = tuple(str(part[2]) for part in sorted(parts) if part[2] is not None)
        usable = len(columns) == len(parts) and known.issuperset(columns)
        if columns and usable and sorted(columns) != sorted(key) and columns not in found:
            found.append(columns)
    return tuple(sorted(found))


def _checks(tokens: Sequence[Token]) -> tuple[tuple[Token, ...], ...]:
    """The tokens inside each CHECK ( ... ) of a CREATE TABLE statement."""
    found: list[tuple[Token, ...]] = []
    index = 0
    while index < len(tokens) - 1:
        if tokens[index].is_word("CHECK") and tokens[index + 1].is_operator("("):
            end = closing(tokens, index + 1)
            found.append(tuple(tokens[index + 2 : end]))
            index = end
        index += 1
    return tuple(found)


def _resolve(tables: list[SqlTable], warnings: list[str]) -> list[SqlTable]:
    """Gives every foreign key its target in the target's own spelling, and drops those that can't hold."""
    by_name = {table.name.lower(): table for table in tables}
    resolved: list[SqlTable] = []
    for table in tables:
        keys: list[SqlForeignKey] = []
        for key in table.foreign_keys:
            words = f"The reference {table.name}({', '.join(key.columns)}) -> {key.table} is dropped"
            target = by_name.get(key.table.lower())
            if target is None:
                warnings.append(f"{words}: there is no such table.")
                continue
            found = [target.find(name) for name in key.references or target.primary_key]
            names = tuple(column.name for column in found if column is not None)
            if not names or len(names) != len(found) or len(names) != len(key.columns):
                warnings.append(f"{words}: it does not name {len(key.columns)} column(s) that exist there.")
                continue
            if not target.identifies(names) and target.primary_key:
                warnings.append(f"{words}: ({', '.join(names)}) is neither primary key nor unique there.")
                continue
            one = replace(key, table=target.name, references=names)
            if all((one.columns, one.table) != (other.columns, other.table) for other in keys):
                keys.append(one)
        resolved.append(replace(table, foreign_keys=tuple(keys)))
    return resolved
