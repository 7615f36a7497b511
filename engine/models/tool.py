"""A tool and its executable contract (paper, 4.1: description, parameters, pre- and post-conditions).

Every `expression` is text in the contract language, see `engine.contracts.expression`.
"""

from __future__ import annotations

from functools import cached_property
from typing import Literal

from engine.models.base import Model, Value
from engine.models.database import ColumnType

ToolCategory = Literal[
    "get", "search", "list", "create", "update", "delete", "transition", "assign", "transfer", "batch", "compute"
]


class Parameter(Model):
    """One parameter of a tool.

    Attributes:
        type: Type of the value, or of each item where `array` is set.
        refers_to: `table.column` whose values the parameter takes, where it carries an entity.
        source: `table.column` whose meaning the value has (role, bounds, value list), where there is one.
    """

    name: str
    type: ColumnType
    array: bool = False
    required: bool = True
    default: Value = None
    description: str = ""
    enum: tuple[str, ...] | None = None
    minimum: float | str | None = None
    maximum: float | str | None = None
    refers_to: str | None = None
    source: str | None = None


class Binding(Model):
    """A name for a value that conditions, effects and returns share, such as `application`.

    Evaluated on first use, over the rows before the call.
    """

    name: str
    expression: str


class Requirement(Model):
    """A precondition: where `condition` is false, the call is rejected with `code`.

    Requirements are tried in order; the first that fails decides. A condition over something an
    earlier requirement guards (a row that may be missing) is undefined until that one holds.

    Attributes:
        message: What the rejection says; `{name}` places in it are expressions.
        rule: The business rule that it comes from (`ownership`, `deadline`, ...), or `""` for plain validity.
    """

    condition: str
    code: str
    message: str
    rule: str = ""


class Effect(Model):
    """One declared change. Whatever is not declared must stay as it was.

    Attributes:
        table: The table that changes.
        operation: What happens to its rows.
        each: `NAME in EXPRESSION`: the effect happens once for each item, in that order, or `None` for once.
        when: The effect happens only where this holds, or `None` for always.
        key: Key of the row that is updated or deleted (a tuple for a composite key); `None` for an insert.
        values: Column -> expression of *every* value written. The text `any` declares a column as
            changed to a value that the contract can't state.
        bind: A name under which later effects and the returns see an inserted row, generated values included.
    """

    table: str
    operation: Literal["insert", "update", "delete"]
    each: str | None = None
    when: str | None = None
    key: str | None = None
    values: dict[str, str] = {}
    bind: str | None = None


class Order(Model):
    """One sort key of a query: an expression over the row."""

    expression: str
    descending: bool = False


class Query(Model):
    """What a read answers: rows of `table` that satisfy `where`, in order, cut at `limit`.

    Ties of `order` are in primary-key order.

    Attributes:
        name: The row's name within `where`, `order` and `fields`.
        fields: Field -> expression over the row (and the tool's arguments and bindings).
    """

    table: str
    name: str = "row"
    where: str | None = None
    order: tuple[Order, ...] = ()
    limit: str | None = None
    fields: dict[str, str]
    refers_to: dict[str, str] = {}


class ReturnField(Model):
    """One field of the answer, which is always an object.

    Exactly one of `value` and `query` is given. `value` sees arguments, bindings, rows before, inserted
    rows by their `bind` name and `after(table, key)`; `any` stands for a value that the contract can't
    state. `query` is evaluated over the rows before the call.

    Attributes:
        refers_to: `table.column` whose value the field holds, where it carries an entity.
        type: JSON type of a `value` field, for the tool's description.
    """

    name: str
    value: str | None = None
    query: Query | None = None
    refers_to: str | None = None
    type: ColumnType | Literal["object", "array", "any"] = "any"
    description: str = ""


class Contract(Model):
    """What a tool promises, as data that the engine evaluates apart from the tool's code."""

    bindings: tuple[Binding, ...] = ()
    requires: tuple[Requirement, ...] = ()
    effects: tuple[Effect, ...] = ()
    returns: tuple[ReturnField, ...] = ()


class Tool(Model):
    """A tool: what an agent sees (name, description, parameters), its contract and its code.

    Attributes:
        entity: The table that it is mainly about.
        summary: The words in which a person would ask for it (`schedule an interview`), for instructions.
        made_by: Which back end wrote it: `composer`, or a model's name.
    """

    name: str
    description: str
    category: ToolCategory
    entity: str
    parameters: tuple[Parameter, ...] = ()
    contract: Contract
    source: str = ""
    summary: str = ""
    made_by: str = "composer"

    @property
    def mutates_state(self) -> bool:
        """Whether the contract declares any change."""
        return bool(self.contract.effects)

    @cached_property
    def parameter(self) -> dict[str, Parameter]:
        """The parameters by name."""
        return {parameter.name: parameter for parameter in self.parameters}

    @cached_property
    def tables_written(self) -> frozenset[str]:
        """Tables that some effect changes."""
        return frozenset(effect.table for effect in self.contract.effects)
