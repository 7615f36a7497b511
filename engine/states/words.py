"""The shipped word lists, and the short texts that are put together from them."""

from __future__ import annotations

from functools import cache
from random import Random

from engine.datafiles import data_path


@cache
def word_list(name: str) -> tuple[str, ...]:
    """The entries of `data/values/<name>.txt`, one a line, in the file's order."""
    lines = data_path("values", f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return tuple(line for line in lines if line.strip())


def pick(name: str, rng: Random) -> str:
    """A random entry of a word list."""
    return rng.choice(word_list(name))


def person_name(column: str, rng: Random) -> str:
    """A full name, or the part of one that the column's name asks for."""
    lowered = column.lower()
    if "first" in lowered or "given" in lowered:
        return pick("first_names", rng)
    if any(part in lowered for part in ("last", "surname", "family")):
        return pick("last_names", rng)
    return f"{pick('first_names', rng)} {pick('last_names', rng)}"


def email(rng: Random) -> str:
    """An e-mail address at a domain that can't exist."""
    return email_of(person_name("", rng), rng)


def email_of(name: str, rng: Random) -> str:
    """An e-mail address that reads as belonging to a person of that name."""
    local = ".".join("".join(letter for letter in part if letter.isalnum()) for part in name.lower().split())
    return f"{local or 'contact'}@{pick('mail_domains', rng)}"


def username(rng: Random) -> str:
    """A login name."""
    return f"{pick('first_names', rng).lower()}_{pick('words', rng).replace('-', '')}{rng.randint(1, 99)}"


def phone(rng: Random) -> str:
    """A phone number in a range that is kept free for examples."""
    return f"+1-{rng.randint(201, 989)}-555-{rng.randint(100, 9999):04d}"


def address(rng: Random) -> str:
    """A street with a house number."""
    return f"{rng.randint(1, 180)} {pick('streets', rng)}"


_TITLE_HINTS: tuple[tuple[tuple[str, ...], str], ...] = (
    (
        ("company", "employer", "organi", "vendor", "supplier", "clinic", "brand", "manufactur", "publisher"),
        "companies",
    ),
    (("job", "position", "occupation", "profession", "vacancy"), "job_titles"),
    (("product", "item", "listing", "goods", "article_name", "sku"), "products"),
    (("city", "town"), "cities"),
    (("country", "nation"), "countries"),
    (("first_name", "firstname"), "first_names"),
    (("last_name", "lastname", "surname"), "last_names"),
)


def title(hint: str, rng: Random) -> str:
    """A short text by which people call a thing; `hint` (column, table) says what kind of thing."""
    lowered = hint.lower()
    for parts, name in _TITLE_HINTS:
        if any(part in lowered for part in parts):
            return product(rng) if name == "products" else pick(name, rng)
    return f"{pick('title_starts', rng)} {pick('title_ends', rng)}"


def product(rng: Random) -> str:
    """A product's name."""
    return f"{pick('product_adjectives', rng)} {pick('product_nouns', rng)}"


def label(hint: str, rng: Random) -> str:
    """A descriptive word."""
    lowered = hint.lower()
    for parts, name in _TITLE_HINTS:
        if name not in ("products", "first_names", "last_names") and any(part in lowered for part in parts):
            return pick(name, rng)
    return pick("labels", rng)


def text(rng: Random) -> str:
    """A sentence or two of free text, without a final stop."""
    first = pick("sentences", rng)
    if rng.random() < 0.5:
        return f"{first}. {pick('words', rng).capitalize()} and {pick('words', rng)} follow"
    return first
