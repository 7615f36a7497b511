"""The studio's server: `streamlit run studio/server.py`, or `scaleenv studio`.

Around the pages (`app.py`) it puts what a page can't do for itself: a supervisor that keeps background runs going
whether or not anybody looks, a gate before every request, and headers that forbid anything from elsewhere.
"""

from __future__ import annotations

import gc
import importlib
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

# `streamlit run` puts only this folder on the path, where `studio` can't be found.
sys.path[:] = dict.fromkeys([str(Path(__file__).resolve().parents[1]), *sys.path])

import streamlit as st  # noqa: E402
from starlette.middleware import Middleware  # noqa: E402
from starlette.requests import Request  # noqa: E402
from starlette.responses import RedirectResponse, Response  # noqa: E402
from starlette.routing import Route  # noqa: E402

from engine.errors import UsageError  # noqa: E402
from studio import auth, scripts, supervisor  # noqa: E402
from studio.auth.local import LocalGate  # noqa: E402
from studio.auth.token import TokenGate  # noqa: E402
from studio.headers import SafeHeaders  # noqa: E402
from studio.queries.opened import store_path  # noqa: E402

PAGES = Path(__file__).with_name("app.py")

NEEDED_SOON = ("studio.jobs", "studio.components.markup", "studio.components.choose", "studio.queries")
NEEDED_LATER = ("pandas", "pyarrow", "altair", "networkx", "streamlit.elements.arrow")


def _import(names: tuple[str, ...]) -> None:
    for name in names:
        with suppress(ImportError):
            importlib.import_module(name)


def _settle() -> None:
    """Loads the large libraries, and spares the garbage collector everything that is there for good.

    Streamlit collects after every run of a page or a fragment; going through some hundred thousand objects that never
    become garbage takes longer than drawing most pages.
    """
    _import(NEEDED_LATER)
    for package in ("queries", "components"):
        _import(tuple(f"studio.{package}.{file.stem}" for file in PAGES.parent.joinpath(package).glob("[a-z]*.py")))
    gc.collect()
    gc.freeze()


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    """What lives as long as the server does."""
    _import(NEEDED_SOON)
    # The large ones are not needed by the first page, and it must not wait for them.
    threading.Thread(target=_settle, daemon=True, name="warm-up").start()
    supervisor.begin(store_path())
    try:
        yield
    finally:
        supervisor.end()


def gates() -> list[Middleware]:
    """What every request passes first.

    Raises:
        SystemExit: The studio would be open to others without authentication.
    """
    try:
        access = auth.guard()
    except UsageError as error:
        raise SystemExit(f"Error: {error}") from error
    headers = Middleware(SafeHeaders)
    if access.kind == "token":
        return [headers, Middleware(TokenGate, token=access.token)]
    return [headers, Middleware(LocalGate)] if access.kind == "local" else [headers]


async def _to_overview(_request: Request) -> Response:
    """The first page has no name in its address; whoever gives it one, as all others have, is led there."""
    return RedirectResponse("/")


app = st.App(PAGES, lifespan=lifespan, middleware=gates(), routes=[*scripts.routes(), Route("/overview", _to_overview)])
