"""The words that composed tools are written in: row names, rejection codes, nouns, default descriptions."""

from __future__ import annotations

import keyword
import re

from engine.contracts.expression import CLOCK_NAMES, FUNCTIONS
from engine.seeds.blueprint import Entity

RESERVED = frozenset(
    FUNCTIONS | CLOCK_NAMES | set(keyword.kwlist) | {"db", "row", "item", "dict", "list", "set", "tuple"}
)
"""Names that parameters and rows of composed tools never have: they mean something in contracts or in tool code."""


def snake(words: str) -> str:
    """Words as a name: `Job alert` -> `job_alert`."""
    return re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_") or "item"


def singular(name: str, entity: Entity) -> str:
    """What people call one row of the entity."""
    return entity.singular or name.replace("_", " ")


def plural(name: str, entity: Entity) -> str:
    """What people call several rows of the entity."""
    if entity.plural:
        return entity.plural
    noun = singular(name, entity)
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return noun[:-1] + "ies"
    if noun.endswith(("s", "x", "z", "ch", "sh")):
        return noun if noun.endswith("s") and not noun.endswith("ss") else noun + "es"
    return noun + "s"


def noun(name: str, entity: Entity) -> str:
    """The entity's singular as a name, for codes such as `{noun}_not_found`."""
    return snake(singular(name, entity))


def with_article(words: str) -> str:
    """`job` -> `a job`, `application` -> `an application`, `user` -> `a user`."""
    lowered = words.lower()
    vowel = lowered[:1] in tuple("aeiou") and not re.match(r"us[aeu]|uni[^n]|eu|one\b|ut[ie]", lowered)
    return f"{'an' if vowel else 'a'} {words}"


def parameter_name(column: str, owner: str) -> str:
    """The parameter for a column: its name, unless that has a meaning in the contract language."""
    return f"{owner}_{column}" if column in RESERVED else column


def stem(column: str) -> str | None:
    """`job_id` -> `job`; `None` for a column that does not end in `_id`."""
    return column[:-3] if column.endswith("_id") and len(column) > 3 else None


def id_prefix(name: str, taken: set[str]) -> str:
    """The shortest prefix of at least three letters that no other entity has, such as `APP`."""
    letters = name.replace("_", "").upper()
    for length in range(3, len(letters) + 1):
        if letters[:length] not in taken:
            return letters[:length]
    number = 2
    while f"{letters}{number}" in taken:
        number += 1
    return f"{letters}{number}"
