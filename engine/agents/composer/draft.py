"""A tool in the making: its parameters, its rows, and requirements in the order in which products check them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from engine.agents.composer.names import Names, row_by
from engine.agents.composer.naming import RESERVED, noun, parameter_name, singular, stem
from engine.agents.composer.schema import TYPE_OF_ROLE
from engine.agents.composer.usage import names_used
from engine.contracts.expression import parse_message
from engine.errors import ExpressionError
from engine.models.base import Value
from engine.models.database import Column, DatabaseSchema, Table
from engine.models.tool import (
    Binding,
    Contract,
    Effect,
    Parameter,
    Requirement,
    ReturnField,
    Tool,
    ToolCategory,
)
from engine.seeds.blueprint import NAME, Blueprint, Entity
from engine.seeds.problems import Path, nearest
from engine.seeds.tool_entry import ParameterEntry, ToolEntry

Section = Literal["existence", "ownership", "state", "rules", "validity"]
SECTIONS: tuple[Section, ...] = ("existence", "ownership", "state", "rules", "validity")
"""The order of requirements: what is not there, not yours, not in the state, against a rule, not valid."""

NOT_NEGATIVE = frozenset({"money", "quantity", "duration"})


@dataclass(slots=True)
class Draft:
    """What the builders of the tool kinds fill in.

    Attributes:
        row: Name of the row that the tool is about, once it is bound.
        user: Parameter with the acting user's id, where the tool acts for one.
    """

    blueprint: Blueprint
    database: DatabaseSchema
    table: Table
    entity: Entity
    name: str
    entry: ToolEntry
    names: Names = field(init=False)
    requirements: dict[Section, list[Requirement]] = field(init=False)
    effects: list[Effect] = field(default_factory=list[Effect])
    returns: list[ReturnField] = field(default_factory=list[ReturnField])
    row: str | None = None
    user: str | None = None

    def __post_init__(self) -> None:
        self.names = Names(self.database, ("entities", self.table.name, "tools", self.name))
        self.requirements = {section: [] for section in SECTIONS}

    # Words

    @property
    def noun(self) -> str:
        """The entity's singular as a name."""
        return noun(self.table.name, self.entity)

    @property
    def words(self) -> str:
        """What people call one row."""
        return singular(self.table.name, self.entity)

    def words_of(self, table: str) -> str:
        """What people call one row of another table."""
        return singular(table, self.blueprint.entities[table])

    # Parameters

    def add(self, parameter: Parameter) -> str:
        """Adds a parameter unless it is there, and answers its name."""
        self.names.parameters.setdefault(parameter.name, parameter)
        return parameter.name

    def parameter_for(
        self,
        column: str,
        *,
        table: Table | None = None,
        name: str | None = None,
        required: bool = True,
        default: Value = None,
        key: bool = False,
        written: bool = False,
        description: str = "",
    ) -> Parameter:
        """A parameter with the meaning of a column.

        Args:
            key: The parameter finds a row by this column, so that even a part of a key carries the entity.
            written: The value goes into the column, so that it names no row of this table that is there already.
        """
        table = table or self.table
        entry = table.column[column]
        reference = table.reference_of(column)
        refers_to = None
        if reference is not None:
            refers_to = f"{reference.table}.{reference.references[0]}"
        elif not written and (
            (key and column in table.primary_key) or table.primary_key == (column,) or entry.role == "id"
        ):
            refers_to = f"{table.name}.{column}"
        minimum = entry.minimum
        if minimum is None and entry.role in NOT_NEGATIVE:
            minimum = 0
        return Parameter(
            name=name or parameter_name(column, noun(table.name, self.blueprint.entities[table.name])),
            type=entry.type,
            required=required,
            default=default,
            description=description or self.describe_column(table, column),
            enum=entry.enum,
            minimum=minimum,
            maximum=entry.maximum,
            refers_to=refers_to,
            source=f"{table.name}.{column}",
        )

    def describe_column(self, table: Table, column: str) -> str:
        """A sentence about a column for those who call the tool."""
        entry = table.column[column]
        if entry.description:
            return entry.description
        reference = table.reference_of(column)
        if reference is not None:
            return f"Id of the {self.words_of(reference.table)}."
        of = self.words_of(table.name)
        if entry.role == "id":
            return f"Id of the {of}."
        called = column.replace("_", " ")
        called = called if called.startswith(of) else f"{called} of the {of}"
        form = {"date": ", as YYYY-MM-DD", "datetime": ", as YYYY-MM-DDTHH:MM:SS", "time": ", as HH:MM"}.get(
            entry.type, ""
        )
        unit = ", in minutes" if entry.role == "duration" else ""
        return f"{called[0].upper()}{called[1:]}{form}{unit}."

    def add_entry(self, name: str, entry: ParameterEntry) -> None:
        """Adds a parameter that the author wrote.

        Raises:
            BlueprintError: It is like a column that does not exist.
        """
        at: Path = ("parameters", name)
        if name in RESERVED or not re.fullmatch(NAME, name):
            raise self.names.problem(
                at, f"`{name}` can't be a parameter", "it has a meaning already, or is no plain name"
            )
        if entry.like is not None:
            table, column = self.column_at(entry.like, (*at, "like"))
            base = self.parameter_for(column.name, table=table, name=name)
        else:
            role = entry.role
            kind = entry.type or (TYPE_OF_ROLE[role] if role is not None else None)
            if kind is None:
                fix = "write `TABLE.COLUMN`, or give `like`, `type` or `role`"
                raise self.names.problem(at, f"parameter `{name}` has no type", fix)
            minimum = 0 if role in NOT_NEGATIVE else None
            base = Parameter(
                name=name, type=kind, minimum=minimum, description=f"{name.replace('_', ' ').capitalize()}."
            )
        if entry.refers_to is not None:
            self.column_at(entry.refers_to, (*at, "refers_to"))
        optional = entry.optional or entry.default is not None
        changes: dict[str, object] = {"array": entry.array, "required": not optional, "default": entry.default}
        for key in ("type", "enum", "minimum", "maximum", "refers_to", "description"):
            value = getattr(entry, key)
            if value not in (None, ""):
                changes[key] = value
        self.names.parameters[name] = base.model_copy(update=changes)

    def column_at(self, reference: str, at: Path) -> tuple[Table, Column]:
        """The table and column that `table.column` names.

        Raises:
            BlueprintError: There is no such column.
        """
        name, _, column = reference.partition(".")
        table = self.database.table.get(name)
        if table is None:
            raise self.names.problem(at, f"no entity `{name}`", nearest(name, self.database.table))
        if column not in table.column:
            raise self.names.problem(at, f"`{name}` has no column `{column}`", nearest(column, table.column))
        return table, table.column[column]

    # Rows

    def key_parameters(self) -> list[str]:
        """Adds the parameters that find the tool's row."""
        return [self.add(self.parameter_for(column, key=True)) for column in self.table.primary_key]

    def key_text(self, row: str | None = None) -> str:
        """The key of the tool's row: over its parameters, or as columns of `row`."""
        parts = [f"{row}.{column}" if row else parameter_name(column, self.noun) for column in self.table.primary_key]
        return parts[0] if len(parts) == 1 else f"({', '.join(parts)})"

    def bind_own_row(self) -> str:
        """Binds the row that the tool is about and requires that it exists."""
        keys = [parameter_name(column, self.noun) for column in self.table.primary_key]
        name = self.names.bind_row(self.table.name, self.table.name, f"get('{self.table.name}', {self.key_text()})")
        self.row = name
        if len(keys) == 1:
            self.names.anchors[keys[0]] = (name, self.table.primary_key[0])
        shown = ", ".join(f"{{{key}!r}}" for key in keys if key != self.user or len(keys) == 1)
        self.require("existence", f"{name} is not None", f"{self.noun}_not_found", f"No {self.words} {shown}.")
        return name

    def bind_parameter_rows(self, skip: Iterable[str] = ()) -> None:
        """For each parameter that carries an entity: requires that it exists and puts its row into scope."""
        skipped = set(skip)
        for parameter in list(self.names.parameters.values()):
            if parameter.refers_to is not None and parameter.name not in skipped:
                self.bind_parameter_row(parameter)

    def bind_parameter_row(self, parameter: Parameter) -> None:
        """Requires that the entity of one parameter exists; binds its row unless it is optional or a list."""
        table, column = (parameter.refers_to or "").split(".")
        if parameter.name in self.names.anchors or (len(self.database.table[table].primary_key) > 1):
            return
        called = stem(parameter.name) or table
        words = called.replace("_", " ") if stem(parameter.name) else self.words_of(table)
        code, message = f"{called}_not_found", f"No {words} {{{parameter.name}!r}}."
        if parameter.array:
            condition = f"all(exists('{table}', {column}=item) for item in {parameter.name})"
            if not parameter.required:
                condition = f"{parameter.name} is None or {condition}"
            self.require("existence", condition, code, f"Some {words} does not exist.")
        elif not parameter.required:
            condition = f"{parameter.name} is None or exists('{table}', {column}={parameter.name})"
            self.require("existence", condition, code, message)
        else:
            row = self.names.bind_row(called, table, row_by(self.database, table, column, parameter.name))
            self.names.anchors[parameter.name] = (row, column)
            self.require("existence", f"{row} is not None", code, message)

    # Conditions and values

    def require(self, section: Section, condition: str, code: str, message: str, rule: str = "") -> None:
        """Adds a requirement."""
        requirement = Requirement(condition=condition, code=code, message=message, rule=rule)
        if requirement not in self.requirements[section]:
            self.requirements[section].append(requirement)

    def value_for(
        self, table: Table, column: str, text: str | None, at: Path, local: Mapping[str, str | None] | None = None
    ) -> str:
        """The expression for a value that is written to a column; a bare enum value stands for itself.

        Raises:
            BlueprintError: The table has no such column, or the expression is wrong.
        """
        if column not in table.column:
            fix = nearest(column, table.column)
            raise self.names.problem((*at, column), f"`{table.name}` has no column `{column}`", fix)
        if text is None:
            return "None"
        enum = table.column[column].enum
        if enum and text in enum and text not in self.names.parameters and text not in self.names.bindings:
            return repr(text)
        return self.names.resolve(text, (*at, column), local).as_value()

    def message(self, text: str, at: Path) -> str:
        """A message whose places are in the contract language."""
        try:
            parts = parse_message(text)
        except ExpressionError as problem:
            raise self.names.problem(at, str(problem)) from None
        result: list[str] = []
        for part in parts:
            if isinstance(part, str):
                result.append(part.replace("{", "{{").replace("}", "}}"))
            else:
                value = self.names.resolve(part.expression.text, at).as_value()
                result.append(f"{{{value}{'!r' if part.quoted else ''}}}")
        return "".join(result)

    # The tool

    def tool(self, category: ToolCategory, description: str, summary: str) -> Tool:
        """The finished tool, without code."""
        parameters = tuple(self.names.parameters.values())
        ordered = tuple(sorted(parameters, key=lambda parameter: not parameter.required))
        requires = tuple(item for section in SECTIONS for item in self.requirements[section])
        codes = list(dict.fromkeys(item.code for item in requires))
        text = self.entry.description.strip() or description
        if codes:
            text += " Refused with " + ", ".join(f"`{code}`" for code in codes) + "."
        return Tool(
            name=self.name,
            description=text,
            category=self.entry.category or category,
            entity=self.table.name,
            parameters=ordered,
            contract=Contract(
                bindings=tuple(Binding(name=name, expression=text) for name, text in self._used_bindings(requires)),
                requires=requires,
                effects=tuple(self.effects),
                returns=tuple(self.returns),
            ),
            summary=self.entry.summary or summary,
        )

    def _used_bindings(self, requires: tuple[Requirement, ...]) -> list[tuple[str, str]]:
        """The bindings that something needs, in order."""
        needed = names_used(requires, self.effects, self.returns)
        kept: list[tuple[str, str]] = []
        for name, text in reversed(self.names.bindings.items()):
            if name in needed:
                kept.append((name, text))
                needed |= names_used((), (), (), [text])
        return kept[::-1]
