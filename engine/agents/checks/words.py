"""Text from outside, brought into a form that does no harm in descriptions and lists."""

from __future__ import annotations

import re


def one_line(text: str, most: int = 400) -> str:
    """The text on one line, without control characters, cut at a length."""
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    plain = re.sub(r"\s+", " ", plain).strip()
    return plain if len(plain) <= most else plain[: most - 3].rstrip() + "..."


def sentence(text: str, most: int = 400) -> str:
    """The same with a full stop at its end."""
    line = one_line(text, most)
    return line if not line or line.endswith((".", "!", "?")) else f"{line}."
