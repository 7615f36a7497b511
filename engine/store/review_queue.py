"""The review queue: serves each curator a task that nobody else is looking at."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from engine.errors import UsageError
from engine.models.review import ReviewAction, ReviewEntry, ReviewState
from engine.store.connection import Connection
from engine.store.review_summary import tidy_name
from engine.store.reviews import Reviews
from engine.store.task_filter import TaskFilter

LEASE_SECONDS = 600.0
"""How long a task is kept for the curator to whom it was served last, unless they renew."""

QueueMode = Literal["undecided", "second_opinion"]
"""Tasks that nobody decided, or those that exactly one other curator decided."""


class Served(NamedTuple):
    """A task that is kept for a curator.

    Attributes:
        digest: Its content; a decision is made on exactly this.
        until: When the lease ends unless it is renewed, in seconds since 1970.
        skipped: Whether the curator skipped it before.
    """

    domain: str
    task_id: str
    digest: str
    until: float
    skipped: bool


class QueueProgress(NamedTuple):
    """How far the queue is.

    Attributes:
        decided: Tasks of the filter that need nothing more in this mode.
        open: Tasks that wait for a decision, those included that are leased or skipped.
        leased: Of these, the ones that other curators look at now.
        skipped: Of these, the ones that this curator put off.
    """

    decided: int
    open: int
    leased: int
    skipped: int


class Lease(NamedTuple):
    """Who looks at which task."""

    domain: str
    task_id: str
    curator: str
    until: float


_WAITS: dict[QueueMode, str] = {
    "undecided": "state = 'audited' and review = 'open' and stale = ''",
    "second_opinion": "state = 'audited' and reviewers = 1 and decider != :curator and stale = ''",
}
_OTHERS = (
    "exists (select 1 from review_lease lease where lease.domain = task.domain and lease.task_id = task.id "
    "and lease.curator != :curator and lease.until > :now)"
)
_SKIPPED = (
    "exists (select 1 from review_skip skip where skip.curator = :curator and skip.domain = task.domain "
    "and skip.task_id = task.id)"
)
_SKIPPED_AT = (
    "(select skip.at from review_skip skip where skip.curator = :curator and skip.domain = task.domain "
    "and skip.task_id = task.id)"
)


class ReviewQueue:
    """Serves tasks under leases: one task is never kept for two curators.

    A lease ends when its curator decides, skips or releases the task, and by itself after a while: so nothing is lost
    with a browser that was closed.

    Args:
        connection: The store's connection.
        reviews: The log that decisions go to.
        clock: Seconds since 1970.
        lease: Seconds that a lease lasts.
    """

    def __init__(
        self,
        connection: Connection,
        reviews: Reviews,
        clock: Callable[[], float] = time.time,
        *,
        lease: float = LEASE_SECONDS,
    ) -> None:
        self._connection = connection
        self._reviews = reviews
        self._clock = clock
        self._lease = lease

    def take(
        self,
        curator: str,
        chosen: TaskFilter | None = None,
        mode: QueueMode = "undecided",
        *,
        wanted: tuple[str, str] | None = None,
    ) -> Served | None:
        """The task that the curator is at, or the next one; null where none is left for them.

        The curator keeps the task that they were served before, so a reload changes nothing. What they skipped comes
        after everything else, longest ago first.

        Args:
            curator: Their name.
            chosen: Which tasks; all where left out.
            mode: What they are asked for.
            wanted: A task (domain, id) that the curator asks for whatever the filter and the mode say; left aside where
                another curator is at it.

        Raises:
            UsageError: The curator has no name.
        """
        name = _named(curator)
        served = self._held(name, chosen, mode, wanted)
        if served is not None and served.until - self._clock() > self._lease / 2:
            return served  # the usual case on a page that is drawn again: nothing to write
        with self._connection.transaction():
            served = self._held(name, chosen, mode, wanted) or self._next(name, chosen, mode, wanted)
            if served is None:
                return None
            until = self._clock() + self._lease
            self._connection.write(
                "insert into review_lease (domain, task_id, curator, until) values (?,?,?,?) "
                "on conflict (domain, task_id) do update set curator = excluded.curator, until = excluded.until",
                (served.domain, served.task_id, name, until),
            )
            return served._replace(until=until)

    def renew(self, curator: str, domain: str, task_id: str) -> bool:
        """Says that the curator still looks at the task; `False` where another one has it by now."""
        name = _named(curator)
        with self._connection.transaction():
            if self._holder(domain, task_id, name) is not None:
                return False
            changed = self._connection.write(
                "update review_lease set until = ? where domain = ? and task_id = ? and curator = ?",
                (self._clock() + self._lease, domain, task_id, name),
            )
        return bool(changed)

    def decide(
        self,
        curator: str,
        domain: str,
        task_id: str,
        action: ReviewAction,
        *,
        text: str = "",
        expected_digest: str | None = None,
    ) -> ReviewState:
        """Records the curator's decision on the task they were served, and ends the lease.

        Raises:
            UsageError: The lease had run out and another curator has the task now, or the decision is not possible.
        """
        name = _named(curator)
        with self._connection.transaction():
            holder = self._holder(domain, task_id, name)
            if holder is not None:
                raise UsageError(
                    f"Your turn at the task `{task_id}` ran out and `{holder}` is reviewing it now, so nothing was "
                    "recorded; open it on the Tasks page to decide all the same."
                    + (f" You had written: {text}" if text.strip() else "")
                )
            state = self._reviews.record(domain, task_id, action, name, text=text, expected_digest=expected_digest)
            self._forget(domain, task_id, name)
        return state

    def skip(self, curator: str, domain: str, task_id: str) -> None:
        """Puts the task at the end of the queue for this curator, and leaves it to others."""
        name = _named(curator)
        with self._connection.transaction():
            self._connection.write(
                "insert into review_skip (domain, task_id, curator, at) values (?,?,?,?) "
                "on conflict (curator, domain, task_id) do update set at = excluded.at",
                (domain, task_id, name, self._clock()),
            )
            self.release(name, domain, task_id)

    def release(self, curator: str, domain: str, task_id: str) -> None:
        """Leaves the task to whoever comes next."""
        self._connection.write(
            "delete from review_lease where domain = ? and task_id = ? and curator = ?",
            (domain, task_id, _named(curator)),
        )

    def undo_last(self, curator: str, at: tuple[str, str] | None = None) -> ReviewEntry:
        """Takes back the curator's last decision, bulk actions aside, and returns it.

        Args:
            curator: Their name.
            at: The task (domain, id) that they are at now; it is left to whoever comes next.

        Raises:
            UsageError: The curator has decided nothing that stands.
        """
        name = _named(curator)
        with self._connection.transaction():
            last = self._reviews.last_decision(name)
            if last is None:
                raise UsageError(f"`{name}` has no decision to undo; bulk actions are undone on the Tasks page.")
            self._reviews.undo_decision(last.seq)
            if at is not None and at != (last.domain, last.task_id):
                self.release(name, *at)
        return last

    def progress(self, curator: str, chosen: TaskFilter | None = None, mode: QueueMode = "undecided") -> QueueProgress:
        """How far the queue is under a filter; stale tasks don't count, for they can't be decided on yet."""
        where, parameters = self._where(_named(curator), chosen)
        waits = _WAITS[mode]
        decided = "review != 'open'" if mode == "undecided" else "reviewers > 1"
        # Of each group one count over an index; leases and skips are few, so they are counted from their side.
        among = "(task.domain, task.id) in (select {} where {}) and " + waits
        counts = (
            f"state = 'audited' and stale = '' and {decided}",
            waits,
            among.format("domain, task_id from review_lease", "curator != :curator and until > :now"),
            among.format("domain, task_id from review_skip", "curator = :curator"),
        )
        return QueueProgress(
            *(
                int(self._connection.value(f"select count(*) from task where {count} and ({where})", parameters))
                for count in counts
            )
        )

    def leases(self) -> list[Lease]:
        """Who looks at what now, by name."""
        rows = self._connection.all(
            "select domain, task_id, curator, until from review_lease where until > ? order by curator, until",
            (self._clock(),),
        )
        return [Lease(*row) for row in rows]

    def _where(self, name: str, chosen: TaskFilter | None) -> tuple[str, dict[str, Any]]:
        where, parameters = (chosen or TaskFilter()).where()
        return where, parameters | {"curator": name, "now": self._clock()}

    def _held(
        self, name: str, chosen: TaskFilter | None, mode: QueueMode, wanted: tuple[str, str] | None
    ) -> Served | None:
        """The task that is kept for the curator already, if it still fits."""
        where, parameters = self._where(name, chosen)
        fits = f"({_WAITS[mode]} and ({where}))"
        if wanted is not None:
            # Asked for by name: the first choice, if it is held; else `_next` gets it.
            fits = "(task.domain = :wanted_domain and task.id = :wanted_id and state = 'audited')"
            parameters |= {"wanted_domain": wanted[0], "wanted_id": wanted[1]}
        row = self._connection.one(
            f"select domain, id, digest, (select until from review_lease lease where lease.domain = task.domain "
            f"and lease.task_id = task.id) as until, {_SKIPPED} as skipped from task where (domain, id) in "
            f"(select domain, task_id from review_lease where curator = :curator and until > :now) and {fits} "
            "order by until desc limit 1",
            parameters,
        )
        return None if row is None else Served(row["domain"], row["id"], row["digest"], row["until"], bool(row[4]))

    def _next(
        self, name: str, chosen: TaskFilter | None, mode: QueueMode, wanted: tuple[str, str] | None
    ) -> Served | None:
        """The task to serve next."""
        where, parameters = self._where(name, chosen)
        if wanted is not None:
            row = self._connection.one(
                f"select domain, id, digest, {_SKIPPED} as skipped from task where domain = :wanted_domain "
                f"and id = :wanted_id and state = 'audited' and not {_OTHERS}",
                parameters | {"wanted_domain": wanted[0], "wanted_id": wanted[1]},
            )
            if row is not None:
                return Served(row["domain"], row["id"], row["digest"], 0.0, bool(row["skipped"]))
            held = self._held(name, chosen, mode, None)
            if held is not None:
                return held
        waits = f"select domain, id, digest from task where {_WAITS[mode]} and ({where}) and not {_OTHERS}"
        row = self._connection.one(f"{waits} and not {_SKIPPED} order by domain, position limit 1", parameters)
        skipped = row is None
        if row is None:
            row = self._connection.one(f"{waits} and {_SKIPPED} order by {_SKIPPED_AT} limit 1", parameters)
        return None if row is None else Served(row["domain"], row["id"], row["digest"], 0.0, skipped)

    def _holder(self, domain: str, task_id: str, name: str) -> str | None:
        """Another curator for whom the task is kept now."""
        holder: str | None = self._connection.value(
            "select curator from review_lease where domain = ? and task_id = ? and curator != ? and until > ?",
            (domain, task_id, name, self._clock()),
        )
        return holder

    def _forget(self, domain: str, task_id: str, name: str) -> None:
        self.release(name, domain, task_id)
        self._connection.write(
            "delete from review_skip where curator = ? and domain = ? and task_id = ?", (name, domain, task_id)
        )


def _named(curator: str) -> str:
    name = tidy_name(curator)
    if not name:
        raise UsageError("The review queue needs the curator's name; enter yours in the sidebar.")
    return name
