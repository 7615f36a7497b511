"""Tools in the blueprint language: a kind gives the contract's skeleton, the other keys add to it."""

from __future__ import annotations

from typing import Any, Literal, cast

from pydantic import AliasChoices, Field, field_validator, model_validator

from engine.models.base import Model, Value
from engine.models.database import ColumnType, Role
from engine.models.tool import ToolCategory
from engine.seeds.rules import Rule, as_expression

ToolKind = Literal[
    "get", "lookup", "search", "list", "create", "update", "delete", "transition", "assign", "unassign", "transfer",
    "batch", "compute", "action",
]  # fmt: skip

_ROW_WRITES = {"set", "effects"}
_COMMON = {"kind", "category", "description", "summary", "acting", "owner", "parameters", "bind", "rules", "returns"}
FIELDS_OF_KIND: dict[str, set[str]] = {
    "get": {"fields"},
    "lookup": {"by", "fields"},
    "search": {"filters", "where", "order", "limit", "fields"},
    "list": {"by", "filters", "where", "order", "limit", "fields"},
    "create": {"columns"} | _ROW_WRITES,
    "update": {"columns", "states", "code"} | _ROW_WRITES,
    "delete": {"cascade", "states", "code", "effects"},
    "transition": {"states", "to", "code"} | _ROW_WRITES,
    "assign": {"column", "states", "code"} | _ROW_WRITES,
    "unassign": {"column", "states", "code"} | _ROW_WRITES,
    "transfer": {"column", "effects"},
    "batch": {"states", "to", "code", "limit"} | _ROW_WRITES,
    "compute": set(),
    "action": {"effects"},
}
"""The keys that each kind of tool takes beside those that all take."""


class Entry(Model):
    """Base of the entries. Where a key of YAML is no Python name, the field has another; both are accepted."""


class ParameterEntry(Entry):
    """A parameter. In short: `TABLE.COLUMN` (a `?` after it: optional).

    Attributes:
        like: `table.column` whose type, role and bounds it has; a key or reference column makes it carry that entity.
        refers_to: `table.column` whose values it takes, where `like` does not say so already.
        array: Takes a list of values.
    """

    like: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")
    type: ColumnType | None = None
    role: Role | None = None
    array: bool = False
    optional: bool = False
    default: Value = None
    enum: tuple[str, ...] | None = None
    minimum: float | str | None = None
    maximum: float | str | None = None
    refers_to: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")
    description: str = ""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"like": value.removesuffix("?"), "optional": value.endswith("?")}
        return value


class FilterEntry(Entry):
    """A criterion of a search. In short: `COLUMN`, or `COLUMN OP PARAMETER` with `== != < <= > >= contains`.

    Attributes:
        name: The parameter.
        where: Condition over `row` and the parameter.
        like: `table.column` that the parameter is like.
        required: Whether it must be given.
    """

    name: str | None = None
    column: str | None = None
    op: Literal["", "==", "!=", "<", "<=", ">", ">=", "contains"] = ""
    where: str | None = None
    like: str | None = None
    type: ColumnType | None = None
    required: bool = False
    description: str = ""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        if isinstance(value, str):
            parts = value.split()
            if len(parts) == 1:
                return {"column": parts[0], "name": parts[0]}
            if len(parts) == 3:
                return {"column": parts[0], "op": parts[1], "name": parts[2]}
            raise ValueError("write `COLUMN` or `COLUMN OP PARAMETER`")
        return value

    @model_validator(mode="after")
    def _says_something(self) -> FilterEntry:
        if self.column is None and self.where is None:
            raise ValueError("give a `column` or a `where`")
        if self.column is None and self.name is None:
            raise ValueError("a `where` needs the `name` of its parameter")
        return self


class ReturnEntry(Entry):
    """A field of the answer. In short: an expression."""

    value: str
    type: ColumnType | Literal["object", "array", "any"] | None = None
    refers_to: str | None = None
    description: str = ""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        value = as_expression(value)
        return {"value": value} if isinstance(value, str) else value


class OrderEntry(Entry):
    """A sort key. In short: `EXPRESSION` or `-EXPRESSION` for descending; a column may stand alone."""

    by: str
    descending: bool = False

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"by": value.removeprefix("-").strip(), "descending": value.startswith("-")}
        return value


