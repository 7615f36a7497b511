"""A step's content, checkpoint and events happen together, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from engine.models.run import RunOptions
from engine.pipeline.ledger import Cancelled, Ledger
from engine.store import LeaseLost, Store
from engine.store.lease import new_owner
from tests.store import samples


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "studio.db") as opened:
        opened.runs.create("notes", RunOptions(), seed_kind="sql", seed_digest="d", seed="{}")
        yield opened


def ledger_of(store: Store, seen: list[str]) -> Ledger:
    owner = new_owner()
    run = store.runs.claim("notes-1", owner)
    ticks = count()
    return Ledger(
        store,
        run,
        owner,
        lambda progress, events: seen.append(f"{progress.phase} {progress.done}/{progress.total} +{len(events)}"),
        timer=lambda: float(next(ticks)),
    )


def test_steps_are_committed_with_their_content(store: Store) -> None:
    seen: list[str] = []
    ledger = ledger_of(store, seen)
    ledger.begin("compose", ["compose"])
    ledger.commit(
        "compose",
        lambda: store.domains.save(samples.spec(), samples.OPTIONS),
        [ledger.event("step", "composed", tools=3)],
        tools_admitted=3,
    )
    assert store.domains.names() == ["notes"]
    assert store.runs.get("notes-1").counts.tools_admitted == 3
    assert store.runs.get("notes-1").phase_seconds == {"compose": 1.0}
    assert seen == ["compose 0/1 +0", "compose 1/1 +1"]
    again = Ledger(store, store.runs.get("notes-1"), "x", lambda *_: None)
    assert again.is_done("compose")
    assert not again.is_done("graph")


def test_content_that_fails_takes_its_checkpoint_with_it(store: Store) -> None:
    ledger = ledger_of(store, [])
    ledger.begin("compose", ["compose"])

    def broken() -> None:
        store.domains.save(samples.spec(), samples.OPTIONS)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ledger.commit("compose", broken, [ledger.event("step", "composed")])
    assert store.domains.names() == []
    assert store.runs.steps("notes-1") == frozenset()
    assert store.runs.events("notes-1") == []


def test_who_lost_the_run_stores_nothing(store: Store) -> None:
    ledger = ledger_of(store, [])
    ledger.begin("compose", ["compose"])
    with store.transaction():
        store.runs.end("notes-1", store.runs.get("notes-1").owner, "interrupted")
    store.runs.claim("notes-1", new_owner())
    with pytest.raises(LeaseLost):
        ledger.commit("compose", lambda: store.domains.save(samples.spec(), samples.OPTIONS))
    assert store.domains.names() == []


def test_a_request_to_stop_is_heard_after_the_step_at_hand(store: Store) -> None:
    ledger = ledger_of(store, [])
    ledger.begin("compose", ["compose", "more"])
    store.runs.request_cancel("notes-1")
    with pytest.raises(Cancelled):
        ledger.commit("compose", lambda: store.domains.save(samples.spec(), samples.OPTIONS))
    assert store.domains.names() == ["notes"]
    assert store.runs.steps("notes-1") == {"compose"}


def test_the_store_tells_a_phase_before_its_first_step(store: Store) -> None:
    ledger = ledger_of(store, [])
    ledger.begin("compose", ["compose"])
    ledger.commit("compose", lambda: None)
    ledger.begin("prove", [])  # a domain without edges
    ledger.begin("tasks", total=20, behind=3)
    run = store.runs.get("notes-1")
    assert (run.phase, run.done, run.total) == ("tasks", 3, 20)
    ledger.begin("compose", ["compose"])  # behind it: a run that goes on passes by
    assert store.runs.get("notes-1").phase == "tasks"
