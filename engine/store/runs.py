"""Runs: leases, checkpoints and the log of events. One process at a time works on a run."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from engine.errors import StoreError, UsageError
from engine.models.base import Model
from engine.models.run import (
    REVISION_PHASES,
    UNFINISHED,
    Phase,
    Run,
    RunCounts,
    RunEvent,
    RunKind,
    RunOptions,
    RunStatus,
)
from engine.store.codec import pack, to_text, unpack
from engine.store.connection import Connection
from engine.store.lease import LEASE_SECONDS, is_gone, process_of

_COLUMNS = (
    "id, domain, kind, status, options, seed_kind, seed_digest, phase, done, total, counts, error, owner, heartbeat, cancel, "
    "attempts, phase_seconds, created_at, updated_at"
)


class LeaseLost(StoreError):
    """Another process has taken the run over; whatever this one was doing does not count."""


class Progress(Model):
    """Where a run stands after a step.

    Attributes:
        done: Steps of the phase that are behind it.
        total: Steps of the phase in all; 0 where that is not known.
        seconds: Wall-clock time worked on the phase, over all processes.
    """

    phase: Phase
    done: int
    total: int
    counts: RunCounts
    phase_seconds: dict[str, float]


class Runs:
    """The runs of a store.

    Args:
        connection: Where they are.
        clock: Seconds since 1970; for leases and the log, never for content.
    """

    def __init__(self, connection: Connection, clock: Callable[[], float] = time.time) -> None:
        self._connection = connection
        self._clock = clock

    def create(
        self,
        domain: str,
        options: RunOptions,
        *,
        seed_kind: str,
        seed_digest: str,
        seed: str,
        kind: RunKind = "synthesis",
    ) -> Run:
        """Adds a run that waits for a process.

        Args:
            domain: The domain it will make.
            options: What is asked for.
            seed_kind: Where the seed came from.
            seed_digest: SHA-256 of the seed.
            seed: The seed itself as text, so that the run can go on without the user's file.
            kind: What the run will do.
        """
        with self._connection.transaction():
            number = 1 + int(
                self._connection.value(
                    "select coalesce(max(cast(substr(id, length(:domain) + 2) as integer)), 0) from run where domain = :domain",
                    {"domain": domain},
                )
            )
            id, now = f"{domain}-{number}", self._clock()
            self._connection.write(
                "insert into run (id, domain, kind, phase, status, options, seed_kind, seed_digest, seed, created_at, updated_at) "
                "values (?,?,?,?,?,?,?,?,?,?,?)",
                (
                    *(id, domain, kind, "compose" if kind == "synthesis" else REVISION_PHASES[0], "queued"),
                    *(options.model_dump_json(), seed_kind, seed_digest, pack(seed), now, now),
                ),
            )
            return self.get(id)

    def _read(self, row: Any) -> Run:
        phase_seconds = json.loads(row["phase_seconds"])
        return Run.model_validate(
            {
                **dict(row),
                "options": RunOptions.model_validate_json(row["options"]),
                "counts": RunCounts.model_validate_json(row["counts"]),
                "phase_seconds": phase_seconds,
                "seconds": sum(phase_seconds.values()),
                "cancel": bool(row["cancel"]),
                "status": self._told_status(row),
            }
        )

    def _told_status(self, row: Any) -> RunStatus:
        """A run that says `running` while its process has ended was interrupted."""
        if row["status"] == "running" and self._is_free(row["owner"], row["heartbeat"]):
            return "interrupted"
        return row["status"]

    def _is_free(self, owner: str, heartbeat: float) -> bool:
        return not owner or is_gone(owner) or heartbeat < self._clock() - LEASE_SECONDS

    def get(self, id: str) -> Run:
        """One run.

        Raises:
            UsageError: There is no such run.
        """
        row = self._connection.one(f"select {_COLUMNS} from run where id = ?", (id,))
        if row is None:
            known = [run.id for run in self.all()][:8]
            raise UsageError(
                f"There is no run `{id}`; there are {', '.join(f'`{other}`' for other in known) if known else 'none yet'}."
            )
        return self._read(row)

    def all(self) -> list[Run]:
        """All runs, newest first."""
        return [
            self._read(row)
            for row in self._connection.all(f"select {_COLUMNS} from run order by created_at desc, rowid desc")
        ]

    def latest(self, domain: str) -> Run | None:
        """The last synthesis of a domain."""
        row = self._connection.one(
            f"select {_COLUMNS} from run where domain = ? and kind = 'synthesis' "
            "order by created_at desc, rowid desc limit 1",
            (domain,),
        )
        return None if row is None else self._read(row)

    def of(self, domain: str) -> list[Run]:
        """A domain's runs, newest first."""
        return [
            self._read(row)
            for row in self._connection.all(
                f"select {_COLUMNS} from run where domain = ? order by created_at desc, rowid desc", (domain,)
            )
        ]

    def unfinished(self) -> list[Run]:
        """Runs with work left, oldest first; those that somebody cancelled are not among them."""
        return [run for run in reversed(self.all()) if run.status in UNFINISHED and run.status != "cancelled"]

    def seed(self, id: str) -> str:
        """The seed's text, as it was given to `create`."""
        row = self._connection.one("select seed from run where id = ?", (id,))
        if row is None:
            raise UsageError(f"There is no run `{id}`.")
        return unpack(row["seed"], f"seed of run `{id}`")

    def retarget(self, id: str, options: RunOptions) -> Run:
        """Asks a run for more; its checkpoints stay, so it goes on where it ended."""
        self._connection.write(
            "update run set options = ?, status = 'queued', error = '', updated_at = ? where id = ?",
            (options.model_dump_json(), self._clock(), id),
        )
        return self.get(id)

    def discard(self, domain: str) -> None:
        """Removes a domain's runs with their checkpoints and events.

        Raises:
            StoreError: A living process works on one of them.
        """
        with self._connection.transaction():
            for run in self.all():
                if run.domain == domain and run.status == "running":
                    self.refuse_busy(run)
            self._connection.write("delete from run where domain = ?", (domain,))

    @staticmethod
    def refuse_busy(run: Run) -> NoReturn:
        """Says that a living process works on the run.

        Raises:
            StoreError: Always.
        """
        raise StoreError(
            f"Process {process_of(run.owner)} is working on the run `{run.id}`; "
            f"wait for it, or stop it with `scaleenv cancel {run.id}`."
        )

    def claim(self, id: str, owner: str) -> Run:
        """Takes a run's lease for `owner`; a cancelled or failed run begins to run again.

        Raises:
            StoreError: A living process holds it.
            UsageError: There is no such run.
        """
        with self._connection.transaction():
            run = self.get(id)
            if run.status == "running":
                self.refuse_busy(run)
            self._connection.write(
                "update run set status = 'running', owner = ?, heartbeat = ?, cancel = 0, error = '', "
                "attempts = attempts + 1, updated_at = ? where id = ?",
                (owner, self._clock(), self._clock(), id),
            )
            return self.get(id)

    def beat(self, id: str, owner: str) -> bool:
        """Says that the owner lives; `False` where it is not the owner any more."""
        return (
            self._connection.write(
                "update run set heartbeat = ? where id = ? and owner = ? and status = 'running'",
                (self._clock(), id, owner),
            )
            == 1
        )

    def cancel_asked(self, id: str) -> bool:
        """Whether somebody asked the run to stop."""
        return bool(self._connection.value("select cancel from run where id = ?", (id,)))

    def request_cancel(self, id: str) -> Run:
        """Asks a run to stop before its next step; one that nobody works on stops at once.

        Raises:
            UsageError: There is no such run, or it has ended already.
        """
        with self._connection.transaction():
            run = self.get(id)
            if run.status in ("done", "short"):
                raise UsageError(f"The run `{id}` has ended already; there is nothing to cancel.")
            status: RunStatus = "running" if run.status == "running" else "cancelled"
            self._connection.write(
                "update run set cancel = 1, status = ?, updated_at = ? where id = ?", (status, self._clock(), id)
            )
            return self.get(id)

    def steps(self, id: str) -> frozenset[str]:
        """Names of the steps that are behind the run."""
        return frozenset(
            row["step"] for row in self._connection.all("select step from checkpoint where run = ?", (id,))
        )

    def advance(
        self, id: str, owner: str, step: str | None, progress: Progress, events: Sequence[RunEvent] = ()
    ) -> list[RunEvent]:
        """Marks a step as done, with its progress and events; belongs into the transaction of its content.

        Args:
            id: The run.
            owner: Who did the step.
            step: Its name; `None` records progress and events alone.
            progress: Where the run stands now.
            events: What is to be said about it.

        Returns:
            The events as stored, with their numbers.

        Raises:
            LeaseLost: Another process owns the run now; the transaction must not be committed.
        """
        now = self._clock()
        touched = self._connection.write(
            "update run set phase = ?, done = ?, total = ?, counts = ?, phase_seconds = ?, heartbeat = ?, updated_at = ? "
            "where id = ? and owner = ? and status = 'running'",
            (
                *(progress.phase, progress.done, progress.total, progress.counts.model_dump_json()),
                *(to_text(progress.phase_seconds), now, now, id, owner),
            ),
        )
        if touched != 1:
            raise LeaseLost(f"Another process has taken over the run `{id}`; this one stops.")
        if step is not None:
            self._connection.write("insert into checkpoint (run, step, owner) values (?,?,?)", (id, step, owner))
        return self._log(id, events)

    def end(
        self, id: str, owner: str, status: RunStatus, events: Sequence[RunEvent] = (), *, error: str = ""
    ) -> list[RunEvent]:
        """Gives the lease back with the run's new status.

        Raises:
            LeaseLost: Another process owns the run now.
        """
        with self._connection.transaction():
            touched = self._connection.write(
                "update run set status = ?, owner = '', error = ?, cancel = 0, updated_at = ? where id = ? and owner = ?",
                (status, error, self._clock(), id, owner),
            )
            if touched != 1:
                raise LeaseLost(f"Another process has taken over the run `{id}`; this one stops.")
            return self._log(id, events)

    def _log(self, id: str, events: Sequence[RunEvent]) -> list[RunEvent]:
        last = int(self._connection.value("select coalesce(max(seq), 0) from event where run = ?", (id,)))
        now = self._clock()
        stored = [event.model_copy(update={"seq": last + n, "at": now}) for n, event in enumerate(events, start=1)]
        self._connection.write_many(
            "insert into event (run, seq, at, kind, phase, subject, message, data) values (?,?,?,?,?,?,?,?)",
            [(id, e.seq, e.at, e.kind, e.phase, e.subject, e.message, to_text(e.data)) for e in stored],
        )
        return stored

    def note(self, id: str, event: RunEvent) -> None:
        """Adds a line to a run's log that comes from outside its process, such as who asked for it."""
        with self._connection.transaction():
            self._log(id, [event])

    def events(self, id: str, *, after: int = 0, limit: int = 10_000) -> list[RunEvent]:
        """A run's log behind the event number `after`, oldest first."""
        rows = self._connection.all(
            "select seq, at, kind, phase, subject, message, data from event where run = ? and seq > ? order by seq limit ?",
            (id, after, limit),
        )
        return [RunEvent(**{**dict(row), "data": json.loads(row["data"])}) for row in rows]
