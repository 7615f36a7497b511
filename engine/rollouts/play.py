"""An attempt at a task, call by call: each time it is run afresh from s0, so nothing but its trajectory is kept.

Episodes are deterministic, so the calls so far lead to the very same state again: an attempt survives a closed tab, a
second one, and a restarted server. Whoever acts, a person or a model, gets the same messages.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

from engine.contracts.evaluate import conditions
from engine.contracts.state import PlainState
from engine.errors import ScaleEnvError, TaskError
from engine.export.rows import messages as opening
from engine.models.base import canonical_json
from engine.models.domain import Domain
from engine.models.reward import Verdict
from engine.models.task import Task
from engine.models.trace import Call, ConditionTruth, Trace, TraceStep
from engine.models.trajectory import FunctionCall, Message, ToolCall, Trajectory
from engine.runtime.environment import Environment, Observation
from engine.runtime.records import CallRecord, to_changes
from engine.tasks.audit import start_of

MAX_STEPS = 50
"""Calls of an attempt unless it says otherwise."""


class Replayed(NamedTuple):
    """What an attempt's calls did.

    Attributes:
        observations: What the agent saw after each call.
        verdict: What the changes earn so far; not for the agent before it is done.
    """

    calls: tuple[Call, ...]
    observations: tuple[Observation, ...]
    verdict: Verdict


class Turn(NamedTuple):
    """An attempt after a call or its end, with the trace of all of it."""

    trajectory: Trajectory
    trace: Trace


def begin(domain: Domain, task: Task, *, digest: str, agent: str, at: float, max_steps: int = MAX_STEPS) -> Turn:
    """A new attempt that has no id yet; give it one, and both parts with it, by `named`.

    Args:
        domain: The task's domain.
        task: The task.
        digest: The task's digest, by which a later change of it is noticed.
        agent: Who acts, as `person:NAME`.
        at: Seconds since 1970.
        max_steps: Calls after which the attempt is cut off, at least 1.
    """
    chat = tuple(Message.model_validate(message) for message in opening(domain, task))
    trajectory = Trajectory(
        domain=domain.name,
        task_id=task.id,
        task_digest=digest,
        agent=agent,
        messages=chat,
        max_steps=max_steps,
        started_at=at,
    )
    return Turn(trajectory, _trace(trajectory, task, ()))


def named(turn: Turn, id: str) -> Turn:
    """The turn under an id."""
    trajectory = turn.trajectory.model_copy(update={"id": id})
    return Turn(trajectory, turn.trace.model_copy(update={"id": trajectory.trace_id}))


def replay(task: Task, environment: Environment, calls: Sequence[Call], max_steps: int) -> Replayed:
    """Runs calls on the task's s0 and scores them.

    Raises:
        TaskError: The task does not fit its domain.
        StateError: Its rows don't.
    """
    known = environment.domain.database.table
    for change in task.gold_diff:
        if change.table not in known:
            raise TaskError(
                f"The task `{task.id}` changes the table `{change.table}`, which the domain does not have; "
                "it can't be played. Make the domain again, or restore a copy of the store."
            )
    with environment.episode(task, max_steps=max_steps) as episode:
        episode.reset()
        observations = tuple(episode.step(call) for call in calls)
        return Replayed(tuple(calls), observations, episode.reward())


def go_on(trajectory: Trajectory, task: Task, digest: str, environment: Environment, call: Call, *, at: float) -> Turn:
    """Makes one more call. When it was the last one allowed, the attempt ends and is scored.

    Whatever is wrong with the call is an observation for the agent, not an error.

    Raises:
        TaskError: The attempt is over, or task or tools are no longer what they were when it was begun.
    """
    _check_open(trajectory, digest)
    played = replay(task, environment, (*trajectory.calls, call), trajectory.max_steps)
    seen = played.observations[-1]
    number = len(trajectory.calls)
    asked = ToolCall(
        id=f"call_{number}",
        function=FunctionCall(name=call.name, arguments=json.dumps(call.arguments, ensure_ascii=False)),
    )
    after = trajectory.model_copy(
        update={
            "calls": played.calls,
            "messages": (
                *trajectory.messages,
                Message(role="assistant", tool_calls=(asked,)),
                Message(role="tool", tool_call_id=asked.id, content=_text(seen)),
            ),
        }
    )
    _check_same(trajectory, played)
    if seen.truncated:
        after = _scored(after, played.verdict, at, truncated=True)
    return Turn(after, _trace(after, task, _steps(environment.domain, task, played)))


def finish(
    trajectory: Trajectory, task: Task, digest: str, environment: Environment, *, at: float, words: str = ""
) -> Turn:
    """Ends an attempt: the agent says that it is done, with `words` if there are any.

    Raises:
        TaskError: The attempt is over, or task or tools are no longer what they were when it was begun.
    """
    _check_open(trajectory, digest)
    played = replay(task, environment, trajectory.calls, trajectory.max_steps)
    _check_same(trajectory, played)
    last = Message(role="assistant", content=words or "Done.")
    spoken = trajectory.model_copy(update={"messages": (*trajectory.messages, last)})
    after = _scored(spoken, played.verdict, at, truncated=False)
    return Turn(after, _trace(after, task, _steps(environment.domain, task, played)))


def observations(trajectory: Trajectory) -> tuple[str, ...]:
    """What the agent saw after each call, as JSON text."""
    return tuple(message.content or "" for message in trajectory.messages if message.role == "tool")


def _check_open(trajectory: Trajectory, digest: str) -> None:
    if trajectory.ended_at is not None:
        raise TaskError(f"The attempt `{trajectory.id}` is over; begin another one.")
    if trajectory.task_digest != digest:
        raise TaskError(
            f"The task `{trajectory.task_id}` was changed after the attempt `{trajectory.id}` began; begin another one."
        )


def _check_same(trajectory: Trajectory, played: Replayed) -> None:
    """An edited tool may answer otherwise than the agent was told: then the attempt can't go on."""
    for number, (told, seen) in enumerate(zip(observations(trajectory), played.observations, strict=False)):
        if told != _text(seen):
            raise TaskError(
                f"Step {number + 1} of the attempt `{trajectory.id}` answers otherwise than before, "
                "because the domain's tools were changed; begin another one."
            )


