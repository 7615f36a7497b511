"""Sandboxed environments that are kept ready, because starting one takes longer than a call."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Generator
from contextlib import contextmanager
from threading import Lock, RLock

from engine.models.domain import Domain
from engine.runtime.environment import Environment
from engine.runtime.sandbox import SandboxRuntime


class _Kept:
    """One domain's environment; whoever holds the lock uses it."""

    def __init__(self, revision: str) -> None:
        self.revision = revision
        self.lock = RLock()
        self.users = 0
        self._environment: Environment | None = None

    def environment(self, load: Callable[[], Domain]) -> Environment:
        if self._environment is None:
            domain = load()
            self._environment = Environment(domain, SandboxRuntime(domain))
        return self._environment

    def close(self) -> None:
        if self._environment is not None:
            self._environment.runtime.close_all()
            self._environment = None


class WarmEnvironments:
    """A few domains' environments for any number of threads, which take turns at each.

    Args:
        limit: Environments that are kept when nobody uses them; the one that was used least recently goes first.
    """

    def __init__(self, limit: int = 4) -> None:
        self._limit = limit
        self._lock = Lock()
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    @contextmanager
    def use(self, name: str, revision: str, load: Callable[[], Domain]) -> Generator[Environment]:
        """The environment of a domain, for the caller alone.

        Args:
            name: What the domain is known by here.
            revision: Changes whenever the domain does; an environment of another revision is closed.
            load: Gives the domain, where a new environment is needed.
        """
        gone: list[_Kept] = []
        with self._lock:
            kept = self._kept.get(name)
            if kept is None or kept.revision != revision:
                if kept is not None and not kept.users:
                    gone.append(kept)
                kept = self._kept[name] = _Kept(revision)
            self._kept.move_to_end(name)
            kept.users += 1
            for other in [key for key, entry in self._kept.items() if not entry.users]:
                if len(self._kept) <= self._limit:
                    break
                gone.append(self._kept.pop(other))
        for entry in gone:
            entry.close()
        try:
            with kept.lock:
                yield kept.environment(load)
        finally:
            with self._lock:
                kept.users -= 1
                # Another revision took its place while it was in use.
                orphan = not kept.users and self._kept.get(name) is not kept
            if orphan:
                kept.close()

    def __len__(self) -> int:
        return len(self._kept)

    def close(self) -> None:
        """Ends all environments that nobody uses."""
        with self._lock:
            gone = [self._kept.pop(name) for name in [key for key, entry in self._kept.items() if not entry.users]]
        for entry in gone:
            entry.close()
