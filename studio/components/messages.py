"""How a page tells what went wrong: one clear message, as plain text, never a traceback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec

import streamlit as st

from engine.errors import ScaleEnvError

P = ParamSpec("P")
_KEY = "message-of-last-action"


def tell(error: ScaleEnvError) -> None:
    """Shows an error. Its words may quote a file or a model, so they are not read as Markdown."""
    with st.container(border=True):
        st.error("That did not work.", icon=":material/error:")
        st.text(str(error))


@contextmanager
def told() -> Iterator[None]:
    """Shows a user's error inside instead of breaking off the page."""
    try:
        yield
    except ScaleEnvError as error:
        tell(error)


def attempt(action: Callable[P, object], *arguments: P.args, **named: P.kwargs) -> None:
    """Does what a button asks for; an error is shown at the top of the page that comes next."""
    try:
        action(*arguments, **named)
    except ScaleEnvError as error:
        st.session_state[_KEY] = error


def show_last_error() -> None:
    """Shows once what `attempt` could not do."""
    error = st.session_state.pop(_KEY, None)
    if error is not None:
        tell(error)
