"""What a run's record amounts to: its phases, how fast it is, and how long it will take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from engine.models.run import PHASES, REVISION_PHASES, Phase, Run, RunCounts

PhaseState = Literal["done", "now", "stopped", "ahead"]
Verdict = Literal["good", "bad", "warn"]

TITLES: dict[Phase, str] = {
    "compose": "Compose tools",
    "test": "Test tools",
    "graph": "Infer graph",
    "prove": "Prove edges",
    "tasks": "Build tasks",
    "finish": "Finish",
}
REVISION_TITLES: dict[Phase, str] = {**TITLES, "test": "Test the tool", "tasks": "Audit tasks again"}
UNITS: dict[Phase, str] = {"test": "tools", "tasks": "tasks"}

LIVE = ("queued", "running")


class Count(NamedTuple):
    """A verdict with how often it was given in a phase."""

    number: int
    words: str
    verdict: Verdict


class PhaseView(NamedTuple):
    """One phase of a run.

    Attributes:
        state: Where the run stands towards it.
        share: How much of it is done, from 0 to 1; `None` where that is not known.
        steps: Done and all steps, in words; empty where it is not in progress.
        seconds: Time worked on it, over all processes.
        counts: What came out.
    """

    phase: Phase
    title: str
    state: PhaseState
    share: float | None
    steps: str
    seconds: float
    counts: tuple[Count, ...]


class Pace(NamedTuple):
    """How fast a run is.

    Attributes:
        rate: Steps per second of the phase in progress, over all processes that worked on it; `None` before the first step.
        unit: What a step is.
        phase_left: Seconds until the phase ends; `None` where that is not known.
        left: Seconds until the run ends, later phases as in runs that have ended; `None` where there are none such.
    """

    rate: float | None = None
    unit: str = "steps"
    phase_left: float | None = None
    left: float | None = None


def phases_of(run: Run) -> tuple[Phase, ...]:
    """The phases that a run of its kind goes through."""
    return tuple(phase for phase in PHASES if phase != "finish") if run.kind == "synthesis" else REVISION_PHASES


def position(run: Run) -> tuple[int, int, int]:
    """The phase in progress as an index, and its done and all steps.

    A phase says nothing before its first step is behind it: so one whose steps are all done has gave way to the next.
    """
    order = phases_of(run)
    at = order.index(run.phase) if run.phase in order else len(order) - 1
    if run.status not in ("done", "short") and run.total and run.done >= run.total and at + 1 < len(order):
        return at + 1, 0, 0
    return at, run.done, run.total


def phase_now(run: Run) -> Phase:
    """The phase that is at work or, at rest, the last one."""
    return phases_of(run)[position(run)[0]]


def share(run: Run) -> float:
    """How much of a run is done, from 0 to 1, every phase counting alike."""
    if run.status in ("done", "short"):
        return 1.0
    at, done, total = position(run)
    return (at + (min(done / total, 1.0) if total else 0.0)) / len(phases_of(run))


def phase_views(run: Run, now: float) -> tuple[PhaseView, ...]:
    """The phases of a run in order.

    Args:
        run: The run.
        now: Seconds since 1970: the phase in progress has lasted until now.
    """
    order = phases_of(run)
    at, done, total = position(run)
    ended, titles = run.status in ("done", "short"), TITLES if run.kind == "synthesis" else REVISION_TITLES
    views: list[PhaseView] = []
    for index, phase in enumerate(order):
        seconds = run.phase_seconds.get(phase, 0.0)
        state: PhaseState = "done" if ended or index < at else "ahead" if index > at else "stopped"
        if state == "stopped" and run.status in LIVE:
            state = "now" if run.status == "running" else "ahead"
        if state == "now":
            seconds += max(0.0, now - run.updated_at)
        views.append(
            PhaseView(
                phase=phase,
                title=titles[phase],
                state=state,
                share=min(done / total, 1.0) if index == at and total and not ended else None,
                steps=f"{done:,} of {total:,}" if index == at and total and not ended else "",
                seconds=seconds,
                counts=_counts(phase, run.counts),
            )
        )
    return tuple(views)


def _counts(phase: Phase, counts: RunCounts) -> tuple[Count, ...]:
    by_phase: dict[Phase, tuple[Count, ...]] = {
        "test": (Count(counts.tools_admitted, "admitted", "good"), Count(counts.tools_rejected, "rejected", "bad")),
        "prove": (Count(counts.edges_proven, "proven", "good"), Count(counts.edges_unproven, "unproven", "warn")),
        "tasks": (Count(counts.tasks_audited, "audited", "good"), Count(counts.tasks_rejected, "rejected", "bad")),
    }
    return tuple(count for count in by_phase.get(phase, ()) if count.number)


class Usual(NamedTuple):
    """How long phases took in runs that have ended, in seconds per piece of work."""

    per_piece: Mapping[Phase, float]

    @classmethod
    def of(cls, runs: Iterable[Run]) -> Usual:
        """Means over syntheses that have ended."""
        seconds: dict[Phase, float] = {}
        pieces: dict[Phase, float] = {}
        for run in runs:
            if run.status not in ("done", "short") or run.kind != "synthesis":
                continue
            for phase in phases_of(run):
                if (work := _pieces(phase, run)) and phase in run.phase_seconds:
                    seconds[phase] = seconds.get(phase, 0.0) + run.phase_seconds[phase]
                    pieces[phase] = pieces.get(phase, 0.0) + work
        return cls({phase: seconds[phase] / pieces[phase] for phase in seconds})


def _pieces(phase: Phase, run: Run) -> float:
    """How much work a phase is, in pieces that take about as long in every domain."""
    if phase == "tasks":
        return run.options.tasks
    if phase in ("test", "prove"):
        tools = run.counts.tools_admitted + run.counts.tools_rejected
        return tools or (run.total if run.phase == "test" else 0)
    return 1


def pace(run: Run, usual: Usual) -> Pace:
    """How fast a run is; all unknown where no process works on it."""
    if run.status != "running":
        return Pace()
    order = phases_of(run)
    at, done, total = position(run)
    phase, worked = order[at], run.phase_seconds.get(order[at], 0.0)
    rate = done / worked if done and worked > 0 else None
    phase_left = (total - done) / rate if rate and total else None
    here = phase_left if phase_left is not None else _usual_seconds(phase, run, usual)
    later = [_usual_seconds(each, run, usual) for each in order[at + 1 :]]
    parts = [here, *later]
    known = [part for part in parts if part is not None]
    return Pace(
        rate=rate,
        unit=UNITS.get(phase, "steps"),
        phase_left=phase_left,
        left=sum(known) if len(known) == len(parts) and run.kind == "synthesis" else phase_left if not later else None,
    )


def _usual_seconds(phase: Phase, run: Run, usual: Usual) -> float | None:
    per_piece, pieces = usual.per_piece.get(phase), _pieces(phase, run)
    return None if per_piece is None or (not pieces and phase != "tasks") else per_piece * pieces


def worked(run: Run, now: float) -> float:
    """Seconds that were worked on a run, until now where a process works on it."""
    return run.seconds + (max(0.0, now - run.updated_at) if run.status == "running" else 0.0)
