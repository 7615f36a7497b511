"""The theme: every text can be read on its ground, in both themes, and nothing is fetched from elsewhere."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest

from studio.components.domains.charts import COLOURS, SHAPES, looks
from tests.studio.conftest import APP

CONFIG = APP.parents[1] / ".streamlit" / "config.toml"
CSS = APP.parent / "assets" / "studio.css"
READABLE = 4.5
"""Least contrast of text, by WCAG 2.2, level AA."""

NAMED = ("red", "orange", "yellow", "blue", "green", "violet", "gray")
TINT = {"light": 0.1, "dark": 0.2}
"""How strongly Streamlit tints a box with its colour."""


def theme(which: str) -> dict[str, Any]:
    return tomllib.loads(CONFIG.read_text("utf-8"))["theme"][which]


def rgb(colour: str) -> tuple[float, ...]:
    found = re.fullmatch("#([0-9a-fA-F]{2})([0-9a-fA-F]{2})([0-9a-fA-F]{2})", colour)
    assert found, colour
    return tuple(int(part, 16) / 255 for part in found.groups())


def luminance(colour: tuple[float, ...]) -> float:
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    lower, higher = sorted((luminance(one), luminance(other)))
    return (higher + 0.05) / (lower + 0.05)


def mixed(colour: tuple[float, ...], share: float, ground: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(share * part + (1 - share) * below for part, below in zip(colour, ground, strict=True))


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast(rgb("#000000"), rgb("#FFFFFF")) == pytest.approx(21)
    assert contrast(rgb("#767676"), rgb("#FFFFFF")) == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("which", ["light", "dark"])
def test_text_can_be_read_on_every_ground(which: str) -> None:
    colours = theme(which)
    grounds = [colours["backgroundColor"], colours["secondaryBackgroundColor"], colours["sidebar"]["backgroundColor"]]
    for ground in grounds:
        for text in ("textColor", "linkColor", "primaryColor"):
            assert contrast(rgb(colours[text]), rgb(ground)) >= READABLE, (text, ground)
        dim = mixed(rgb(colours["textColor"]), 0.68, rgb(ground))
        assert contrast(dim, rgb(ground)) >= READABLE, ground
    assert contrast(rgb(colours["codeTextColor"]), rgb(colours["codeBackgroundColor"])) >= READABLE


@pytest.mark.parametrize("which", ["light", "dark"])
@pytest.mark.parametrize("name", NAMED)
def test_named_colours_can_be_read_on_the_page_and_in_their_boxes(name: str, which: str) -> None:
    colours = theme(which)
    ground, colour = rgb(colours["backgroundColor"]), rgb(colours[f"{name}Color"])
    assert contrast(colour, ground) >= READABLE
    assert contrast(colour, mixed(colour, TINT[which], ground)) >= READABLE


def test_the_studios_own_colours_can_be_read_too() -> None:
    pairs = re.findall(r"--(se-\w+): light-dark\((#\w{6}), (#\w{6})\)", CSS.read_text("utf-8"))
    assert len(pairs) >= 5
    for name, *both in pairs:
        for which, colour in zip(("light", "dark"), both, strict=True):
            ground = rgb(theme(which)["backgroundColor"])
            assert contrast(rgb(colour), ground) >= READABLE, (name, which)
            marked = mixed(rgb(colour), 0.14, ground)
            assert contrast(rgb(colour), marked) >= READABLE - 0.6, (name, which)


def test_words_on_a_primary_button_can_be_read() -> None:
    found = re.search(r"stBaseButton-primary.*?light-dark\((#\w{6}), (#\w{6})\)", CSS.read_text("utf-8"))
    assert found
    for which, colour in zip(("light", "dark"), found.groups(), strict=True):
        assert contrast(rgb(colour), rgb(theme(which)["primaryColor"])) >= READABLE


def test_captions_can_be_read() -> None:
    found = re.search(r"stCaptionContainer.*?light-dark\((#\w{6}), (#\w{6})\)", CSS.read_text("utf-8"))
    assert found
    for which, colour in zip(("light", "dark"), found.groups(), strict=True):
        for ground in ("backgroundColor", "secondaryBackgroundColor"):
            assert contrast(rgb(colour), rgb(theme(which)[ground])) >= READABLE


def test_marks_of_charts_are_seen_on_both_grounds_and_differ_in_colour_or_shape() -> None:
    for which in ("light", "dark"):
        for colour in COLOURS:
            assert contrast(rgb(colour), rgb(theme(which)["backgroundColor"])) >= 2.0, (colour, which)
    names = [f"domain_{number}" for number in range(len(COLOURS) * len(SHAPES))]
    assert len(set(looks(names).values())) == len(names)


def test_nothing_of_the_look_is_fetched() -> None:
    settings = CONFIG.read_text("utf-8")
    assert "http" not in settings
    assert "fontFaces" not in settings
    for path in APP.parent.rglob("*"):
        if path.suffix in (".css", ".js"):
            text = path.read_text("utf-8")
            assert not re.search(r"@import|url\(\s*['\"]?https?:|(?:from|import)\s*['\"]https?:", text), path
