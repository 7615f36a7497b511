"""The server's supervisor: which runs it starts, and that real processes end what killed ones began."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.models.run import Run, RunOptions
from engine.pipeline import read_seed_text, request
from engine.pipeline.worker import start_worker
from engine.store import Store
from engine.store.lease import LEASE_SECONDS, new_owner
from studio.supervisor import GRACE_SECONDS, SILENT_SECONDS, Supervisor, most_at_once
from tests.pipeline import samples
from tests.store.test_runs import Clock


class Starts:
    """Notes what would be started; the number of a process that has ended already stands for each."""

    def __init__(self, pid: int | None = None) -> None:
        self.runs: list[str] = []
        self.workers: list[int] = []
        self.pid = pid if pid is not None else _ended()

    def __call__(self, _path: Path, run: str, workers: int) -> int:
        self.runs.append(run)
        self.workers.append(workers)
        return self.pid


def _ended() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def ask(path: Path, clock: Callable[[], float] = time.time, *domains: str) -> list[str]:
    with Store.open(path, clock=clock) as store:
        return [
            store.runs.create(domain, RunOptions(tasks=1), seed_kind="sql", seed_digest="d", seed="{}").id
            for domain in domains
        ]


def statuses(path: Path) -> dict[str, str]:
    with Store.open(path) as store:
        return {run.id: run.status for run in store.runs.all()}


def keeper(path: Path, starts: Starts, **more: object) -> Supervisor:
    return Supervisor(path, **{"most": 8, "spawn": starts, **more})  # type: ignore[arg-type]


def test_a_store_that_is_not_there_yet_stays_away(tmp_path: Path) -> None:
    path = tmp_path / "studio.db"
    assert keeper(path, Starts()).look() == []
    assert not path.exists()


def test_what_somebody_asks_for_starts_at_once(tmp_path: Path) -> None:
    path = tmp_path / "studio.db"
    first, second = ask(path, time.time, "one", "two")
    starts = Starts()
    supervisor = keeper(path, starts)
    supervisor.want(second)
    assert supervisor.look() == [second]
    assert statuses(path) == {first: "queued", second: "queued"}


def test_what_another_process_just_queued_is_left_to_it_for_a_while(tmp_path: Path) -> None:
    path, clock = tmp_path / "studio.db", Clock()
    (run,) = ask(path, clock, "one")
    supervisor = keeper(path, Starts(), clock=clock)
    assert supervisor.look() == []
    clock.now += GRACE_SECONDS + 1
    assert supervisor.look() == [run]


def test_two_servers_start_one_process(tmp_path: Path) -> None:
    path = tmp_path / "studio.db"
    (run,) = ask(path, lambda: time.time() - 60, "one")
    one, two = keeper(path, Starts()), keeper(path, Starts())
    assert one.look() == [run]
    assert two.look() == []


def test_no_more_than_so_many_work_at_once(tmp_path: Path) -> None:
    path = tmp_path / "studio.db"
    runs = ask(path, time.time, "one", "two", "three", "four")
    with Store.open(path) as store:
        store.runs.claim(runs[0], new_owner())
    starts = Starts(os.getpid())  # a process that lives, and has not come to claim its run
    supervisor = keeper(path, starts, most=2)
    for run in runs[1:]:
        supervisor.want(run)
    assert supervisor.look() == [runs[1]]
    assert supervisor.look() == []
    with Store.open(path) as store:
        (owner,) = [run.owner for run in store.runs.all() if run.id == runs[0]]
        store.runs.end(runs[0], owner, "done")
    assert supervisor.look() == [runs[2]]
    assert starts.workers == sorted(starts.workers, reverse=True)


@pytest.mark.parametrize("status", ["cancelled", "failed", "interrupted", "done", "short"])
def test_what_people_or_errors_stopped_is_left_alone(tmp_path: Path, status: str) -> None:
    path = tmp_path / "studio.db"
    (run,) = ask(path, time.time, "one")
    with Store.open(path) as store:
        store.runs.claim(run, owner := new_owner())
        store.runs.end(run, owner, status)  # type: ignore[arg-type]
    assert keeper(path, Starts(), clock=lambda: time.time() + 1e6).look() == []


def test_a_process_that_only_fell_silent_gets_time_to_speak(tmp_path: Path) -> None:
    """As after the machine woke from sleep: nobody beat, yet everybody lives."""
    path, timer = tmp_path / "studio.db", Clock()
    (run,) = ask(path, time.time, "one")
    owner = new_owner()
    with Store.open(path, clock=lambda: time.time() - LEASE_SECONDS - 5) as store:
        store.runs.claim(run, owner)
    supervisor = keeper(path, Starts(), timer=timer)
    assert supervisor.look() == []
    timer.now += SILENT_SECONDS - 1
    assert supervisor.look() == []
    with Store.open(path) as store:
        assert store.runs.beat(run, owner)
    timer.now += 60
    assert supervisor.look() == []
    assert statuses(path) == {run: "running"}


def test_a_process_that_stays_silent_is_replaced(tmp_path: Path) -> None:
    path, timer = tmp_path / "studio.db", Clock()
    (run,) = ask(path, time.time, "one")
    with Store.open(path, clock=lambda: time.time() - LEASE_SECONDS - 5) as store:
        store.runs.claim(run, "another-host:1:1:a")
    supervisor = keeper(path, Starts(), timer=timer)
    assert supervisor.look() == []
    timer.now += SILENT_SECONDS + 1
    assert supervisor.look() == [run]


def test_processes_that_die_before_their_first_word_are_not_started_for_ever(tmp_path: Path) -> None:
    path, clock = tmp_path / "studio.db", Clock()
    (run,) = ask(path, clock, "one")
    with Store.open(path, clock=clock):
        pass
    starts = Starts()
    clock.now = time.time()
    supervisor = keeper(path, starts, clock=lambda: clock.now)
    for _ in range(10):
        supervisor.look()
        clock.now += 1000
    assert starts.runs == [run] * 3
    assert statuses(path) == {run: "failed"}


@pytest.mark.parametrize("wanted, most", [("3", 3), ("0", None), ("many", None), ("", None)])
def test_how_many_at_once_can_be_set(wanted: str, most: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SCALEENV_RUNS", raising=False)
    usual = most_at_once()
    monkeypatch.setenv("SCALEENV_RUNS", wanted)
    assert most_at_once() == (most or usual)


def wait_until(path: Path, run: str, done: Callable[[Run], bool], seconds: float = 60) -> Run:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with Store.open(path) as store:
            found = store.runs.get(run)
        if done(found):
            return found
        time.sleep(0.02)
    raise AssertionError(f"{run} is {found.status} in {found.phase}")


def test_a_killed_worker_is_replaced_and_the_domain_comes_out_the_same(tmp_path: Path) -> None:
    finished = samples.make(tmp_path / "finished.db")
    path = tmp_path / "studio.db"
    run = samples.ask(path)
    pid = start_worker(path, run)
    wait_until(path, run, lambda found: found.status == "running" and found.done > 0)
    os.kill(pid, signal.SIGKILL)
    supervisor = Supervisor(path)
    supervisor.start()
    try:
        found = wait_until(path, run, lambda found: found.status == "done")
    finally:
        supervisor.stop()
    assert found.attempts == 2
    assert samples.content(path) == samples.content(finished)
    with Store.open(path) as store:
        assert any("its process ended before its work did" in event.message for event in store.runs.events(run))


def test_a_worker_that_is_told_to_end_leaves_its_run_to_the_next(tmp_path: Path) -> None:
    path = tmp_path / "studio.db"
    run = samples.ask(path)
    pid = start_worker(path, run)
    wait_until(path, run, lambda found: found.status == "running" and found.done > 0)
    os.kill(pid, signal.SIGTERM)
    assert wait_until(path, run, lambda found: found.status not in ("running", "interrupted")).status == "queued"


def test_five_runs_at_once_all_come_to_their_end(tmp_path: Path) -> None:
    path = tmp_path / "studio.db"
    names = [f"library_{n}" for n in range(5)]
    with Store.open(path) as store:
        runs = [
            request(store, read_seed_text(str(samples.LIBRARY), name=name), samples.OPTIONS).run.id for name in names
        ]
    supervisor = Supervisor(path)
    for run in runs:
        supervisor.want(run)
    supervisor.start()
    try:
        found = [wait_until(path, run, lambda found: found.status not in ("queued", "running"), 120) for run in runs]
    finally:
        supervisor.stop()
    assert [(run.status, run.attempts, run.counts.tasks_audited) for run in found] == [("done", 1, 4)] * 5
    with Store.open(path) as store:
        assert store.problems() == []
