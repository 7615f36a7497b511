"""Trials of language models: one tiny request each, in a process of its own, since loading the client takes seconds.

A trial belongs to the server, not to a page: who comes back, or looks from another tab, sees how it went.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import NamedTuple

from studio.queries.opened import store_path

LONGEST = 180.0
"""Seconds after which a trial is given up; the client's own patience is shorter."""

MOST_AT_ONCE = 4
KEPT = 64
MOST_TEXT = 20_000
"""Characters that are kept of what a trial said."""


class Outcome(NamedTuple):
    """How a trial stands.

    Attributes:
        running: It is not over yet.
        passed: A usable answer came.
        words: What it said.
        began: Seconds since 1970.
    """

    running: bool
    passed: bool
    words: str
    began: float


class _Trial:
    """A process, and the thread that waits for it."""

    def __init__(self, command: list[str]) -> None:
        self._command = command
        self.outcome = Outcome(running=True, passed=False, words="", began=time.time())
        threading.Thread(target=self._work, daemon=True, name="trial").start()

    def _work(self) -> None:
        root = str(Path(__file__).resolve().parents[1])
        path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
        try:
            done = subprocess.run(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONPATH": path, "NO_COLOR": "1", "COLUMNS": "160"},
                timeout=LONGEST,
                check=False,
            )
            passed, words = done.returncode == 0, done.stdout.decode("utf-8", "replace").strip()[:MOST_TEXT]
        except subprocess.TimeoutExpired:
            passed, words = False, f"It was given up after {LONGEST:.0f} seconds."
        except OSError as error:
            passed, words = False, f"No process could be started ({error.strerror})."
        self.outcome = Outcome(running=False, passed=passed, words=words, began=self.outcome.began)


_TRIALS: dict[str, _Trial] = {}
_LOCK = threading.Lock()


def start(model: str) -> bool:
    """Begins a trial of a model, unless one is under way.

    Args:
        model: Its name, as in the settings.

    Returns:
        Whether it was begun; not where too many are under way.
    """
    with _LOCK:
        running = [name for name, trial in _TRIALS.items() if trial.outcome.running]
        if model in running or len(running) >= MOST_AT_ONCE:
            return False
        _TRIALS.pop(model, None)
        for name in [name for name in _TRIALS if name not in running][: max(0, len(_TRIALS) - KEPT)]:
            del _TRIALS[name]
        _TRIALS[model] = _Trial(_command(model))
        return True


def outcome(model: str) -> Outcome | None:
    """How the last trial of a model stands; `None` where there was none."""
    with _LOCK:
        trial = _TRIALS.get(model)
        return None if trial is None else trial.outcome


def _command(model: str) -> list[str]:
    # `--` last: a model's name is never an option.
    return [sys.executable, "-m", "engine.cli", "models", "test", "--db", str(store_path()), "--", model]
