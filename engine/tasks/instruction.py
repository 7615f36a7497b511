"""Writes the instruction: what the user wants, as the user says it (paper, section 4.2, step 3).

Templates over the goals: tone, greeting, order of details, connectives and the form of every value vary, and
everything the chain takes from the text is in it. No tool, column or internal id is named.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from engine.graph.knowledge import locate
from engine.models.base import Value
from engine.models.database import Column, DatabaseSchema
from engine.models.domain import Domain
from engine.models.task import Mention
from engine.models.tool import Parameter, Tool
from engine.states.arguments import parameter_column
from engine.tasks.goals import Detail, Entity, Goal
from engine.tasks.phrases import SELF, VOICES, Tone
from engine.tasks.speech import words
from engine.tasks.wording import Speaker, article, capital, enumerate_words, name_words, noun, plural, singular, tidy

_DETERMINERS = r"(?:an?|the|my|your|their|one's own|one's|some|another|this|that|one)"
_PRICES = frozenset({"price", "amount", "fee", "cost", "total", "bid", "offer", "budget", "asking price", "unit price"})
_LONG = 60


def write_instruction(domain: Domain, goals: Sequence[Goal], profile: dict[str, Value], now: str, rng: random.Random) -> str:
    """The instruction for a task.

    Args:
        domain: Whose tools the goals use.
        goals: What the user wants, in order.
        profile: What the user knows about themselves.
        now: The episode's clock.
        rng: Source of every choice of words.
    """
    actor = domain.spec.actor
    speaker = Speaker(domain.database, now, rng, actor.table if actor is not None else None)
    tone: Tone = rng.choice(("polite", "plain", "plain", "chatty", "brisk", "indirect"))
    voice = VOICES[tone]
    writer = _Writer(domain, speaker, rng)
    parts: list[str] = []
    greeting = rng.choice(voice.greetings)
    name = _own_name(domain, profile)
    if name is not None and tone != "brisk" and rng.random() < 0.3:
        greeting = f"{greeting.rstrip(',')}{'.' if greeting.endswith(',') else ''} {rng.choice(SELF).format(name)}".strip()
    unused = list(voice.more)
    for index, goal in enumerate(goals):
        wish, sentences = writer.goal(goal)
        if index == 0:
            frame = rng.choice(voice.frames)
        else:
            frame = unused.pop(rng.randrange(len(unused))) if unused else rng.choice(voice.more)
        parts.append(_sentence(frame.format(wish), lower=index == 0 and greeting.endswith((",", ":"))))
        parts += [capital(sentence) for sentence in sentences]
    closing = rng.choice(voice.closings)
    return tidy(" ".join(part for part in (greeting, *parts, closing) if part))


def _sentence(text: str, *, lower: bool) -> str:
    if lower and not text.startswith("I"):
        return text
    return text if lower else capital(text)


def _own_name(domain: Domain, profile: dict[str, Value]) -> str | None:
    actor = domain.spec.actor
    table = domain.database.table.get(actor.table) if actor is not None else None
    for column in table.columns if table is not None else ():
        if column.role == "person_name" and profile.get(column.name):
            return str(profile[column.name])
    return None


class _Writer:
    """Turns goals into wishes (`book the room "Atrium" on March 3`) and sentences with further details."""

    def __init__(self, domain: Domain, speaker: Speaker, rng: random.Random) -> None:
        self._domain = domain
        self._database: DatabaseSchema = domain.database
        self._speaker = speaker
        self._rng = rng
        self._spoken: dict[tuple[str, object], None] = {}

    def goal(self, goal: Goal) -> tuple[str, list[str]]:
        """The wish of one goal, and the sentences that follow it."""
        tool = goal.tool
        wish = _summary(tool)
        acting = self._acting(tool)
        loose: list[tuple[Parameter, str]] = []
        for entity in goal.entities:
            own = all(mention is not None and mention.me for mention in entity.mentions)
            placed = self._place(wish, entity, own)
            if placed is not None:
                wish = placed
            elif not (own and entity.parameter.name == acting):
                loose.append((entity.parameter, self._phrase(entity)))
        wish, extra = self._attach(tool, wish, loose)
        inline, sentences = self._details(tool, goal.details)
        wish = " ".join((wish, *inline))
        return wish, [*extra, *sentences]

    # entities

    def _acting(self, tool: Tool) -> str | None:
        """The parameter by which the user acts: the first that takes a row of the user's table."""
        actor = self._domain.spec.actor
        for parameter in tool.parameters:
            found = locate(self._database, parameter.refers_to)
            if actor is not None and found is not None and found[0].name == actor.table:
                return parameter.name
        return None

    def _place(self, wish: str, entity: Entity, own: bool) -> str | None:
        """The wish with the entity in the place of its noun (`a booking`), if the noun is there."""
        thing = noun(self._database.table[entity.table])
        for spoken in dict.fromkeys((thing, thing.rsplit(" ", 1)[-1])):
            many = plural(spoken)
            pattern = rf"\b(?:{_DETERMINERS}\s+)?(?:{re.escape(many)}|{re.escape(spoken)})(?P<of>'s)?\b(?![\w-])"
            match = re.search(pattern, wish)
            if match is None:
                continue
            if match["of"]:
                phrase = "my" if own else f"{self._phrase(entity)}'s"
            elif own:
                phrase = "me" if wish[: match.start()].endswith((" for ", " to ")) else "my account"
            else:
                phrase = self._phrase(entity)
            return f"{wish[: match.start()]}{phrase}{wish[match.end() :]}"
        return None

    def _phrase(self, entity: Entity) -> str:
        thing = noun(self._database.table[entity.table])
        phrases: list[str] = []
        for mention in entity.mentions:
            if mention is None:
                phrases.append(self._rng.choice((f"the new {thing}", f"that new {thing}")))
            elif (mention.table, mention.key) in self._spoken:
                phrases.append(self._speaker.again(mention))
            else:
                self._spoken[mention.table, mention.key] = None
                phrases.append(self._speaker.entity(mention))
        return enumerate_words(phrases)

    def _attach(self, tool: Tool, wish: str, loose: list[tuple[Parameter, str]]) -> tuple[str, list[str]]:
        """Adds the entities whose noun the wish does not have; what grows too long becomes a sentence."""
        sentences: list[str] = []
        for index, (parameter, phrase) in enumerate(loose):
            spoken = words(parameter.name)
            table = locate(self._database, parameter.refers_to)
            thing = noun(table[0]) if table is not None else ""
            called = name_words(parameter.name)
            if spoken.startswith(("to ", "new ", "target ", "destination ")):
                wish = f"{wish} to {phrase}"
            elif spoken.startswith(("from ", "source ")):
                wish = f"{wish} from {phrase}"
            elif table is not None and table[0].name == tool.entity and tool.category != "create":
                wish = f"{wish} {phrase}" if " " not in wish else f"{wish} for {phrase}"
            elif tool.category in ("assign", "transfer"):
                wish = f"{wish} to {phrase}"
            elif index == 0 and not _has_tail(wish, "for"):
                wish = f"{wish} for {phrase}"
            elif called in (thing, thing.rsplit(" ", 1)[-1]) and not _has_tail(wish, "with"):
                wish = f"{wish} with {phrase}"
            elif called in (thing, thing.rsplit(" ", 1)[-1]):
                sentences.append(self._rng.choice((f"please use {phrase}.", f"it should go with {phrase}.")))
            else:
                sentences.append(self._rng.choice((f"the {called} should be {phrase}.", f"as the {called}, take {phrase}.")))
        return wish, sentences

    # details

    def _details(self, tool: Tool, details: Sequence[Detail]) -> tuple[list[str], list[str]]:
        inline: list[str] = []
        sentences: list[str] = []
        dates = sum(1 for detail in details if detail.parameter.type in ("date", "datetime"))
        rest: list[tuple[str, str, Column]] = []
        for detail in details:
            column = parameter_column(detail.parameter, self._database)
            called = name_words(detail.parameter.name, noun(self._database.table[tool.entity]))
            value = self._value(detail.value, column)
            phrase = None if tool.category == "update" else self._inline(detail.parameter, called, detail.value, value, column, dates)
            short = phrase is not None and len(phrase) < _LONG and len(inline) < 3
            if phrase is not None and short and (self._rng.random() < 0.8 or column.type in ("date", "datetime")):
                inline.append(phrase)
            else:
                rest.append((called, value, column))
        if len(rest) > 2 and all(column.role != "text" for _, _, column in rest) and self._rng.random() < 0.6:
            pairs = [f"{_the(called)} {value}" for called, value, _ in rest]
            start = self._rng.choice(("Here are the details: ", "The details: ", "Please use "))
            return inline, [f"{start}{enumerate_words(pairs)}."]
        for called, value, column in rest:
            sentences.append(self._detail_sentence(called, value, column, update=tool.category == "update"))
        return inline, sentences

    def _value(self, value: Value | list[Value], column: Column) -> str:
        if isinstance(value, list):
            return enumerate_words([self._speaker.value(item, column) for item in value])
        return self._speaker.value(value, column)

    def _inline(
        self, parameter: Parameter, called: str, value: Value | list[Value], spoken: str, column: Column, dates: int
    ) -> str | None:
        """A detail as a part of the wish, where that reads well."""
        if column.type == "boolean" or column.role == "text" or isinstance(value, list):
            return None
        if column.type in ("date", "datetime"):
            return _moment(called, spoken, alone=dates == 1)
        if column.type == "time":
            return f"at {spoken}" if dates < 2 and "end" not in called else f"until {spoken}"
        if column.role == "money":
            return f"for {spoken}" if called in _PRICES else f"with {article(called)} {called} of {spoken}"
        if column.role == "duration" or (called in ("minutes", "hours", "days") and isinstance(value, int)):
            unit = "" if column.role == "duration" else f" {singular(called) if value == 1 else called}"
            plain = called in ("minutes", "hours", "days", "duration", "length", "duration minutes")
            return f"for {spoken}{unit}" if plain else f"with {article(called)} {called} of {spoken}{unit}"
        if column.role in ("quantity", "number", "percent", "rating"):
            if column.role == "quantity" and called in ("people", "guests", "persons", "participants", "attendees", "seats"):
                return f"for {spoken} {singular(called) if value == 1 else called}"
            return f"with {article(called)} {called} of {spoken}"
        if column.enum is not None or column.role in ("enum", "status"):
            return self._rng.choice((f"with {spoken} as the {called}", f"({called}: {spoken})"))
        if column.role in ("title", "label") and called in ("title", "name", "label"):
            return f"called {spoken}" if spoken.startswith('"') else f'called "{spoken}"'
        if column.role == "person_name":
            return f"under the name {spoken}" if called == "name" else f"with {spoken} as the {called}"
        return f"with the {called} {spoken}"

    def _detail_sentence(self, called: str, value: str, column: Column, *, update: bool) -> str:
        """A detail as a sentence of its own."""
        choose = self._rng.choice
        if column.type == "boolean":
            return choose((f"{called}: {value}.", f"as for {called}: {value}.", f"when it comes to {called}, the answer is {value}."))
        if column.role == "text":
            return choose(
                (f"the {called} should read: {value}.", f"as the {called}, please put {value}.", f"{called}: {value}.", f"please add this {called}: {value}.")
            )
        if update:
            return choose(
                (f"the new {called} is {value}.", f"please make the {called} {value}.", f"the {called} should be {value} from now on.", f"set the {called} to {value}.")
            )
        return choose((f"the {called} should be {value}.", f"for the {called}, take {value}.", f"{called}: {value}.", f"the {called} is {value}."))


