"""What the page about runs reads."""

from __future__ import annotations

from collections import deque

from engine.models.run import Run, RunEvent
from studio.queries.opened import opened


def runs() -> list[Run]:
    """All runs, newest first."""
    with opened() as store:
        return store.runs.all()


def run(id: str) -> Run:
    """One run.

    Raises:
        UsageError: There is no such run.
    """
    with opened() as store:
        return store.runs.get(id)


class RunLog:
    """The end of a run's log, for a page that looks again and again: only what is new is read."""

    LINES = 300

    def __init__(self, run: str) -> None:
        self.run = run
        self.total = 0
        self.tail: deque[RunEvent] = deque(maxlen=self.LINES)

    def refresh(self) -> None:
        """Reads what was added since."""
        with opened() as store:
            while new := store.runs.events(self.run, after=self.total):
                self.tail.extend(new)
                self.total = new[-1].seq
