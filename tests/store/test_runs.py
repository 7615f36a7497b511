"""One process at a time works on a run, and what it finished stays finished."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import StoreError, UsageError
from engine.models.run import RunCounts, RunEvent, RunOptions
from engine.store import LeaseLost, Store
from engine.store.lease import LEASE_SECONDS, is_gone, new_owner
from engine.store.runs import Progress


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    with Store.open(tmp_path / "studio.db", clock=clock) as opened:
        yield opened


def new_run(store: Store, domain: str = "notes", tasks: int = 3) -> str:
    options = RunOptions(tasks=tasks, seed=7)
    return store.runs.create(domain, options, seed_kind="sql", seed_digest="d", seed='{"a":"ü"}').id


def progress(done: int = 1) -> Progress:
    return Progress(
        phase="tasks",
        done=done,
        total=3,
        counts=RunCounts(tasks_audited=done),
        phase_seconds={"tasks": 0.5, "test": 1.0},
    )


def test_runs_are_numbered_by_domain(store: Store) -> None:
    assert [new_run(store), new_run(store), new_run(store, "notes_2"), new_run(store, "notes_2")] == [
        *("notes-1", "notes-2", "notes_2-1", "notes_2-2"),
    ]
    latest = store.runs.latest("notes")
    assert latest is not None
    assert latest.id == "notes-2"
    assert store.runs.seed("notes-1") == '{"a":"ü"}'
    with pytest.raises(UsageError, match="no run `notes-9`"):
        store.runs.get("notes-9")


def test_steps_progress_and_events_are_kept_together(store: Store) -> None:
    run, owner = new_run(store), new_owner()
    store.runs.claim(run, owner)
    events = [RunEvent(kind="rejection", phase="tasks", message="task 1: no state", subject="task-1", data={"n": 1})]
    assert [event.seq for event in store.runs.advance(run, owner, "task:0", progress(), events)] == [1]
    assert [event.seq for event in store.runs.advance(run, owner, "task:1", progress(2), events * 2)] == [2, 3]
    assert store.runs.steps(run) == {"task:0", "task:1"}
    stored = store.runs.get(run)
    assert (stored.status, stored.phase, stored.done, stored.total, stored.seconds) == ("running", "tasks", 2, 3, 1.5)
    assert stored.counts.tasks_audited == 2
    assert [event.seq for event in store.runs.events(run, after=1)] == [2, 3]
    assert store.runs.events(run)[0].data == {"n": 1}


def test_a_living_owner_is_not_disturbed(store: Store) -> None:
    run = new_run(store)
    store.runs.claim(run, new_owner())
    with pytest.raises(StoreError, match=f"Process {os.getpid()} is working"):
        store.runs.claim(run, new_owner())
    with pytest.raises(StoreError, match="is working"):
        store.runs.discard("notes")
    assert [each.status for each in store.runs.all()] == ["running"]


def test_a_silent_owner_loses_its_run_and_its_steps_do_not_count(store: Store, clock: Clock) -> None:
    run, first, second = new_run(store), new_owner(), new_owner()
    store.runs.claim(run, first)
    clock.now += LEASE_SECONDS - 1
    assert store.runs.beat(run, first)
    clock.now += LEASE_SECONDS - 1
    assert store.runs.get(run).status == "running"
    clock.now += 2
    assert store.runs.get(run).status == "interrupted"
    assert store.runs.claim(run, second).attempts == 2
    assert not store.runs.beat(run, first)
    with pytest.raises(LeaseLost), store.transaction():
        store.runs.advance(run, first, "task:0", progress())
    with pytest.raises(LeaseLost):
        store.runs.end(run, first, "done")
    assert store.runs.steps(run) == frozenset()
    store.runs.advance(run, second, "task:0", progress())
    store.runs.end(run, second, "done")
    assert store.runs.get(run).status == "done"


def test_the_end_of_a_process_frees_its_run_at_once(store: Store) -> None:
    code = "from engine.store.lease import new_owner; print(new_owner())"
    dead = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    run = new_run(store)
    store.runs.claim(run, dead)
    assert store.runs.get(run).status == "interrupted"
    assert [each.id for each in store.runs.unfinished()] == [run]
    store.runs.claim(run, new_owner())


def test_owners_elsewhere_and_reused_process_numbers() -> None:
    host, pid, started, nonce = new_owner().split(":")
    assert not is_gone(f"{host}:{pid}:{started}:{nonce}")
    assert not is_gone(f"elsewhere:{pid}:1:{nonce}"), "what runs on another machine can't be known here"
    assert is_gone(f"{host}:{pid}:1:{nonce}"), "the number is in use again, by a process that started later"


def test_cancelling(store: Store) -> None:
    run, owner = new_run(store), new_owner()
    store.runs.claim(run, owner)
    assert not store.runs.cancel_asked(run)
    assert store.runs.request_cancel(run).status == "running"
    assert store.runs.cancel_asked(run)
    store.runs.end(run, owner, "cancelled")
    assert store.runs.unfinished() == []
    store.runs.claim(run, owner)
    assert not store.runs.cancel_asked(run), "whoever resumes it wants it to go on"
    store.runs.end(run, owner, "done")
    with pytest.raises(UsageError, match="ended already"):
        store.runs.request_cancel(run)
    waiting = new_run(store)
    assert store.runs.request_cancel(waiting).status == "cancelled"


def test_asking_for_more_keeps_the_steps(store: Store) -> None:
    run, owner = new_run(store), new_owner()
    store.runs.claim(run, owner)
    store.runs.advance(run, owner, "task:0", progress())
    store.runs.end(run, owner, "done")
    assert store.runs.retarget(run, RunOptions(tasks=9, seed=7)).status == "queued"
    assert store.runs.get(run).options.tasks == 9
    assert store.runs.steps(run) == {"task:0"}
    store.runs.discard("notes")
    assert store.runs.all() == []
