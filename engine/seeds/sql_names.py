"""Turns SQL names into the names of a domain: plain identifiers, singular entities, words that people say."""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Iterable, Sequence

_LANGUAGE = """
now today get rows count exists len sum min max any all abs sorted int float str money lower contains add_days
add_minutes days_between minutes_between date_of time_of weekday after db row
"""
_TOOL_CODE = """
bool dict enumerate filter isinstance key list map range result round set tuple zip limit match case changes found item
items kept matches other value values before self none true false
"""
RESERVED = frozenset(keyword.kwlist) | frozenset(_LANGUAGE.split()) | frozenset(_TOOL_CODE.split())
"""Names that a column or entity must not have, because contracts or tool code give them a meaning."""

_IRREGULAR = {
    "people": "person", "persons": "person", "children": "child", "men": "man", "women": "woman", "mice": "mouse",
    "feet": "foot", "teeth": "tooth", "geese": "goose", "indices": "index", "indexes": "index", "matrices": "matrix",
    "vertices": "vertex", "criteria": "criterion", "phenomena": "phenomenon", "movies": "movie", "cookies": "cookie",
    "statuses": "status", "buses": "bus", "viruses": "virus", "bonuses": "bonus", "campuses": "campus",
    "analyses": "analysis", "diagnoses": "diagnosis", "theses": "thesis", "crises": "crisis", "axes": "axis",
    "shelves": "shelf", "leaves": "leave", "wolves": "wolf", "knives": "knife", "lives": "life", "wives": "wife",
    "halves": "half", "shoes": "shoe", "gases": "gas", "aliases": "alias", "calories": "calorie", "ties": "tie",
    "zombies": "zombie", "selfies": "selfie", "quizzes": "quiz", "canvases": "canvas", "atlases": "atlas",
    "caches": "cache", "headaches": "headache", "niches": "niche", "axles": "axle", "prizes": "prize", "sizes": "size",
    "archives": "archive", "toes": "toe", "foes": "foe", "lenses": "lens", "appendices": "appendix",
}  # fmt: skip
_UNCHANGING = """
series species news data media metadata equipment information money software hardware staff inventory stock feedback
address access process progress business class status bus analysis diagnosis basis census bonus campus virus gas lens
alias sms gps tennis physics mathematics politics always chess dress boss pass glass wireless corps headquarters works
means canvas atlas config os pos dns aws has is was this plus minus thus yes
"""
_SAME = frozenset(_UNCHANGING.split())


def words_of(name: str) -> list[str]:
    """The lower-case ASCII words in a name: `[Order Details]`, `orderDetails` and `ORDER_DETAILS` give the same."""
    plain = unicodedata.normalize("NFKD", name.replace("ß", "ss").replace("ø", "o").replace("Ø", "O"))
    plain = plain.encode("ascii", "ignore").decode("ascii")
    plain = plain.replace("'s ", "s ").replace("IDs", "Ids")
    plain = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", plain)
    plain = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1 \2", plain)
    return [word.lower() for word in re.findall(r"[A-Za-z]+|\d+", plain)]


def identifier(name: str, fallback: str) -> str:
    """A snake_case Python identifier for a name; `fallback` where none of its letters can be written in ASCII."""
    words = words_of(name)
    joined = ""
    for word in words:  # digits stay with the word before them: address2, not address_2, unless the name parts them
        glue = "" if not joined or (word.isdigit() and not re.search(rf"[^0-9A-Za-z]{word}(?!\d)", name)) else "_"
        joined += glue + word
    if not joined or not any(character.isalpha() for character in joined):
        joined = f"{fallback}_{joined}" if joined else fallback
    elif joined[0].isdigit():
        joined = f"{fallback}_{joined}"
    return joined[:60].rstrip("_")


def singular(word: str) -> str:
    """The singular of one English lower-case word; words that are none, or already singular, come back as they are."""
    if word in _SAME or len(word) < 4:
        return word
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes", "zzes")):
        return word[:-2]
    if word.endswith("oes"):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def plural(word: str) -> str:
    """The plural of one English lower-case word."""
    for many, one in _IRREGULAR.items():
        if one == word:
            return many
    if word.endswith(("data", "media", "series", "species", "news", "staff", "equipment", "information", "feedback")):
        return word
    if word.endswith("y") and word[-2:-1] not in ("a", "e", "i", "o", "u", ""):
        return word[:-1] + "ies"
    if word.endswith(("s", "x", "z", "ch", "sh")):
        return word + "es"
    return word + "s"


def plural_name(name: str) -> str:
    """The plural of a snake_case name: its last word's."""
    head, glue, last = name.rpartition("_")
    return head + glue + (last if last.isdigit() else plural(last))


def spoken(name: str) -> str:
    """A snake_case name as people say it."""
    return name.replace("_", " ")


def with_article(words: str) -> str:
    """`job` -> `a job`, `application` -> `an application`."""
    vowel = words[:1] in tuple("aeiou") and not re.match(r"us[aeu]|uni[^n]|eu|one\b|ut[ie]", words)
    return f"{'an' if vowel else 'a'} {words}"


def entity_names(tables: Sequence[str]) -> dict[str, str]:
    """Table name -> entity name: singular, free of a prefix that all tables share, unique and not reserved."""
    stems = {table: words_of(table) for table in tables}
    leads = {words[0] for words in stems.values() if words}
    shared = len(tables) > 2 and len(leads) == 1 and all(len(words) > 1 for words in stems.values())
    taken: set[str] = set()
    names: dict[str, str] = {}
    for number, table in enumerate(tables, 1):
        words = stems[table]
        if len(words) > 1 and words[1].isalpha() and (shared or words[0] in ("tbl", "tb", "table", "tab", "t")):
            trimmed = "_".join(words[1:])
        else:
            trimmed = table
        name = identifier(trimmed, f"table_{number}")
        head, glue, last = name.rpartition("_")
        one = head + glue + singular(last)
        # an entity called `user_id` would be taken for the reference to a user
        names[table] = free_name(f"{one}_record" if one.endswith("_id") or one == "id" else one, taken, suffix="record")
    return names


def free_name(name: str, taken: set[str], suffix: str, avoid: Iterable[str] = ()) -> str:
    """`name`, changed where it is reserved, to be avoided or already taken; it is then added to `taken`."""
    if name in RESERVED or name in avoid:
        name = f"{name}_{suffix}"
    number, candidate = 2, name
    while candidate in taken or candidate in RESERVED:
        candidate = f"{name}_{number}"
        number += 1
    taken.add(candidate)
    return candidate
