"""A chain: the reference solution as a program (paper, section 4.2, step 1)."""

from __future__ import annotations

from typing import Annotated, Any
from typing import Literal as OneOf

from pydantic import Field

from engine.models.base import Model, Value


class Literal(Model):
    """A value that the instruction says in words."""

    kind: OneOf["literal"] = "literal"
    value: Any


class FromProfile(Model):
    """A value of the user's profile, such as the e-mail address."""

    kind: OneOf["profile"] = "profile"
    field: str
    value: Any


class FromOutput(Model):
    """A value that an earlier step answered.

    Attributes:
        step: Index of the earlier step.
        path: Field of its answer; of a list field, the item is chosen by `select` and its `field` is taken.
        select: Column -> value that picks exactly one item of the list (each is said in the instruction).
        field: Field of the chosen item; `None` where `path` is itself the value.
    """

    kind: OneOf["output"] = "output"
    step: int
    path: str
    select: dict[str, Value] = {}
    field: str | None = None


Argument = Annotated[Literal | FromProfile | FromOutput, Field(discriminator="kind")]


class ArgumentList(Model):
    """Several values for one array parameter, each with a source of its own."""

    kind: OneOf["list"] = "list"
    items: tuple[Argument, ...]


ChainArgument = Annotated[Literal | FromProfile | FromOutput | ArgumentList, Field(discriminator="kind")]


class ChainStep(Model):
    """One call of the chain."""

    tool: str
    arguments: dict[str, ChainArgument] = {}


class Chain(Model):
    """The steps in order."""

    steps: tuple[ChainStep, ...]
