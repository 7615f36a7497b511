"""What changed between two texts, line by line."""

from __future__ import annotations

from difflib import unified_diff

from markupsafe import Markup

MOST_LINES = 1_500
"""Lines that are drawn at most."""

_KINDS = {"+": "se-add", "-": "se-del", "@": "se-at"}


def diff(before: str, after: str, *, height: int = 360) -> Markup:
    """A unified diff; empty where nothing changed.

    Args:
        before: The text as it was.
        after: The text as it is.
        height: Greatest height in pixels; a longer diff scrolls.
    """
    found = list(unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=3))[2:]
    if not found:
        return Markup()
    drawn = Markup("").join(
        Markup('<span class="{}">{}</span>').format(_KINDS.get(line[:1], ""), line or " ")
        for line in found[:MOST_LINES]
    )
    if len(found) > MOST_LINES:
        drawn += Markup("<span class='se-at'>{} more lines</span>").format(f"{len(found) - MOST_LINES:,}")
    return Markup('<pre class="se-diff" style="max-height:{}px">{}</pre>').format(int(height), drawn)