def _text(observation: Observation) -> str:
    return canonical_json(observation.content)


def _scored(trajectory: Trajectory, verdict: Verdict, at: float, *, truncated: bool) -> Trajectory:
    return trajectory.model_copy(
        update={
            "reward": verdict.reward,
            "mismatches": verdict.mismatches,
            "terminated": not truncated,
            "truncated": truncated,
            "ended_at": at,
        }
    )


def _steps(domain: Domain, task: Task, played: Replayed) -> tuple[TraceStep, ...]:
    """The calls as steps of a trace, with the contract's conditions before each."""
    state = start_of(task, domain)
    steps: list[TraceStep] = []
    for index, (call, seen) in enumerate(zip(played.calls, played.observations, strict=True)):
        record = seen.record or CallRecord("failure")
        truths = () if _refused(record) else _truths(domain, state, call)
        step = record.to_step(index, call, conditions=truths)
        steps.append(step)
        state.apply(to_changes(record.diff))
    return tuple(steps)


def _refused(record: CallRecord) -> bool:
    """Whether the runtime refused the call before the contract was asked."""
    return (record.problem or {}).get("code") in ("invalid_arguments", "unknown_tool", "episode_over")


def _truths(domain: Domain, state: PlainState, call: Call) -> list[ConditionTruth]:
    tool = domain.tool[call.name]
    given = {name: value for name, value in call.arguments.items() if value is not None}
    try:
        truths = conditions(tool, domain.database, state, given)
    except ScaleEnvError:  # a contract that can't be evaluated is not the agent's doing
        return []
    return [
        ConditionTruth(code=requirement.code, condition=requirement.condition, holds=holds)
        for requirement, holds in zip(tool.contract.requires, truths, strict=True)
    ]


def _trace(trajectory: Trajectory, task: Task, steps: tuple[TraceStep, ...]) -> Trace:
    count = len(trajectory.mismatches)
    if trajectory.ended_at is None:
        verdict = "not finished"
    elif trajectory.reward == 1.0:
        verdict = "reward 1"
    else:
        verdict = f"reward 0: {count} {'mismatch' if count == 1 else 'mismatches'}"
    if trajectory.truncated:
        verdict += ", cut off because the steps were used up"
    return Trace(
        id=trajectory.trace_id,
        kind="play" if trajectory.agent.startswith("person:") else "rollout",
        title=f"attempt by {trajectory.agent.removeprefix('person:')}",
        now=task.initial_state.now,
        task_id=task.id,
        steps=steps,
        passed=trajectory.reward == 1.0,
        verdict=verdict,
    )
