"""Episodes: reset, step, reward, save and load, and their ends."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from engine.errors import UsageError
from engine.models.chain import Chain
from engine.models.task import InitialState, Task
from engine.models.trace import Call
from engine.runtime.base import Runtime
from engine.runtime.environment import BASES_KEPT, Environment
from engine.runtime.inprocess import InProcessRuntime
from engine.runtime.records import to_changes
from engine.runtime.sandbox import SandboxRuntime
from tests.runtime.shop import CALLS, NOW, ROWS, call, shop

DOMAIN = shop()
STATE = InitialState(rows=ROWS, now=NOW)
REFERENCE = (
    call("hire", names=["Eve"]),
    call("book", person_id="PER-0011", building="A", number=2, starts_at="2026-03-04T10:00:00", price=30.0),
    call("pay", booking_id=8, amount=10.0),
)
MAKERS: list[Callable[..., Any]] = [InProcessRuntime, SandboxRuntime]


@pytest.fixture(scope="module", params=MAKERS, ids=["inprocess", "sandbox"])
def environment(request: pytest.FixtureRequest) -> Iterator[Environment]:
    runtime: Runtime = request.param(DOMAIN)
    made = Environment(DOMAIN, runtime)
    yield made
    made.close()
    runtime.close_all()


def gold() -> Any:
    runtime = InProcessRuntime(DOMAIN)
    episode = runtime.open(runtime.base(ROWS, NOW))
    runtime.run(episode, REFERENCE)
    return to_changes(runtime.diff(episode))


def task(**changes: Any) -> Task:
    return Task.model_validate(
        {
            "id": "t",
            "domain": "shop",
            "index": 0,
            "seed": 1,
            "difficulty": "easy",
            "instruction": "",
            "user_profile": {},
            "chain": Chain(steps=()),
            "reference_calls": REFERENCE,
            "tools": ("hire", "book", "pay", "cancel"),
            "initial_state": STATE,
            "gold_diff": gold(),
            **changes,
        }
    )


def play(environment: Environment, calls: tuple[Call, ...]) -> float:
    with environment.episode(task()) as episode:
        episode.reset()
        for one in calls:
            episode.step(one)
        episode.finish()
        return episode.reward().reward


def test_the_reference_earns_one_and_others_nothing(environment: Environment) -> None:
    assert play(environment, REFERENCE) == 1.0
    assert play(environment, ()) == 0.0
    assert play(environment, REFERENCE[:2]) == 0.0
    assert play(environment, (*REFERENCE, call("cancel", booking_id=7))) == 0.0
    assert (
        play(environment, (*REFERENCE, call("get_person", person_id="PER-0001"), call("cancel", booking_id=99))) == 1.0
    )


def test_observations(environment: Environment) -> None:
    episode = environment.episode(state=STATE)
    assert episode.reset().content == {}
    assert episode.step(call("hire", names=["x"])).content == {"person_ids": ["PER-0011"]}
    rejected = episode.step(call("cancel", booking_id=99))
    assert rejected.outcome == "rejection"
    assert rejected.content == {"error": {"code": "booking_not_found", "message": "No booking 99.", "details": {}}}
    assert episode.step(call("nothing")).content["error"]["code"] == "unknown_tool"
    assert episode.step(call("cancel")).content["error"]["code"] == "invalid_arguments"
    failed = episode.step(call("break_rules"))
    assert (failed.outcome, failed.content["error"]["code"]) == ("failure", "internal_error")
    assert episode.steps == 5
    assert len(episode.diff()) == 1
    episode.close()


def test_terminated_and_truncated_are_apart(environment: Environment) -> None:
    episode = environment.episode(state=STATE, max_steps=2)
    episode.reset()
    first, second = episode.step(CALLS[0]), episode.step(CALLS[0])
    assert [(o.terminated, o.truncated) for o in (first, second)] == [(False, False), (False, True)]
    late = episode.step(call("hire", names=["late"]))
    assert (late.outcome, late.content["error"]["code"], late.truncated) == ("rejection", "episode_over", True)
    assert episode.diff() == []
    episode.reset()
    assert (episode.terminated, episode.truncated, episode.steps) == (False, False, 0)
    episode.step(CALLS[0])
    ended = episode.finish()
    assert (ended.terminated, ended.truncated) == (True, False)
    assert episode.step(CALLS[0]).content["error"]["code"] == "episode_over"
    episode.close()


def test_a_task_gives_its_tools_only(environment: Environment) -> None:
    with environment.episode(task()) as episode:
        episode.reset()
        assert episode.step(call("get_person", person_id="PER-0001")).content["error"]["code"] == "unknown_tool"
        near = episode.step(call("get_persons")).content["error"]["details"]["near"]
        assert "get_person" not in near  # a hint to a tool that would be refused as well is none
    assert [entry["function"]["name"] for entry in environment.tools(task().tools)] == list(task().tools)
    assert len(environment.tools()) == len(DOMAIN.tools)


def test_save_and_load_go_on_as_if_never_stopped(environment: Environment) -> None:
    whole = environment.episode(state=STATE, max_steps=len(CALLS))
    whole.reset()
    expected = [whole.step(one) for one in CALLS]
    for cut in (0, 3, 8, len(CALLS)):
        first = environment.episode(state=STATE, max_steps=len(CALLS))
        first.reset()
        seen = [first.step(one) for one in CALLS[:cut]]
        saved = json.loads(json.dumps(first.save()))
        first.close()
        second = environment.episode(state=STATE, max_steps=len(CALLS))
        second.load(saved)
        seen += [second.step(one) for one in CALLS[cut:]]
        assert seen == expected
        assert second.diff() == whole.diff()
        assert second.save() == whole.save()
        second.close()
    whole.close()


def test_many_episodes_at_once(environment: Environment) -> None:
    episodes = [environment.episode(task()) for _ in range(20)]
    for episode in episodes:
        episode.reset()
    for number, one in enumerate(REFERENCE):
        for index, episode in enumerate(episodes):
            if index % 4 >= number:
                episode.step(one)
    assert [episode.reward().reward for episode in episodes] == [0.0, 0.0, 1.0, 1.0] * 5
    for episode in episodes:
        episode.close()


def test_initial_states_may_extend_the_base_rows() -> None:
    spec = DOMAIN.spec.model_copy(update={"base_rows": {"person": ROWS["person"]}})
    domain = DOMAIN.model_copy(update={"spec": spec})
    with InProcessRuntime(domain) as runtime:
        environment = Environment(domain, runtime)
        extra = {"person": [{"person_id": "PER-0042", "name": "Zoe"}]}
        episode = environment.episode(state=InitialState(rows=extra, now=NOW, extends_base=True))
        episode.reset()
        assert episode.step(call("hire", names=["x"])).content == {"person_ids": ["PER-0043"]}
        assert episode.step(call("get_person", person_id="PER-0001")).outcome == "success"


def test_only_so_many_initial_states_stay_loaded() -> None:
    with InProcessRuntime(DOMAIN) as runtime:
        environment = Environment(DOMAIN, runtime)
        kept = environment.episode(state=STATE)
        kept.reset()
        for _ in range(BASES_KEPT + 5):
            with environment.episode(state=InitialState(rows={}, now=NOW)) as episode:
                episode.reset()
                assert episode.step(CALLS[0]).outcome == "rejection"
        assert kept.step(CALLS[0]).outcome == "success"


def test_wrong_use_is_a_usage_error(environment: Environment) -> None:
    for act in (
        lambda: environment.episode(),
        lambda: environment.episode(task(), state=STATE),
        lambda: environment.episode(state=STATE).step(CALLS[0]),
        lambda: environment.episode(state=STATE).reward(),
        lambda: Environment(shop(), environment.runtime),
    ):
        with pytest.raises(UsageError):
            act()
    closed = environment.episode(state=STATE)
    closed.reset()
    closed.close()
    closed.close()
    with pytest.raises(UsageError, match="closed"):
        closed.reset()
