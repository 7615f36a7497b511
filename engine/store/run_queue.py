"""Runs that wait for a process: who may start one, and how often in vain."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any, Literal

from engine.models.run import Run, RunEvent
from engine.store.connection import Connection
from engine.store.runs import Runs

Taken = Literal["start", "given_up", "late"]
"""`start`: a process is to be started. `given_up`: too many ended without a step. `late`: somebody else was faster."""

MOST_ATTEMPTS = 3
"""Processes that are started by themselves, one after the other, without a single step between them."""


class RunQueue:
    """The runs of a store, seen by those who start processes for them.

    Args:
        connection: Where they are.
        runs: The runs themselves.
        clock: Seconds since 1970.
    """

    def __init__(self, connection: Connection, runs: Runs, clock: Callable[[], float] = time.time) -> None:
        self._connection = connection
        self._runs = runs
        self._clock = clock

    def _of_status(self, *statuses: str) -> list[Run]:
        marks = ",".join("?" * len(statuses))
        rows = self._connection.all(
            f"select id from run where status in ({marks}) order by updated_at, rowid",  # an indexed handful
            statuses,
        )
        return [self._runs.get(row["id"]) for row in rows]

    def open(self) -> list[Run]:
        """Runs that wait for a process or have one, longest waiting first; those whose process ended are `interrupted`.

        A run that somebody stopped (Ctrl-C, cancelled) or that failed is not among them: going on is theirs to decide.
        """
        return self._of_status("queued", "running")

    def take_up(self, seen: Run, *, wanted: bool, most: int = MOST_ATTEMPTS) -> Taken:
        """Announces that a process is about to be started for a run, so that no other server starts one as well.

        Args:
            seen: The run as `open` gave it.
            wanted: Somebody just asked for it; otherwise this counts as an attempt by itself.
            most: After so many attempts by themselves without a step between them the run is `failed`.
        """
        with self._connection.transaction():
            now_at = self._connection.one(
                "select status, owner, heartbeat, updated_at from run where id = ?", (seen.id,)
            )
            if (
                now_at is None
                or now_at["status"] not in ("queued", "running")
                or (now_at["owner"], now_at["heartbeat"], now_at["updated_at"])
                != (seen.owner, seen.heartbeat, seen.updated_at)
            ):
                return "late"
            if wanted:
                self._queue(seen.id)
                return "start"
            steps = int(self._connection.value("select count(*) from checkpoint where run = ?", (seen.id,)))
            attempt = self._attempts(seen.id, steps) + 1
            if attempt > most:
                words = (
                    f"{most} processes ended one after the other without a word and without finishing a step; "
                    "what they could not store is in the store's worker log"
                )
                self._connection.write(
                    "update run set status = 'failed', owner = '', error = ?, updated_at = ? where id = ?",
                    (words, self._clock(), seen.id),
                )
                self.say(seen.id, f"Given up: {words}.")
                return "given_up"
            self._queue(seen.id)
            why = "its process ended before its work did" if seen.status == "interrupted" else "it had no process"
            self.say(seen.id, f"Taken up again: {why} (attempt {attempt} of {most}).", attempt=attempt, steps=steps)
            return "start"

    def _queue(self, id: str) -> None:
        self._connection.write(
            "update run set status = 'queued', owner = '', updated_at = ? where id = ?", (self._clock(), id)
        )

    def _attempts(self, id: str, steps: int) -> int:
        """How many attempts in a row came to nothing; a step in between, or a person's word, begins anew."""
        last = self._connection.value(
            "select data from event where run = ? and kind = 'status' order by seq desc limit 1", (id,)
        )
        data: dict[str, Any] = json.loads(last) if last else {}
        return int(data.get("attempt", 0)) if data.get("steps") == steps else 0

    def say(self, id: str, message: str, **data: int | str) -> None:
        """Adds a line to a run's log that comes from outside its process."""
        run = self._runs.get(id)
        self._runs.note(id, RunEvent(kind="status", phase=run.phase, message=message, data=data))
