"""The review log; what curators think of a task follows from it."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple
from uuid import uuid4

from engine.errors import UsageError
from engine.models.review import DECISIONS, ReviewAction, ReviewEntry, ReviewState
from engine.store.connection import Connection
from engine.store.review_columns import settle
from engine.store.review_summary import (
    TAGS,
    ReviewSummary,
    review_state,
    standing,
    summarize,
    tidy_name,
    tidy_tag,
    tidy_text,
)

if TYPE_CHECKING:
    from engine.store.task_filter import TaskFilter

__all__ = ["BulkResult", "Reviews", "review_state"]


class BulkResult(NamedTuple):
    """What a bulk action did.

    Attributes:
        batch: Names the action, so that it can be undone; empty where it changed nothing.
        tasks: How many tasks it was recorded for.
    """

    batch: str
    tasks: int


class Said(NamedTuple):
    """An action that was checked, ready for the log."""

    action: ReviewAction
    curator: str
    text: str
    rating: int | None


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
        return self.summary(domain, task_id, digest).state

    def summary(self, domain: str, task_id: str, digest: str) -> ReviewSummary:
        """Everything that follows from the log for a task of that content."""
        return summarize(self._counted(domain, task_id, digest))

    def settle(self, domain: str, task_id: str) -> None:
        """Brings what a task's row says of its reviews in line with the log; to be called whenever its content changes."""
        with self._connection.transaction():
            number = self._connection.value("select number from task where domain = ? and id = ?", (domain, task_id))
            if number is not None:
                settle(self._connection.raw, [number])

    def record(
        self,
        domain: str,
        task_id: str,
        action: ReviewAction,
        curator: str,
        *,
        text: str = "",
        rating: int | None = None,
        expected_digest: str | None = None,
    ) -> ReviewState:
        """Adds a curator's action and returns the state the task has then.

        `undo` takes back the curator's own last action on the task that is not undone yet. An action that says nothing
        new (a tag that is there, the decision that the same curator made last) adds nothing.

        Args:
            domain: The task's domain.
            task_id: The task.
            action: What the curator does.
            curator: Their name.
            text: The reason, the note or the tag.
            rating: 1 to 5 with `rate`.
            expected_digest: The content that the curator saw.

        Raises:
            UsageError: There is no such audited task, its content is not the expected one, there is nothing to undo,
                or the action lacks something.
        """
        said = self._checked(action, curator, text, rating)
        with self._connection.transaction():
            task = self._task(domain, task_id)
            digest: str = task["digest"]
            if expected_digest is not None and expected_digest != digest:
                raise UsageError(
                    f"The task `{task_id}` was changed since it was shown to you, so nothing was recorded; "
                    "read it again and decide then."
                )
            entries = self._counted(domain, task_id, digest)
            undoes = None
            if said.action == "undo":
                undoes = self._last(entries, said.curator, task_id).seq
            elif self._adds_nothing(said, summarize(entries), entries):
                return summarize(entries).state
            elif said.action == "tag":
                self._need_room(task_id, summarize(entries).tags)
            self._append([(domain, task_id, digest)], said, undoes=undoes)
            settle(self._connection.raw, [task["number"]])
            return self.state(domain, task_id, digest)

    def record_all(
        self,
        chosen: TaskFilter,
        action: ReviewAction,
        curator: str,
        *,
        text: str = "",
        rating: int | None = None,
        expected: int | None = None,
    ) -> BulkResult:
        """Adds one action for every audited task that a filter lets through: all or none, as one batch.

        Tags are added only where they are missing, and taken away only where they are.

        Args:
            chosen: Which tasks.
            action: What the curator does; everything but `undo`.
            curator: Their name.
            text: The reason, the note or the tag.
            rating: 1 to 5 with `rate`.
            expected: How many tasks the curator was told that the filter lets through.

        Raises:
            UsageError: The action lacks something, or the filter lets through another number of tasks by now.
        """
        said = self._checked(action, curator, text, rating)
        if said.action == "undo":
            raise UsageError("A bulk action is undone as a whole: by its batch.")
        where, parameters = chosen.where()
        with self._connection.transaction():
            tasks = self._connection.all(
                f"select number, domain, id, digest, tags from task where ({where}) and state = 'audited'", parameters
            )
            if expected is not None and expected != len(tasks):
                raise UsageError(
                    f"The filter lets through {len(tasks):,} tasks by now, not {expected:,}, so nothing was recorded; "
                    "look at them again."
                )
            if said.action in ("tag", "untag"):
                tasks = self._tagged_otherwise(tasks, said)
            batch = uuid4().hex if tasks else ""
            self._append([(row["domain"], row["id"], row["digest"]) for row in tasks], said, batch=batch)
            settle(self._connection.raw, [row["number"] for row in tasks])
        return BulkResult(batch, len(tasks))

    def undo_batch(self, batch: str, curator: str) -> int:
        """Takes back those entries of a bulk action that still stand, and returns how many these were.

        Raises:
            UsageError: There is no such batch, another curator made it, or nothing of it stands any more.
        """
        curator = self._named(curator)
        with self._connection.transaction():
            rows = self._connection.all(
                "select domain, task_id, task_digest, seq, curator, "
                "exists (select 1 from review undo where undo.undoes = review.seq) as undone "
                "from review where batch = ? and batch != '' and action != 'undo' order by seq",
                (batch,),
            )
            if not rows:
                raise UsageError(f"There is no bulk action `{batch}` to undo.")
            if rows[0]["curator"] != curator:
                raise UsageError(f"This bulk action is `{rows[0]['curator']}`'s, so `{curator}` can't undo it.")
            stand = [row for row in rows if not row["undone"]]
            if not stand:
                raise UsageError("Nothing of this bulk action stands any more.")
            now = self._clock()
            self._connection.write_many(
                "insert into review (domain, task_id, task_digest, action, curator, text, undoes, batch, at) "
                "values (?,?,?,'undo',?,'',?,?,?)",
                [(row["domain"], row["task_id"], row["task_digest"], curator, row["seq"], batch, now) for row in stand],
            )
            numbers = self._connection.all(
                "select number from task join review on review.domain = task.domain and review.task_id = task.id "
                "where review.batch = ? and review.action = 'undo'",
                (batch,),
            )
            settle(self._connection.raw, {row["number"] for row in numbers})
        return len(stand)

    def undo_decision(self, seq: int) -> None:
        """Takes back one decision by its number in the log, whatever else was said since.

        Raises:
            UsageError: There is no such decision, or it was taken back already.
        """
        with self._connection.transaction():
            row = self._connection.one("select * from review where seq = ?", (seq,))
            if row is None or row["action"] not in DECISIONS:
                raise UsageError(f"Entry {seq} of the review log is no decision.")
            if self._connection.value("select 1 from review where undoes = ?", (seq,)):
                raise UsageError("This decision was taken back already.")
            said = Said("undo", row["curator"], "", None)
            self._append([(row["domain"], row["task_id"], row["task_digest"])], said, undoes=seq)
            self.settle(row["domain"], row["task_id"])

    def last_decision(self, curator: str) -> ReviewEntry | None:
        """The curator's last decision that stands, bulk actions aside, on a task that still has the decided content."""
        row = self._connection.one(
            "select review.* from review join task on task.domain = review.domain and task.id = review.task_id "
            "and task.digest = review.task_digest where review.curator = ? and review.batch = '' "
            "and review.action in ('approve', 'reject', 'needs_edit') "
            "and not exists (select 1 from review undo where undo.undoes = review.seq) order by review.seq desc limit 1",
            (curator,),
        )
        return None if row is None else ReviewEntry(**dict(row))

    def curators(self, limit: int = 100) -> list[str]:
        """Names of those who ever acted, in alphabetical order."""
        return self._different("review", "curator", limit)

    def tags(self, limit: int = 500) -> list[str]:
        """Tags in use, in alphabetical order."""
        return self._different("task_tag", "tag", limit)

    def _different(self, table: str, column: str, limit: int) -> list[str]:
        """The different values of an indexed column: one look into the index for each; `distinct` would read all rows."""
        rows = self._connection.all(
            f"with recursive found (value) as (select min({column}) from {table} union all "
            f"select (select min({column}) from {table} where {column} > found.value) from found "
            "where found.value is not null) select value from found where value is not null limit ?",
            (limit,),
        )
        return [row["value"] for row in rows]

    def _task(self, domain: str, task_id: str) -> sqlite3.Row:
        task = self._connection.one(
            "select number, digest from task where domain = ? and id = ? and state = 'audited'", (domain, task_id)
        )
        if task is None:
            raise UsageError(f"The domain `{domain}` has no audited task `{task_id}` to review.")
        return task

    def _counted(self, domain: str, task_id: str, digest: str) -> list[ReviewEntry]:
        """The entries about this content of the task."""
        return [entry for entry in self.log(domain, task_id) if entry.task_digest == digest]

    def _append(
        self, tasks: Iterable[tuple[str, str, str]], said: Said, *, undoes: int | None = None, batch: str = ""
    ) -> None:
        now = self._clock()
        self._connection.write_many(
            "insert into review (domain, task_id, task_digest, action, curator, text, rating, undoes, batch, at) "
            "values (?,?,?,?,?,?,?,?,?,?)",
            [(*task, said.action, said.curator, said.text, said.rating, undoes, batch, now) for task in tasks],
        )

    def _named(self, curator: str) -> str:
        name = tidy_name(curator)
        if not name:
            raise UsageError("A review needs the curator's name; enter yours in the sidebar.")
        return name

    def _checked(self, action: ReviewAction, curator: str, text: str, rating: int | None) -> Said:
        name = self._named(curator)
        if action == "rate" and (rating is None or not 1 <= rating <= 5):
            raise UsageError(f"A rating is a number from 1 to 5, not {rating!r}.")
        words = tidy_tag(text) if action in ("tag", "untag") else tidy_text(text)
        if action == "note" and not words:
            raise UsageError("A note needs words.")
        return Said(action, name, words, rating if action == "rate" else None)

    def _adds_nothing(self, said: Said, summary: ReviewSummary, entries: list[ReviewEntry]) -> bool:
        if said.action == "tag":
            return said.text in summary.tags
        if said.action == "untag":
            return said.text not in summary.tags
        stands = list(reversed(standing(entries)))
        if said.action in DECISIONS:
            last = next((entry for entry in stands if entry.action in DECISIONS), None)
            return last is not None and (last.curator, last.action, last.text) == (said.curator, said.action, said.text)
        if said.action == "rate":
            rated = (entry.rating for entry in stands if entry.action == "rate" and entry.curator == said.curator)
            return next(rated, None) == said.rating
        return False

    def _need_room(self, task_id: str, tags: Iterable[str]) -> None:
        if len(list(tags)) >= TAGS:
            raise UsageError(f"The task `{task_id}` has {TAGS} tags already, which is the most; take one away first.")

    def _tagged_otherwise(self, tasks: list[sqlite3.Row], said: Said) -> list[sqlite3.Row]:
        wanted = [row for row in tasks if (said.text in json.loads(row["tags"])) == (said.action == "untag")]
        if said.action == "tag":
            for row in wanted:
                self._need_room(row["id"], json.loads(row["tags"]))
        return wanted

    def _last(self, entries: list[ReviewEntry], curator: str, task_id: str) -> ReviewEntry:
        for entry in reversed(standing(entries)):
            if entry.curator == curator:
                return entry
        raise UsageError(f"`{curator}` has nothing to undo on the task `{task_id}`.")
