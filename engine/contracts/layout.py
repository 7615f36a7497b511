"""Lays out Python text within a line width, breaking at brackets as a formatter does."""

from __future__ import annotations

from dataclasses import dataclass

WIDTH = 110
"""Longest line of written code where it can be broken at all, in characters."""
_STEP = 4


@dataclass(frozen=True, slots=True)
class Group:
    """Items in brackets (or a chain of `and`/`or`, which gets brackets when it is broken).

    Attributes:
        separator: Text between items on one line; a comma also ends each line when broken, a word starts it.
    """

    open: str
    items: tuple[Text, ...]
    close: str
    separator: str = ", "


Text = tuple["str | Group", ...]


def flat(text: Text) -> str:
    """The text on one line."""
    return "".join(
        part
        if isinstance(part, str)
        else part.open + part.separator.join(flat(item) for item in part.items) + part.close
        for part in text
    )


def layout(text: Text, indent: int, head: str = "", tail: str = "", width: int = WIDTH) -> str:
    """`head`, `text` and `tail` as one or more lines, indented by `indent` spaces (the last line not ended)."""
    line = " " * indent + head + flat(text) + tail
    groups = [index for index, part in enumerate(text) if isinstance(part, Group) and part.items]
    if len(line) <= width or not groups:
        return line
    chosen = groups[0]
    for index in reversed(groups):  # the last bracket that can be reached within the width, as formatters prefer
        if indent + len(head) + len(flat(text[:index])) < width - 1:
            chosen = index
            break
    group = text[chosen]
    assert isinstance(group, Group)
    opening, closing = (group.open or "("), (group.close or ")")
    before, after = head + flat(text[:chosen]) + opening, closing + flat(text[chosen + 1 :]) + tail
    inner = indent + _STEP
    lines = [" " * indent + before]
    word = group.separator.strip()
    for position, item in enumerate(group.items):
        if word == ",":
            lines.append(layout(item, inner, tail=",", width=width))
        else:
            lines.append(layout(item, inner, head=f"{word} " if word and position else "", width=width))
    lines.append(" " * indent + after)
    return "\n".join(lines)
