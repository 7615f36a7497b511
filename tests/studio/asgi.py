"""Asks an ASGI application, without a server in between."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from starlette.types import Message, Receive, Scope, Send


class Answer(NamedTuple):
    """What an application answered; `status` of a refused websocket is 403, of one that was let pass 101."""

    status: int
    headers: dict[str, str]
    body: str

    @property
    def cookie(self) -> str:
        """The cookie that it set, as a browser sends it back."""
        return self.headers.get("set-cookie", "").partition(";")[0]


async def inner(scope: Scope, _receive: Receive, send: Send) -> None:
    """What is protected: says `secret` to everyone who comes through."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]})
    await send({"type": "http.response.body", "body": b"secret"})


def run(work: Coroutine[Any, Any, None]) -> None:
    """Runs a coroutine on a thread of its own: this one may have an event loop already, that of the browser tests."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()


def ask(
    app: Any,
    path: str = "/",
    *,
    method: str = "GET",
    query: str = "",
    body: bytes = b"",
    headers: dict[str, str] | None = None,
    server: tuple[str, int] = ("127.0.0.1", 8501),
    client: tuple[str, int] = ("127.0.0.1", 5000),
    websocket: bool = False,
    scheme: str = "http",
) -> Answer:
    """Asks once."""
    given = {"host": "127.0.0.1:8501", "accept": "text/html", **(headers or {})}
    scope: dict[str, Any] = {
        "type": "websocket" if websocket else "http",
        "http_version": "1.1",
        "method": method,
        "scheme": scheme,
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in given.items()],
        "server": server,
        "client": client,
    }
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"} if websocket else {"type": "http.request", "body": body}

    async def send(message: Message) -> None:
        sent.append(message)

    run(app(scope, receive, send))
    first = sent[0]
    if websocket:
        return Answer(101 if first["type"] == "websocket.accept" else 403, {}, "")
    return Answer(
        first["status"],
        {name.decode().lower(): value.decode() for name, value in first["headers"]},
        b"".join(message.get("body", b"") for message in sent[1:]).decode(),
    )
