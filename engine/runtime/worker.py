"""One worker process of the sandbox: starts it, exchanges texts with it, notices when it is lost."""

from __future__ import annotations

import atexit
import json
import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from engine.errors import SandboxError
from engine.runtime.portable import DATABASE_MODULES, joined_source

if TYPE_CHECKING:
    from pydantic_monty import Monty

_MODULES = (*DATABASE_MODULES, "session")
_HOST = "__host__"
_STRAY_CALLS = 100  # undefined names that tool code may try in one turn
_START_SECONDS = 60.0
_WORKERS = 64
_GC_INTERVAL = 20_000_000  # allocations between searches for cycles, each of which walks over all initial rows

_LOOP = f"""
def serve(session, token):
    answer = "null"
    while True:
        answer = session.answer({_HOST}(token, answer))

session = Session(spec, output_limit)
for name, source in sources:
    session.define(name, source)
"""


@dataclass(frozen=True, slots=True)
class SandboxLimits:
    """What one call may use before it counts as an unexpected failure.

    Attributes:
        seconds: Running time of a call (and of a batch, which is then tried call by call).
        memory_bytes: Heap of the session, beyond the initial rows.
        recursion: Depth of function calls.
        output: Size of an answer, in characters of JSON (about).
        printed: Characters that a turn may print (nobody reads them).
    """

    seconds: float = 2.0
    memory_bytes: int = 256_000_000
    recursion: int = 200
    output: int = 1_000_000
    printed: int = 100_000


class WorkerLost(Exception):
    """The worker can't be used any more. Internal: the runtime replaces it.

    Attributes:
        error: The kind of error, as the agent may be told.
        text: What happened.
    """

    def __init__(self, error: str, text: str) -> None:
        super().__init__(f"{error}: {text}")
        self.error = error
        self.text = text


class Worker:
    """A session that waits, suspended in a call to the host, for the next request.

    Answering a suspended call is about three times as fast as feeding the session another piece of code.

    Args:
        spec: The compiled database.
        sources: Name and source of each tool.
        room: Bytes of heap for initial rows.
    """

    def __init__(
        self, spec: dict[str, Any], sources: Sequence[tuple[str, str]], limits: SandboxLimits, room: int
    ) -> None:
        from pydantic_monty import FunctionSnapshot, MontyError, NameLookupSnapshot

        self._function, self._name, self._error = FunctionSnapshot, NameLookupSnapshot, MontyError
        self._limits = limits
        self._room = max(room, 20_000_000)
        self._token = secrets.token_hex(8)  # tool code can't answer in our name: it does not know this
        self._printed = 0
        self._session = _pool().checkout(
            limits={
                "max_turn_duration_secs": limits.seconds,
                "max_memory": limits.memory_bytes + self._room,
                "max_recursion_depth": limits.recursion,
                "max_suspensions": 2**62,
                "gc_interval": _GC_INTERVAL,
            },
            os_policy={
                "datetime": datetime(2026, 1, 1, tzinfo=UTC),  # tools take the time from `db.now()`
                "sleep": "zero",
                "process_time": "zero",
                "random_start": {"seed": 0},
            },
        )
        try:
            self._session.__enter__()
        except (MontyError, OSError, TimeoutError) as error:
            raise SandboxError(f"no sandbox worker could be started ({error}); run `scaleenv doctor`") from error
        _live.add(self)
        try:
            self._session.feed_run(
                joined_source(_MODULES) + _LOOP,
                inputs={"spec": json.dumps(spec), "output_limit": limits.output, "sources": list(sources)},
                print_callback=self._print,
            )
            snapshot = self._session.feed_start(
                "serve(session, token)", inputs={"token": self._token}, print_callback=self._print
            )
            self._waiting: Any = self._settle(snapshot)
        except MontyError as error:
            self.close()
            raise SandboxError(f"the sandbox refuses the prelude: {error}") from error

    def ask(self, request: str) -> str:
        """Sends a request and waits for the answer.

        Raises:
            WorkerLost: It took too long, used too much, or broke.
        """
        self._printed = 0
        try:
            self._waiting = self._settle(self._waiting.resume({"return_value": request}))
            return self._waiting.args[1]
        except self._error as problem:
            inner = problem.exception()
            raise WorkerLost(type(inner).__name__, self._said(inner)) from problem

    def _said(self, error: BaseException) -> str:
        """What happened, without how long exactly it took or how much it used: the same code has to fail with the same words."""
        if isinstance(error, TimeoutError):
            return f"it took longer than {self._limits.seconds:g} s"
        if isinstance(error, MemoryError):
            return "it took more memory than a call may use"
        return str(error)[:200]

    def fits(self, room: int) -> bool:
        """Whether the worker was started with room for that many bytes of initial rows."""
        return room <= self._room

    def close(self) -> None:
        """Ends the process."""
        _live.discard(self)
        self._waiting = None
        with suppress(self._error, RuntimeError):  # nothing is left to be done about a session that can't end
            self._session.__exit__(None, None, None)

    def _settle(self, snapshot: Any) -> Any:
        """Answers whatever tool code asks of the outside (nothing is there) until our own loop asks."""
        for _ in range(_STRAY_CALLS):
            if isinstance(snapshot, self._function):
                if snapshot.function_name == _HOST and snapshot.args and snapshot.args[0] == self._token:
                    return snapshot
                if snapshot.is_os_function:
                    snapshot = snapshot.resume_not_handled()
                else:
                    missing = NameError(f"name '{snapshot.function_name}' is not defined")
                    snapshot = snapshot.resume({"exception": missing})
            elif isinstance(snapshot, self._name):
                snapshot = snapshot.resume()
            else:
                break
        raise WorkerLost("RuntimeError", "the code asks for things outside the sandbox again and again")

    def _print(self, _stream: str, text: str) -> None:
        self._printed += len(text)
        if self._printed > self._limits.printed:
            raise ValueError("the tool prints too much")


_live: WeakSet[Worker] = WeakSet()
_lock = Lock()
_pools: dict[int, Monty] = {}  # by process id: a forked process must not touch its parent's


def _pool() -> Monty:
    """This process's pool, started when it is first needed and ended with the process."""
    with _lock:
        pool = _pools.get(os.getpid())
        if pool is None:
            from pydantic_monty import Monty, MontyError

            # One session for each worker: nothing is left behind for the next, and a fresh one is there in 2 ms.
            pool = Monty(max_processes=_WORKERS, max_checkouts_per_worker=1, checkout_timeout=_START_SECONDS)
            try:
                pool.__enter__()
            except (MontyError, OSError) as error:
                raise SandboxError(f"the sandbox can't be started ({error}); run `scaleenv doctor`") from error
            _pools[os.getpid()] = pool
            atexit.register(shut_down)
        return pool


def shut_down() -> None:
    """Ends all workers of this process; the next runtime starts afresh."""
    for worker in list(_live):
        worker.close()
    with _lock:
        pool = _pools.pop(os.getpid(), None)
        if pool is not None:
            pool.__exit__(None, None, None)
