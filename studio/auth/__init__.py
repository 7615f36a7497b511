"""Who may look at the studio, decided once for a server: this machine alone, those with the token, or those who log in."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal, NamedTuple

import streamlit as st

from engine.errors import UsageError
from engine.exposure import TOKEN_VARIABLE, check_exposure, checked_token, login_in

USERS_VARIABLE = "SCALEENV_USERS"
"""Who may log in, as e-mail addresses or `@domain`s between commas; everyone whom the provider knows, where it is empty."""

Kind = Literal["local", "token", "login"]


class Access(NamedTuple):
    """How a server tells its users from others.

    Attributes:
        kind: By nothing but their being on this machine, by a shared token, or by Streamlit's own login.
        token: The shared token, or empty.
    """

    kind: Kind
    token: str = ""


_guarded: Access | None = None
"""Set where this process serves through `studio.server`, whose middleware checks every request."""


def access() -> Access:
    """What the environment and Streamlit's secrets ask for.

    Raises:
        UsageError: The token is too weak, a file of secrets can't be read, or the address is open to others and neither
            a token nor a login is set up.
    """
    token = os.environ.get(TOKEN_VARIABLE, "")
    login = login_in(Path(file) for file in st.get_option("secrets.files"))
    check_exposure(st.get_option("server.address"), token=token, login=login)
    if token:
        return Access("token", checked_token(token))
    return Access("login" if login else "local")


def guard() -> Access:
    """Decides for this process how it is guarded; the token leaves the environment, which workers would inherit.

    Raises:
        UsageError: See `access`.
    """
    global _guarded
    _guarded = access()
    os.environ.pop(TOKEN_VARIABLE, None)
    return _guarded


def current() -> Access:
    """How this server is guarded; also for the bare page, which no middleware protects.

    Raises:
        UsageError: The page is served without the middleware that would ask for the token, or see `access`.
    """
    if _guarded is not None:
        return _guarded
    found = access()
    if found.kind == "token":
        raise UsageError(
            "This server does not ask for the token, since it runs the page alone; "
            "start the studio with `scaleenv studio`, or with `streamlit run studio/server.py`."
        )
    return found


def may_enter(email: str) -> bool:
    """Whether somebody who logged in is among those who may; see `USERS_VARIABLE`."""
    allowed = [part.strip().lower() for part in os.environ.get(USERS_VARIABLE, "").split(",") if part.strip()]
    if not allowed:
        return True
    email = email.lower()
    return email in allowed or any(part.startswith("@") and email.endswith(part) for part in allowed)
