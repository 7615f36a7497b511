"""Tables as a few lines of text: everything that a model must know of them, in as few tokens as it can be said."""

from __future__ import annotations

from collections.abc import Collection

from engine.models.base import Value
from engine.models.database import Column, DatabaseSchema, Table

TABLES_KEY = (
    "A table is written `name(column type, ...)`. `#`: part of the key. `^`: made by the database when left out. "
    "`?`: may be None. `-> table`: key of a row there. `a|b`: one of these texts. `low..high`: bounds. `=x`: default."
)
"""How the texts of `tables_text` are to be read; for the instructions of a prompt."""

_TYPES = {"integer": "int", "boolean": "bool"}


def tables_text(database: DatabaseSchema, names: Collection[str] | None = None, *, rules: bool = True) -> str:
    """Tables as text, one line each.

    Args:
        database: The schema.
        names: Which tables, in the schema's order; all of them where left out.
        rules: Whether bounds, unique sets and row checks are told as well: whoever makes up rows needs them, whoever
            reads rows does not.
    """
    chosen = [table for table in database.tables if names is None or table.name in names]
    return "\n".join(_table(table, rules) for table in chosen)


def _table(table: Table, rules: bool) -> str:
    text = f"{table.name}({', '.join(_column(table, column, rules) for column in table.columns)})"
    if not rules:
        return text
    unique = [f"unique {'+'.join(columns)}" for columns in table.unique]
    checks = [f"always {check.expression}" for check in table.checks]
    return "; ".join([text, *unique, *checks])


def _column(table: Table, column: Column, rules: bool) -> str:
    parent = table.reference_of(column.name)
    if column.enum is not None:
        kind = "|".join(column.enum)
    elif parent is not None:
        kind = f"-> {parent.table}"
    else:
        kind = _TYPES.get(column.type, column.type)
    bounds = _bounds(column) if rules else ""
    marks = ("#" if column.name in table.primary_key else "") + ("^" if column.generated else "")
    default = "" if column.default is None or not rules else f"={_shown(column.default)}"
    return f"{column.name}{marks} {kind}{'?' if column.nullable else ''}{bounds}{default}"


def _bounds(column: Column) -> str:
    if column.minimum is None and column.maximum is None:
        return ""
    low = "" if column.minimum is None else _shown(column.minimum)
    high = "" if column.maximum is None else _shown(column.maximum)
    return f" {low}..{high}"


def _shown(value: Value) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
