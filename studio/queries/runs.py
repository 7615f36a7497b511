"""What the page about runs reads."""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from io import StringIO
from typing import Literal, NamedTuple

from engine.models.run import Phase, Run, RunStatus
from engine.pipeline.worker import worker_log
from engine.store import Store
from engine.store.call_log import CallFilter, CallSums
from engine.store.run_log import LogFilter, LogPage
from studio.queries.opened import opened
from studio.queries.run_figures import (
    LIVE,
    TITLES,
    Pace,
    PhaseView,
    Usual,
    pace,
    phase_now,
    phase_views,
    phases_of,
    share,
    worked,
)

Tone = Literal["good", "bad", "warn", "info", "quiet"]
LogFormat = Literal["jsonl", "csv"]
Known = dict[str, RunStatus]
"""Runs with their statuses; what a page that looks again compares."""

TONES: dict[str, Tone] = {
    "done": "good",
    "short": "warn",
    "failed": "bad",
    "interrupted": "warn",
    "cancelled": "quiet",
    "exhausted": "warn",
    "queued": "quiet",
    "running": "info",
}
PER_PAGE = 50
"""Lines of a log on a page."""


class RunRow(NamedTuple):
    """One run in the list.

    Attributes:
        status: In the words of the page.
        live: A process works on it, or it waits for one.
        share: How much of it is done, from 0 to 1.
        by: Who asked for it, or empty.
    """

    id: str
    domain: str
    kind: str
    status: str
    live: bool
    share: float
    phase: str
    pace: Pace
    tasks: str
    seconds: float
    started: float
    by: str


class RunView(NamedTuple):
    """One run in full.

    Attributes:
        status: In the words of the page.
        place: Its place among those that wait for their turn, from 1; 0 where it doesn't wait.
        seconds: Worked on it until now.
        exists: Its domain is there.
        reasons: Why tasks were rejected, with how often.
        worker_log: Where processes leave what they could not store; empty where there is nothing.
        spent: On language models, over all its processes.
    """

    run: Run
    status: str
    tone: Tone
    live: bool
    place: int
    phases: tuple[PhaseView, ...]
    pace: Pace
    seconds: float
    by: str
    exists: bool
    reasons: dict[str, int]
    worker_log: str
    spent: CallSums

    @property
    def uses_models(self) -> bool:
        """Whether a language model plays any role, or played one."""
        return bool(self.run.options.models or self.spent.calls)


def known() -> Known:
    """All runs, newest first, with their statuses."""
    with opened() as store:
        return {run.id: run.status for run in store.runs.all()}


def rows() -> list[RunRow]:
    """All runs, newest first."""
    now = time.time()
    with opened() as store:
        runs = store.runs.all()
        asked = _askers(store, [run.id for run in runs])
    usual = Usual.of(runs)
    return [
        RunRow(
            id=run.id,
            domain=run.domain,
            kind=run.kind,
            status=status_words(run),
            live=run.status in LIVE,
            share=share(run),
            phase=TITLES[phase_now(run)],
            pace=pace(run, usual),
            tasks=f"{run.counts.tasks_audited} of {run.options.tasks}" if run.kind == "synthesis" else "–",
            seconds=worked(run, now),
            started=run.created_at,
            by=asked.get(run.id, ""),
        )
        for run in runs
    ]


def _askers(store: Store, runs: list[str]) -> dict[str, str]:
    return {run: str(data.get("by") or "") for run, data in store.logs.first_words(runs).items()} if runs else {}


def status_words(run: Run) -> str:
    """A run's status as a person says it."""
    if run.cancel and run.status == "running":
        return "stopping"
    return "waiting for its turn" if run.status == "queued" else run.status


def view(id: str) -> RunView:
    """One run in full.

    Raises:
        UsageError: There is no such run.
    """
    now = time.time()
    with opened() as store:
        run = store.runs.get(id)
        every = store.runs.all() if run.status in LIVE else []
        exists = store.domains.exists(run.domain)
        reasons = store.tasks.rejections(run.domain) if exists and run.status == "short" else {}
        by = _askers(store, [id]).get(id, "")
        spent = store.call_log.sums(CallFilter(run=id))
    line = sorted((each for each in every if each.status == "queued"), key=lambda each: each.updated_at)
    log = worker_log(store.path)
    return RunView(
        run=run,
        status=status_words(run),
        tone="warn" if run.cancel and run.status == "running" else TONES[run.status],
        live=run.status in LIVE,
        place=1 + [each.id for each in line].index(id) if run.status == "queued" else 0,
        phases=phase_views(run, now),
        pace=pace(run, Usual.of(every)),
        seconds=worked(run, now),
        by=by,
        exists=exists,
        reasons=reasons,
        worker_log=str(log) if run.status == "failed" and log.exists() and log.stat().st_size else "",
        spent=spent,
    )


def uses_models(id: str) -> bool:
    """Whether a language model plays any role in a run, or played one.

    Raises:
        UsageError: There is no such run.
    """
    with opened() as store:
        return bool(store.runs.get(id).options.models) or store.call_log.any_of(id)


def phases(id: str) -> tuple[Phase, ...]:
    """The phases that a run goes through.

    Raises:
        UsageError: There is no such run.
    """
    with opened() as store:
        return phases_of(store.runs.get(id))


def log_page(id: str, chosen: LogFilter, page: int) -> LogPage:
    """A page of a run's log, newest first; pages count from 1."""
    with opened() as store:
        return store.logs.page(id, chosen, offset=(page - 1) * PER_PAGE, limit=PER_PAGE)


def log_text(id: str, chosen: LogFilter, format: LogFormat) -> bytes:
    """A run's log as a file: the lines that `chosen` lets through, oldest first."""
    return "".join(_lines(id, chosen, format)).encode()


def _lines(id: str, chosen: LogFilter, format: LogFormat) -> Iterator[str]:
    with opened() as store:
        if format == "jsonl":
            for event in store.logs.each(id, chosen):
                yield json.dumps({"run": id, **event.model_dump(mode="json")}, ensure_ascii=False) + "\n"
            return
        text = StringIO()
        writer = csv.writer(text)
        writer.writerow(("number", "at", "phase", "kind", "subject", "message"))
        for event in store.logs.each(id, chosen):
            at = datetime.fromtimestamp(event.at, UTC).isoformat(timespec="milliseconds")
            writer.writerow((event.seq, at, event.phase, event.kind, _inert(event.subject), _inert(event.message)))
        yield text.getvalue()


def _inert(text: str) -> str:
    """Text that a spreadsheet does not take for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
