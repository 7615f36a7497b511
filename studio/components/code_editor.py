"""A text editor for code: line numbers, colours, indenting, mistakes marked where they are.

Drawn by a small component of our own. What is typed stays in the browser until the typing pauses, and what the server
answers (the mistakes) never touches the text, so cursor, selection and undo are the writer's alone. Everything
is written with `textContent`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal

import streamlit as st

HERE = Path(__file__).parent

HTML = """
<div class="editor">
  <div class="frame">
    <div class="gutter" aria-hidden="true"></div>
    <div class="paper"><div class="paint" aria-hidden="true"></div>
      <textarea spellcheck="false" autocapitalize="off" autocomplete="off" wrap="off"></textarea></div>
  </div>
  <div class="hint">Tab and Shift+Tab indent, Ctrl+/ comments, Esc then Tab leaves the editor.</div>
  <ol class="mistakes" role="status" aria-live="polite"></ol>
</div>
"""


@cache
def _component() -> Any:
    """Registers the component once a process."""
    return st.components.v2.component(
        "scaleenv_code_editor",
        html=HTML,
        css=(HERE / "code_editor.css").read_text("utf-8"),
        js=(HERE / "code_editor.js").read_text("utf-8"),
        isolate_styles=True,
    )


def written(key: str, otherwise: str = "") -> str:
    """What the editor `key` holds, as far as the browser has told; `otherwise` where nobody wrote yet."""
    return str(st.session_state.get(f"{key}-text", otherwise))


def has_draft(key: str) -> bool:
    """Whether the editor `key` holds something that was written or put there in this session."""
    return f"{key}-text" in st.session_state


def put(key: str, text: str) -> None:
    """Puts another text into the editor `key`; the browser takes it over at the next drawing."""
    st.session_state[f"{key}-text"] = text
    st.session_state[f"{key}-revision"] = st.session_state.get(f"{key}-revision", 0) + 1


def code_editor(
    text: str,
    *,
    key: str,
    language: Literal["yaml", "python", "text"],
    problems: Sequence[tuple[int, str]] = (),
    label: str = "Editor",
    height: int = 520,
) -> str:
    """Draws the editor and returns what it holds.

    The text survives going to another page (in the session) and reloading (in the browser's tab).

    Args:
        text: What it holds before anybody wrote; afterwards use `put`.
        key: Tells this editor from others.
        language: How the text is coloured.
        problems: Line (from 1) and message of each mistake in what `written` says.
        label: What screen readers call it.
        height: Of the text, in pixels.
    """

    def take_over() -> None:
        said = st.session_state[key].get("text")
        if isinstance(said, str):
            st.session_state[f"{key}-text"] = said

    _component()(
        key=key,
        data={
            "key": key,
            "text": written(key, text),
            "revision": st.session_state.get(f"{key}-revision", 0),
            "fresh": not has_draft(key),
            "problems": [list(problem) for problem in problems],
            "language": language,
            "label": label,
            "height": height,
        },
        default={"text": None},
        on_text_change=take_over,
    )
    return written(key, text)
