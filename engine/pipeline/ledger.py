"""The steps of one run: each commits its content, its checkpoint and its events as one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from engine.models.run import Phase, Run, RunEvent
from engine.store import Store
from engine.store.runs import Progress

Observer = Callable[[Progress, Sequence[RunEvent]], None]
"""Told after each step, outside its transaction: where the run stands, and what is new in its log."""


class Cancelled(Exception):
    """Somebody asked the run to stop; everything up to here is kept."""


class Ledger:
    """Commits the steps of one run for one owner, and knows which are behind it.

    Args:
        store: Where.
        run: The claimed run.
        owner: Who holds its lease.
        observe: Told after each step.
        timer: Seconds, for the time spent on each phase; never for content.
    """

    def __init__(
        self,
        store: Store,
        run: Run,
        owner: str,
        observe: Observer,
        timer: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.store = store
        self.run = run
        self.counts = run.counts
        self._owner = owner
        self._observe = observe
        self._timer = timer
        self._done = set(store.runs.steps(run.id))
        self._phase: Phase = run.phase
        self._total = 0
        self._behind = 0
        self._seconds = dict(run.phase_seconds)
        self._since = timer()

    def begin(self, phase: Phase, steps: Iterable[str] | None = None, *, total: int = 0, behind: int = 0) -> None:
        """Enters a phase.

        Args:
            phase: Which.
            steps: Its steps, where they are known; those behind the run are counted.
            total: How many there are, where the names are not known.
            behind: How many are done, where the names are not known.

        Raises:
            LeaseLost: Another process owns the run.
            Cancelled: The run is to stop.
        """
        self._phase = phase
        if steps is not None:
            names = list(steps)
            self._total, self._behind = len(names), sum(self.is_done(name) for name in names)
        else:
            self._total, self._behind = total, behind
        self._since = self._timer()
        self._check_cancel()
        if self._total == 0 or self._behind < self._total:
            # Whoever looks at the run sees what is at work: the first step of a phase can take its time.
            with self.store.transaction():
                self.store.runs.advance(self.run.id, self._owner, None, self.progress())
            self._observe(self.progress(), ())

    def is_done(self, step: str) -> bool:
        """Whether a step is behind the run."""
        return step in self._done

    def commit(
        self,
        step: str | None,
        write: Callable[[], None],
        events: Sequence[RunEvent] = (),
        *,
        behind: int | None = None,
        **counts: int,
    ) -> None:
        """Makes a step's results last.

        Args:
            step: Its name.
            write: Stores its content; runs inside the transaction.
            events: What it has to say.
            behind: Steps of the phase that are done now; one more than before where left out.
            counts: New values of the run's counts.

        Raises:
            LeaseLost: Another process owns the run; nothing was stored.
            Cancelled: The step was stored, and the run is to stop.
        """
        now = self._timer()
        self._seconds[self._phase] = self._seconds.get(self._phase, 0.0) + now - self._since
        self._since = now
        self._behind = self._behind + 1 if behind is None else behind
        self.counts = self.counts.model_copy(update=counts)
        with self.store.transaction():
            stored = self.store.runs.advance(self.run.id, self._owner, step, self.progress(), events)
            write()
        if step is not None:
            self._done.add(step)
        self._observe(self.progress(), stored)
        self._check_cancel()

    def say(self, message: str) -> None:
        """A line of the log at once, while a step that takes long is under way."""
        self.commit(None, lambda: None, [self.event("step", message)], behind=self._behind)

    def event(self, kind: Any, message: str, *, subject: str = "", **data: Any) -> RunEvent:
        """A line of the log in the phase at hand."""
        return RunEvent(kind=kind, phase=self._phase, message=message, subject=subject, data=data)

    def progress(self) -> Progress:
        """Where the run stands."""
        return Progress(
            phase=self._phase,
            done=self._behind,
            total=self._total,
            counts=self.counts,
            phase_seconds={phase: round(seconds, 3) for phase, seconds in self._seconds.items()},
        )

    def _check_cancel(self) -> None:
        if self.store.runs.cancel_asked(self.run.id):
            raise Cancelled
