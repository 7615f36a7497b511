"""A trajectory: what user, agent and tools said in one attempt at a task, with what it earned."""

from __future__ import annotations

from typing import Any, Literal

from engine.models.base import Model
from engine.models.reward import Mismatch
from engine.models.trace import Call

TrajectoryState = Literal["open", "finished"]


class FunctionCall(Model):
    """The function part of a tool call; `arguments` is JSON text, as models write it."""

    name: str
    arguments: str


class ToolCall(Model):
    """One call that the agent asks for."""

    id: str
    type: Literal["function"] = "function"
    function: FunctionCall


class Message(Model):
    """One message in OpenAI chat form.

    Attributes:
        content: The words; of a tool message, the observation as JSON text.
        tool_calls: What the agent calls; of assistant messages only.
        tool_call_id: The call that a tool message answers.
    """

    role: Literal["system", "user", "assistant", "tool"]
    content: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None

    def to_chat(self) -> dict[str, Any]:
        """The message as chat templates and APIs take it: fields that say nothing are left out."""
        chat: dict[str, Any] = {"role": self.role, "content": self.content}
        if self.tool_calls:
            chat["tool_calls"] = [call.model_dump() for call in self.tool_calls]
        if self.tool_call_id is not None:
            chat["tool_call_id"] = self.tool_call_id
        return chat


class Trajectory(Model):
    """One attempt at a task, by a person or a model.

    Attributes:
        id: Stable id, unique within the domain; empty until the store gives one.
        task_digest: Digest of the task as the agent saw it.
        agent: Who acted: `person:NAME`, or a model's name.
        messages: The conversation from the system message on.
        calls: The calls in order, as the environment ran them.
        max_steps: Calls after which the attempt is cut off.
        reward: What it earned; null while it is open or where it could not be scored.
        unscored: Why a finished attempt has no reward.
        mismatches: Every difference from the reference's changes.
        terminated: The agent said that it was done.
        truncated: The attempt was cut off because its steps were used up.
        started_at: Seconds since 1970, given by the caller.
        ended_at: The same; null while the attempt is open.
    """

    id: str = ""
    domain: str
    task_id: str
    task_digest: str
    agent: str
    messages: tuple[Message, ...] = ()
    calls: tuple[Call, ...] = ()
    max_steps: int
    reward: float | None = None
    unscored: str = ""
    mismatches: tuple[Mismatch, ...] = ()
    terminated: bool = False
    truncated: bool = False
    started_at: float
    ended_at: float | None = None

    @property
    def state(self) -> TrajectoryState:
        """Whether it can go on."""
        return "open" if self.ended_at is None else "finished"

    @property
    def steps_left(self) -> int:
        """Calls that can still be made."""
        return 0 if self.ended_at is not None else max(self.max_steps - len(self.calls), 0)

    @property
    def trace_id(self) -> str:
        """Id of the trace that shows what the calls did."""
        return f"play:{self.id}"
