"""An attempt that is run afresh for each call does what one long episode does."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import TaskError
from engine.models.base import canonical_json
from engine.models.task import Task
from engine.models.trace import Call
from engine.models.trajectory import Trajectory
from engine.rollouts.play import Turn, begin, finish, go_on, named, observations
from engine.runtime.environment import Environment
from engine.runtime.sandbox import SandboxRuntime
from tests.fakes.bookings import bookings_domain
from tests.tasks.room_tasks import room_audited, task_with

DIGEST = "d"


@pytest.fixture(scope="module")
def environment() -> Iterator[Environment]:
    domain = bookings_domain()
    with SandboxRuntime(domain) as runtime:
        yield Environment(domain, runtime)


def begun(task: Task, max_steps: int = 50) -> Turn:
    return named(
        begin(bookings_domain(), task, digest=DIGEST, agent="person:Ada", at=1.0, max_steps=max_steps), f"{task.id}:1"
    )


def played(turn: Turn, task: Task, environment: Environment, *calls: Call) -> Turn:
    for number, call in enumerate(calls):
        turn = go_on(turn.trajectory, task, DIGEST, environment, call, at=2.0 + number)
    return turn


def a_task() -> Task:
    return next(entry.task for entry in room_audited() if entry.task.audited)


def test_the_reference_earns_one_and_nothing_earns_none(environment: Environment) -> None:
    for entry in room_audited():
        if not entry.task.audited:
            continue
        done = finish(
            played(begun(entry.task), entry.task, environment, *entry.task.reference_calls).trajectory,
            entry.task,
            DIGEST,
            environment,
            at=9.0,
        )
        assert done.trajectory.reward == 1.0
        assert done.trace.passed
        assert done.trace.verdict == "reward 1"
        idle = finish(begun(entry.task).trajectory, entry.task, DIGEST, environment, at=9.0)
        assert idle.trajectory.reward == 0.0
        assert idle.trajectory.mismatches
        assert not idle.trace.passed


def test_the_trace_of_an_attempt_is_that_of_the_audit(environment: Environment) -> None:
    entry = next(entry for entry in room_audited() if entry.task.audited)
    turn = played(begun(entry.task), entry.task, environment, *entry.task.reference_calls)
    assert turn.trace.steps == entry.traces[0].steps
    assert turn.trace.kind == "play"
    assert turn.trace.task_id == entry.task.id
    assert turn.trace.id == turn.trajectory.trace_id


CALLS = st.lists(
    st.one_of(
        st.sampled_from([call for entry in room_audited()[:4] for call in entry.task.reference_calls]),
        st.builds(
            Call,
            name=st.sampled_from(["cancel_booking", "search_rooms", "no_such_tool"]),
            arguments=st.dictionaries(
                st.sampled_from(["booking_id", "customer_id", "bogus"]),
                st.sampled_from(["BOOK-0001", "", 3, None, ["x"], True]),
                max_size=3,
            ),
        ),
    ),
    max_size=6,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(calls=CALLS, number=st.integers(0, 3))
def test_call_by_call_and_in_one_episode_is_the_same(environment: Environment, calls: list[Call], number: int) -> None:
    task = room_audited()[number].task
    turn = played(begun(task), task, environment, *calls)
    with environment.episode(task) as episode:
        episode.reset()
        seen = [episode.step(call) for call in calls]
        verdict = episode.reward()
    assert list(observations(turn.trajectory)) == [canonical_json(one.content) for one in seen]
    assert [step.outcome for step in turn.trace.steps] == [one.outcome for one in seen]
    done = finish(turn.trajectory, task, DIGEST, environment, at=99.0)
    assert done.trajectory.reward == verdict.reward
    assert done.trajectory.mismatches == verdict.mismatches
    assert Trajectory.model_validate_json(done.trajectory.model_dump_json()) == done.trajectory


def test_the_messages_are_a_conversation_in_chat_form(environment: Environment) -> None:
    task = a_task()
    turn = played(begun(task), task, environment, *task.reference_calls)
    done = finish(turn.trajectory, task, DIGEST, environment, at=9.0, words="It is done.").trajectory
    chat = [message.to_chat() for message in done.messages]
    assert [message["role"] for message in chat] == [
        "system",
        "user",
        *["assistant", "tool"] * len(task.reference_calls),
        "assistant",
    ]
    assert chat[1] == {"role": "user", "content": task.instruction}
    for call, asked, answer in zip(task.reference_calls, chat[2:-1:2], chat[3::2], strict=True):
        (tool_call,) = asked["tool_calls"]
        assert tool_call["type"] == "function"
        assert tool_call["function"]["name"] == call.name
        assert json.loads(tool_call["function"]["arguments"]) == call.arguments
        assert answer["tool_call_id"] == tool_call["id"]
        assert isinstance(json.loads(answer["content"]), dict)
    assert chat[-1] == {"role": "assistant", "content": "It is done."}


def test_what_is_wrong_with_a_call_is_an_observation(environment: Environment) -> None:
    task = a_task()
    turn = played(
        begun(task), task, environment, Call(name="no_such_tool"), Call(name=task.tools[0], arguments={"bogus": 1})
    )
    codes = [json.loads(text)["error"]["code"] for text in observations(turn.trajectory)]
    assert codes == ["unknown_tool", "invalid_arguments"]
    assert [step.conditions for step in turn.trace.steps] == [(), ()]


def test_the_last_allowed_call_ends_and_scores_the_attempt(environment: Environment) -> None:
    task = a_task()
    turn = played(begun(task, max_steps=1), task, environment, task.reference_calls[0])
    assert turn.trajectory.truncated
    assert not turn.trajectory.terminated
    assert turn.trajectory.state == "finished"
    assert turn.trajectory.steps_left == 0
    assert turn.trajectory.reward is not None
    assert "used up" in turn.trace.verdict
    with pytest.raises(TaskError, match="is over"):
        played(turn, task, environment, task.reference_calls[0])


def test_an_attempt_at_a_task_that_was_changed_since_does_not_go_on(environment: Environment) -> None:
    task = a_task()
    turn = begun(task)
    with pytest.raises(TaskError, match="was changed after"):
        go_on(turn.trajectory, task, "another digest", environment, task.reference_calls[0], at=2.0)
    with pytest.raises(TaskError, match="was changed after"):
        finish(turn.trajectory, task, "another digest", environment, at=2.0)


def test_an_attempt_whose_tools_answer_otherwise_now_does_not_go_on(environment: Environment) -> None:
    task = task_with("cancel_booking")
    turn = played(begun(task), task, environment, *task.reference_calls[:1])
    told = turn.trajectory.messages[-1].model_copy(update={"content": '{"told":"otherwise"}'})
    edited = turn.trajectory.model_copy(update={"messages": (*turn.trajectory.messages[:-1], told)})
    with pytest.raises(TaskError, match=r"Step 1 .* answers otherwise"):
        go_on(edited, task, DIGEST, environment, task.reference_calls[0], at=3.0)


def test_a_task_that_does_not_fit_its_domain_is_refused_in_words(environment: Environment) -> None:
    task = a_task()
    foreign = task.gold_diff[0].model_copy(update={"table": "elsewhere"})
    odd = task.model_copy(update={"gold_diff": (foreign,)})
    with pytest.raises(TaskError, match="the table `elsewhere`"):
        finish(begun(odd).trajectory, odd, DIGEST, environment, at=2.0)
