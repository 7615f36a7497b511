"""Words for tables, columns and parameters, and how an entity is spoken of."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping

from engine.graph.knowledge import natural_columns
from engine.models.base import Value
from engine.models.database import Column, DatabaseSchema, Table
from engine.models.task import Mention
from engine.tasks.speech import Meaning, say, words

_PERSON_ROLES = frozenset({"person_name", "username"})
_SAME = frozenset({"news", "series", "status", "address", "species", "goods", "business", "media", "data", "process"})
_IRREGULAR = {"people": "person", "movies": "movie", "cookies": "cookie", "children": "child", "men": "man", "women": "woman"}
_CONSONANT_SOUND = ("uni", "use", "usa", "usu", "uti", "eu", "one", "once", "ui", "ur")
_VOWEL_SOUND = ("hour", "honest", "honor", "heir")


def singular(word: str) -> str:
    """A noun's singular: `categories` becomes `category`."""
    if word in _SAME or len(word) < 4:
        return word
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes", "zes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def plural(noun: str) -> str:
    """A noun phrase's plural: `job category` becomes `job categories`."""
    if noun.rsplit(" ", 1)[-1] in _SAME:
        return noun
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith(("s", "x", "ch", "sh", "z")) else "s")


def noun(table: Table) -> str:
    """What one row of the table is called: `job_postings` is a `job posting`."""
    head, _, last = words(table.source_name or table.name).rpartition(" ")
    return f"{head} {singular(last)}".strip()


def article(phrase: str) -> str:
    """`a` or `an`, by the sound that `phrase` begins with."""
    lowered = phrase.lower().lstrip('"')
    if lowered.startswith(_VOWEL_SOUND):
        return "an"
    return "an" if lowered[:1] in set("aeiou") and not lowered.startswith(_CONSONANT_SOUND) else "a"


def column_words(column: Column, table: Table | None = None) -> str:
    """What a column is called in speech: without `id` at its end and without the table's own name before it."""
    spoken = words(column.source_name or column.name)
    return name_words(spoken, noun(table) if table is not None else "")


def name_words(name: str, entity: str = "") -> str:
    """A parameter's or column's name in speech."""
    spoken = words(name)
    for ending in (" id", " at", " ids"):
        if spoken.endswith(ending) and len(spoken) > len(ending) + 1:
            spoken = spoken.removesuffix(ending)
    spoken = spoken.removeprefix("is ").removeprefix("new ")
    if entity and spoken.startswith(f"{entity} ") and spoken != f"{entity} name":
        spoken = spoken.removeprefix(f"{entity} ")
    return {"qty": "quantity", "email": "e-mail address", "desc": "description", "cv": "CV", "url": "link"}.get(spoken, spoken)


