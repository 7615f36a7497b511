"""What a runtime hands out: plain records, cheap to make and to compare."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from engine.models.base import Rows
from engine.models.trace import Call, ConditionTruth, Key, Operation, Outcome, Problem, RowChange, TraceStep

Change = tuple[str, Key, "dict[str, Any] | None", "dict[str, Any] | None"]
"""(table, key, row before, row after)."""


class CallRecord(NamedTuple):
    """What one call did. The rows in it belong to the runtime: read them, don't change them.

    Attributes:
        outcome: Success, anticipated rejection or unexpected failure.
        result: The tool's answer, an object; `None` unless the call succeeded.
        problem: `code`, `message` and `details` of why it did not succeed.
        reads: (table, key) of each row that was read, in order; the key is `None` where no row was.
        writes: (operation, table, key) of each write that stands, in order, before netting.
        diff: Net row changes of the call, by table and key.
    """

    outcome: Outcome
    result: Any = None
    problem: dict[str, Any] | None = None
    reads: list[tuple[str, Key]] = []  # noqa: RUF012 - a default of a tuple's field; nobody changes records
    writes: list[tuple[Operation, str, Key]] = []  # noqa: RUF012
    diff: list[Change] = []  # noqa: RUF012

    def to_step(
        self,
        index: int,
        call: Call,
        *,
        sources: dict[str, str] | None = None,
        conditions: Sequence[ConditionTruth] = (),
    ) -> TraceStep:
        """The record as a step of a stored trace."""
        return TraceStep(
            index=index,
            call=call,
            sources=sources or {},
            outcome=self.outcome,
            result=self.result,
            problem=None if self.problem is None else Problem(**self.problem),
            reads=tuple(self.reads),
            writes=tuple(self.writes),
            diff=to_changes(self.diff),
            conditions=tuple(conditions),
        )


class Experiment(NamedTuple):
    """Calls to be run from an initial state that nothing else needs."""

    rows: Rows
    now: str
    calls: Sequence[Call]


class ExperimentRecord(NamedTuple):
    """What an experiment did: a record for each call, and the net diff of all of them.

    Attributes:
        lost: Whether a call broke the sandbox that it ran in, or took too long for it.
    """

    records: list[CallRecord]
    diff: list[Change]
    lost: bool = False


def to_changes(diff: Sequence[Change]) -> tuple[RowChange, ...]:
    """Plain changes as models."""
    return tuple(RowChange(table=table, key=key, before=before, after=after) for table, key, before, after in diff)


def to_diff(changes: Sequence[RowChange]) -> list[Change]:
    """Models as plain changes."""
    return [(change.table, change.key, change.before, change.after) for change in changes]


def read_record(plain: Sequence[Any]) -> CallRecord:
    """A record that crossed as JSON, with its tuples made tuples again."""
    outcome, result, problem, reads, writes, diff = plain
    # Written out, because this runs for every call of the sandbox: a composite key comes as a list.
    return CallRecord(
        outcome,
        result,
        problem,
        [(table, tuple(key) if key.__class__ is list else key) for table, key in reads],
        [(done, table, tuple(key) if key.__class__ is list else key) for done, table, key in writes] if writes else [],
        read_diff(diff) if diff else [],
    )


def read_diff(plain: Sequence[Any]) -> list[Change]:
    """A diff that crossed as JSON, with its tuples made tuples again."""
    return [(table, tuple(key) if key.__class__ is list else key, before, after) for table, key, before, after in plain]
