"""Two executions compared: their calls, what they changed in the end, and what that earned."""

from __future__ import annotations

from typing import NamedTuple

from engine.models.database import DatabaseSchema
from engine.models.reward import Verdict
from engine.models.task import Task
from engine.models.trace import Key, RowChange, Trace
from engine.runtime.reward import Scorer
from engine.tasks.replay import key_order, net
from engine.traces.alignment import ComparedStep, compare_steps


class ComparedRow(NamedTuple):
    """A row that at least one side changed.

    Attributes:
        columns: Columns whose final values differ; empty where both ended alike, and where one side did not touch it.
    """

    table: str
    key: Key
    left: RowChange | None
    right: RowChange | None
    columns: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether both sides left the row alike."""
        return self.left is not None and self.right is not None and self.left.after == self.right.after


class Comparison(NamedTuple):
    """Two executions side by side.

    Attributes:
        earned: What each side's changes earn at the task that both belong to; null where there is none.
    """

    steps: tuple[ComparedStep, ...]
    rows: tuple[ComparedRow, ...]
    earned: tuple[Verdict, Verdict] | None


def compare(left: Trace, right: Trace, task: Task | None, database: DatabaseSchema | None) -> Comparison:
    """Compares two executions; the left one is what the right one is measured against.

    Args:
        left: Such as the reference.
        right: Such as a failed attempt.
        task: The task that both belong to, where they do.
        database: The domain's schema; needed for the reward.
    """
    changes = tuple(net([step.diff for step in trace.steps]) for trace in (left, right))
    earned: tuple[Verdict, Verdict] | None = None
    if task is not None and database is not None:
        known = all(change.table in database.table for side in (*changes, task.gold_diff) for change in side)
        if known:
            scorer = Scorer(database)
            one, other = (scorer.score_changes(task.gold_diff, side) for side in changes)
            earned = one, other
    return Comparison(compare_steps(left.steps, right.steps), compare_rows(*changes), earned)


def compare_rows(left: tuple[RowChange, ...], right: tuple[RowChange, ...]) -> tuple[ComparedRow, ...]:
    """Two net diffs row by row, by table and key."""
    mine = {(change.table, change.key): change for change in left}
    theirs = {(change.table, change.key): change for change in right}
    found: list[ComparedRow] = []
    for table, key in sorted(mine.keys() | theirs.keys(), key=lambda place: (place[0], key_order(place[1]))):
        one, other = mine.get((table, key)), theirs.get((table, key))
        columns: tuple[str, ...] = ()
        if one is not None and other is not None and one.after is not None and other.after is not None:
            names = dict.fromkeys([*one.after, *other.after])
            columns = tuple(name for name in names if one.after.get(name) != other.after.get(name))
        found.append(ComparedRow(table, key, one, other, columns))
    return tuple(found)
