"""Puts the cursor into a field that was just opened, which Streamlit has no means for."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import streamlit as st

# The field may be drawn a moment later than this; a later rerun must not take the cursor from where it is then.
_SCRIPT = """
let last = null;
export default function ({ data }) {
  if (data.turn === last) return;
  last = data.turn;
  let tries = 40;
  const look = () => {
    const field = document.querySelector(`.${CSS.escape(data.field)} :is(input, textarea)`);
    if (field) field.focus();
    else if (tries-- > 0) requestAnimationFrame(look);
  };
  look();
}
"""


def focus(container: str, turn: str) -> None:
    """Puts the cursor into the first field of a container.

    Args:
        container: The container's key.
        turn: Another word for each time that the field is opened: once for each the cursor is put there.
    """
    # Streamlit makes a class of a container's key in just this way.
    field = "st-key-" + re.sub(r"[^a-zA-Z0-9_-]", "-", container)
    _browser()(key=f"focus-{container}", data={"field": field, "turn": turn})


@cache
def _browser() -> Any:
    """Registers the component once a process."""
    return st.components.v2.component("scaleenv_focus", html="<i></i>", css="i{display:none}", js=_SCRIPT)
