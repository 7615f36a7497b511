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
from engine.tasks.wording import (
    Speaker,
    article,
    capital,
    counted,
    enumerate_words,
    name_words,
    noun,
    plural,
    singular,
    tidy,
)

_DETERMINERS = r"(?:an?|the|my own|my|your|their|one's own|one's|some|several|all|many|multiple|another|this|that|these|one)(?: new)?"
_STAND_IN = re.compile(
    r"\b(?:it|somebody|someone)\b|(?<=^buy )something\b|(?<= for )something\b|(?<=^sell )something\b"
)
_TAIL = re.compile(r" (?:for|to|from|into|in|on|at|with|as|of|about)\b")
_PRICES = frozenset({"price", "amount", "fee", "cost", "total", "bid", "offer", "budget", "asking price", "unit price"})
_CROWD = frozenset({"people", "guests", "persons", "participants", "attendees", "seats"})
_LONG = 60
_HEAVY = 45


def write_instruction(
    domain: Domain, goals: Sequence[Goal], profile: dict[str, Value], now: str, rng: random.Random
) -> str:
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
        start = f"{greeting.rstrip(',:')}." if greeting.endswith((",", ":")) else greeting
        greeting = f"{start} {rng.choice(SELF).format(name)}".strip()
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
        self._tables: list[str] = []
        self._kept: list[str] = []

    def goal(self, goal: Goal) -> tuple[str, list[str]]:
        """The wish of one goal, and the sentences that follow it."""
        tool = goal.tool
        self._tables = [entity.table for entity in goal.entities]
        wish = wish_words(tool)
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
        wish, rest = self._named_details(wish, goal.details)
        told = self._told(wish)
        inline, sentences = self._details(tool, rest, crowded=" with " in told or told.endswith('"') or bool(extra))
        wish = " ".join((self._told(wish), *_joined(inline)))
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
        if not own and _STAND_IN.search(wish):
            return _STAND_IN.sub(lambda _: self._keep(self._phrase(entity)), wish, count=1)
        thing = noun(self._database.table[entity.table])
        for spoken in dict.fromkeys((thing, thing.rsplit(" ", 1)[-1])):
            many = plural(spoken)
            pattern = rf"\b(?:{_DETERMINERS}\s+)?(?P<thing>{re.escape(many)}|{re.escape(spoken)})(?P<of>'s)?\b(?![\w-])"
            match = next((found for found in re.finditer(pattern, wish) if not self._within_longer(found, wish)), None)
            if match is None:
                continue
            before, after = wish[: match.start()], wish[match.end() :]
            if match["of"]:
                return f"{before}{'my' if own else self._keep(self._phrase(entity) + chr(39) + 's')}{after}"
            if own:
                return f"{before}{'me' if before.endswith((' for ', ' to ')) else 'my account'}{after}"
            phrase = self._phrase(entity)
            after = self._tail(after, phrase)
            if len(phrase) > _HEAVY and _TAIL.match(after) and len(after.split()) <= 3:  # save for later the job ...
                return f"{before.rstrip()}{after} {self._keep(phrase)}"
            return f"{before}{self._keep(phrase)}{after}"
        return None

    def _keep(self, phrase: str) -> str:
        """A place holder for a phrase, so that nothing is looked for within it."""
        self._kept.append(phrase)
        return f"\x01{len(self._kept) - 1}\x01"

    def _told(self, text: str) -> str:
        """The text with the phrases in their places."""
        return re.sub(r"\x01(\d+)\x01", lambda match: self._kept[int(match[1])], text)

    def _within_longer(self, match: re.Match[str], wish: str) -> bool:
        """Whether a noun is only a part of another table's: the invoice in an invoice line."""
        for table in self._database.tables:
            longer = noun(table)
            for found in re.finditer(rf"\b(?:{re.escape(plural(longer))}|{re.escape(longer)})\b", wish):
                start = match.end() - len(match[0].split()[-1])
                if found.start() <= start and match.end() <= found.end() and len(found[0]) > len(match["thing"]):
                    return True
        return False

    def _tail(self, after: str, phrase: str) -> str:
        """What follows a noun in the wish, but `for my listing` where the phrase names the listing itself."""
        match = re.fullmatch(rf" (?:for|of|on|in|about|from) {_DETERMINERS} ([\w ]+)", after)
        named = match is not None and f" {match[1]}" in phrase and not self._places(match[1])
        return "" if named else after

    def _places(self, thing: str) -> bool:
        """Whether another entity of the goal will take the place of a noun."""
        return any(noun(self._database.table[table]) == thing for table in self._tables)

    def _named_details(self, wish: str, details: Sequence[Detail]) -> tuple[str, list[Detail]]:
        """Puts values in the place of their noun: `add a skill` becomes `add the skill German`."""
        rest: list[Detail] = []
        for detail in details:
            called = name_words(detail.parameter.name)
            column = parameter_column(detail.parameter, self._database)
            named = column.role in ("label", "title", "code", "person_name", "username") and column.enum is None
            pattern = rf"\b{_DETERMINERS} {re.escape(called)}\b(?![\w'-])"
            if named and isinstance(detail.value, str) and re.search(pattern, wish):
                value = self._speaker.value(detail.value, column)
                kept = self._keep(f"the {called} {value}")
                wish = re.sub(pattern, lambda _, said=kept: said, wish, count=1)
            else:
                rest.append(detail)
        return wish, rest

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
            elif tool.category in ("assign", "transfer") and " " in wish:
                wish = f"{wish} to {phrase}"
            elif table is not None and table[0].name == tool.entity and tool.category != "create":
                wish = f"{wish} {phrase}" if " " not in wish else f"{wish} for {phrase}"
            elif index == 0 and not _has_tail(wish, "for"):
                wish = f"{wish} for {phrase}"
            elif called in (thing, thing.rsplit(" ", 1)[-1]) and not _has_tail(wish, "with"):
                wish = f"{wish} with {phrase}"
            elif called in (thing, thing.rsplit(" ", 1)[-1]):
                sentences.append(self._rng.choice((f"please use {phrase}.", f"it should go with {phrase}.")))
            else:
                sentences.append(
                    self._rng.choice((f"the {called} should be {phrase}.", f"as the {called}, take {phrase}."))
                )
        return wish, sentences

    # details

    def _details(self, tool: Tool, details: Sequence[Detail], *, crowded: bool) -> tuple[list[str], list[str]]:
        """What goes into the wish and what follows it; into a crowded one goes no further `with`."""
        inline: list[str] = []
        sentences: list[str] = []
        dates = sum(1 for detail in details if detail.parameter.type in ("date", "datetime"))
        rest: list[tuple[str, str, Column]] = []
        for detail in details:
            column = parameter_column(detail.parameter, self._database)
            called = name_words(detail.parameter.name, noun(self._database.table[tool.entity]))
            value = self._value(detail.value, column)
            update = tool.category == "update" and self._is_written(tool, detail.parameter)
            phrase = None if update else self._inline(tool, called, detail.value, value, column, dates)
            short = phrase is not None and len(phrase) < _LONG and len(inline) < 3
            short = short and not (crowded and phrase is not None and phrase.startswith("with "))
            if (
                phrase is not None
                and short
                and (self._rng.random() < 0.8 or column.type in ("date", "datetime") or tool.category == "delete")
            ):
                inline.append(phrase)
            else:
                rest.append((called, value, column))
        plain = all(column.role != "text" and column.type != "boolean" for _, _, column in rest)
        if len(rest) > 2 and plain and self._rng.random() < 0.6:
            pairs = [f"{_the(called)} {value}" for called, value, _ in rest]
            usual = ("Here are the details: ", "The details: ", "Please use ")
            start = self._rng.choice(("The new values: ", "It should have ") if tool.category == "update" else usual)
            return inline, [f"{start}{enumerate_words(pairs)}."]
        for called, value, column in rest:
            sentences.append(self._detail_sentence(called, value, column, update=tool.category == "update"))
        return inline, sentences

    def _is_written(self, tool: Tool, parameter: Parameter) -> bool:
        """Whether an update writes the value into the column that it stands for, as its new one."""
        table, _, column = (parameter.source or "").partition(".")
        return any(
            parameter.name in effect.values.values()
            or parameter.name in effect.values
            or (effect.table == table and column in effect.values)
            for effect in tool.contract.effects
        )

    def _value(self, value: Value | list[Value], column: Column) -> str:
        if isinstance(value, list):
            return enumerate_words([self._speaker.value(item, column) for item in value])
        return self._speaker.value(value, column)

    def _inline(
        self, tool: Tool, called: str, value: Value | list[Value], spoken: str, column: Column, dates: int
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
        unit = called in ("minutes", "hours", "days", "weeks", "months")
        if column.role == "duration" or (unit and isinstance(value, int)):
            length = spoken if column.role == "duration" else counted(spoken, called, value)
            if unit or called in ("duration", "length", "duration minutes"):
                return f"{'by' if tool.category == 'update' else 'for'} {length}"
            return f"with {article(called)} {called} of {length}"
        if column.role in ("quantity", "number", "percent", "rating"):
            count = counted(spoken, called, value)
            if count:
                return f"{'for' if called in _CROWD else 'with'} {count}"
            return f"with {article(called)} {called} of {spoken}"
        if column.enum is not None or column.role in ("enum", "status"):
            return self._rng.choice((f"with {spoken} as the {called}", f"with the {called} {spoken}"))
        if column.role in ("title", "label") and called in ("title", "name", "label"):
            return f"called {spoken}" if spoken.startswith('"') else f'called "{spoken}"'
        if column.role == "person_name":
            return f"under the name {spoken}" if called == "name" else f"with {spoken} as the {called}"
        return f"with the {called} {spoken}"

    def _detail_sentence(self, called: str, value: str, column: Column, *, update: bool) -> str:
        """A detail as a sentence of its own."""
        choose = self._rng.choice
        if called.endswith((" until", " by", " on", " at")):
            return f"{called}: {value}."
        be = "are" if singular(called.rsplit(" ", 1)[-1]) != called.rsplit(" ", 1)[-1] else "is"
        if column.type == "boolean":
            return choose(
                (
                    f"{called}: {value}.",
                    f"as for {called}: {value}.",
                    f"when it comes to {called}, the answer is {value}.",
                )
            )
        if column.role == "text":
            return choose(
                (
                    f"the {called} should read: {value}.",
                    f"as the {called}, please put {value}.",
                    f"{called}: {value}.",
                    f"please add {'these' if be == 'are' else 'this'} {called}: {value}.",
                )
            )
        if update:
            return choose(
                (
                    f"the new {called} {be} {value}.",
                    f"please make the {called} {value}.",
                    f"the {called} should be {value} from now on.",
                    f"set the {called} to {value}.",
                )
            )
        return choose(
            (
                f"the {called} should be {value}.",
                f"for the {called}, take {value}.",
                f"{called}: {value}.",
                f"the {called} {be} {value}.",
            )
        )


def wish_words(tool: Tool) -> str:
    """The words in which people ask for the tool; from its name where nobody wrote them."""
    if tool.summary:
        return tool.summary[0].lower() + tool.summary[1:].rstrip(".")
    verb, _, rest = words(tool.name).partition(" ")
    if not rest:
        return verb
    single = rest == singular(rest)
    return f"{verb} {article(rest)} {rest}" if single else f"{verb} {rest}"


def _joined(inline: list[str]) -> list[str]:
    """Details with one `with` for all that begin with it: `with A, B and C`."""
    others = [phrase for phrase in inline if not phrase.startswith("with ")]
    shared = [phrase.removeprefix("with ") for phrase in inline if phrase.startswith("with ")]
    return [*others, f"with {enumerate_words(shared)}"] if shared else others


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
