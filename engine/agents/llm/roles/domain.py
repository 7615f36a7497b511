"""The domain agent on a language model (paper, section 4.1, step 1): a keyword becomes actors, entities and rules."""

from __future__ import annotations

from pydantic import Field

from engine.agents.checks.ideas import MOST_ENTITIES, check_idea
from engine.agents.checks.names import entity_name, plain_name
from engine.agents.checks.words import one_line, sentence
from engine.agents.llm.ask.again import ask_until
from engine.agents.llm.ask.prompt import fill
from engine.agents.llm.ask.question import Asker, Question, Unusable
from engine.agents.llm.ask.structured import json_answer, schema_of
from engine.agents.llm.text.columns import read_attribute
from engine.agents.llm.text.wire import Text, Texts, Wire
from engine.agents.roles.foundation import DomainAnswer, DomainRequest
from engine.errors import SeedError
from engine.seeds.idea import Attribute, DomainIdea, EntityIdea
from engine.seeds.keyword import domain_name

TOOLS_OF_AN_ENTITY = 3.6
"""Tools that an entity has on average; decides how many entities are asked for."""

FEWEST_ENTITIES = 3
"""A user, what there is, and what comes of the two: with fewer there is nothing to do."""
MORE_ENTITIES = 6

SAMPLES = 3
"""Without an idea there is no domain, so that it is asked for more often than anything else."""

_MOST_COLUMNS = 16
_MOST_STATES = 10
_MOST_RULES = 40


class WireEntity(Wire):
    """An entity as the model writes it."""

    name: Text
    about: Text = ""
    columns: Texts = ()
    of: Texts = ()
    states: Texts = ()


class WireDomain(Wire):
    """An idea as the model writes it."""

    title: Text
    description: Text
    user: Text
    you: Text = ""
    entities: tuple[WireEntity, ...] = Field(min_length=1)
    rules: Texts = ()


class ModelDomain:
    """Asks a model for the idea, in one request."""

    def __init__(self, asker: Asker) -> None:
        self._asker = asker

    async def conceive(self, request: DomainRequest) -> DomainAnswer:
        """The idea behind a keyword.

        Raises:
            NoAnswer: The model gave no usable idea.
        """
        wanted = entities_for(request.tools)
        system, user = fill("domain", service=request.keyword, wishes=request.hint, entities=str(wanted))
        schema = schema_of(WireDomain)
        # Who is held to a schema neither stops too early nor goes round in circles.
        schema["properties"]["entities"] |= {
            "minItems": min(wanted, FEWEST_ENTITIES),
            "maxItems": wanted + MORE_ENTITIES,
        }
        read = json_answer(WireDomain)
        question = Question(
            role="domain",
            system=system,
            user=user,
            parse=lambda text: _usable(read(text), request.keyword),
            schema=schema,
            schema_name="domain",
            subject=one_line(request.keyword, 80),
        )
        return DomainAnswer(idea=await ask_until(self._asker, question, SAMPLES))


def entities_for(tools: int) -> int:
    """How many entities a domain with so many tools has."""
    return max(3, min(16, round(tools / TOOLS_OF_AN_ENTITY)))


def _usable(wire: WireDomain, keyword: str) -> DomainIdea:
    idea = read_idea(wire, keyword)
    problems = check_idea(idea)
    if problems:
        raise Unusable(problems)
    return idea


def read_idea(wire: WireDomain, keyword: str) -> DomainIdea:
    """The idea that a model wrote, in our names; entities that it only speaks of are left out.

    Raises:
        Unusable: No entity has a name.
    """
    named = {entity_name(entity.name): entity for entity in reversed(wire.entities) if entity_name(entity.name)}
    names = list(named)[::-1][:MOST_ENTITIES]
    if not names:
        raise Unusable(["no entity has a name"])
    entities = tuple(_entity(name, named[name], names) for name in names)
    return DomainIdea(
        name=_name(keyword),
        title=one_line(wire.title, 80) or keyword.title(),
        description=sentence(wire.description),
        user=_user(wire.user, entities),
        user_description=sentence(wire.you, 200),
        entities=entities,
        rules=tuple(rule for text in wire.rules[:_MOST_RULES] if (rule := sentence(text, 200))),
    )


def named_in(text: str, names: list[str] | tuple[str, ...]) -> str:
    """The entity that a word stands for, also where it is in the plural or an id; empty where it is none."""
    name = entity_name(text)
    plural = (name.removesuffix("s"), name.removesuffix("es"), name.removesuffix("ies") + "y", name.removesuffix("_id"))
    return next((candidate for candidate in (name, *plural) if candidate in names), "")


def _entity(name: str, wire: WireEntity, names: list[str]) -> EntityIdea:
    attributes: dict[str, Attribute] = {}
    parents = [parent for text in wire.of if (parent := named_in(text, names))]
    states = tuple(dict.fromkeys(state for text in wire.states if (state := plain_name(text))))[:_MOST_STATES]
    for text in wire.columns[:_MOST_COLUMNS]:
        attribute = read_attribute(text, name)
        if attribute is None or attribute.name in ("id", f"{name}_id") or (attribute.name == "status" and states):
            continue
        stem = attribute.name.removesuffix("_id")
        if stem in names and stem != name:  # a reference that was written as a column
            parents.append(stem)
            continue
        attributes.setdefault(attribute.name, attribute)
    return EntityIdea(
        name=name,
        description=sentence(wire.about, 200),
        attributes=tuple(attributes.values()),
        belongs_to=tuple(dict.fromkeys(parents)),
        states=states if len(states) > 1 else (),
    )


def _user(text: str, entities: tuple[EntityIdea, ...]) -> str:
    """The entity of the user: as named, else the first of which an e-mail address or a person's name is known."""
    names = [entity.name for entity in entities]
    people = [
        entity.name
        for entity in entities
        if any(attribute.role in ("email", "person_name", "username") for attribute in entity.attributes)
    ]
    return named_in(text, names) or next(iter(people), "") or plain_name(text) or names[0]


def _name(keyword: str) -> str:
    try:
        return domain_name(keyword)
    except SeedError:  # a keyword in another script; the run has a name of its own
        return "domain"