class Speaker:
    """Puts values and entities into words, one way or another as its `rng` falls.

    Args:
        database: The domain's schema.
        now: The episode's clock.
        rng: Source of all choices.
        actor: The table whose rows are users like the speaker, where there is one.
    """

    def __init__(self, database: DatabaseSchema, now: str, rng: random.Random, actor: str | None = None) -> None:
        self.database = database
        self.now = now
        self.rng = rng
        self.actor = actor
        self._spoken: dict[tuple[str, object], str] = {}

    def value(self, value: Value, column: Column) -> str:
        """A value as the speaker says it."""
        return say(value, Meaning(column.type, column.role, column.enum is not None), self.now, self.rng)

    def entity(self, mention: Mention) -> str:
        """A definite noun phrase for the entity, with everything that is said of it."""
        table = self.database.table[mention.table]
        if mention.me:
            return "me"
        facts = dict(mention.facts)
        named = next((name for name in natural_columns(table) if name in facts), None)
        mine = self._mine(mention)
        thing = noun(table)
        adjectives = self._adjectives(table, facts, named)
        name = facts.pop(named) if named is not None else None
        column = table.column[named] if named is not None else None
        if column is not None and column.role in _PERSON_ROLES and not facts and not adjectives:
            head = self._person(str(name), thing, mine)
        else:
            lead = " ".join(("my" if mine else "the", *adjectives, thing))
            head = lead if column is None else self._named(lead, table, column, name, mine)
        tails = [self._fact(table, table.column[fact], value) for fact, value in facts.items()]
        tails += [
            self._link(table, link, linked) for link, linked in mention.links.items() if not linked.me or not mine
        ]
        return " ".join((head, *tails))

    def again(self, mention: Mention) -> str:
        """A short way to speak of an entity that was mentioned before."""
        table = self.database.table[mention.table]
        if mention.me:
            return "me"
        named = next((name for name in natural_columns(table) if name in mention.facts), None)
        if named is not None and table.column[named].role in _PERSON_ROLES:
            return str(mention.facts[named])
        return f"that {noun(table)}" if self.rng.random() < 0.6 else f"the same {noun(table)}"

    def _mine(self, mention: Mention) -> bool:
        owner = next(iter(mention.links.values()), None)
        return owner is not None and any(linked.me for linked in mention.links.values())

    def _person(self, name: str, thing: str, mine: bool) -> str:
        if mine:
            return f"my {thing} {name}"
        return name if self.rng.random() < 0.6 else f"the {thing} {name}"

    def _named(self, lead: str, table: Table, column: Column, name: Value, mine: bool) -> str:
        spoken = self.value(name, column)
        if column.role == "email":
            return f"{lead} with the e-mail address {spoken}"
        if column.role == "phone":
            return f"{lead} with the phone number {spoken}"
        if column.role == "code":
            return self.rng.choice((f"{lead} {spoken}", f"{lead} with the {column_words(column, table)} {spoken}"))
        if column.role in ("title", "label") or column.name == table.label:
            quoted = spoken if spoken.startswith('"') or column.role in _PERSON_ROLES else f'"{spoken}"'
            if column.role in _PERSON_ROLES:
                return f"{lead} {spoken}"
            return self.rng.choice((f"{lead} {quoted}", f"{lead} {quoted}", f"{lead} called {quoted}"))
        return f"{lead} {spoken}"

    def _adjectives(self, table: Table, facts: dict[str, Value], named: str | None) -> list[str]:
        """Takes the facts that stand before the noun: states and kinds."""
        found: list[str] = []
        for name in list(facts):
            column = table.column[name]
            short = column.enum is not None and len(str(facts[name]).split("_")) <= 2 and str(facts[name]).isascii()
            if name != named and short and column.type == "text" and len(found) < 1:
                found.append(self.value(facts.pop(name), column))
        return found

    def _fact(self, table: Table, column: Column, value: Value) -> str:
        """One fact after the noun."""
        spoken = self.value(value, column)
        called = column_words(column, table)
        lowered = column.name.lower()
        if column.type == "boolean":
            return f"that is {'' if value else 'not '}{called} ({spoken})"
        if column.type in ("date", "datetime", "time"):
            at = "at" if column.type == "time" else "on"
            for part, phrase in _MOMENT_PHRASES:
                if part in lowered:
                    return f"{phrase} {at} {spoken}" if phrase not in ("from", "until") else f"{phrase} {spoken}"
            return f"{at} {spoken}" if called in ("date", "time", "datetime", "day") else f"with the {called} {spoken}"
        if column.role == "city":
            return f"in {spoken}"
        if column.role == "country":
            return f"from {spoken}"
        if column.role == "money":
            return f"for {spoken}" if called in ("price", "amount", "total", "cost", "fee") else f"with a {called} of {spoken}"
        if column.role in ("quantity", "number", "percent", "rating", "duration"):
            return f"with {article(called)} {called} of {spoken}"
        if column.role == "text":
            return f"that says {spoken}"
        return f"with the {called} {spoken}"

    def _link(self, table: Table, column: str, linked: Mention) -> str:
        """What the entity belongs to."""
        target = self.database.table[linked.table]
        phrase = self.entity(linked)
        called = column_words(table.column[column], table)
        label = target.column.get(target.label or "")
        person = label is not None and label.role in _PERSON_ROLES
        if linked.me:
            return f"with me as the {called}"
        if person:
            return f"of {phrase}" if called == noun(target) else f"with {phrase} as the {called}"
        return f"for {phrase}"


_MOMENT_PHRASES = (
    ("start", "starting"),
    ("begin", "starting"),
    ("due", "due"),
    ("end", "ending"),
    ("expir", "expiring"),
    ("until", "until"),
    ("publish", "published"),
    ("post", "posted"),
    ("order", "ordered"),
    ("purchase", "bought"),
    ("birth", "born"),
    ("hire", "hired"),
    ("scheduled", "scheduled"),
)


def enumerate_words(parts: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def capital(text: str) -> str:
    """The text with its first letter in upper case."""
    return text[:1].upper() + text[1:]


def tidy(text: str) -> str:
    """Closes up what templates leave: double spaces, and a full stop after a closing quotation's own."""
    text = re.sub(r" {2,}", " ", text).strip()
    text = re.sub(r" ([,.;?!])", r"\1", text)
    text = re.sub(r'([.!?])"\.', r'\1"', text)
    return re.sub(r"\.\.(?!\.)", ".", text)


def say_facts(profile: Mapping[str, Value]) -> str:
    """The profile in one line, for searching values in it."""
    return "\n".join(f"{words(name)}: {value}" for name, value in profile.items())
