"""Who is sitting in front of the screen: a name that goes with every decision.

The name lives in the browser: each tab keeps its own, and a new tab begins with the one that was chosen last. So a
reload changes nothing, two tabs may have different names, and a link never carries a name to somebody else.
"""

from __future__ import annotations

from functools import cache
from typing import Any
from urllib.parse import unquote

import streamlit as st

from engine.store.review_summary import tidy_name
from studio.queries import review as queries

DEFAULT = "me"
_KEY = "curator"
_CHOSEN = "curator-was-chosen"
_COOKIE = "scaleenv_curator"

# The cookie is what the server can read before anything is drawn. It belongs to all tabs, so each tab writes its own
# name there when it is left: a reload finds it. `sessionStorage` is the tab's own and settles what remains.
_SCRIPT = """
const NAME = "scaleenv_curator";
const keep = (name) => {
  document.cookie = `${NAME}=${encodeURIComponent(name)}; path=/; max-age=31536000; samesite=strict`;
};
let leaving = false;
export default function ({ data, setStateValue }) {
  const own = sessionStorage.getItem(NAME);
  if (!data.chosen && own !== null && own !== data.name) {
    setStateValue("name", own);
  } else {
    sessionStorage.setItem(NAME, data.name);
    if (data.chosen) keep(data.name);
  }
  if (!leaving) {
    leaving = true;
    addEventListener("pagehide", () => {
      const last = sessionStorage.getItem(NAME);
      if (last !== null) keep(last); // the user may have emptied the browser's storage meanwhile
    });
  }
}
"""


def curator() -> str:
    """The curator's name, as chosen in the sidebar."""
    return tidy_name(str(st.session_state.get(_KEY) or "")) or DEFAULT


def choose_curator() -> None:
    """The field in the sidebar: a name that is known already, or a new one."""
    if _KEY not in st.session_state:
        st.session_state[_KEY] = _remembered()
    name = curator()
    st.sidebar.selectbox(
        "Curator",
        sorted({name, DEFAULT, *queries.known_curators()}, key=str.casefold),
        key=_KEY,
        accept_new_options=True,
        persist_state="session",
        on_change=_take,
        args=(name,),
        help="Your name goes with every decision. Pick it, or type a new one.",
    )
    with st.sidebar:
        _browser()(
            key="curator-in-browser",
            data={"name": name, "chosen": bool(st.session_state.get(_CHOSEN))},
            on_name_change=_correct,
        )


def _remembered() -> str:
    """The name that the browser sent with its first request."""
    sent = st.context.cookies.get(_COOKIE)
    return (tidy_name(unquote(sent)) if isinstance(sent, str) else "") or DEFAULT


def _take(before: str) -> None:
    """Tidies what was typed; nothing readable leaves the name as it was."""
    st.session_state[_KEY] = tidy_name(str(st.session_state.get(_KEY) or "")) or before
    st.session_state[_CHOSEN] = True


def _correct() -> None:
    """Takes over the tab's own name, where the first request brought that of another tab."""
    told = st.session_state["curator-in-browser"]
    st.session_state[_KEY] = tidy_name(str(told.get("name") or "")) or DEFAULT
    st.session_state[_CHOSEN] = True


@cache
def _browser() -> Any:
    """Registers the component once a process."""
    return st.components.v2.component("scaleenv_curator", html="<i></i>", css="i{display:none}", js=_SCRIPT)
