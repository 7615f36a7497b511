"""Environments are kept ready, one for each domain, and go when they are old, too many or out of date."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from engine.models.domain import Domain
from engine.rollouts.play import replay
from engine.rollouts.warm import WarmEnvironments
from engine.runtime.environment import Environment
from engine.runtime.sandbox import SandboxRuntime
from tests.fakes.bookings import bookings_domain
from tests.tasks.room_tasks import room_audited


@pytest.fixture
def warm() -> Iterator[WarmEnvironments]:
    kept = WarmEnvironments(limit=2)
    yield kept
    kept.close()


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> list[SandboxRuntime]:
    """The runtimes that were ended, in order."""
    found: list[SandboxRuntime] = []
    end = SandboxRuntime.close_all

    def noted(self: SandboxRuntime) -> None:
        found.append(self)
        end(self)

    monkeypatch.setattr(SandboxRuntime, "close_all", noted)
    return found


def taken(warm: WarmEnvironments, name: str, revision: str = "1") -> Environment:
    with warm.use(name, revision, bookings_domain) as environment:
        return environment


def test_the_same_domain_has_the_same_environment(warm: WarmEnvironments) -> None:
    assert taken(warm, "a") is taken(warm, "a")
    assert taken(warm, "a") is not taken(warm, "b")


def test_another_revision_has_another_environment_and_the_old_one_is_closed(
    warm: WarmEnvironments, closed: list[SandboxRuntime]
) -> None:
    old = taken(warm, "a", "1")
    assert taken(warm, "a", "2") is not old
    assert closed == [old.runtime]


def test_an_environment_in_use_is_closed_only_when_it_is_given_back(
    warm: WarmEnvironments, closed: list[SandboxRuntime]
) -> None:
    with warm.use("a", "1", bookings_domain) as old:
        taken(warm, "a", "2")
        assert closed == []
    assert closed == [old.runtime]


def test_the_one_used_least_recently_goes_first(warm: WarmEnvironments, closed: list[SandboxRuntime]) -> None:
    first, second = taken(warm, "a"), taken(warm, "b")
    taken(warm, "a")
    taken(warm, "c")
    assert closed == [second.runtime]
    assert len(warm) == 2
    assert taken(warm, "a") is first


def test_threads_take_turns_and_see_nothing_of_each_other(warm: WarmEnvironments) -> None:
    task = next(entry.task for entry in room_audited() if entry.task.audited)
    ready = Barrier(4)

    def attempt(number: int) -> float:
        ready.wait(10)
        rewards: set[float] = set()
        for _ in range(5):
            with warm.use("a", "1", bookings_domain) as environment:
                calls = task.reference_calls if number % 2 else ()
                rewards.add(replay(task, environment, calls, 50).verdict.reward)
        (reward,) = rewards
        return reward

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(attempt, range(4))) == [0.0, 1.0, 0.0, 1.0]


def test_a_domain_that_can_not_be_loaded_is_asked_for_again(warm: WarmEnvironments) -> None:
    def broken() -> Domain:
        raise RuntimeError("not now")

    with pytest.raises(RuntimeError, match="not now"), warm.use("a", "1", broken):
        pass
    assert taken(warm, "a").domain is bookings_domain()
