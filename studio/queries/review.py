"""What the review queue and the controls of a decision read, and what curators do there."""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from typing import NamedTuple

from engine.errors import ScaleEnvError
from engine.models.review import ReviewAction, ReviewEntry, ReviewState
from engine.store import Store
from engine.store.review_figures import CuratorCount, Disagreement, Recent
from engine.store.review_queue import LEASE_SECONDS, Lease, QueueMode, QueueProgress, Served
from engine.store.review_summary import ReviewSummary, summarize
from engine.store.task_filter import TaskFilter
from studio.queries import tasks
from studio.queries.agreement import Pace, PairAgreement, agreement, pace
from studio.queries.opened import opened
from studio.queries.tasks import TaskView

SPOTTED = 1000
"""Decisions of a curator from which the pace is told."""


class ReviewView(NamedTuple):
    """What curators said about a task.

    Attributes:
        digest: The content it was said of; decisions name it.
        audited: Whether the task can be decided on at all.
        log: Everything ever said, about earlier content too, oldest first.
    """

    domain: str
    task_id: str
    digest: str
    audited: bool
    summary: ReviewSummary
    log: list[ReviewEntry]

    def rating_of(self, curator: str) -> int | None:
        """The curator's own rating that stands."""
        undone = {entry.undoes for entry in self.log}
        for entry in reversed(self.log):
            rated = (entry.action, entry.curator, entry.task_digest) == ("rate", curator, self.digest)
            if rated and entry.seq not in undone:
                return entry.rating
        return None


def _view(store: Store, domain: str, task_id: str) -> ReviewView:
    digest = store.tasks.digest(domain, task_id)
    audited = store.tasks.count(TaskFilter(domain=domain, state="audited", ids=(task_id,))) == 1
    log = store.reviews.log(domain, task_id)
    summary = summarize([entry for entry in log if entry.task_digest == digest])
    return ReviewView(domain, task_id, digest, audited, summary, log)


def review(domain: str, task_id: str) -> ReviewView:
    """What curators said about a task.

    Raises:
        UsageError: There is no such task.
    """
    with opened() as store:
        return _view(store, domain, task_id)


def record(
    view: ReviewView, action: ReviewAction, curator: str, *, text: str = "", rating: int | None = None
) -> ReviewState:
    """Adds a curator's action on the content that they saw, and returns the state it leads to.

    Raises:
        UsageError: The action is not possible, or the task was changed since.
    """
    with opened() as store:
        return store.reviews.record(
            view.domain, view.task_id, action, curator, text=text, rating=rating, expected_digest=view.digest
        )


def retag(view: ReviewView, wanted: list[str], curator: str) -> None:
    """Adds and takes away tags until the task has those that are wanted.

    Raises:
        UsageError: A tag is not possible, or the task was changed since; nothing is recorded then.
    """
    with opened() as store, store.transaction():
        for action, tags in (
            ("untag", [tag for tag in view.summary.tags if tag not in wanted]),
            ("tag", [tag for tag in wanted if tag not in view.summary.tags]),
        ):
            for tag in tags:
                store.reviews.record(
                    *(view.domain, view.task_id, action, curator), text=tag, expected_digest=view.digest
                )


def known_curators() -> list[str]:
    """Names of those who ever acted; none where the store can't be read, which the page itself tells."""
    try:
        with opened() as store:
            return store.reviews.curators()
    except ScaleEnvError:
        return []


def known_tags() -> list[str]:
    """The tags in use, in alphabetical order."""
    with opened() as store:
        return store.reviews.tags()


class QueueItem(NamedTuple):
    """The task that a curator is at."""

    served: Served
    task: TaskView
    review: ReviewView


def serve(
    curator: str, chosen: TaskFilter, mode: QueueMode, wanted: tuple[str, str] | None, leave: tuple[str, str] | None
) -> QueueItem | None:
    """The task that the curator is at or the next one; null where none is left for them.

    Args:
        curator: Their name.
        chosen: Which tasks.
        mode: What they are asked for.
        wanted: A task that they ask for by name.
        leave: The task that they looked at until now; free for others if it is not the one that is served.

    Raises:
        UsageError: The curator has no name.
    """
    with opened() as store:
        served = store.review_queue.take(curator, chosen, mode, wanted=wanted)
        if leave is not None and (served is None or (served.domain, served.task_id) != leave):
            store.review_queue.release(curator, *leave)
        if served is None:
            return None
        view = _view(store, served.domain, served.task_id)
    return QueueItem(served, tasks.task(served.domain, served.task_id), view)


