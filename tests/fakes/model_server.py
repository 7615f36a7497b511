"""A scripted OpenAI-compatible server on loopback: what a good model would answer, with faults where they are wanted.

with ModelServer(load(), faults=Faults(rate=0.3)) as server:
    ...  # server.base_url, server.log
"""

from __future__ import annotations

import hashlib
import json
import os
import select
import socket
import threading
import time
from collections import Counter
from dataclasses import dataclass
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tests.fakes.faults import TRANSPORT, Faults, Kind
from tests.fakes.material import Material
from tests.fakes.script import Script, role_of

MODEL = "scripted"
_CODE_ROLES = ("code", "debug")
_PATIENCE = 60.0
"""Seconds after which a request that hangs is given up by the server too."""


@dataclass(frozen=True)
class Asked:
    """One request as the server saw it.

    Attributes:
        turn: 1 for the question, 2 for a corrective turn.
        fault: What was done wrong on purpose, or nothing.
        began: When it came, in seconds of a monotonic clock.
        ended: When it was answered.
        key: The bearer token that was sent.
    """

    role: str
    request: str
    turn: int
    fault: Kind | None
    status: int
    prompt_tokens: int
    completion_tokens: int
    began: float
    ended: float
    key: str = ""


@cache
def _encoding() -> Any:
    """The tokenizer that comes with litellm as a file, without importing that."""
    spec = find_spec("litellm")
    if spec is not None and spec.submodule_search_locations:
        folder = Path(spec.submodule_search_locations[0]) / "litellm_core_utils" / "tokenizers"
        os.environ.setdefault("TIKTOKEN_CACHE_DIR", str(folder))
    import tiktoken

    return tiktoken.get_encoding("cl100k_base")


def tokens_of(text: str) -> int:
    """How many tokens a text has."""
    return len(_encoding().encode(text, disallowed_special=()))


class ModelServer:
    """The server, as a context manager.

    Args:
        material: What it answers from.
        faults: What goes wrong.
        latency: Seconds that each answer takes, the server's own work included.
        port: A fixed port, for a server that comes back.
    """

    def __init__(
        self, material: Material, *, faults: Faults | None = None, latency: float = 0.0, port: int = 0
    ) -> None:
        self.script = Script(material)
        self.faults = faults or Faults()
        self.latency = latency
        self.log: list[Asked] = []
        self.stopping = threading.Event()
        self._times: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._http = _Http(("127.0.0.1", port), _Handler)
        self._http.owner = self
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._http.server_address[1]

    @property
    def base_url(self) -> str:
        """Its address, as `--base-url` takes it."""
        return f"http://127.0.0.1:{self.port}/v1"

    def __enter__(self) -> ModelServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Ends it at once; requests in flight lose their connection."""
        if not self.stopping.is_set():
            self.stopping.set()
            self._http.shutdown()
            self._http.server_close()
            self._thread.join()

    def asked(self, role: str) -> list[Asked]:
        """The requests to a role."""
        return [each for each in self.log if each.role == role]

    def note(self, asked: Asked) -> None:
        """Keeps a request."""
        with self._lock:
            self.log.append(asked)

    def fault_for(self, role: str, body: dict[str, Any]) -> Kind | None:
        """What shall go wrong with the answer to this request."""
        text = json.dumps(body["messages"], sort_keys=True)
        digest = hashlib.sha256(text.encode()).hexdigest()
        with self._lock:
            time_of_asking = self._times[digest]
            self._times[digest] += 1
        return self.faults.strike(role, digest, time_of_asking, code=is_code(role, body))


def is_code(role: str, body: dict[str, Any]) -> bool:
    """Whether a request wants code."""
    return role in _CODE_ROLES and '"conditions"' not in body["messages"][1]["content"]


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    owner: ModelServer

    def handle_error(self, *_: object) -> None:
        """A client that is gone is no error of ours."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Http

    def do_GET(self) -> None:
        """`/v1/models`."""
        if self.path.rstrip("/") == "/v1/models":
            self._send(200, {"object": "list", "data": [{"id": MODEL, "object": "model", "owned_by": "tests"}]})
        else:
            self._send(404, {"error": {"message": "not found", "type": "invalid_request_error"}})

    def do_POST(self) -> None:
        """`/v1/chat/completions`."""
        owner = self.server.owner
        began = time.monotonic()
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if owner.stopping.is_set():  # on a connection that was kept
            self.close_connection = True
            return
        messages: list[dict[str, Any]] = body["messages"]
        role = role_of(messages[0]["content"]) or body.get("response_format", {}).get("json_schema", {}).get("name", "")
        if self.path.rstrip("/") != "/v1/chat/completions" or not role:
            self._send(400, {"error": {"message": "no role asks this", "type": "invalid_request_error"}})
            return
        fault = owner.fault_for(role, body)
        status, completion, text = 200, 0, ""
        prompt = sum(tokens_of(str(message["content"])) for message in messages)
        if "response_format" in body:  # providers count it too
            prompt += tokens_of(json.dumps(body["response_format"], separators=(",", ":")))
        if fault not in TRANSPORT:
            text = owner.script.answer(role, messages[1]["content"])
            if fault is not None:
                text = owner.faults.spoilt(fault, text)
            completion = tokens_of(text)
        if owner.latency:
            owner.stopping.wait(began + owner.latency - time.monotonic())
        if fault in TRANSPORT:
            status = self._fail(fault)
        else:
            self._send(200, _completion(text, fault, role, prompt, completion))
        owner.note(
            Asked(
                role=role,
                request=messages[1]["content"],
                turn=len(messages) // 2,
                fault=fault,
                status=status,
                prompt_tokens=prompt,
                completion_tokens=completion,
                began=began,
                ended=time.monotonic(),
                key=self.headers.get("Authorization", "").removeprefix("Bearer "),
            )
        )

    def _fail(self, fault: Kind | None) -> int:
        """Does what providers do; the status, 0 where none was sent."""
        if fault == "rate_limit":
            error = {
                "message": "Rate limit reached, try again soon.",
                "type": "requests",
                "code": "rate_limit_exceeded",
            }
            self._send(429, {"error": error}, {"Retry-After": "0.05"})
            return 429
        if fault == "server_error":
            self._send(500, {"error": {"message": "The server had an error.", "type": "server_error"}})
            return 500
        if fault == "overflow":
            words = (
                "This model's maximum context length is 8192 tokens. However, your messages resulted in 9041 tokens."
            )
            error = {"message": words, "type": "invalid_request_error", "code": "context_length_exceeded"}
            self._send(400, {"error": error})
            return 400
        if fault == "timeout":
            self._hang()
        else:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", "4096")
            self.end_headers()
            self.wfile.write(b'{"id": "chatcmpl-1", "object": "chat.comp')
            self.wfile.flush()
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)
        return 0

    def _hang(self) -> None:
        """Waits until the client has hung up."""
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end and not self.server.owner.stopping.is_set():
            if select.select([self.connection], [], [], 0.05)[0]:
                return

    def _send(self, status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


def _completion(text: str, fault: Kind | None, role: str, prompt: int, completion: int) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": text}
    finish = "length" if fault == "truncated" else "stop"
    if fault == "null_content":
        message["content"] = None
    elif fault == "tool_calls":
        call = {"id": "call_1", "type": "function", "function": {"name": role, "arguments": json.dumps({"text": text})}}
        message |= {"content": None, "tool_calls": [call]}
        finish = "tool_calls"
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_770_000_000,
        "model": MODEL,
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": {
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": prompt + completion,
        },
    }
