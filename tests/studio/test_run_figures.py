"""What a run's record amounts to."""

from __future__ import annotations

from typing import Any

import pytest

from engine.models.run import Run, RunCounts, RunOptions
from studio.components.durations import ago, duration
from studio.queries.run_figures import Usual, pace, phase_now, phase_views, position, share, worked


def a_run(**changed: Any) -> Run:
    values: dict[str, Any] = {
        "id": "notes-1",
        "domain": "notes",
        "status": "running",
        "options": RunOptions(tasks=10),
        "seed_kind": "sql",
        "seed_digest": "d",
        "updated_at": 100.0,
    }
    return Run(**{**values, **changed})


ENDED = a_run(
    id="other-1",
    status="done",
    phase="tasks",
    done=20,
    total=20,
    options=RunOptions(tasks=20),
    counts=RunCounts(tools_admitted=4, tools_rejected=1, tasks_audited=20),
    phase_seconds={"compose": 1.0, "test": 10.0, "graph": 2.0, "prove": 5.0, "tasks": 40.0},
)


def test_a_phase_whose_steps_are_done_gives_way_to_the_next() -> None:
    run = a_run(phase="test", done=8, total=8, phase_seconds={"test": 4.0})
    assert position(run) == (2, 0, 0)
    assert phase_now(run) == "graph"
    assert [view.state for view in phase_views(run, 103.0)] == ["done", "done", "now", "ahead", "ahead"]
    assert phase_views(run, 103.0)[2].seconds == 3.0


@pytest.mark.parametrize(
    "status, states",
    [
        ("running", ["done", "now", "ahead", "ahead", "ahead"]),
        ("queued", ["done", "ahead", "ahead", "ahead", "ahead"]),
        ("cancelled", ["done", "stopped", "ahead", "ahead", "ahead"]),
        ("failed", ["done", "stopped", "ahead", "ahead", "ahead"]),
    ],
)
def test_phases_stand_where_the_run_stands(status: Any, states: list[str]) -> None:
    run = a_run(status=status, phase="test", done=2, total=8)
    assert [view.state for view in phase_views(run, 100.0)] == states


def test_an_ended_run_is_all_done() -> None:
    assert {view.state for view in phase_views(ENDED, 500.0)} == {"done"}
    assert share(ENDED) == 1.0
    assert worked(ENDED, 500.0) == ENDED.seconds


def test_a_revision_has_phases_of_its_own() -> None:
    run = a_run(kind="revision", phase="prove", done=1, total=4)
    views = phase_views(run, 100.0)
    assert [view.phase for view in views] == ["test", "graph", "prove", "tasks"]
    assert (views[2].share, views[2].steps) == (0.25, "1 of 4")


def test_verdicts_are_counted_in_their_phase() -> None:
    run = a_run(phase="tasks", counts=RunCounts(tools_admitted=3, edges_unproven=2, tasks_audited=1, tasks_rejected=4))
    counts = {view.phase: [(count.number, count.words) for count in view.counts] for view in phase_views(run, 100.0)}
    assert counts["test"] == [(3, "admitted")]
    assert counts["prove"] == [(2, "unproven")]
    assert counts["tasks"] == [(1, "audited"), (4, "rejected")]


def test_the_rate_counts_time_that_was_worked_not_time_that_passed() -> None:
    """A run that stood still for a week, and was taken up by another process, is as fast as before."""
    run = a_run(phase="tasks", done=5, total=10, phase_seconds={"tasks": 10.0}, created_at=0.0, updated_at=7 * 86400.0)
    found = pace(run, Usual.of([]))
    assert (found.rate, found.unit, found.phase_left, found.left) == (0.5, "tasks", 10.0, 10.0)


def test_what_comes_later_takes_as_long_as_in_other_runs() -> None:
    usual = Usual.of([ENDED, a_run(status="failed", phase_seconds={"test": 1e9})])
    run = a_run(
        phase="test", done=5, total=10, phase_seconds={"compose": 1.0, "test": 10.0}, counts=RunCounts(tools_admitted=5)
    )
    # 10 s for the other five tools, 2 s for the graph, 1 s a tool for the five known, 2 s a task.
    assert pace(run, usual).left == 10.0 + 2.0 + 5.0 + 20.0
    assert pace(run, Usual.of([])).left is None
    assert pace(run, Usual.of([])).phase_left == 10.0


@pytest.mark.parametrize("status", ["queued", "cancelled", "failed", "done", "interrupted"])
def test_what_nobody_works_on_has_no_pace(status: Any) -> None:
    run = a_run(status=status, phase="tasks", done=5, total=10, phase_seconds={"tasks": 10.0})
    assert pace(run, Usual.of([ENDED])) == (None, "steps", None, None)


def test_before_the_first_step_nothing_is_known() -> None:
    assert pace(a_run(), Usual.of([])) == (None, "steps", None, None)


@pytest.mark.parametrize(
    "seconds, words",
    [
        (None, "–"),
        (0.04, "0.0 s"),
        (9.94, "9.9 s"),
        (59.4, "59 s"),
        (60, "1 min"),
        (61, "1 min 1 s"),
        (3600, "1 h"),
        (3661, "1 h 1 min"),
        (90000, "1 d 1 h"),
    ],
)
def test_a_duration_is_said_in_two_units(seconds: float | None, words: str) -> None:
    assert duration(seconds) == words


def test_ago() -> None:
    assert [ago(seconds) for seconds in (0, 59, 60, 7300, 200000)] == [
        "just now",
        "just now",
        "1 min ago",
        "2 h ago",
        "2 d ago",
    ]
