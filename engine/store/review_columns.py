"""What follows from the review log is kept on the task's row, so that tasks can be filtered and sorted by it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable

from engine.models.review import ReviewEntry
from engine.store.codec import to_text
from engine.store.review_summary import by_task, summarize

_ALL = "select number from task where exists (select 1 from review where domain = task.domain and task_id = task.id)"


def settle(raw: sqlite3.Connection, numbers: Iterable[int] | None = None) -> None:
    """Brings tasks' columns `review`, `reviewers`, `agreed`, `decider`, `rating`, `tags` and `reviewed_at` up to date.

    Belongs into the transaction that writes the log or the task's content.

    Args:
        raw: A connection.
        numbers: Numbers of the tasks; every task that was ever reviewed where left out.
    """
    chosen = "select value from json_each(:numbers)" if numbers is not None else _ALL
    given = {"numbers": json.dumps(list(numbers))} if numbers is not None else {}
    # By position, for a row factory may or may not be set.
    tasks = raw.execute(f"select number, domain, id, tags from task where number in ({chosen})", given).fetchall()
    names = ", ".join(f"review.{name}" for name in ReviewEntry.model_fields)
    entries = raw.execute(
        f"select {names} from task join review on review.domain = task.domain and review.task_id = task.id "
        f"and review.task_digest = task.digest where task.number in ({chosen}) order by review.seq",
        given,
    )
    logs = by_task(
        ReviewEntry.model_construct(None, **dict(zip(ReviewEntry.model_fields, row, strict=True))) for row in entries
    )
    columns: list[tuple[object, ...]] = []
    standing: list[tuple[int, str, str, int]] = []
    tagged: list[tuple[int, tuple[str, ...]]] = []
    for number, domain, id, tags in tasks:
        summary = summarize(logs.get((domain, id), []))
        text = to_text(summary.tags)
        columns.append(
            (
                *(summary.state, summary.reviewers, None if summary.agreed is None else int(summary.agreed)),
                *(summary.decider, summary.rating, text, summary.reviewed_at, number),
            )
        )
        standing += [
            (number, curator, decision, summary.seqs[curator]) for curator, decision in summary.decisions.items()
        ]
        if text != tags:
            tagged.append((number, summary.tags))
    raw.executemany(
        "update task set review = ?, reviewers = ?, agreed = ?, decider = ?, rating = ?, tags = ?, reviewed_at = ? "
        "where number = ?",
        columns,
    )
    raw.execute(f"delete from review_standing where number in ({chosen})", given)
    raw.executemany("insert into review_standing (number, curator, decision, seq) values (?,?,?,?)", standing)
    raw.executemany("delete from task_tag where number = ?", [(number,) for number, _ in tagged])
    raw.executemany(
        "insert into task_tag (tag, number) values (?,?)", [(tag, number) for number, tags in tagged for tag in tags]
    )
