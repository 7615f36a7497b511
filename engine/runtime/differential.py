"""Do both interpreters do the same? A tool whose traces differ is refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.models.base import canonical_json
from engine.runtime.records import CallRecord

_SHOWN = 200


def differences(a: Sequence[CallRecord], b: Sequence[CallRecord]) -> list[str]:
    """Where two runs of the same calls differ, in words; empty if they don't.

    Unexpected failures are compared by their code only, because interpreters word their errors differently.
    Values are compared as JSON, so that 1 and 1.0 or True differ.
    """
    found: list[str] = []
    if len(a) != len(b):
        found.append(f"{len(a)} calls on one side, {len(b)} on the other")
    for number, (left, right) in enumerate(zip(a, b, strict=False)):
        if left.outcome != right.outcome:
            found.append(f"call {number}: outcome {_outcome(left)} and {_outcome(right)}")
            continue
        parts: list[tuple[str, Any, Any]] = [("answer", left.result, right.result)]
        if left.outcome != "failure":
            # A failing call may stop at different reads, where limits on depth differ.
            parts.append(("problem", left.problem, right.problem))
            parts.append(("reads", left.reads, right.reads))
        parts.append(("writes", left.writes, right.writes))
        parts.append(("row changes", left.diff, right.diff))
        for what, mine, other in parts:
            if mine != other or _plain(mine) != _plain(other):
                found.append(f"call {number}: {what} {_short(mine)} and {_short(other)}")
    return found


def _plain(value: Any) -> str:
    try:
        return canonical_json(value)
    except (TypeError, ValueError):
        return repr(value)


def _outcome(record: CallRecord) -> str:
    problem = record.problem
    if problem is None:
        return record.outcome
    error = problem["details"].get("error") if record.outcome == "failure" else None
    return f"{record.outcome} ({error or problem['code']})"


def _short(value: Any) -> str:
    text = _plain(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."
