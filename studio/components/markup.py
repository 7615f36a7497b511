"""Small pieces of HTML in which everything that comes from outside is text.

Streamlit's grids cost 50 ms each and its Markdown reads what it is given; a page of dense facts is better drawn as
HTML of our own. Everything that is put in goes through `markupsafe`, so nothing that a model, a file or a user
wrote is ever read as HTML.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import streamlit as st
from markupsafe import Markup, escape

Tone = Literal["good", "bad", "warn", "info", "quiet"]
"""What a badge or a cell says by its colour; its words say the same, for those who don't see it."""


def cell(value: Any) -> str:
    """A value as a table shows it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def badge(words: Any, tone: Tone = "quiet") -> Markup:
    """A short word in a coloured box."""
    return Markup('<span class="se-badge se-{}">{}</span>').format(tone, cell(words))


def lines(*parts: Any) -> Markup:
    """Parts one below the other."""
    return Markup("<br>").join(escape(part) for part in parts)


def row(*parts: Any) -> Markup:
    """Parts beside each other; they wrap where there is no room."""
    return Markup('<div class="se-row">{}</div>').format(Markup("").join(_part(part) for part in parts))


def _part(part: Any) -> Markup:
    return part if isinstance(part, Markup) else Markup("<span>{}</span>").format(cell(part))


def mono(value: Any) -> Markup:
    """A name or an expression, in the letters of code."""
    return Markup("<code>{}</code>").format(cell(value))


def marked(value: Any, tone: Tone) -> Markup:
    """A value that stands out within a cell."""
    return Markup('<mark class="se-{}">{}</mark>').format(tone, cell(value))


def table(
    rows: Iterable[Mapping[str, Any]],
    *,
    columns: Sequence[str] | None = None,
    tones: Sequence[Tone | None] | None = None,
    height: int | None = None,
    counts: bool = False,
) -> Markup:
    """A compact table.

    Args:
        rows: One mapping a row, by column; `Markup` values are kept as they are, everything else is text.
        columns: Which columns, in this order; those of all rows where left out.
        tones: The tone of each row, where rows are told apart.
        height: Greatest height in pixels; a longer table scrolls beneath its head.
        counts: Numbers are counts and are written with separators; values from a database are not.
    """
    listed = list(rows)
    names = list(columns) if columns is not None else list(dict.fromkeys(name for item in listed for name in item))
    numeric = {name for name in names if listed and all(_is_number(item.get(name)) for item in listed)}
    head = Markup("").join(
        Markup('<th class="{}">{}</th>').format("se-number" if name in numeric else "", name) for name in names
    )
    body = Markup("").join(
        Markup('<tr class="{}">{}</tr>').format(
            f"se-{tone}" if tone else "",
            Markup("").join(_cell(item.get(name), name in numeric, counts) for name in names),
        )
        for item, tone in zip(listed, tones or [None] * len(listed), strict=True)
    )
    style = f"max-height:{int(height)}px" if height else ""
    return Markup(
        '<div class="se-scroll" style="{}"><table class="se-table"><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>'
    ).format(style, head, body)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _cell(value: Any, numeric: bool, counts: bool) -> Markup:
    if value is None:
        return Markup('<td class="se-null">–</td>')
    if counts and _is_number(value):
        value = f"{value:,}"
    shown = value if isinstance(value, Markup) else escape(cell(value))
    return Markup('<td class="{}">{}</td>').format("se-number" if numeric else "", shown)


def facts(pairs: Mapping[str, Any]) -> Markup:
    """Names with their values, one pair below the other."""
    return Markup('<dl class="se-facts">{}</dl>').format(
        Markup("").join(
            Markup("<dt>{}</dt><dd>{}</dd>").format(name, value if isinstance(value, Markup) else cell(value))
            for name, value in pairs.items()
        )
    )


def numbers(pairs: Mapping[str, Any]) -> Markup:
    """Figures in a row of tiles, each above its name."""
    return Markup('<div class="se-tiles">{}</div>').format(
        Markup("").join(
            Markup('<div class="se-tile"><b>{}</b><span>{}</span></div>').format(
                value if isinstance(value, Markup) else f"{value:,}" if _is_number(value) else cell(value), name
            )
            for name, value in pairs.items()
        )
    )


def bars(counts: Mapping[str, float], *, of: float | None = None) -> Markup:
    """Named figures as horizontal bars; `of` is the figure of a full bar, the largest one where left out."""
    most = of or max(counts.values(), default=0) or 1
    return Markup('<div class="se-bars">{}</div>').format(
        Markup("").join(
            Markup('<span>{}</span><i><b style="width:{}%"></b></i><em>{}</em>').format(
                name, f"{100 * count / most:.1f}", f"{count:,}"
            )
            for name, count in counts.items()
        )
    )


def pre(value: Any, *, height: int = 320) -> Markup:
    """Plain data as indented JSON, which scrolls beyond `height` pixels."""
    text = json.dumps(value, ensure_ascii=False, indent=2, default=str)
    return Markup('<pre class="se-pre" style="max-height:{}px">{}</pre>').format(int(height), text)


def head(words: str) -> Markup:
    """A small heading of our own words above a piece."""
    return Markup('<div class="se-head">{}</div>').format(words)


def beside(left: Markup, right: Markup, *, narrow: bool = False) -> Markup:
    """Two pieces beside each other, or below each other where there is room for one column only."""
    return Markup('<div class="{}"><div>{}</div><div>{}</div></div>').format(
        "se-stack" if narrow else "se-two", left, right
    )


def quote(text: Any) -> Markup:
    """What somebody wrote, with its line breaks, in a frame."""
    return Markup('<div class="se-quote">{}</div>').format(cell(text))


def show(*parts: Markup) -> None:
    """Draws pieces of markup one below the other; anything else than `Markup` is refused, for it would be read as HTML.

    Raises:
        TypeError: A part is not `Markup`.
    """
    for part in parts:
        if not isinstance(part, Markup):
            raise TypeError(f"`show` draws Markup, not {type(part).__name__}")
    st.html(str(Markup("").join(parts)))
