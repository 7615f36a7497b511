"""The gate of Streamlit's own login: nothing of a page is drawn before somebody is known."""

from __future__ import annotations

from importlib import util

import streamlit as st

from studio.auth import USERS_VARIABLE, may_enter


def _name() -> str:
    """The name of whoever is logged in, as it goes with decisions."""
    return str(st.user.get("name") or st.user.get("email") or st.user.get("sub") or "").strip()[:60]


def enter() -> str:
    """Lets the page go on for those who are logged in, and stops it for everyone else.

    Returns:
        The user's name.
    """
    if util.find_spec("authlib") is None:
        st.error("A login is set up, but the library that it needs is missing.", icon=":material/lock:")
        st.text("Install it where the studio runs: pip install 'Authlib>=1.3.2'")
        st.stop()
    if not st.user.is_logged_in:
        st.title("ScaleEnv Studio")
        st.button("Log in", type="primary", icon=":material/login:", on_click=st.login)
        st.stop()
    email = str(st.user.get("email") or "") if st.user.get("email_verified", True) else ""
    if not may_enter(email):
        st.error("You are logged in, but not among those who may use this studio.", icon=":material/lock:")
        st.text(f"{email or _name()} is missing in {USERS_VARIABLE}; ask whoever runs it.")
        st.button("Log out", on_click=st.logout)
        st.stop()
    return _name() or "somebody"
