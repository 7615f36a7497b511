"""The shared token: asked for once in a small form, kept as a signed cookie, checked on every request and websocket."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from urllib.parse import parse_qs, urlencode

from markupsafe import Markup
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

LOGIN, LOGOUT = "/login", "/logout"
OPEN_PATHS = ("/_stcore/health",)
"""What answers without a token: whether the server lives, for those who watch over it."""

DAYS = 14
"""How long a browser is remembered."""

FORM_BYTES = 4096
TRIES, TRIES_SECONDS = 10, 60.0
"""Wrong tokens that an address may give in so many seconds."""

ADDRESSES = 10_000
"""Addresses whose wrong tokens are remembered."""

_PAGE = Markup("""<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>ScaleEnv Studio</title>
<style>
:root {{ color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif }}
body {{ display: grid; place-items: center; min-height: 90vh; margin: 0 }}
form {{ display: grid; gap: 10px; width: 320px }} h1 {{ font-size: 1.35rem; margin: 0 }}
input, button {{ font: inherit; padding: 7px 10px; border: 1px solid #8888; border-radius: 5px }}
button {{ background: #0072B2; color: #fff; border-color: #0072B2; cursor: pointer }}
p {{ margin: 0 }} .wrong {{ color: light-dark(#b84a00, #f08a4b) }}
</style>
<form method="post" action="{action}">
<h1>ScaleEnv Studio</h1>
<p>This studio asks for its token; whoever started it knows it.</p>
{wrong}
<input type="hidden" name="next" value="{there}">
<label for="token">Token</label>
<input id="token" name="token" type="password" autocomplete="current-password" required autofocus>
<button>Enter</button>
</form></html>""")


_ONWARD = Markup('<!doctype html><title>ScaleEnv Studio</title><meta http-equiv="refresh" content="0;url={}">')


class WrongTokens:
    """Remembers wrong tokens by address, so that guessing takes for ever.

    Args:
        clock: Seconds, of any origin.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._at: OrderedDict[str, deque[float]] = OrderedDict()

    def must_wait(self, address: str) -> int:
        """Seconds for which no token of this address is looked at."""
        times = self._at.get(address, deque())
        while times and times[0] <= self._clock() - TRIES_SECONDS:
            times.popleft()
        return 0 if len(times) < TRIES else 1 + int(times[0] + TRIES_SECONDS - self._clock())

    def add(self, address: str) -> None:
        """Notes a wrong token."""
        self._at.setdefault(address, deque()).append(self._clock())
        self._at.move_to_end(address)
        while len(self._at) > ADDRESSES:
            self._at.popitem(last=False)


class TokenGate:
    """Middleware that lets nothing pass, neither pages nor websockets, without the token's cookie.

    Args:
        app: What it protects.
        token: The shared token.
        clock: Seconds since 1970.
        wrong: Remembers wrong tokens.
    """

    def __init__(
        self,
        app: ASGIApp,
        token: str,
        clock: Callable[[], float] = time.time,
        wrong: WrongTokens | None = None,
    ) -> None:
        self._app, self._token, self._clock = app, token.encode(), clock
        self._wrong = wrong or WrongTokens()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers itself, or lets the request pass."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        path = scope["path"].removeprefix(scope.get("root_path", "")) or "/"
        if scope["type"] == "websocket":
            if self._knows(connection):
                await self._app(scope, receive, send)
            else:
                await receive()
                await send({"type": "websocket.close", "code": 1008, "reason": "The token is missing."})
            return
        answer = await self._answer(Request(scope, receive), path)
        await (answer or self._app)(scope, receive, send)

    async def _answer(self, request: Request, path: str) -> Response | None:
        """What is answered instead of the page; `None` where the request may pass."""
        if path == LOGOUT:
            left = RedirectResponse(_url(request, LOGIN), status_code=303)
            left.delete_cookie(self._cookie_name(request), path="/", httponly=True, samesite="strict")
            return left
        if path == LOGIN and request.method == "POST":
            return await self._log_in(request)
        given = request.query_params.get("token")
        if given is not None and request.method == "GET":
            rest = [(name, value) for name, value in request.query_params.multi_items() if name != "token"]
            there = _url(request, path) + (f"?{urlencode(rest)}" if rest else "")
            return self._checked(request, given, there)
        if path in OPEN_PATHS:
            return None
        if self._knows(request):
            return RedirectResponse(_url(request, "/"), status_code=303) if path == LOGIN else None
        if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
            there = path + (f"?{request.url.query}" if request.url.query else "")
            if request.headers.get("sec-fetch-site") == "cross-site" and path != LOGIN:
                # A link on another site: the browser keeps a strict cookie back until a page of ours leads on.
                return HTMLResponse(str(_ONWARD.format(_url(request, there))), headers={"Cache-Control": "no-store"})
            return self._form(request, 401, there="/" if path == LOGIN else there)
        return PlainTextResponse("The studio asks for its token; open it in a browser.\n", status_code=401)

    async def _log_in(self, request: Request) -> Response:
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > FORM_BYTES:
                return PlainTextResponse("That is no token.\n", status_code=413)
        fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=8)
        there = fields.get("next", ["/"])[0]
        return self._checked(request, fields.get("token", [""])[0].strip(), _local(there, request))

    def _checked(self, request: Request, given: str, there: str) -> Response:
        address = request.client.host if request.client else ""
        if seconds := self._wrong.must_wait(address):
            refused = self._form(request, 429, f"Too many wrong tokens; try again in {seconds} s.", there=there)
            refused.headers["Retry-After"] = str(seconds)
            return refused
        if not hmac.compare_digest(given.encode(), self._token):
            self._wrong.add(address)
            return self._form(request, 401, "That is not the token.", there=there)
        answer = RedirectResponse(there, status_code=303)
        answer.set_cookie(
            self._cookie_name(request),
            self._signed(int(self._clock())),
            max_age=DAYS * 86400,
            path="/",
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="strict",
        )
        return answer

    def _form(self, request: Request, status: int, wrong: str = "", *, there: str) -> Response:
        words = Markup('<p class="wrong" role="alert">{}</p>').format(wrong) if wrong else ""
        page = HTMLResponse(
            str(_PAGE.format(action=_url(request, LOGIN), wrong=words, there=there)), status_code=status
        )
        MutableHeaders(raw=page.raw_headers)["Cache-Control"] = "no-store"
        return page

    def _cookie_name(self, connection: HTTPConnection) -> str:
        # Browsers send cookies to every port of a host: two studios must not throw each other's users out.
        server = connection.scope.get("server") or ("", 0)
        return f"scaleenv_studio_{server[1]}"

    def _signed(self, since: int) -> str:
        return f"{since}.{hmac.new(self._token, f'scaleenv-studio:{since}'.encode(), hashlib.sha256).hexdigest()}"

    def _knows(self, connection: HTTPConnection) -> bool:
        cookie = connection.cookies.get(self._cookie_name(connection), "")
        since = cookie.partition(".")[0]
        if not (since.isascii() and since.isdigit() and len(since) < 16):
            return False
        age = self._clock() - int(since)
        return hmac.compare_digest(cookie.encode(), self._signed(int(since)).encode()) and -300 < age < DAYS * 86400


def _url(request: Request, path: str) -> str:
    """A path of this server, as the browser asks for it."""
    return request.scope.get("root_path", "") + "/" + path.lstrip("/\\")


def _local(path: str, request: Request) -> str:
    """A place to go to after the login: within this server, whatever the form says."""
    return path if path.startswith("/") and path[1:2] not in ("/", "\\") and path.isprintable() else _url(request, "/")
