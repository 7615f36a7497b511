"""A keyword as a seed: what a user wrote, and the domain's name that follows from it."""

from __future__ import annotations

import re
import unicodedata

from pydantic import Field

from engine.errors import SeedError
from engine.models.base import Model
from engine.models.base import digest as digest_of_data

LONGEST_KEYWORD = 120
"""Characters: a keyword is a topic, not a description; those go into the hint."""

LONGEST_HINT = 2_000


class KeywordSeed(Model):
    """A keyword, as a run keeps it.

    Attributes:
        keyword: What the domain is about, such as `wedding planning`.
        hint: Further wishes in words, or empty.
        tools: How many tools the domain shall have.
    """

    keyword: str = Field(min_length=1, max_length=LONGEST_KEYWORD)
    hint: str = Field(default="", max_length=LONGEST_HINT)
    tools: int = Field(default=40, ge=1, le=200)

    @property
    def digest(self) -> str:
        """SHA-256 of the whole seed."""
        return digest_of_data(self.model_dump())


def read_keyword(keyword: str, *, hint: str = "", tools: int = 40) -> KeywordSeed:
    """A keyword as a seed, with runs of spaces as one.

    Raises:
        SeedError: It is empty, too long, or no text that names a topic; or the hint is too long.
    """
    words, wishes = " ".join(keyword.split()), hint.strip()
    if not any(character.isalpha() for character in words):
        raise SeedError("A keyword names what a domain is about, such as `wedding planning`; this one holds no word.")
    for name, text, most in (("keyword", words, LONGEST_KEYWORD), ("hint", wishes, LONGEST_HINT)):
        if len(text) > most:
            raise SeedError(f"The {name} has {len(text):,} characters; at most {most:,} are taken.")
        if re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]", text):
            raise SeedError(f"The {name} holds characters that are no text; write it plainly.")
    return KeywordSeed(keyword=words, hint=wishes, tools=tools)


def domain_name(keyword: str) -> str:
    """The domain's name that a keyword gives: `Wedding planning` becomes `wedding_planning`.

    Raises:
        SeedError: Nothing of it can stand in a name.
    """
    plain = unicodedata.normalize("NFKD", keyword).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:64].rstrip("_")
    name = name.lstrip("0123456789_")
    if not name:
        raise SeedError(
            f"No domain's name can be made of `{keyword}`; give one with --name, such as `--name my_domain`."
        )
    return name