def decide(item: QueueItem, action: ReviewAction, curator: str, text: str = "") -> ReviewState:
    """Records a decision on the task that the curator was served.

    Raises:
        UsageError: Another curator has the task by now, or it was changed since it was shown.
    """
    with opened() as store:
        return store.review_queue.decide(
            *(curator, item.served.domain, item.served.task_id, action),
            text=text,
            expected_digest=item.served.digest,
        )


def skip(served: Served, curator: str) -> None:
    """Puts a task off."""
    with opened() as store:
        store.review_queue.skip(curator, served.domain, served.task_id)


def leave(curator: str, task: tuple[str, str]) -> None:
    """Leaves a task (domain, id) to whoever comes next."""
    with opened() as store:
        store.review_queue.release(curator, *task)


def undo_last(curator: str, served: Served | None) -> tuple[str, str]:
    """Takes back the curator's last decision and returns its task (domain, id).

    Raises:
        UsageError: There is none.
    """
    with opened() as store:
        undone = store.review_queue.undo_last(curator, served and (served.domain, served.task_id))
    return undone.domain, undone.task_id


def stay(served: Served, curator: str) -> Served | None:
    """Keeps the task for the curator who still looks at it; null where another one has it by now."""
    now = time.time()
    if served.until - now > LEASE_SECONDS / 2:
        return served
    with opened() as store:
        if store.review_queue.renew(curator, served.domain, served.task_id):
            return served._replace(until=now + LEASE_SECONDS)
    return None


class Standing(NamedTuple):
    """How far the queue is, and how this curator gets on.

    Attributes:
        today: Decisions that the curator made since midnight, bulk actions aside.
        others: What other curators look at now.
        recent: The last decisions of anybody, newest first.
    """

    progress: QueueProgress
    today: int
    pace: Pace
    others: list[Lease]
    recent: list[Recent]


def _midnight(days_ago: int = 0) -> float:
    return datetime.combine(date.today() - timedelta(days=days_ago), clock_time.min).timestamp()


def standing(curator: str, chosen: TaskFilter, mode: QueueMode) -> Standing:
    """How far the queue is.

    Raises:
        UsageError: The curator has no name.
    """
    with opened() as store:
        times = store.review_figures.times(curator, since=_midnight(), limit=SPOTTED)
        return Standing(
            store.review_queue.progress(curator, chosen, mode),
            len(times),
            pace(times),
            [lease for lease in store.review_queue.leases() if lease.curator != curator],
            store.review_figures.recent(),
        )


def count_tasks(chosen: TaskFilter) -> int:
    """How many tasks a filter lets through."""
    with opened() as store:
        return store.tasks.count(chosen)


class Throughput(NamedTuple):
    """Decisions of one curator on one day that still stand.

    Attributes:
        bulk: Those of them that came from bulk actions.
    """

    day: date
    curator: str
    decisions: int
    bulk: int = 0


def throughput(days: int) -> list[Throughput]:
    """Decisions of the last days, today included, oldest first; days without any are left out."""
    with opened() as store:
        counts = store.review_figures.per_day(_midnight(days - 1))
    return [Throughput(date.fromisoformat(day), curator, decisions, bulk) for day, curator, decisions, bulk in counts]


class CuratorRow(NamedTuple):
    """What stands of a curator's decisions, and how fast they are made."""

    count: CuratorCount
    pace: Pace


class Agreement(NamedTuple):
    """How far curators agree.

    Attributes:
        shared: Tasks that two or more curators decided on.
        alike: Those that all of these decide alike.
    """

    shared: int
    alike: int
    pairs: list[PairAgreement]
    curators: list[CuratorRow]


def agreements() -> Agreement:
    """How far curators agree over the whole store."""
    with opened() as store:
        figures = store.review_figures
        shared, alike = figures.shared()
        counts: dict[tuple[str, str], dict[tuple[str, str], int]] = {}
        for pair in figures.pairs():
            decisions = counts.setdefault((pair.first, pair.second), {})
            decisions[pair.first_decision, pair.second_decision] = pair.tasks
        return Agreement(
            *(shared, alike),
            [agreement(first, second, found) for (first, second), found in counts.items()],
            [CuratorRow(count, pace(figures.times(count.curator))) for count in figures.curators()],
        )


def disagreements(offset: int, limit: int) -> list[Disagreement]:
    """Tasks that curators decide differently, some of them."""
    with opened() as store:
        return store.review_figures.disagreements(offset=offset, limit=limit)
