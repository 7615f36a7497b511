"""The blueprint: a domain as an author writes it (or a schema reader makes it up), before it is composed into tools.

The YAML form is described in data/blueprints/README.md; `engine.seeds.blueprint_file` reads it. Other seeds build the
same models directly:

    Blueprint(name="shop", title="Shop", entities={"product": Entity(columns={"name": EntityColumn(role="title")},
              tools={"get_product": ToolEntry(kind="get")})})
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, cast

from pydantic import AliasChoices, Field, field_validator, model_validator

from engine.models.base import Value
from engine.models.database import ColumnType, MatchPolicy, Role
from engine.seeds.tool_entry import Entry, ToolEntry

NAME = r"^[a-z][a-z0-9_]*$"


class EntityColumn(Entry):
    """A column. In short: `ROLE`, `-> ENTITY`, or a list of enum values; a `?` after a role or entity: nullable.

    Attributes:
        type: Column type; follows from the role where left out.
        to: `entity` or `entity.column` that a reference points to.
        generated: The database makes the value; follows from role `id`.
        values: Name of a value list (of the blueprint, or of data/values).
        policy: Match policy of the reward; follows from the role where left out.
        source_name: The column's name in the seed, where that is not a plain identifier.
    """

    role: Role
    type: ColumnType | None = None
    nullable: bool = False
    default: Value = None
    unique: bool = False
    enum: tuple[str, ...] | None = None
    minimum: float | str | None = None
    maximum: float | str | None = None
    to: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$")
    generated: bool | None = None
    values: str | None = None
    policy: MatchPolicy | None = None
    threshold: float | None = Field(default=None, ge=0, le=100)
    description: str = ""
    source_name: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        if isinstance(value, list | tuple):
            return {"role": "enum", "enum": cast("Sequence[Any]", value)}
        if isinstance(value, str):
            short = value.strip()
            nullable = short.endswith("?")
            short = short.removesuffix("?")
            if short.startswith("->"):
                return {"role": "reference", "to": short.removeprefix("->").strip(), "nullable": nullable}
            return {"role": short, "nullable": nullable}
        if not isinstance(value, dict):
            return value
        entry = cast("dict[str, Any]", value)
        if "role" not in entry and "to" in entry:
            return {"role": "reference"} | entry
        if "role" not in entry and "enum" in entry:
            return {"role": "enum"} | entry
        return entry

    @model_validator(mode="after")
    def _fits(self) -> EntityColumn:
        if self.role == "reference" and self.to is None:
            raise ValueError("a reference needs `to: ENTITY`")
        if self.role == "enum" and not self.enum:
            raise ValueError("an enum needs its values: `enum: [a, b]`")
        return self


class CompositeReference(Entry):
    """`columns` together point to `references` (its key where left out) of entity `to`."""

    columns: tuple[str, ...]
    to: str
    references: tuple[str, ...] = ()


class UniqueKey(Entry):
    """Columns whose values are unique together. In short: a list of columns.

    Attributes:
        code: Rejection code of tools that would break it.
    """

    columns: tuple[str, ...]
    code: str | None = Field(default=None, pattern=NAME)
    message: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {"columns": cast("Sequence[Any]", value)} if isinstance(value, list | tuple) else value


class RowCheck(Entry):
    """What must hold within each row, over its column names; a null in it passes. In short: the expression."""

    that: str
    code: str | None = Field(default=None, pattern=NAME)
    message: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {"that": value} if isinstance(value, str) else value


class Lifecycle(Entry):
    """The states of a row. Its transitions are tools of kind `transition`. In short: the list of states.

    Attributes:
        column: The column that holds the state; added where the entity does not declare it.
        initial: State of new rows; the first where left out.
    """

    column: str = Field(default="status", pattern=NAME)
    states: tuple[str, ...] = Field(min_length=1)
    initial: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {"states": cast("Sequence[Any]", value)} if isinstance(value, list | tuple) else value

    @model_validator(mode="after")
    def _initial_is_a_state(self) -> Lifecycle:
        if self.initial is not None and self.initial not in self.states:
            raise ValueError(f"`initial: {self.initial}` is not one of the states")
        return self

    @property
    def first(self) -> str:
        """The state of new rows."""
        return self.initial or self.states[0]


class Entity(Entry):
    """An entity: one table, its rules and its tools.

    Attributes:
        singular: What people call one of them.
        plural: What people call several.
        key: Columns of the primary key. Where left out: the column of role `id`, else a generated `ENTITY_id`.
        prefix: Text before the counter of generated ids, as `APP` in `APP-0001`.
        label: Column by which people call a row.
        owner: Path to the id of the user it belongs to: `candidate_id`, or `application.candidate_id` over references.
        tools: Name -> tool, in the order in which they are offered.
    """

    description: str = ""
    singular: str = ""
    plural: str = ""
    key: tuple[str, ...] = ()
    prefix: str | None = None
    columns: dict[str, EntityColumn]
    references: tuple[CompositeReference, ...] = ()
    unique: tuple[UniqueKey, ...] = ()
    checks: tuple[RowCheck, ...] = ()
    label: str | None = None
    lifecycle: Lifecycle | None = None
    owner: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$")
    tools: dict[str, ToolEntry] = Field(default_factory=dict[str, ToolEntry])
    source_name: str | None = None

    @field_validator("key", mode="before")
    @classmethod
    def _one_column(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value


class User(Entry):
    """Who the user is.

    Attributes:
        entity: The entity whose row stands for the user.
        knows: Columns that the user knows of themselves, in the order they are told.
        description: One sentence about the user.
    """

    entity: str
    knows: tuple[str, ...]
    description: str = ""


class Blueprint(Entry):
    """A domain in the blueprint language.

    Attributes:
        name: The domain's name, as in commands (`domain` in YAML).
        now: The clock at the start of episodes, an ISO datetime.
        values: Value lists by name, from which columns draw.
        warnings: What of a seed was ignored or changed, in words.
    """

    name: str = Field(validation_alias=AliasChoices("domain", "name"), pattern=NAME)
    title: str
    description: str = ""
    now: str = Field(default="2026-03-02T09:00:00", pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$")
    user: User | None = None
    values: dict[str, tuple[str, ...]] = Field(default_factory=dict[str, tuple[str, ...]])
    entities: dict[str, Entity] = Field(min_length=1)
    warnings: tuple[str, ...] = ()

    @field_validator("now", mode="before")
    @classmethod
    def _as_text(cls, value: Any) -> Any:
        return value.isoformat() if hasattr(value, "isoformat") else value

    @cached_property
    def tools(self) -> dict[str, tuple[str, ToolEntry]]:
        """Tool name -> (entity, tool), in order."""
        return {name: (table, tool) for table, entity in self.entities.items() for name, tool in entity.tools.items()}
