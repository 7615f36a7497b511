"""A model server on loopback that reacts as a test says: with texts, statuses, silence or a broken connection."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "sk-test-0123456789abcdef"


@dataclass(frozen=True)
class Say:
    """An answer of a model."""

    text: str | None
    finish: str = "stop"
    usage: tuple[int, int] | None = (100, 20)


@dataclass(frozen=True)
class Fail:
    """An error of a provider; it quotes the key, as some do."""

    status: int
    message: str = "it failed"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Raw:
    """A body that no provider should send."""

    body: bytes


class Drop:
    """The connection breaks before an answer."""


class Hang:
    """No answer until the server ends."""


Reaction = Say | Fail | Raw | Drop | Hang
Script = Callable[[dict[str, Any]], Reaction]


class Server:
    """Requests that came, and the script that answers them."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.most_at_once = 0
        self._at_once = 0
        self.lock = threading.Lock()
        self.released = threading.Event()
        self.base_url = ""

    def react(self, body: dict[str, Any], key: str) -> Reaction:
        with self.lock:
            self.requests.append(body)
            self.keys.append(key)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            reaction = self.script(body)
            if isinstance(reaction, Hang):
                self.released.wait(30)
            return reaction
        finally:
            with self.lock:
                self._at_once -= 1


def in_turn(*reactions: Reaction) -> Script:
    """One reaction after the other; the last one for ever."""
    left = list(reactions)
    lock = threading.Lock()

    def script(body: dict[str, Any]) -> Reaction:
        with lock:
            return left.pop(0) if len(left) > 1 else left[0]

    return script


@contextmanager
def serving(script: Script) -> Iterator[Server]:
    """A server on a free port for as long as it is needed."""
    server = Server(script)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:
            pass

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            key = self.headers.get("authorization", "")
            reaction = server.react(body, key)
            if isinstance(reaction, Drop | Hang):
                self.close_connection = True
                with suppress(OSError):
                    self.connection.shutdown(socket.SHUT_RDWR)
                return
            status, headers, data = _written(reaction, body, key)
            with suppress(OSError):
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

    class Listener(ThreadingHTTPServer):
        request_queue_size = 128
        daemon_threads = True

    listener = Listener(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=lambda: listener.serve_forever(poll_interval=0.01), daemon=True)
    thread.start()
    server.base_url = f"http://127.0.0.1:{listener.server_port}/v1"
    try:
        yield server
    finally:
        server.released.set()
        listener.shutdown()
        listener.server_close()
        thread.join()


def _written(reaction: Reaction, body: dict[str, Any], key: str) -> tuple[int, dict[str, str], bytes]:
    if isinstance(reaction, Raw):
        return 200, {}, reaction.body
    if isinstance(reaction, Fail):
        error = {"message": f"{reaction.message} (you sent {key})", "type": "some_error", "code": reaction.status}
        return reaction.status, reaction.headers, json.dumps({"error": error}).encode()
    assert isinstance(reaction, Say)
    answer: dict[str, Any] = {
        "id": "x",
        "object": "chat.completion",
        "created": 1,
        "model": body["model"],
        "choices": [
            {
                "index": 0,
                "finish_reason": reaction.finish,
                "message": {"role": "assistant", "content": reaction.text},
            }
        ],
    }
    if reaction.usage is not None:
        read, written = reaction.usage
        answer["usage"] = {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
    return 200, {}, json.dumps(answer).encode()
