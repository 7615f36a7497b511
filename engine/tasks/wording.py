"""Words for tables, columns and parameters, and how an entity is spoken of."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping

from engine.graph.knowledge import natural_columns
from engine.models.base import Value
from engine.models.database import Column, DatabaseSchema, Table
from engine.models.task import Mention
from engine.tasks.speech import Meaning, say, spoken_enum, words

_PERSON_ROLES = frozenset({"person_name", "username"})
_SAME = frozenset({"news", "series", "status", "address", "species", "goods", "business", "media", "data", "process"})
_IRREGULAR = {
    "people": "person",
    "movies": "movie",
    "cookies": "cookie",
    "children": "child",
    "men": "man",
    "women": "woman",
}
_INITIALS = frozenset({"iban", "bic", "isbn", "sku", "vat", "cv", "vin", "gps", "usb", "tv", "ip", "pin"})
_UNCOUNTED = frozenset({"status", "address", "series", "sales", "gross", "minus", "plus", "bus", "class", "gps"})
_PLACES = {
    "at": ("employer", "company", "organization", "organisation", "clinic", "hospital", "store", "shop", "school", "branch",
           "restaurant", "venue", "hotel", "university", "warehouse"),
    "in": ("category", "album", "folder", "list", "collection", "playlist", "course", "department", "project", "city",
           "country", "region", "genre", "group", "conversation", "thread", "section", "module", "cart", "building", "wishlist"),
    "on": ("platform", "board", "page", "account"),
}  # fmt: skip
"""Preposition -> nouns before which it stands where others take `for`."""
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
    head, _, last = words(table.name).rpartition(" ")
    return f"{head} {singular(last)}".strip()


def article(phrase: str) -> str:
    """`a` or `an`, by the sound that `phrase` begins with."""
    lowered = phrase.lower().lstrip('"')
    if lowered.startswith(_VOWEL_SOUND):
        return "an"
    return "an" if lowered[:1] in set("aeiou") and not lowered.startswith(_CONSONANT_SOUND) else "a"


def column_words(column: Column, table: Table | None = None) -> str:
    """What a column is called in speech: without `id` at its end and without the table's own name before it."""
    return name_words(column.source_name or column.name, noun(table) if table is not None else "")


def name_words(name: str, entity: str = "") -> str:
    """A parameter's or column's name in speech: `starts_at` is a `start time`, `job_id` a `job`."""
    spoken = words(name)
    verb = re.fullmatch(r"(\w+?)(?:e?s|ed)? (at|on)", spoken)
    if verb is not None and len(verb[1]) > 2:
        stem = {"clos": "closing", "expir": "expiry", "beg": "start", "begin": "start"}.get(verb[1], verb[1])
        return f"{stem} {'time' if verb[2] == 'at' else 'date'}"
    for ending in (" id", " ids"):
        if spoken.endswith(ending) and len(spoken) > len(ending) + 1:
            spoken = spoken.removesuffix(ending)
    spoken = spoken.removeprefix("is ").removeprefix("new ")
    if entity and spoken.startswith(f"{entity} ") and spoken != f"{entity} name":
        spoken = spoken.removeprefix(f"{entity} ")
    spoken = {
        "reports to": "manager",
        "qty": "quantity",
        "no": "number",
        "nr": "number",
        "email": "e-mail address",
        "desc": "description",
        "url": "link",
    }.get(spoken, spoken)
    return " ".join(word.upper() if word in _INITIALS else word for word in spoken.split(" "))


