"""What an execution did, call by call, with row-level diffs: the evidence behind every claim."""

from __future__ import annotations

from typing import Any, Literal

from engine.models.base import Model, Row, Rows, Value

Outcome = Literal["success", "rejection", "failure"]
"""Success, anticipated rejection, unexpected failure (paper, section 4.1)."""

Operation = Literal["insert", "update", "delete"]
Key = Value | tuple[Value, ...]


class Call(Model):
    """A tool call: a name and its arguments."""

    name: str
    arguments: dict[str, Any] = {}


class RowChange(Model):
    """One row before and after; `before` is null for an insert, `after` for a delete."""

    table: str
    key: Key
    before: Row | None = None
    after: Row | None = None

    @property
    def operation(self) -> Operation:
        """What happened to the row."""
        if self.before is None:
            return "insert"
        return "delete" if self.after is None else "update"


class Problem(Model):
    """Why a call did not succeed, as the agent is told.

    Attributes:
        code: The rejection's code; `invalid_arguments` and `unknown_tool` come from the runtime itself,
            `internal_error` stands for an unexpected failure.
        message: One sentence.
        details: What is wrong where, such as the argument's name.
    """

    code: str
    message: str
    details: dict[str, Any] = {}


class ConditionTruth(Model):
    """A contract's condition and its truth before the call; `None` where it was undefined."""

    code: str
    condition: str
    holds: bool | None


class TraceStep(Model):
    """One call of a trace.

    Attributes:
        sources: Parameter -> where its value came from, in words.
        reads: (table, key) of each row that was read, in order; the key is null for a scan that found nothing.
        writes: (operation, table, key) of each write, in order, before netting.
        diff: Net row changes of the call.
        conditions: The contract's conditions with their truth values.
    """

    index: int
    call: Call
    sources: dict[str, str] = {}
    outcome: Outcome
    result: Any = None
    problem: Problem | None = None
    reads: tuple[tuple[str, Key], ...] = ()
    writes: tuple[tuple[Operation, str, Key], ...] = ()
    diff: tuple[RowChange, ...] = ()
    conditions: tuple[ConditionTruth, ...] = ()


TraceKind = Literal["procedural_test", "edge_proof", "audit", "rollout", "play"]


class Trace(Model):
    """A whole execution.

    Attributes:
        id: Stable id, unique within the domain.
        title: What was tried, in one line.
        rows: The initial rows, where they are not those of a task.
        now: The episode's clock at the start, as an ISO datetime.
        verdict: What the execution showed, in one line.
    """

    id: str
    kind: TraceKind
    title: str
    rows: Rows | None = None
    now: str | None = None
    task_id: str | None = None
    steps: tuple[TraceStep, ...]
    passed: bool
    verdict: str = ""
