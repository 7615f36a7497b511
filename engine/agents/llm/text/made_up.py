"""What a text says although nobody has told it: only what can't be guessed, so that plain words stay free."""

from __future__ import annotations

import re

# Bounded, since models that go round in circles write words without end, and each of their letters might begin one.
_EXACT = re.compile(r"[\w.+-]{1,80}@[\w-]{1,80}(?:\.[\w-]{1,80})+|[\w:/.,-]{0,80}\d[\w:/.,-]*")
_DIGITS = re.compile(r"\d+")
_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def made_up(text: str, told: str) -> list[str]:
    """The e-mail addresses, numbers, dates and codes of a text that come from nowhere, in words for its writer.

    A number may be written in another form than it was told (`March 5` for `2026-03-05`), so it counts as told where each
    run of its digits is a part of something that was.

    Args:
        text: What was written.
        told: All that its writer knows.
    """
    known = {_bare(word) for word in _EXACT.findall(told)}
    digits = {"", *(run.lstrip("0") for word in known for run in _DIGITS.findall(word))}
    spelled = set(re.findall(r"[a-z]+", told.lower()))
    digits |= {str(number) for number, word in enumerate(_WORDS) if word in spelled}
    invented: dict[str, None] = {}
    for word in map(_bare, _EXACT.findall(text)):
        of_known = {run.lstrip("0") for run in _DIGITS.findall(word)} <= digits
        if word not in known and ("@" in word or not of_known):
            invented[word] = None
    return [f'nobody told you "{word}"; say only what you know' for word in invented]


def _bare(word: str) -> str:
    return word.strip(".,:;-/").lower()