def counted(spoken: str, called: str, value: Value) -> str:
    """A number with what it counts: `8 people`, `1 minute`; empty where the name counts nothing."""
    last = called.rsplit(" ", 1)[-1]
    if called == "people":
        return f"{spoken} {'person' if value == 1 else 'people'}"
    first, _, rest = called.partition(" ")
    if rest and singular(first) != first and singular(last) == last and first not in _UNCOUNTED:
        return f"{spoken} {singular(first) if value == 1 else first} {rest}"
    if singular(last) == last or last in _UNCOUNTED:
        return ""
    return f"{spoken} {called.removesuffix(last) + singular(last) if value == 1 else called}"


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
        named = next((name for name in _naming_columns(table) if name in facts), None)
        mine = any(linked.me for linked in mention.links.values())
        thing = noun(table)
        adjectives = self._adjectives(table, facts, named)
        name = facts.pop(named) if named is not None else None
        column = table.column[named] if named is not None else None
        links = {link: linked for link, linked in mention.links.items() if not (linked.me and mine)}
        if column is not None and _is_person(table, column) and not facts and not adjectives:
            head = self._person(str(name), thing, mine)
        else:
            head = " ".join(("my" if mine else "the", *adjectives, thing))
            if column is not None:
                head = self._named(head, table, column, name)
            else:
                head = self._named_by_link(head, thing, table, links)
        tails = [self._fact(table, table.column[fact], value) for fact, value in facts.items()]
        tails += [self._link(table, link, linked) for link, linked in links.items()]
        return " ".join((head, *tails))

    def _named_by_link(self, head: str, thing: str, table: Table, links: dict[str, Mention]) -> str:
        """A thing that has its name from what it points to: my saved job "Baker", not my saved job for the job "Baker"."""
        for link, linked in list(links.items()):
            target = noun(self.database.table[linked.table])
            if not linked.me and thing.endswith(f" {target}"):
                phrase = self.entity(linked)
                if phrase.startswith(f"the {target} "):
                    del links[link]
                    return f"{head} {phrase.removeprefix(f'the {target} ')}"
        return head

    def again(self, mention: Mention) -> str:
        """A short way to speak of an entity that was mentioned before."""
        table = self.database.table[mention.table]
        if mention.me:
            return "me"
        named = next((name for name in _naming_columns(table) if name in mention.facts), None)
        if named is not None and _is_person(table, table.column[named]):
            return str(mention.facts[named])
        return f"that {noun(table)}" if self.rng.random() < 0.6 else f"the same {noun(table)}"

    def _person(self, name: str, thing: str, mine: bool) -> str:
        if mine:
            return f"my {thing} {name}"
        return name if self.rng.random() < 0.6 else f"the {thing} {name}"

    def _named(self, lead: str, table: Table, column: Column, name: Value) -> str:
        spoken = self.value(name, column)
        called = column_words(column, table)
        if column.type in ("date", "datetime", "time"):
            return f"{lead} {_moment_fact(column, called, spoken)}"
        if column.role in ("email", "phone"):
            return f"{lead} with the {called} {spoken}"
        if column.role == "code":
            return self.rng.choice((f"{lead} {spoken}", f"{lead} with the {called} {spoken}"))
        if column.role in _PERSON_ROLES:
            return f"{lead} {spoken}" if _is_person(table, column) else f"{lead} with {spoken}"
        if column.role in ("title", "label") or column.name == table.label:
            quoted = spoken if spoken.startswith('"') or not isinstance(name, str) else f'"{spoken}"'
            return self.rng.choice((f"{lead} {quoted}", f"{lead} {quoted}", f"{lead} called {quoted}"))
        return f"{lead} {spoken}"

    def _adjectives(self, table: Table, facts: dict[str, Value], named: str | None) -> list[str]:
        """Takes the fact that stands before the noun: a state or a kind, `full-time` or `pending`."""
        for name in list(facts):
            column, value = table.column[name], str(facts[name])
            if name == named or column.enum is None or column.type != "text" or not value.isascii():
                continue
            spoken = spoken_enum(value)
            if column.role == "status" and (spoken.endswith("ing") and spoken != "pending"):
                continue
            if len(spoken.split()) <= 2 and spoken.replace(" ", "").replace("-", "").isalpha():
                del facts[name]
                return [spoken.replace(" ", "-")]
        return []

    def _fact(self, table: Table, column: Column, value: Value) -> str:
        """One fact after the noun."""
        spoken = self.value(value, column)
        called = column_words(column, table)
        if column.type == "boolean":
            return f"that is {'' if value else 'not '}{called} ({spoken})"
        if column.type in ("date", "datetime", "time"):
            return _moment_fact(column, called, spoken)
        if column.enum is not None or column.role in ("status", "enum"):
            return f"that is {spoken}" if column.role == "status" else f"with the {called} {spoken}"
        if column.role == "city":
            return f"in {spoken}"
        if column.role == "country":
            return f"from {spoken}"
        if column.role == "money":
            return f"for {spoken}" if called in _PRICES else f"with {article(called)} {called} of {spoken}"
        if column.role == "duration" or called in ("minutes", "hours", "days"):
            return f"lasting {counted(spoken, called, value) if column.role != 'duration' else spoken}".strip()
        if column.role in ("quantity", "number", "percent", "rating"):
            count = counted(spoken, called, value)
            if count:
                return f"for {count}" if called in _CROWD else f"with {count}"
            return f"with {article(called)} {called} of {spoken}"
        if column.role == "text":
            return f"that says {spoken}"
        return f"with the {called} {spoken}"

    def _link(self, table: Table, column: str, linked: Mention) -> str:
        """What the entity belongs to."""
        target = self.database.table[linked.table]
        phrase = self.entity(linked)
        called = column_words(table.column[column], table)
        thing = noun(target)
        label = target.column.get(target.label or "")
        if linked.me:
            return f"with me as the {called}"
        if label is not None and _is_person(target, label):
            return f"of {phrase}" if called == thing else f"with {phrase} as the {called}"
        last = thing.rsplit(" ", 1)[-1]
        preposition = next((word for word, nouns in _PLACES.items() if last in nouns), "for")
        if preposition == "at" and set(linked.facts) == {target.label} and not linked.links and self.rng.random() < 0.7:
            return f"at {linked.facts[target.label or '']}"
        return f"{preposition} {phrase}"


