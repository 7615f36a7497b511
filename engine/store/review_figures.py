"""Counts over the review log: who decided how much, and where curators decide alike."""

from __future__ import annotations

from typing import NamedTuple

from engine.models.review import ReviewState
from engine.store.connection import Connection

_DECISIONS = "('approve', 'reject', 'needs_edit')"
_STANDS = "not exists (select 1 from review undo where undo.undoes = review.seq)"


class DayCount(NamedTuple):
    """Decisions of one curator on one day that still stand.

    Attributes:
        day: ISO date, in the time zone of this machine.
        bulk: Those of them that came from bulk actions.
    """

    day: str
    curator: str
    decisions: int
    bulk: int


class PairCount(NamedTuple):
    """How often one curator decided this and another one that, on the same content of the same task."""

    first: str
    second: str
    first_decision: ReviewState
    second_decision: ReviewState
    tasks: int


class CuratorCount(NamedTuple):
    """What stands of a curator's decisions."""

    curator: str
    approved: int
    rejected: int
    needs_edit: int


class Disagreement(NamedTuple):
    """A task that curators decide differently.

    Attributes:
        number: The task's number, by which these are paged.
        decisions: (curator, decision) in order of their decisions; the last one is what counts.
    """

    number: int
    domain: str
    task_id: str
    instruction: str
    decisions: tuple[tuple[str, ReviewState], ...]


class Recent(NamedTuple):
    """A decision that was just made."""

    domain: str
    task_id: str
    action: str
    curator: str
    at: float


class ReviewFigures:
    """Counts over the review log of a store."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def per_day(self, since: float) -> list[DayCount]:
        """Decisions a day and curator, oldest first.

        Args:
            since: Seconds since 1970.
        """
        rows = self._connection.all(
            "select date(at, 'unixepoch', 'localtime') as day, curator, count(*), sum(batch != '') from review "
            f"where at >= ? and action in {_DECISIONS} and {_STANDS} group by day, curator order by day, curator",
            (since,),
        )
        return [DayCount(*row) for row in rows]

    def times(self, curator: str, *, since: float = 0.0, limit: int = 500) -> list[float]:
        """When the curator made their last decisions one by one, oldest first, in seconds since 1970."""
        rows = self._connection.all(
            f"select at from (select seq, at from review where curator = ? and batch = '' and action in {_DECISIONS} "
            f"and at >= ? and {_STANDS} order by seq desc limit ?) order by seq",
            (curator, since, limit),
        )
        return [row["at"] for row in rows]

    def recent(self, limit: int = 5) -> list[Recent]:
        """The last decisions of anybody that were made one by one, newest first."""
        rows = self._connection.all(
            "select domain, task_id, action, curator, at from review "
            f"where action in {_DECISIONS} and batch = '' and {_STANDS} order by seq desc limit ?",
            (limit,),
        )
        return [Recent(*row) for row in rows]

    def curators(self) -> list[CuratorCount]:
        """What stands of each curator's decisions, by name."""
        rows = self._connection.all(
            "select curator, sum(decision = 'approved'), sum(decision = 'rejected'), sum(decision = 'needs_edit') "
            "from review_standing group by curator order by curator"
        )
        return [CuratorCount(*row) for row in rows]

    def pairs(self) -> list[PairCount]:
        """How curators decided where two of them decided on the same task."""
        rows = self._connection.all(
            "select one.curator, two.curator, one.decision, two.decision, count(*) from task "
            "join review_standing one on one.number = task.number "
            "join review_standing two on two.number = task.number and two.curator > one.curator "
            "where task.agreed is not null group by 1, 2, 3, 4 order by 1, 2, 3, 4"
        )
        return [PairCount(*row) for row in rows]

    def shared(self) -> tuple[int, int]:
        """Tasks that two or more curators decided on, and those of them that they decide alike."""
        row = self._connection.one("select count(*), coalesce(sum(agreed), 0) from task where agreed is not null")
        return (0, 0) if row is None else (row[0], row[1])

    def disagreements(self, *, offset: int = 0, limit: int = 10) -> list[Disagreement]:
        """Tasks that curators decide differently, in order of domain and position."""
        rows = self._connection.all(
            "select number, domain, id, instruction from task where agreed = 0 order by domain, position limit ? offset ?",
            (limit, offset),
        )
        return [
            Disagreement(
                *(row["number"], row["domain"], row["id"], row["instruction"]),
                tuple(
                    (each["curator"], each["decision"])
                    for each in self._connection.all(
                        "select curator, decision from review_standing where number = ? order by seq", (row["number"],)
                    )
                ),
            )
            for row in rows
        ]
