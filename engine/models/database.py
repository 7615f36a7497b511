"""The database schema of a domain (Σ in the paper, section 3) with its match policies (4.1)."""

from __future__ import annotations

from functools import cached_property
from typing import Literal

from pydantic import Field

from engine.models.base import Model, Row, Value

ColumnType = Literal["text", "integer", "real", "boolean", "date", "datetime", "time"]
"""`date` is `YYYY-MM-DD`, `datetime` is `YYYY-MM-DDTHH:MM:SS`, `time` is `HH:MM`; all three are text."""

MatchPolicy = Literal["exempt", "hard", "semantic"]
"""How the reward compares a column: not at all, exactly, or as fuzzy text (paper, section 4.1)."""

Role = Literal[
    "id",  # an identifier the database makes up; people don't know it
    "code",  # an identifier people know: a booking code, a SKU, a licence number
    "reference",  # points to another row
    "person_name",
    "email",
    "phone",
    "username",
    "title",  # the short text by which people call the row: a job's title, a product's name
    "text",  # free text: a note, a message, a description
    "label",  # a short descriptive word outside an enum: a brand, a skill, a specialty
    "status",  # where the row is in its lifecycle
    "enum",
    "money",
    "quantity",
    "number",
    "percent",
    "rating",
    "duration",  # whole minutes unless the description says otherwise
    "flag",
    "date",
    "datetime",
    "time",
    "created_at",  # set by the database's clock on insert
    "updated_at",  # set by the database's clock on a change
    "address",
    "city",
    "country",
    "url",
]
"""What a column means to people; it decides how values are made up and spoken of."""


class Column(Model):
    """One column of a table.

    Attributes:
        generated: The database makes the value (`db.new_id`) when an insert leaves it out.
        values: Name of a value list of the domain from which values are drawn.
        minimum: Smallest allowed number, or earliest ISO date; inclusive.
        maximum: Largest allowed number, or latest ISO date; inclusive.
        threshold: Smallest similarity in [0, 100] that a semantic match accepts.
        source_name: The name in the seed where it differs (odd SQL identifiers).
    """

    name: str
    type: ColumnType
    role: Role
    nullable: bool = False
    default: Value = None
    enum: tuple[str, ...] | None = None
    minimum: float | str | None = None
    maximum: float | str | None = None
    generated: bool = False
    policy: MatchPolicy = "hard"
    threshold: float = 80.0
    values: str | None = None
    description: str = ""
    source_name: str | None = None


class ForeignKey(Model):
    """`columns` of this table hold the `references` columns of `table`, or at least one null."""

    columns: tuple[str, ...]
    table: str
    references: tuple[str, ...]


class Check(Model):
    """A row rule, in the contract language over the row's column names; a null in it passes."""

    expression: str
    message: str = ""


class Table(Model):
    """One table.

    Attributes:
        primary_key: Columns of the key, never empty (a table without one gets a generated `row_id`).
        unique: Further sets of columns whose values are unique (rows with a null in them are exempt).
        id_prefix: Text before the counter of generated text ids, as `APP` in `APP-0001`.
        label: The column by which people call a row, where there is one.
    """

    name: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    foreign_keys: tuple[ForeignKey, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    checks: tuple[Check, ...] = ()
    id_prefix: str = ""
    label: str | None = None
    description: str = ""
    source_name: str | None = None

    @cached_property
    def column(self) -> dict[str, Column]:
        """The columns by name."""
        return {column.name: column for column in self.columns}

    def key_of(self, row: Row) -> Value | tuple[Value, ...]:
        """The row's key: the bare value for one key column, a tuple for several."""
        if len(self.primary_key) == 1:
            return row[self.primary_key[0]]
        return tuple(row[name] for name in self.primary_key)

    def reference_of(self, column: str) -> ForeignKey | None:
        """The single-column foreign key that stands on `column`, if there is one."""
        for foreign_key in self.foreign_keys:
            if foreign_key.columns == (column,):
                return foreign_key
        return None


class DatabaseSchema(Model):
    """All tables of a domain.

    Attributes:
        values: The domain's value lists by name, used to make up realistic rows.
    """

    tables: tuple[Table, ...]
    values: dict[str, tuple[str, ...]] = Field(default_factory=dict)

    @cached_property
    def table(self) -> dict[str, Table]:
        """The tables by name."""
        return {table.name: table for table in self.tables}

    @cached_property
    def referring(self) -> dict[str, list[tuple[Table, ForeignKey]]]:
        """Table -> every (table, foreign key) that points to it."""
        found: dict[str, list[tuple[Table, ForeignKey]]] = {}
        for table in self.tables:
            for foreign_key in table.foreign_keys:
                found.setdefault(foreign_key.table, []).append((table, foreign_key))
        return found

    def children(self, table: str) -> list[tuple[Table, ForeignKey]]:
        """Every (table, foreign key) that points to `table`."""
        return self.referring.get(table, [])