_PRICES = frozenset({"price", "amount", "total", "cost", "fee"})
_CROWD = frozenset({"people", "guests", "persons", "participants", "attendees", "seats"})


def _naming_columns(table: Table) -> tuple[str, ...]:
    """The columns that can stand as a row's name: not every word that describes it."""
    unique = {columns[0] for columns in (table.primary_key, *table.unique) if len(columns) == 1}
    return tuple(
        name
        for name in natural_columns(table)
        if name == table.label
        or table.column[name].role not in ("label", "phone", "code")
        or (table.column[name].role == "code" and (name in unique or name.endswith(("number", "reference"))))
    )


def _is_person(table: Table, column: Column) -> bool:
    """Whether the column is the name of the row itself, and the row a person: not an interview's interviewer."""
    return column.role in _PERSON_ROLES and column_words(column, table) in (
        "name", "full name", "username", "display name", "first name", "last name", "handle", noun(table), f"{noun(table)} name",
    )  # fmt: skip


def _moment_fact(column: Column, called: str, spoken: str) -> str:
    """A date or time after a noun: `that starts on March 3`, `due on March 3`, `from March 3`."""
    at = "at" if column.type == "time" else "on"
    raw = words(column.source_name or column.name)
    verb = re.fullmatch(r"(\w+s) (?:at|on)", raw)
    if verb is not None:
        return f"that {verb[1]} {at} {spoken}"
    past = re.fullmatch(r"(\w+ed) (?:at|on)", raw)
    if past is not None:
        return f"{past[1]} {at} {spoken}"
    for ending in (" until", " by"):
        if raw.endswith(ending):
            return f"({raw} {spoken})"
    for part, phrase in (
        ("start", "that starts"),
        ("due", "due"),
        ("end", "that ends"),
        ("expir", "that expires"),
        ("birth", "born"),
    ):
        if part in raw.split() or raw.startswith(part):
            return f"{phrase} {at} {spoken}"
    return (
        f"{'at' if column.type == 'time' else 'from'} {spoken}"
        if called.rsplit(" ", 1)[-1] in ("date", "time", "day")
        else f"with the {called} {spoken}"
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
    text = re.sub(r":\.", ".", text)
    return re.sub(r"\.\.(?!\.)", ".", text)


def say_facts(profile: Mapping[str, Value]) -> str:
    """The profile in one line, for searching values in it."""
    return "\n".join(f"{words(name)}: {value}" for name, value in profile.items())
