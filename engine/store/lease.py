"""Who works on a run: tokens of processes, and whether the process behind one still lives."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from uuid import uuid4

LEASE_SECONDS = 20.0
"""A run whose owner was silent for so long may be taken over."""

BEAT_SECONDS = 2.0
"""How often an owner says that it lives."""


def _started(pid: int) -> str:
    """When a process started, in the kernel's ticks: it tells a process from a later one of the same number.

    Empty where the system does not say, `ended` for one that has ended and waits for its parent to notice.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8")
    except OSError:
        return ""
    # The second field is the command in parentheses, and may hold anything.
    fields = stat.rpartition(")")[2].split()
    return "ended" if fields[0] in "ZX" else fields[19]


def new_owner() -> str:
    """A token of this process, different at every call."""
    pid = os.getpid()
    return f"{socket.gethostname()}:{pid}:{_started(pid)}:{uuid4().hex[:8]}"


def process_of(owner: str) -> int:
    """The process number in a token."""
    return int(owner.split(":")[1])


def is_gone(owner: str) -> bool:
    """Whether the owner's process is known to have ended; `False` where that can't be known from here."""
    host, pid, started, _ = owner.split(":")
    if host != socket.gethostname():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return bool(started) and _started(int(pid)) != started
