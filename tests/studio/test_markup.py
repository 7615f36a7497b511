"""Whatever is put into markup comes out as text."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as some
from markupsafe import Markup

from studio.components import markup
from tests.studio.filled import ATTACK


class Reader(HTMLParser):
    """Tags and text as a browser reads them."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert not [name for name, _ in attrs if name not in ("class", "style")]

    def handle_data(self, data: str) -> None:
        self.text += data


# A parser changes control characters, whatever they stand in.
texts = some.one_of(
    some.text(some.characters(exclude_categories=["C"]), max_size=20), some.just(ATTACK), some.just('"><b>&amp;')
)


def pieces(text: str) -> list[Markup]:
    return [
        markup.badge(text),
        markup.mono(text),
        markup.marked(text, "good"),
        markup.quote(text),
        markup.row(text),
        markup.lines(text, text),
        markup.facts({text: text}),
        markup.numbers({text: text}),
        markup.bars({text: 1}),
        markup.table([{text: text}], tones=["bad"]),
    ]


@given(text=texts)
def test_every_piece_keeps_foreign_text_as_text(text: str) -> None:
    for foreign, harmless in zip(pieces(text), pieces("x"), strict=True):
        read = Reader(str(foreign))
        assert read.tags == Reader(str(harmless)).tags
        assert text in read.text


def test_a_table_shows_numbers_to_the_right_and_missing_values_as_such() -> None:
    drawn = str(markup.table([{"n": 1, "s": "a"}, {"n": 2.5, "s": None}], height=90))
    assert drawn.count('class="se-number"') == 3
    assert "se-null" in drawn
    assert "max-height:90px" in drawn


def test_plain_text_is_never_drawn_as_html() -> None:
    with pytest.raises(TypeError, match="draws Markup"):
        markup.show("<b>x</b>")  # type: ignore[arg-type]
