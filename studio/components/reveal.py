"""A mark to which the page scrolls: what a click far down has opened is seen, wherever on the page it stands."""

from __future__ import annotations

from functools import cache
from typing import Any

import streamlit as st

JS = """\
// Scrolls once for each thing that is revealed, and only where its beginning is out of sight.
export default function ({ data, parentElement }) {
  const mark = parentElement.querySelector(".reveal");
  if (mark.dataset.of === data.of) return;
  mark.dataset.of = data.of;
  const top = mark.getBoundingClientRect().top;
  if (top < 0 || top > window.innerHeight * 0.6) mark.scrollIntoView({ block: "start" });
}
"""
CSS = ".reveal { height: 0; scroll-margin-top: 90px; }"
"""The page's head lies over what scrolls."""


def reveal(of: str, *, key: str) -> None:
    """Scrolls to this place of the page when `of` is shown here for the first time.

    Args:
        of: What is shown here now.
        key: Tells this mark from others.
    """
    _component()(key=key, data={"of": of})


@cache
def _component() -> Any:
    """Registers the component once a process."""
    return st.components.v2.component(
        "scaleenv_reveal", html='<div class="reveal"></div>', css=CSS, js=JS, isolate_styles=True
    )