class EffectEntry(Entry):
    """A change of rows: exactly one of `insert`, `update`, `delete` names the table.

    Attributes:
        each: `NAME in EXPRESSION`: once for each item.
        when: Only where this holds.
        key: Which row is updated or deleted; `NAME.key` of `each` where left out.
        set: Column -> expression. A text that is one of an enum column's values stands for itself.
        bind: Name of the inserted row, for later effects and returns.
    """

    insert: str | None = None
    update: str | None = None
    delete: str | None = None
    each: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9_]* in .+$")
    when: str | None = None
    key: str | None = None
    set: dict[str, str | None] = Field(default_factory=dict[str, str | None])
    bind: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9_]*$")

    @field_validator("set", mode="before")
    @classmethod
    def _expressions(cls, value: Any) -> Any:
        return expressions_of(value)

    @model_validator(mode="after")
    def _one_operation(self) -> EffectEntry:
        if sum(name is not None for name in (self.insert, self.update, self.delete)) != 1:
            raise ValueError("give exactly one of `insert`, `update`, `delete`")
        if self.delete is not None and self.set:
            raise ValueError("a delete has no `set`")
        if self.insert is None and self.key is None and self.each is None:
            raise ValueError("give the `key` of the row, or `each`")
        return self

    @property
    def table(self) -> str:
        """The table that changes."""
        return self.insert or self.update or self.delete or ""


def expressions_of(value: Any) -> Any:
    """A mapping of columns to expressions as YAML may give it: numbers and booleans as text."""
    if isinstance(value, dict):
        return {name: as_expression(text) for name, text in cast("dict[Any, Any]", value).items()}
    return value


class ToolEntry(Entry):
    """One tool. In short: its kind.

    Which keys a kind takes is in `FIELDS_OF_KIND`; data/blueprints/README.md explains them.

    Attributes:
        acting: Whether the acting user's id is a parameter, so that ownership can be checked. Where left out: for
            writes on entities that have an owner.
        owner: Path from the entity's row to the id of its owner, where it is not the entity's.
        states: States (`from` in YAML) in which the row must be.
        to: The state that it gets.
        code: Rejection code for a row in another state.
        by: Natural key (lookup) or reference columns (list).
        limit: Rows returned by default (search, list) or items accepted (batch).
    """

    kind: ToolKind
    category: ToolCategory | None = None
    description: str = ""
    summary: str = ""
    acting: bool | None = None
    owner: str | None = None
    by: tuple[str, ...] = ()
    filters: tuple[FilterEntry, ...] = ()
    where: str | None = None
    order: tuple[OrderEntry, ...] = ()
    limit: int | None = Field(default=None, ge=1)
    fields: dict[str, ReturnEntry] | None = None
    columns: tuple[str, ...] | None = None
    column: str | None = None
    states: tuple[str, ...] = Field(default=(), validation_alias=AliasChoices("from", "states"))
    to: str | None = None
    code: str | None = None
    cascade: tuple[str, ...] = ()
    parameters: dict[str, ParameterEntry] = Field(default_factory=dict[str, ParameterEntry])
    bind: dict[str, str] = Field(default_factory=dict[str, str])
    rules: tuple[Rule, ...] = ()
    set: dict[str, str | None] = Field(default_factory=dict[str, str | None])
    effects: tuple[EffectEntry, ...] = ()
    returns: dict[str, ReturnEntry] = Field(default_factory=dict[str, ReturnEntry])

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {"kind": value} if isinstance(value, str) else value

    @field_validator("set", mode="before")
    @classmethod
    def _expressions(cls, value: Any) -> Any:
        return expressions_of(value)

    @field_validator("by", "states", "cascade", "columns", "order", mode="before")
    @classmethod
    def _one_item(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value

    @field_validator("fields", mode="before")
    @classmethod
    def _fields(cls, value: Any) -> Any:
        """`[a, {b: EXPRESSION}]` is `{a: row.a, b: EXPRESSION}`."""
        if not isinstance(value, list | tuple):
            return value
        fields: dict[str, Any] = {}
        for item in value:  # pyright: ignore[reportUnknownVariableType]
            fields.update(item if isinstance(item, dict) else {str(item): f"row.{item}"})  # pyright: ignore[reportUnknownArgumentType]
        return fields

    @model_validator(mode="after")
    def _keys_of_kind(self) -> ToolEntry:
        allowed = FIELDS_OF_KIND[self.kind] | _COMMON
        for name in sorted(self.model_fields_set - allowed):
            if getattr(self, name) == type(self).model_fields[name].get_default(call_default_factory=True):
                continue
            key = "from" if name == "states" else name
            takes = ", ".join(f"`{'from' if item == 'states' else item}`" for item in sorted(FIELDS_OF_KIND[self.kind]))
            raise ValueError(
                f"`{key}` does not belong to a `{self.kind}` tool; of its own it takes {takes or 'nothing'}"
            )
        needed = {"lookup": "by", "list": "by", "transition": "to", "assign": "column", "unassign": "column"}
        needed |= {"transfer": "column", "compute": "returns", "action": "effects"}
        if self.kind in needed and not getattr(self, needed[self.kind]):
            raise ValueError(f"a `{self.kind}` tool needs `{needed[self.kind]}`")
        if self.kind == "batch" and self.to is None and not self.set and not self.effects:
            raise ValueError("a `batch` tool needs `to`, `set` or `effects`")
        return self
