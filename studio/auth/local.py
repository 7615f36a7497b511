"""The studio without a login: it answers to this machine alone, and to nobody's web page but its own."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from engine.exposure import LEAST_TOKEN, TOKEN_VARIABLE, is_loopback


class LocalGate:
    """Middleware that refuses what did not come from this machine, or was sent by another site's page.

    Whatever server runs the application: the address on which a request arrived counts, not the one in the settings. A foreign
    name in `Host` means that a web page has its name point to this machine (DNS rebinding), or that a proxy hands on
    what comes from elsewhere; another page's `Origin` on a websocket would let it press every button.

    Args:
        app: What it protects.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers itself, or lets the request pass."""
        if scope["type"] in ("http", "websocket") and (words := _refusal(HTTPConnection(scope))):
            if scope["type"] == "websocket":
                await receive()
                await send({"type": "websocket.close", "code": 1008, "reason": "Not from here."})
            else:
                await PlainTextResponse(words + "\n", status_code=403)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _refusal(connection: HTTPConnection) -> str:
    server = connection.scope.get("server")
    host = connection.headers.get("host", "")
    if not server or not is_loopback(server[0]) or not is_loopback(_name(host)):
        return (
            "This studio has no login, so it answers to this machine only, as 127.0.0.1 or localhost. To reach it by another "
            f"name, start it with a token ({TOKEN_VARIABLE}, at least {LEAST_TOKEN} characters) or a login."
        )
    origin = connection.headers.get("origin")
    if origin is not None and connection.scope["type"] == "websocket" and urlsplit(origin).netloc != host:
        return "Another site's page may not use the studio."
    return ""


def _name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
