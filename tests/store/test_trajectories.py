"""Attempts in the store: nothing is lost, and nothing goes on twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import UsageError
from engine.models.reward import Mismatch
from engine.models.trace import Call
from engine.models.trajectory import Message, Trajectory
from engine.store import Store
from tests.store import samples


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "studio.db") as opened:
        opened.domains.save(samples.spec(), samples.OPTIONS)
        yield opened


def attempt(id: str = "notes-0000:1", at: float = 1.0) -> Trajectory:
    return Trajectory(
        id=id,
        domain="notes",
        task_id="notes-0000",
        task_digest="d",
        agent="person:Ada",
        messages=(Message(role="user", content="Zürich ☕"),),
        max_steps=5,
        started_at=at,
    )


def after_calls(trajectory: Trajectory, count: int, **update: object) -> Trajectory:
    calls = tuple(Call(name="add_note", arguments={"n": number}) for number in range(count))
    return trajectory.model_copy(update={"calls": calls, **update})


def test_an_attempt_comes_out_as_it_went_in_at_every_step(store: Store) -> None:
    one = attempt()
    store.trajectories.open(one)
    assert store.trajectories.get("notes", one.id) == one
    stepped = after_calls(one, 1)
    store.trajectories.append(stepped)
    assert store.trajectories.get("notes", one.id) == stepped
    missed = Mismatch(
        table="note", key=("a", 1), column=None, policy="row", expected={"a": 1}, found=None, message="No."
    )
    done = after_calls(one, 1, ended_at=3.0, reward=0.0, mismatches=(missed,), terminated=True)
    store.trajectories.finish(done)
    found = store.trajectories.get("notes", one.id)
    assert found.mismatches[0].message == "No."
    assert found.reward == 0.0
    (line,) = store.trajectories.of_task("notes", "notes-0000")
    assert (line.state, line.steps, line.reward, line.ended_at) == ("finished", 1, 0.0, 3.0)


def test_a_call_that_ends_the_attempt_is_stored_with_it(store: Store) -> None:
    store.trajectories.open(attempt())
    store.trajectories.append(after_calls(attempt(), 1, ended_at=2.0, reward=1.0, truncated=True))
    assert store.trajectories.get("notes", "notes-0000:1").truncated


def test_of_two_tabs_only_one_goes_on(store: Store) -> None:
    store.trajectories.open(attempt())
    store.trajectories.append(after_calls(attempt(), 1))
    with pytest.raises(UsageError, match="went on elsewhere"):
        store.trajectories.append(after_calls(attempt(), 1))
    with pytest.raises(UsageError, match="went on elsewhere"):
        store.trajectories.finish(attempt().model_copy(update={"ended_at": 2.0}))
    assert len(store.trajectories.get("notes", "notes-0000:1").calls) == 1


def test_what_is_over_stays_as_it_is(store: Store) -> None:
    store.trajectories.open(attempt())
    done = attempt().model_copy(update={"ended_at": 2.0, "reward": 0.0})
    store.trajectories.finish(done)
    for change in (store.trajectories.finish, store.trajectories.append):
        with pytest.raises(UsageError, match="went on elsewhere"):
            change(after_calls(done, 1))
    assert store.trajectories.get("notes", "notes-0000:1") == done


def test_an_open_attempt_can_not_be_stored_as_finished(store: Store) -> None:
    store.trajectories.open(attempt())
    with pytest.raises(UsageError, match="has not ended"):
        store.trajectories.finish(attempt())


def test_ids_go_up_for_each_task(store: Store) -> None:
    assert store.trajectories.next_id("notes", "notes-0000") == "notes-0000:1"
    store.trajectories.open(attempt())
    assert store.trajectories.next_id("notes", "notes-0000") == "notes-0000:2"
    assert store.trajectories.next_id("notes", "notes-0001") == "notes-0001:1"
    with pytest.raises(UsageError, match="already"):
        store.trajectories.open(attempt())
    with pytest.raises(UsageError, match="needs an id"):
        store.trajectories.open(attempt(id=""))


def test_a_tasks_attempts_the_newest_first(store: Store) -> None:
    for number, at in enumerate((2.0, 3.0, 1.0), 1):
        store.trajectories.open(attempt(id=f"notes-0000:{number}", at=at))
    assert [line.id[-1] for line in store.trajectories.of_task("notes", "notes-0000")] == ["2", "1", "3"]
    assert len(store.trajectories.of_task("notes", "notes-0000", limit=2)) == 2
    assert store.trajectories.of_task("notes", "notes-0001") == []
    assert store.trajectories.count("notes") == 3


def test_an_unknown_attempt_is_answered_in_words(store: Store) -> None:
    with pytest.raises(UsageError, match="has no attempt `x`"):
        store.trajectories.get("notes", "x")
    with pytest.raises(UsageError, match="has no attempt"):
        store.trajectories.append(after_calls(attempt(), 1))


def test_attempts_go_with_their_domain(store: Store) -> None:
    store.trajectories.open(attempt())
    store.domains.delete("notes")
    assert store.trajectories.count("notes") == 0
