"""The review log; what curators think of a task follows from it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from engine.errors import UsageError
from engine.models.review import DECISIONS, ReviewAction, ReviewEntry, ReviewState
from engine.store.connection import Connection


def review_state(entries: Sequence[ReviewEntry]) -> ReviewState:
    """What a task's log comes to: its last decision that was not undone."""
    undone = {entry.undoes for entry in entries if entry.action == "undo"}
    for entry in reversed(entries):
        if entry.action in DECISIONS and entry.seq not in undone:
            return DECISIONS[entry.action]
    return "open"


class Reviews:
    """The review log of a store."""

    def __init__(self, connection: Connection, clock: Callable[[], float] = time.time) -> None:
        self._connection = connection
        self._clock = clock

    def log(self, domain: str, task_id: str) -> list[ReviewEntry]:
        """Everything ever said about a task, oldest first."""
        rows = self._connection.all(
            "select * from review where domain = ? and task_id = ? order by seq", (domain, task_id)
        )
        return [ReviewEntry(**dict(row)) for row in rows]

    def state(self, domain: str, task_id: str, digest: str) -> ReviewState:
        """The state that follows for a task of that content."""
        return review_state([entry for entry in self.log(domain, task_id) if entry.task_digest == digest])

    def record(
        self,
        domain: str,
        task_id: str,
        action: ReviewAction,
        curator: str,
        *,
        text: str = "",
        rating: int | None = None,
    ) -> ReviewState:
        """Adds a curator's action and returns the state the task has then.

        `undo` takes back the curator's own last action on the task that is not undone yet.

        Raises:
            UsageError: There is no such audited task, nothing to undo, or a rating outside 1 to 5.
        """
        if not curator.strip():
            raise UsageError("A review needs the curator's name.")
        if action == "rate" and (rating is None or not 1 <= rating <= 5):
            raise UsageError(f"A rating is a number from 1 to 5, not {rating!r}.")
        with self._connection.transaction():
            task = self._connection.one(
                "select digest from task where domain = ? and id = ? and state = 'audited'", (domain, task_id)
            )
            if task is None:
                raise UsageError(f"The domain `{domain}` has no audited task `{task_id}` to review.")
            undoes = self._undoable(domain, task_id, task["digest"], curator) if action == "undo" else None
            self._connection.write(
                "insert into review (domain, task_id, task_digest, action, curator, text, rating, undoes, at) "
                "values (?,?,?,?,?,?,?,?,?)",
                (domain, task_id, task["digest"], action, curator, text, rating, undoes, self._clock()),
            )
            state = self.state(domain, task_id, task["digest"])
            self._connection.write("update task set review = ? where domain = ? and id = ?", (state, domain, task_id))
        return state

    def _undoable(self, domain: str, task_id: str, digest: str, curator: str) -> int:
        entries = [entry for entry in self.log(domain, task_id) if entry.task_digest == digest]
        undone = {entry.undoes for entry in entries if entry.action == "undo"}
        for entry in reversed(entries):
            if entry.curator == curator and entry.action != "undo" and entry.seq not in undone:
                return entry.seq
        raise UsageError(f"`{curator}` has nothing to undo on the task `{task_id}`.")
