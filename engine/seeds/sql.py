"""The SQL seed: any SQLite file, or any SQL that SQLite can read, becomes a blueprint."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Literal, NamedTuple

from engine.errors import SeedError
from engine.models.base import Rows
from engine.seeds.blueprint import Blueprint
from engine.seeds.sql_choices import settle_checks
from engine.seeds.sql_entities import Draft, draft_entities
from engine.seeds.sql_guards import add_order_of_dates
from engine.seeds.sql_inheritance import hand_down
from engine.seeds.sql_names import identifier, spoken
from engine.seeds.sql_reader import read_schema
from engine.seeds.sql_rows import base_rows
from engine.seeds.sql_source import open_source
from engine.seeds.sql_tools import plan_tools
from engine.seeds.sql_user import guess_user, owner_paths
from engine.seeds.sql_vocabulary import values_of

_MOST_WARNINGS = 200


class SqlSeed(NamedTuple):
    """What a SQL seed gives.

    Attributes:
        digest: SHA-256 of the file.
        rows: The file's rows as a base of initial states; empty unless asked for.
    """

    blueprint: Blueprint
    kind: Literal["sql", "sqlite"]
    digest: str
    rows: Rows


def read_sql(path: Path, *, with_rows: bool = False) -> SqlSeed:
    """Reads a SQLite file or a file of SQL statements into a blueprint.

    Keys, references, constraints, defaults and (where there are any) rows are read as SQLite understands them. Column
    roles, lifecycles, business rules, the user and the tools are inferred; whatever was ignored, weakened or guessed is
    among the blueprint's warnings.

    Args:
        with_rows: Take the file's rows, cleaned of what breaks the schema, as the base of initial states.

    Raises:
        SeedError: The file can't be used; one message with the first reason.
    """
    with open_source(path) as source:
        schema = read_schema(source, all_rows=with_rows)
        kind: Literal["sql", "sqlite"] = "sqlite" if source.kind == "sqlite" else "sql"
    warnings = schema.warnings
    drafts = draft_entities(schema.tables, warnings)
    hand_down(drafts)
    for draft in drafts.values():
        add_order_of_dates(draft)
    settle_checks(drafts, warnings)
    user = guess_user(drafts, warnings)
    owners = owner_paths(drafts, user)
    tools = plan_tools(drafts, owners, None if user is None else user.entity, warnings)
    rows = base_rows(drafts, warnings) if with_rows else {}
    name = identifier(path.stem, "domain")
    title = spoken(name).title()
    if len(warnings) > _MOST_WARNINGS:
        warnings[_MOST_WARNINGS:] = [f"{len(warnings) - _MOST_WARNINGS} further warnings are not listed."]
    blueprint = Blueprint(
        name=name if name[0].isalpha() else f"domain_{name}",
        title=title,
        description=f"{title}: {len(drafts)} tables read from {path.name}.",
        user=user,
        values={name: values_of(name) for name in _drawn_from(drafts)},
        entities={name: draft.entity(owner=owners.get(name), tools=tools[name]) for name, draft in drafts.items()},
        warnings=tuple(warnings),
    )
    return SqlSeed(blueprint, kind, _digest(path), rows)


def _drawn_from(drafts: Mapping[str, Draft]) -> list[str]:
    """The value lists that columns draw from."""
    return sorted({column.values for draft in drafts.values() for column in draft.columns.values() if column.values})


def _digest(path: Path) -> str:
    """The SHA-256 of a file, read in pieces."""
    found = sha256()
    try:
        with path.open("rb") as file:
            while piece := file.read(1 << 20):
                found.update(piece)
    except OSError as error:
        raise SeedError(f"{path}: can't be read: {error}.") from error
    return found.hexdigest()
