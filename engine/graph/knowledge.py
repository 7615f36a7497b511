"""What a person knows by heart, and so can say: a name, a booking code, a date, but no internal id."""

from __future__ import annotations

from engine.models.database import Column, DatabaseSchema, Table
from engine.models.tool import Parameter

OPAQUE_ROLES = frozenset({"id", "reference", "created_at", "updated_at", "url"})
"""Roles whose values people neither remember nor say."""


def locate(database: DatabaseSchema, place: str | None) -> tuple[Table, Column] | None:
    """The table and column that a `table.column` text names, or `None` where there is no such place."""
    if place is None or "." not in place:
        return None
    table_name, column_name = place.split(".", 1)
    table = database.table.get(table_name)
    column = table.column.get(column_name) if table is not None else None
    return (table, column) if table is not None and column is not None else None


def root(database: DatabaseSchema, place: str) -> str:
    """Follows single-column foreign keys from `table.column` to the column that defines its values.

    `application.job_id` becomes `job.job_id`; a cycle ends where it would repeat.
    """
    seen: set[str] = set()
    while place not in seen:
        seen.add(place)
        found = locate(database, place)
        if found is None:
            return place
        foreign_key = found[0].reference_of(found[1].name)
        if foreign_key is None:
            return place
        place = f"{foreign_key.table}.{foreign_key.references[0]}"
    return place


def entity_of(database: DatabaseSchema, parameter: Parameter) -> str | None:
    """The `table.column` of the entity that a parameter carries, foreign keys followed, or `None`."""
    return root(database, parameter.refers_to) if parameter.refers_to is not None else None


def natural_columns(table: Table) -> tuple[str, ...]:
    """Columns by which people tell the table's rows apart: its label, then titles, names, codes, e-mails."""
    order = ("title", "person_name", "code", "username", "email", "label", "phone")
    found = [column.name for role in order for column in table.columns if column.role == role]
    if table.label is not None and table.label not in found:
        found.insert(0, table.label)
    elif table.label is not None:
        found.remove(table.label)
        found.insert(0, table.label)
    return tuple(found)


def sayable_key(table: Table) -> bool:
    """Whether a person would know the table's key itself.

    True for a key that is a code, a name, an enum or a date. A made-up key is known only where it is a number
    and the table has nothing else to call its rows by: a clerk says "invoice 98" when an invoice has no
    title, but "the album Revelations", never its number.
    """
    if len(table.primary_key) != 1:
        return False
    column = table.column[table.primary_key[0]]
    if table.reference_of(column.name) is not None:
        return False
    if column.role not in OPAQUE_ROLES:
        return True
    return column.type == "integer" and not natural_columns(table)


def sayable(database: DatabaseSchema, place: str | None) -> bool:
    """Whether a person can say values of `table.column` (foreign keys followed); unknown places are sayable."""
    if place is None:
        return True
    found = locate(database, root(database, place))
    if found is None:
        return True
    table, column = found
    if table.primary_key == (column.name,):
        return sayable_key(table)
    return column.role not in OPAQUE_ROLES
