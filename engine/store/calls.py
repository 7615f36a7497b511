"""Which run asked a language model what, what came of it and what it cost."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

from engine.models.call import CallOutcome, ModelCall, Spent
from engine.models.role import RoleName
from engine.store.connection import Connection

_COLUMNS = (
    "run, domain, role, subject, task, key, model, turn, round, cached, outcome, problem, "
    "prompt_tokens, completion_tokens, cost, seconds, retries, at"
)
_PAID = (
    "coalesce(sum(cost), 0.0) as cost, coalesce(sum(prompt_tokens + completion_tokens), 0) as tokens, count(*) as calls "
    "from model_call where cached = 0"
)


class Calls:
    """The uses of answers in a store's runs; they go with their run.

    Args:
        connection: Where they are.
        clock: Seconds since 1970, for the log only.
    """

    def __init__(self, connection: Connection, clock: Callable[[], float] = time.time) -> None:
        self._connection = connection
        self._clock = clock

    def add(self, call: ModelCall) -> ModelCall:
        """Adds a call to the log and returns it with its number and, where it has none, its time."""
        call = call.model_copy(update={"at": call.at or self._clock()})
        with self._connection.transaction():
            self._connection.write(
                f"insert into model_call ({_COLUMNS}) values (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                (
                    *(call.run, call.domain, call.role, call.subject, call.task, call.key, call.model),
                    *(call.turn, call.round, int(call.cached), call.outcome, call.problem),
                    *(call.prompt_tokens, call.completion_tokens, call.cost, call.seconds, call.retries, call.at),
                ),
            )
            return call.model_copy(update={"seq": int(self._connection.value("select last_insert_rowid()"))})

    def of_run(
        self,
        run: str,
        role: RoleName | None = None,
        subject: str | None = None,
        task: str | None = None,
        outcome: CallOutcome | None = None,
        *,
        after: int = 0,
        limit: int = 1_000,
    ) -> list[ModelCall]:
        """A run's calls, oldest first.

        Args:
            run: The run; an unknown one has none.
            role: Of this role.
            subject: About exactly this; see `ModelCall.subject`.
            task: Of this task.
            outcome: That came to this.
            after: Beyond the one with this number.
            limit: At most so many.
        """
        wanted = {"run": run, "role": role, "subject": subject, "task": task, "outcome": outcome}
        given = {column: value for column, value in wanted.items() if value is not None}
        where = "".join(f"{column} = ? and " for column in given)
        rows = self._connection.all(
            f"select seq, {_COLUMNS} from model_call where {where}seq > ? order by seq limit ?",
            (*given.values(), after, limit),
        )
        return [read_call(row) for row in rows]

    def spent(self, run: str) -> Spent:
        """What a run has spent so far, over all its processes; answers from the store cost nothing."""
        return Spent(**dict(self._connection.one(f"select {_PAID} and run = ?", (run,)) or {}))

    def keys(self, runs: Iterable[str]) -> frozenset[str]:
        """Keys of all answers that some runs used."""
        return frozenset(
            row["key"]
            for run in runs
            for row in self._connection.all("select distinct key from model_call where run = ? and key != ''", (run,))
        )


def read_call(row: Any) -> ModelCall:
    """A row of `model_call`."""
    return ModelCall.model_validate({**dict(row), "cached": bool(row["cached"])})
