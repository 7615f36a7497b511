"""Attempts at tasks, stored at every step so that none is lost with a tab or a server."""

from __future__ import annotations

from engine.errors import UsageError
from engine.models.base import Model
from engine.models.trajectory import Trajectory, TrajectoryState
from engine.store.codec import pack, read_model, unpack
from engine.store.connection import Connection


class TrajectorySummary(Model):
    """An attempt in one line."""

    domain: str
    id: str
    task_id: str
    task_digest: str
    agent: str
    state: TrajectoryState
    steps: int
    reward: float | None
    started_at: float
    ended_at: float | None


_SUMMARY = "select domain, id, task_id, task_digest, agent, state, steps, reward, started_at, ended_at from trajectory"


class Trajectories:
    """The attempts of a store's domains."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def next_id(self, domain: str, task_id: str) -> str:
        """The id of a task's next attempt; ask within the transaction that opens it."""
        count = self._connection.value(
            "select count(*) from trajectory where domain = ? and task_id = ?", (domain, task_id)
        )
        return f"{task_id}:{int(count) + 1}"

    def open(self, trajectory: Trajectory) -> None:
        """Stores a new attempt.

        Raises:
            UsageError: It has no id, or the domain has one of that id.
        """
        if not trajectory.id:
            raise UsageError("An attempt needs an id before it is stored.")
        with self._connection.transaction():
            if self._connection.one(
                "select 1 from trajectory where domain = ? and id = ?", (trajectory.domain, trajectory.id)
            ):
                raise UsageError(f"The domain `{trajectory.domain}` has an attempt `{trajectory.id}` already.")
            self._connection.write(
                "insert into trajectory (domain, id, task_id, task_digest, agent, state, steps, reward, started_at, "
                "ended_at, body) values (?,?,?,?,?,?,?,?,?,?,?)",
                (
                    *(trajectory.domain, trajectory.id, trajectory.task_id, trajectory.task_digest, trajectory.agent),
                    *(trajectory.state, len(trajectory.calls), trajectory.reward),
                    *(trajectory.started_at, trajectory.ended_at, pack(trajectory.model_dump_json())),
                ),
            )

    def append(self, trajectory: Trajectory) -> None:
        """Stores an attempt after one more call, which may have ended it.

        Raises:
            UsageError: The stored attempt is not the one before this call: it went on elsewhere, or is over.
        """
        self._put(trajectory, len(trajectory.calls) - 1)

    def finish(self, trajectory: Trajectory) -> None:
        """Stores an attempt that was ended without a further call.

        Raises:
            UsageError: The stored attempt has other calls, or is over already.
        """
        if trajectory.ended_at is None:
            raise UsageError(f"The attempt `{trajectory.id}` has not ended; end it first.")
        self._put(trajectory, len(trajectory.calls))

    def _put(self, trajectory: Trajectory, steps: int) -> None:
        done = self._connection.write(
            "update trajectory set state = ?, steps = ?, reward = ?, ended_at = ?, body = ? "
            "where domain = ? and id = ? and state = 'open' and steps = ?",
            (
                *(trajectory.state, len(trajectory.calls), trajectory.reward, trajectory.ended_at),
                *(pack(trajectory.model_dump_json()), trajectory.domain, trajectory.id, steps),
            ),
        )
        if not done:
            self.get(trajectory.domain, trajectory.id)
            raise UsageError(
                f"The attempt `{trajectory.id}` went on elsewhere, in another tab perhaps; "
                "it is shown as it stands now, and nothing was called."
            )

    def get(self, domain: str, id: str) -> Trajectory:
        """One attempt.

        Raises:
            UsageError: The domain has no such attempt.
        """
        row = self._connection.one("select body from trajectory where domain = ? and id = ?", (domain, id))
        if row is None:
            raise UsageError(f"The domain `{domain}` has no attempt `{id}`.")
        return read_model(Trajectory, unpack(row["body"], f"attempt `{id}`"), f"attempt `{id}`")

    def of_task(self, domain: str, task_id: str, *, limit: int = 200) -> list[TrajectorySummary]:
        """A task's attempts, the newest first."""
        rows = self._connection.all(
            f"{_SUMMARY} where domain = ? and task_id = ? order by started_at desc, rowid desc limit ?",
            (domain, task_id, limit),
        )
        return [TrajectorySummary.model_validate(dict(row)) for row in rows]

    def count(self, domain: str) -> int:
        """How many attempts a domain has."""
        return int(self._connection.value("select count(*) from trajectory where domain = ?", (domain,)))