def _summary(tool: Tool) -> str:
    """The words in which people ask for the tool; from its name where nobody wrote them."""
    if tool.summary:
        return tool.summary[0].lower() + tool.summary[1:].rstrip(".")
    verb, _, rest = words(tool.name).partition(" ")
    if not rest:
        return verb
    single = rest == singular(rest)
    return f"{verb} {article(rest)} {rest}" if single else f"{verb} {rest}"


def _has_tail(wish: str, preposition: str) -> bool:
    return f" {preposition} " in wish


def _the(called: str) -> str:
    return called if called.startswith("the ") else f"the {called}"


def _moment(called: str, spoken: str, *, alone: bool) -> str:
    """A date or datetime with the preposition that its name asks for."""
    if any(part in called for part in ("due", "deadline")):
        return f"due {spoken}"
    if any(part in called for part in ("until", "end", "expir", "to date", "through", "check out", "return")):
        return f"until {spoken}"
    if any(part in called for part in ("start", "begin", "from", "check in")):
        return f"on {spoken}" if alone else f"starting {spoken}"
    return f"on {spoken}" if alone else f"with the {called} {spoken}"


def mentions_of(goals: Sequence[Goal]) -> tuple[Mention, ...]:
    """Every entity of s0 that the goals name, once."""
    found: dict[tuple[str, object], Mention] = {}
    for goal in goals:
        for entity in goal.entities:
            for mention in entity.mentions:
                if mention is not None:
                    found.setdefault((mention.table, mention.key), mention)
    return tuple(found.values())

