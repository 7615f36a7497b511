"""Takes a file's rows as a base of initial states, without those that break the schema as the engine reads it."""

from __future__ import annotations

from collections.abc import Mapping

from engine.contracts.expression import Scope, Undefined, parse
from engine.contracts.state import PlainState
from engine.errors import ExpressionError
from engine.models.base import Row, Rows, Value
from engine.models.database import DatabaseSchema
from engine.seeds.blueprint import EntityColumn
from engine.seeds.sql_entities import Draft
from engine.seeds.sql_reader import SqlValue
from engine.seeds.sql_types import fit

_Key = tuple[Value, ...]
_NOTHING = PlainState(DatabaseSchema(tables=()), {}, "2026-01-01T00:00:00")  # a check looks at its own row only


def base_rows(drafts: Mapping[str, Draft], warnings: list[str]) -> Rows:
    """The rows of all entities: typed, unique where they must be, and with every reference resolved.

    Rows that can't be had so are left out; optional values that do not fit become null. Both are counted in `warnings`.
    """
    rows: Rows = {}
    for name, draft in drafts.items():
        rows[name], lost, emptied = _typed(draft)
        if lost:
            warnings.append(
                f"{lost} rows of {draft.table.name!r} are left out: values that do not fit, or keys that repeat."
            )
        if emptied:
            warnings.append(
                f"{emptied} values of {draft.table.name!r} that do not fit their optional column were emptied."
            )
    _resolve(drafts, rows, warnings)
    return {name: found for name, found in rows.items() if found}


def _typed(draft: Draft) -> tuple[list[Row], int, int]:
    """Rows with converted values and unique keys; how many rows were lost and values emptied."""
    found: list[Row] = []
    lost = emptied = 0
    keys: list[tuple[str, ...]] = [draft.key, *(unique.columns for unique in draft.unique)]
    keys += [(name,) for name, column in draft.columns.items() if column.unique]
    seen: list[set[_Key]] = [set() for _ in keys]
    checks = [check.that for check in draft.checks]
    for number, values in enumerate(draft.table.rows, 1):
        row: Row = {draft.key[0]: number} if draft.rowless else {}
        usable = True
        for source, value in zip(draft.table.columns, values, strict=True):
            name = draft.names.get(source.name)
            if name is None:
                continue
            column = draft.columns[name]
            try:
                row[name] = converted(value, column)
            except ValueError:
                if column.nullable:
                    row[name], emptied = None, emptied + 1
                elif value is None and column.default is not None:
                    row[name] = column.default
                else:
                    usable = False
                    break
        taken: list[_Key] = [tuple(row.get(part) for part in key) for key in keys] if usable else []
        usable = usable and not any(key in known and None not in key for key, known in zip(taken, seen, strict=True))
        if not usable or None in taken[0] or not all(_holds(check, row) for check in checks):
            lost += 1
            continue
        for key, known in zip(taken, seen, strict=True):
            known.add(key)
        found.append({name: row[name] for name in draft.columns})
    return found, lost, emptied


def _holds(check: str, row: Row) -> bool:
    """Whether a row check holds; a null in it passes, as in SQL."""
    try:
        expression = parse(check)
        if any(row.get(name) is None for name in expression.names):
            return True
        return bool(expression.evaluate(Scope(dict(row), _NOTHING)))
    except (ExpressionError, Undefined):
        return False


def _resolve(drafts: Mapping[str, Draft], rows: Rows, warnings: list[str]) -> None:
    """Empties optional references that point nowhere and drops rows whose required ones do, until none is left."""
    dropped: dict[str, int] = {}
    changed = True
    while changed:
        changed = False
        known: dict[tuple[str, tuple[str, ...]], set[_Key]] = {}
        for name, draft in drafts.items():
            links = [((column,), *_target(draft.columns[column].to)) for column in draft.links]
            links += [(one.columns, one.to, one.references) for one in draft.composite]
            for columns, target, references in links:
                place = (target, references)
                if place not in known:
                    known[place] = {tuple(row[part] for part in references) for row in rows[target]}
                kept: list[Row] = []
                for row in rows[name]:
                    value = tuple(row[part] for part in columns)
                    if None in value or value in known[place]:
                        kept.append(row)
                        continue
                    changed = True
                    dropped[name] = dropped.get(name, 0) + 1
                    optional = next((part for part in columns if draft.columns[part].nullable), None)
                    if optional is not None:
                        kept.append({**row, optional: None})
                rows[name] = kept
    for name, count in dropped.items():
        warnings.append(
            f"{count} references of {drafts[name].table.name!r} point to rows that are not there; they were emptied, or their rows left out."
        )


def _target(to: str | None) -> tuple[str, tuple[str, ...]]:
    table, _, column = (to or "").partition(".")
    return table, (column,)


def converted(value: SqlValue, column: EntityColumn) -> Value:
    """A stored value as the column takes it.

    Raises:
        ValueError: It can't be one: another type, outside the enumeration or the bounds, or null where that is not allowed.
    """
    found = fit(value, column.type or "text")
    if found is None:
        if not column.nullable:
            raise ValueError("empty")
        return None
    if column.enum is not None and found not in column.enum:
        raise ValueError(f"{found!r} is not one of the values")
    for bound, sign in ((column.minimum, 1), (column.maximum, -1)):
        if isinstance(bound, int | float) and isinstance(found, int | float):
            outside = sign * found < sign * bound
        else:
            outside = (
                isinstance(bound, str) and isinstance(found, str) and (found < bound if sign > 0 else found > bound)
            )
        if outside:
            raise ValueError(f"{found!r} is out of bounds")
    return found
