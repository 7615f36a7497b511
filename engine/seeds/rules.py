"""Business rules of the blueprint language: each is sugar for one requirement of a contract.

A rule says what must hold for a call to go through. Expressions are text in the contract language; in a rule
that looks at other rows (`rows: TABLE`), `row` stands for each of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal, cast

from pydantic import AliasChoices, Field, field_validator, model_validator

from engine.models.base import Model


def as_expression(value: Any) -> Any:
    """Lets YAML numbers, booleans and nulls stand where an expression is expected."""
    return str(value) if isinstance(value, bool | int | float) else value


class RuleBase(Model):
    """What every rule has.

    Attributes:
        code: Rejection code; a fitting one is made up when left out.
        message: What the rejection says; `{expression}` places are filled in.
        when: The rule applies only where this expression holds.
    """

    code: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9_]*$")
    message: str | None = None
    when: str | None = None

    @field_validator(
        "when", "before", "after", "value", "limit", "adding", "has", "needs", "minimum", "maximum", "start", "end",
        mode="before", check_fields=False,
    )  # fmt: skip
    @classmethod
    def _number_as_expression(cls, value: Any) -> Any:
        return as_expression(value)


class RowsRule(RuleBase):
    """A rule that looks at rows of a table.

    Attributes:
        rows: The table.
        match: Column -> expression it must equal; a column alone (in a list) must equal the same name in scope.
        among: Column -> values of which it must hold one (states of a lifecycle, mostly).
        where: Further condition over `row`.
    """

    rows: str
    match: dict[str, str] = Field(default_factory=dict[str, str])
    among: dict[str, tuple[str, ...]] = Field(default_factory=dict[str, tuple[str, ...]])
    where: str | None = None

    @field_validator("match", mode="before")
    @classmethod
    def _names_alone(cls, value: Any) -> Any:
        if isinstance(value, str):
            value = [value]
        if isinstance(value, list | tuple):
            return {str(name): str(name) for name in cast("Sequence[Any]", value)}
        if isinstance(value, dict):
            return {name: as_expression(text) for name, text in cast("dict[Any, Any]", value).items()}
        return value

    @field_validator("among", mode="before")
    @classmethod
    def _one_value(cls, value: Any) -> Any:
        if isinstance(value, dict):
            items = cast("dict[Any, Any]", value).items()
            return {name: [item] if isinstance(item, str) else item for name, item in items}
        return value


class Ownership(RuleBase):
    """The row at the end of `path` must belong to the acting user.

    Attributes:
        path: Where the owner's id stands, from a row in scope: `resume.candidate_id`, `interview.application.candidate_id`.
        user: The parameter that carries the acting user; the tool's own where left out.
    """

    rule: Literal["ownership"] = "ownership"
    path: str
    user: str | None = None


class Deadline(RuleBase):
    """`value` (the clock, where left out) must be early or late enough.

    Attributes:
        before: Latest moment (a date or a datetime); a null one does not bind.
        after: Earliest moment.
        days: Lead time: whole days that must remain (or have passed).
        hours: The same in hours, for datetimes.
        minutes: The same in minutes, for datetimes.
        value: What is compared; `now` or `today` by the type of the moment.
    """

    rule: Literal["deadline"] = "deadline"
    before: str | None = None
    after: str | None = None
    days: int = 0
    hours: int = 0
    minutes: int = 0
    value: str | None = None

    @model_validator(mode="after")
    def _one_side(self) -> Deadline:
        if (self.before is None) == (self.after is None):
            raise ValueError("give exactly one of `before` and `after`")
        return self


class Capacity(RowsRule):
    """The rows that count, with those about to be added, must not exceed `limit`."""

    rule: Literal["capacity"] = "capacity"
    limit: str
    adding: str = "1"


class Quota(RowsRule):
    """At most `limit` such rows per user, state or period.

    Attributes:
        column: The date or datetime by which a row falls into the period.
        days: Length of the period up to now; 0 for all time.
        adding: How many rows the call adds.
    """

    rule: Literal["quota"] = "quota"
    limit: str
    column: str | None = None
    days: int = 0
    adding: str = "1"

    @model_validator(mode="after")
    def _period(self) -> Quota:
        if (self.column is None) != (self.days == 0):
            raise ValueError("a period needs both `column` and `days`")
        return self


class Balance(RuleBase):
    """There must be enough: `has` >= `needs` (funds, stock, seats)."""

    rule: Literal["balance"] = "balance"
    has: str
    needs: str


class Uniqueness(RowsRule):
    """No such row may exist yet (no second open application, no second main resume)."""

    rule: Literal["uniqueness"] = "uniqueness"


class RequiresEarlier(RowsRule):
    """Such a row must exist already: an earlier step was taken."""

    rule: Literal["requires_earlier"] = "requires_earlier"


class NoOverlap(RowsRule):
    """No such row may overlap the wanted time.

    Attributes:
        starts: Column in which a row's time starts.
        ends: Column in which it ends, or
        lasts: the column with its length in minutes.
        start: Start of the wanted time.
        end: End of the wanted time.
    """

    rule: Literal["no_overlap"] = "no_overlap"
    starts: str
    ends: str | None = None
    lasts: str | None = None
    start: str
    end: str

    @model_validator(mode="after")
    def _one_end(self) -> NoOverlap:
        if (self.ends is None) == (self.lasts is None):
            raise ValueError("give exactly one of `ends` and `lasts`")
        return self


class Limits(RuleBase):
    """`value` must lie between `minimum` and `maximum`, both inclusive; either may be left out."""

    rule: Literal["limits"] = "limits"
    value: str
    minimum: str | None = None
    maximum: str | None = None

    @model_validator(mode="after")
    def _some_side(self) -> Limits:
        if self.minimum is None and self.maximum is None:
            raise ValueError("give `minimum`, `maximum` or both")
        return self


class State(RuleBase):
    """A column of a row in scope, such as `job.status`, must (not) hold one of some values."""

    rule: Literal["state"] = "state"
    column: str = Field(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$")
    is_in: tuple[str, ...] = Field(default=(), validation_alias=AliasChoices("in", "is_in"))
    not_in: tuple[str, ...] = ()

    @field_validator("is_in", "not_in", mode="before")
    @classmethod
    def _one_value(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one_list(self) -> State:
        if bool(self.is_in) == bool(self.not_in):
            raise ValueError("give exactly one of `in` and `not_in`")
        return self


class Condition(RuleBase):
    """Anything else: `that` must hold. Needs a code and a message of its own.

    Attributes:
        kind: The kind it is counted as, such as `compatibility`.
    """

    rule: Literal["condition"] = "condition"
    that: str
    kind: str = "condition"

    @model_validator(mode="after")
    def _speaks(self) -> Condition:
        if self.code is None:
            raise ValueError("give a `code`")
        return self


Rule = Annotated[
    Ownership
    | Deadline
    | Capacity
    | Quota
    | Balance
    | Uniqueness
    | RequiresEarlier
    | NoOverlap
    | Limits
    | State
    | Condition,
    Field(discriminator="rule"),
]
