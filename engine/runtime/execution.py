"""Runs one tool call on a database: all of it or nothing, and a record of what it did.

It runs as it stands in CPython, in the sandbox and in every bundle: the standard library only, no inheritance, no
`del`, no `yield`, no properties, and exceptions with one argument.
"""

from __future__ import annotations

from typing import Any

from engine.runtime.prelude import READS_KEPT, Database

OUTPUT_LIMIT = 1_000_000
"""Largest answer of one call, in characters of JSON (about)."""
DEPTH_LIMIT = 40
"""Deepest nesting of an answer."""
INTEGER_LIMIT = 10**4_000
"""Integers of an answer are smaller, or reading them back would fail."""


def perform(
    db: Database, tool: Any, arguments: dict[str, Any], limit: int = OUTPUT_LIMIT, check: Any = None
) -> tuple[Any, ...]:
    """Calls `tool(db, **arguments)`, whose arguments were checked.

    Args:
        limit: Largest answer, in characters of JSON (about).
        check: Raises unless an answer is good; `measure` by default.

    Returns:
        outcome, result, problem, reads, writes and net row changes, as `engine.runtime.records.CallRecord`
        names them. Unless the outcome is a success, the database is as it was before.
    """
    db.begin()
    try:
        result: dict[str, Any] = tool(db, **arguments)
        if type(result) is not dict:
            raise TypeError(f"a tool answers with an object, not {type(result).__name__}")
        if check is None:
            measure(result, limit)
        else:
            check(result, limit)
    except Exception as error:
        db.undo()
        reads = db.reads if len(db.reads) <= READS_KEPT else db.reads[:READS_KEPT]
        rejection = db.rejection
        if rejection is not None and isinstance(error, ValueError) and str(error) == f"rejected: {rejection[0]}":
            return ("rejection", None, {"code": rejection[0], "message": rejection[1], "details": {}}, reads, [], [])
        return ("failure", None, failure(type(error).__name__, str(error)), reads, [], [])
    reads = db.reads if len(db.reads) <= READS_KEPT else db.reads[:READS_KEPT]
    if db.rejection is not None:
        db.undo()
        problem = failure("SwallowedRejection", f"the tool went on after rejecting with {db.rejection[0]}")
        return ("failure", None, problem, reads, [], [])
    return ("success", result, None, reads, db.writes(), db.changes())


def failure(error: str, text: str) -> dict[str, Any]:
    """The problem of an unexpected failure, as the agent is told."""
    return {
        "code": "internal_error",
        "message": "The tool failed unexpectedly; nothing was changed.",
        "details": {"error": error, "text": text[:300]},
    }


def measure(answer: dict[str, Any], limit: int) -> int:
    """The size of an answer in characters of JSON (about).

    Raises:
        TypeError: It holds something that JSON has no word for, or an object key that is not text.
        ValueError: It is larger than `limit`, nested too deeply, or holds a number that few can read.
    """
    total = 0
    level: list[Any] = [answer]
    for _ in range(DEPTH_LIMIT):
        below: list[Any] = []
        for value in level:
            total += 8 * len(value)
            items: Any = value
            names: dict[Any, Any] = value
            if type(names) is dict:
                for name in names:
                    if type(name) is not str:
                        raise TypeError(f"an answer's object has the key {name!r}, which is not text")
                items = names.values()
            for item in items:
                kind = type(item)  # pyright: ignore[reportUnknownVariableType] - `type` of anything
                if kind is str:
                    total += len(item)
                elif item is None or kind is bool:
                    continue
                elif kind is dict or kind is list:
                    below.append(item)
                elif kind is int:
                    if not -INTEGER_LIMIT < item < INTEGER_LIMIT:
                        raise ValueError("an answer holds an integer of thousands of digits")
                elif kind is float:
                    if item - item != 0.0:
                        raise ValueError("an answer holds a number that is not finite")
                else:
                    raise TypeError(f"an answer holds {kind.__name__}, which is not plain data")
            if total > limit:
                raise ValueError(f"an answer is larger than {limit} characters")
        if not below:
            return total
        level = below
    raise ValueError(f"an answer is nested more than {DEPTH_LIMIT} deep")
