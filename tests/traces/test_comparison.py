"""A reference against other attempts: what they changed in the end, and what that earned."""

from __future__ import annotations

from engine.models.trace import RowChange
from engine.traces.comparison import compare, compare_rows
from tests.fakes.bookings import bookings_domain
from tests.tasks.room_tasks import room_audited

DATABASE = bookings_domain().database


def test_each_side_earns_what_the_audits_say() -> None:
    for entry in room_audited():
        reference = entry.traces[0]
        for trace in entry.traces:
            found = compare(reference, trace, entry.task, DATABASE)
            assert found.earned is not None
            mine, theirs = found.earned
            assert mine.reward == 1.0
            expected = trace.id.split(":")[1] in ("solvable", "reordering", "distractors_harmless")
            assert (theirs.reward == 1.0) is expected
            assert bool(theirs.mismatches) is not expected


def test_a_trace_and_itself_have_no_difference() -> None:
    entry = room_audited()[0]
    found = compare(entry.traces[0], entry.traces[0], entry.task, DATABASE)
    assert not [step for step in found.steps if step.differences]
    assert found.rows
    assert all(row.same and not row.columns for row in found.rows)


def test_without_a_task_there_is_no_reward() -> None:
    entry = room_audited()[0]
    assert compare(entry.traces[0], entry.traces[0], None, DATABASE).earned is None
    assert compare(entry.traces[0], entry.traces[0], entry.task, None).earned is None


def test_rows_are_compared_by_their_final_values() -> None:
    def change(key: int, before: int | None, after: int | None) -> RowChange:
        return RowChange(
            table="t",
            key=key,
            before=None if before is None else {"id": key, "n": before},
            after=None if after is None else {"id": key, "n": after},
        )

    left = (change(1, 0, 1), change(2, 0, 1), change(3, 0, None), change(4, None, 1))
    right = (change(1, 0, 1), change(2, 0, 2), change(3, 0, None))
    found = {row.key: (row.same, row.columns) for row in compare_rows(left, right)}
    assert found == {1: (True, ()), 2: (False, ("n",)), 3: (True, ()), 4: (False, ())}
