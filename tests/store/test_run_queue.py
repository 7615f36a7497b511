"""Who starts a process for a run that waits, and when nobody does any more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.models.run import Run, RunOptions
from engine.store import Store
from engine.store.lease import LEASE_SECONDS, new_owner
from engine.store.runs import Progress
from tests.store.test_runs import Clock, new_run, progress

DEAD = "elsewhere:1:1:a"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    with Store.open(tmp_path / "studio.db", clock=clock) as opened:
        yield opened


def waiting(store: Store) -> Run:
    (run,) = store.queue.open()
    return run


def die(store: Store, clock: Clock, id: str) -> None:
    """A process claims the run and is never heard of again."""
    store.runs.claim(id, DEAD)
    clock.now += LEASE_SECONDS + 1


def test_only_what_waits_or_works_is_looked_after(store: Store, clock: Clock) -> None:
    queued, at_work, crashed, stopped, failed, cancelled, done = (new_run(store, f"notes_{n}") for n in range(7))
    die(store, clock, crashed)
    for id in (at_work, stopped, failed, done):
        store.runs.claim(id, owner := new_owner())
        if id != at_work:
            store.runs.end(id, owner, {stopped: "interrupted", failed: "failed", done: "done"}[id])
    store.runs.request_cancel(cancelled)
    assert {run.id: run.status for run in store.queue.open()} == {
        queued: "queued",
        at_work: "running",
        crashed: "interrupted",
    }


def test_one_of_two_servers_takes_a_run_up(store: Store, clock: Clock) -> None:
    id = new_run(store)
    seen = waiting(store)
    clock.now += 30
    assert store.queue.take_up(seen, wanted=False) == "start"
    assert store.queue.take_up(seen, wanted=False) == "late"
    assert store.queue.take_up(seen, wanted=True) == "late"
    assert [event.message for event in store.runs.events(id)] == ["Taken up again: it had no process (attempt 1 of 3)."]


def test_a_run_that_a_process_claims_meanwhile_is_left_to_it(store: Store) -> None:
    id = new_run(store)
    seen = waiting(store)
    store.runs.claim(id, new_owner())
    assert store.queue.take_up(seen, wanted=True) == "late"
    assert store.runs.get(id).status == "running"


def test_a_run_that_was_removed_meanwhile_is_no_error(store: Store) -> None:
    new_run(store)
    seen = waiting(store)
    store.runs.discard("notes")
    assert store.queue.take_up(seen, wanted=False) == "late"


def test_a_run_that_kills_its_processes_is_given_up(store: Store, clock: Clock) -> None:
    id = new_run(store)
    for _ in range(3):
        die(store, clock, id)
        assert store.queue.take_up(waiting(store), wanted=False) == "start"
    die(store, clock, id)
    assert store.queue.take_up(waiting(store), wanted=False) == "given_up"
    run = store.runs.get(id)
    assert run.status == "failed"
    assert "3 processes ended" in run.error
    assert store.queue.open() == []


def test_a_step_between_two_deaths_counts(store: Store, clock: Clock) -> None:
    id = new_run(store)
    for n in range(8):
        store.runs.claim(id, DEAD)
        store.runs.advance(id, DEAD, f"task:{n}", progress(), [])
        clock.now += LEASE_SECONDS + 1
        assert store.queue.take_up(waiting(store), wanted=False) == "start"


def test_a_persons_word_begins_the_count_anew(store: Store, clock: Clock) -> None:
    id = new_run(store)
    for _ in range(3):
        die(store, clock, id)
        store.queue.take_up(waiting(store), wanted=False)
    die(store, clock, id)
    store.runs.retarget(id, RunOptions(tasks=3, seed=7))
    store.queue.say(id, "Ada asked for the rest.", by="Ada")
    assert store.queue.take_up(waiting(store), wanted=True) == "start"
    die(store, clock, id)
    assert store.queue.take_up(waiting(store), wanted=False) == "start"
    assert store.runs.events(id)[-1].data["attempt"] == 1


def test_a_line_from_outside_is_numbered_with_the_others(store: Store) -> None:
    id = new_run(store)
    store.queue.say(id, "Asked for.", by="Ada")
    owner = new_owner()
    store.runs.claim(id, owner)
    store.runs.advance(id, owner, None, Progress.model_validate(progress().model_dump()), [])
    store.queue.say(id, "Asked for again.")
    assert [(event.seq, event.message) for event in store.runs.events(id)] == [
        (1, "Asked for."),
        (2, "Asked for again."),
    ]
    assert store.logs.first_words([id, "unknown"]) == {id: {"by": "Ada"}}
