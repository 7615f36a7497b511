"""A domain while it is only an idea: what roles tell each other before there is a blueprint (paper, section 4.1, steps 1 and 2)."""

from __future__ import annotations

from pydantic import Field

from engine.models.base import Model
from engine.models.database import Role
from engine.seeds.blueprint import NAME
from engine.seeds.tool_entry import ToolKind


class Attribute(Model):
    """Something that is known of an entity.

    Attributes:
        role: What it means to people; decides type, values and match policy.
        values: The words of an enum, or some examples.
    """

    name: str = Field(pattern=NAME)
    role: Role
    optional: bool = False
    values: tuple[str, ...] = ()
    description: str = ""


class EntityIdea(Model):
    """A kind of thing that the domain is about.

    Attributes:
        belongs_to: Entities that each one points to, such as the customer of a booking.
        states: The states that one goes through, the first being that of a new one; empty where there is no lifecycle.
    """

    name: str = Field(pattern=NAME)
    description: str = ""
    attributes: tuple[Attribute, ...] = ()
    belongs_to: tuple[str, ...] = ()
    states: tuple[str, ...] = ()


class DomainIdea(Model):
    """What the domain agent makes of a keyword.

    Attributes:
        name: The domain's name, as in commands.
        user: The entity whose row stands for the user.
        user_description: One sentence about the user, in the second person.
        rules: The business rules, a sentence each.
    """

    name: str = Field(pattern=NAME)
    title: str
    description: str
    user: str
    user_description: str = ""
    entities: tuple[EntityIdea, ...] = Field(min_length=1)
    rules: tuple[str, ...] = ()

    @property
    def entity_names(self) -> tuple[str, ...]:
        """The entities in order."""
        return tuple(entity.name for entity in self.entities)


class Precondition(Model):
    """What must hold for a call, in words, with the code of the rejection where it does not."""

    code: str = Field(pattern=NAME)
    words: str


class ToolSketch(Model):
    """A tool as the tool schema agent conceives it, before there is a database and so before anything is formal.

    Attributes:
        entity: The entity that it is mainly about.
        summary: The words in which a person would ask for it (`schedule an interview`).
        parameters: Columns of the entity that it takes beside those that its kind implies: what a `create` or `update`
            writes, what a `search` filters by, the one by which a `lookup` or `list` looks.
        from_states: The states in which a transition (update, delete, batch) is allowed; empty for all.
        to_state: The state to which a `transition` or `batch` leads.
        preconditions: Business rules in words, beyond what kind, keys and states imply.
        effects: What changes beyond what the kind implies, in words; empty for nothing.
        answers: What a `compute` or `action` answers, in words.
    """

    name: str = Field(pattern=NAME)
    entity: str
    kind: ToolKind
    description: str
    summary: str = ""
    parameters: tuple[str, ...] = ()
    from_states: tuple[str, ...] = ()
    to_state: str | None = None
    preconditions: tuple[Precondition, ...] = ()
    effects: str = ""
    answers: str = ""

    @property
    def is_plain(self) -> bool:
        """Whether its contract follows from its kind alone, so that nobody has to be asked for it."""
        return not (
            self.preconditions or self.effects or self.answers or self.kind in ("compute", "action", "transfer")
        )
