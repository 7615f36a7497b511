"""What the first page reads."""

from __future__ import annotations

import time
from datetime import date, timedelta
from typing import NamedTuple

from engine.models.run import Run
from engine.store.domains import DomainSummary
from engine.store.overview import Cause, Happened, RejectedTool, Storage
from studio.queries.domains import domains
from studio.queries.opened import opened, store_path
from studio.queries.review import Throughput, throughput

DAYS = 14
"""Days of the chart of decisions."""

ONE_BY_ONE, IN_BULK = "one by one", "in bulk"
MANNERS = (ONE_BY_ONE, IN_BULK)
"""How decisions are made."""

TROUBLED = ("failed", "short", "interrupted", "exhausted")
LIVE = ("queued", "running")
SHOWN = 8
"""Lines of each list."""

PART_SECONDS = 600.0
"""How long a measurement of what takes room is shown; it reads the whole file."""


class Totals(NamedTuple):
    """Figures over all domains."""

    domains: int
    tools: int
    tools_rejected: int
    edges: int
    edges_unproven: int
    tasks: int
    open: int
    approved: int
    rejected: int
    needs_edit: int
    stale: int
    failed_attempts: int


class Steps(NamedTuple):
    """What is behind a newcomer on the way from a seed to a dataset."""

    seeded: bool
    ran: bool
    reviewed: bool
    frozen: bool


class Overview(NamedTuple):
    """The first page.

    Attributes:
        disputed: Tasks on which two curators decide differently.
        domain: The domain with most open tasks; empty where there is none.
        live: Runs in progress or waiting.
        troubled: Runs that did not reach what was asked, newest first, each the last of its domain.
        decisions: ISO date, and the figure of each of `MANNERS`, for each of the last `DAYS` days.
    """

    totals: Totals
    disputed: int
    domain: str
    live: list[Run]
    troubled: list[Run]
    runs: int
    rejected_tools: list[RejectedTool]
    causes: list[Cause]
    storage: Storage
    decisions: list[tuple[str, dict[str, int]]]
    activity: list[Happened]
    steps: Steps


def overview() -> Overview:
    """Everything that the first page shows."""
    summaries = domains()
    totals = total(summaries)
    with opened() as store, store.snapshot():
        runs = store.runs.all()
        return Overview(
            totals=totals,
            disputed=sum(store.overview.disputed().values()),
            domain=max(summaries, key=lambda each: each.tasks_open).name if totals.open else "",
            live=[run for run in runs if run.status in LIVE],
            troubled=_last_of_each(runs, TROUBLED),
            runs=len(runs),
            rejected_tools=store.overview.rejected_tools(SHOWN),
            causes=store.overview.causes(SHOWN),
            storage=store.overview.storage(),
            decisions=_by_day(throughput(DAYS)),
            activity=store.overview.activity(SHOWN + 4),
            steps=Steps(
                seeded=bool(runs or summaries),
                ran=totals.tasks > 0,
                reviewed=totals.tasks > totals.open,
                frozen=store.overview.has_dataset(),
            ),
        )


def is_live() -> bool:
    """Whether a run is in progress or waits."""
    with opened() as store:
        return any(run.status in LIVE for run in store.runs.all())


def total(summaries: list[DomainSummary]) -> Totals:
    """What the domains add up to."""
    return Totals(
        domains=len(summaries),
        tools=sum(each.tools_admitted for each in summaries),
        tools_rejected=sum(each.tools_rejected for each in summaries),
        edges=sum(each.edges_proven for each in summaries),
        edges_unproven=sum(each.edges_unproven for each in summaries),
        tasks=sum(each.tasks_audited for each in summaries),
        open=sum(each.tasks_open for each in summaries),
        approved=sum(each.tasks_approved for each in summaries),
        rejected=sum(each.tasks_declined for each in summaries),
        needs_edit=sum(each.tasks_needs_edit for each in summaries),
        stale=sum(each.tasks_stale for each in summaries),
        failed_attempts=sum(each.tasks_rejected for each in summaries),
    )


def _by_day(made: list[Throughput]) -> list[tuple[str, dict[str, int]]]:
    today = date.today()
    found = {today - timedelta(days=back): dict.fromkeys(MANNERS, 0) for back in reversed(range(DAYS))}
    for each in made:
        if each.day in found:
            found[each.day][ONE_BY_ONE] += each.decisions - each.bulk
            found[each.day][IN_BULK] += each.bulk
    return [(day.isoformat(), counts) for day, counts in found.items()]


def _last_of_each(runs: list[Run], statuses: tuple[str, ...]) -> list[Run]:
    """The newest run of each domain, where it has one of these statuses; what was mended since is no trouble."""
    newest: dict[str, Run] = {}
    for run in runs:  # newest first
        newest.setdefault(run.domain, run)
    return [run for run in newest.values() if run.status in statuses]


_parts: dict[str, tuple[float, dict[str, int]]] = {}


def storage_by_part() -> dict[str, int]:
    """Bytes by what takes them; measured anew after `PART_SECONDS`, and empty where SQLite can't tell."""
    path = str(store_path())
    kept = _parts.get(path)
    if kept is None or kept[0] < time.monotonic() - PART_SECONDS:
        with opened() as store:
            kept = _parts[path] = (time.monotonic(), store.overview.storage_by_part())
    return kept[1]
