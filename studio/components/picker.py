"""Rows or tiles of which one is chosen by a click.

Streamlit's grid remembers its choice by position and keeps the arrow keys for itself, and so do its pills; here a
click names what was clicked, and the keys stay free for the page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import streamlit as st

from studio.components.markup import Tone

HERE = Path(__file__).parent


class Choice(NamedTuple):
    """One thing to choose.

    Attributes:
        cells: What is shown of it; the first one says its verdict and has the colour.
        title: What the pointer tells.
    """

    id: str
    cells: Sequence[str]
    tone: Tone = "quiet"
    title: str = ""


def picker(
    choices: Sequence[Choice],
    *,
    chosen: str | None,
    key: str,
    on_pick: Callable[[str], None],
    columns: Mapping[str, str] | None = None,
) -> None:
    """Draws the choices: as tiles, or as a table where there are `columns`.

    Args:
        choices: What to choose from; all of it is shown as text.
        chosen: Id of the one that is chosen now.
        key: Tells this one from others on the page.
        on_pick: Is told the id of what was clicked, before the page is drawn anew.
        columns: Heads of the table's columns, each with its width in CSS, or empty for what the others leave.
    """

    def picked() -> None:
        id = st.session_state[key]["picked"]
        if any(choice.id == id for choice in choices):
            on_pick(id)

    _component()(
        key=key,
        data={
            "items": [
                {
                    "id": choice.id,
                    "cells": list(choice.cells),
                    "tone": choice.tone,
                    "title": choice.title or " ".join(choice.cells),
                }
                for choice in choices
            ],
            "chosen": chosen,
            "columns": None if columns is None else [list(pair) for pair in columns.items()],
        },
        on_picked_change=picked,
    )


@cache
def _component() -> Any:
    """Registers the component once a process."""
    return st.components.v2.component(
        "scaleenv_picker",
        html='<div class="picker"></div>',
        css=(HERE / "picker.css").read_text("utf-8"),
        js=(HERE / "picker.js").read_text("utf-8"),
        isolate_styles=True,
    )
