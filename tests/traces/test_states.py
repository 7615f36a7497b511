"""The database at a step is what a replay up to there leaves."""

from __future__ import annotations

from engine.contracts.state import PlainState
from engine.models.base import Rows
from engine.models.trace import Call, RowChange, Trace, TraceStep
from engine.tasks.audit import start_of
from engine.traces.states import StateRow, initial_rows, state_at
from tests.fakes.bookings import bookings_domain
from tests.tasks.room_tasks import room_audited

DATABASE = bookings_domain().database


def test_the_rows_after_each_step_are_those_of_a_replay() -> None:
    checked = 0
    for entry in room_audited():
        for trace in entry.traces:
            rows = initial_rows(trace, entry.task, bookings_domain().spec)
            assert rows is not None
            state = PlainState(DATABASE, rows, entry.task.initial_state.now)
            for step in trace.steps:
                state.apply(step.diff)
                for table in state_at(trace, step.index, rows, DATABASE, room=1000):
                    standing = {item.key: item.values for item in table.rows if item.mark != "deleted"}
                    schema = DATABASE.table[table.table]
                    assert standing == {schema.key_of(row): row for row in state.rows(table.table, {})}
                    assert table.hidden == 0
                    checked += 1
    assert checked > 100


def test_a_trace_of_a_task_begins_with_the_tasks_rows() -> None:
    entry = room_audited()[0]
    reference = entry.traces[0]
    assert reference.rows is None
    rows = initial_rows(reference, entry.task, bookings_domain().spec)
    assert PlainState(DATABASE, rows or {}, "").to_rows() == start_of(entry.task, bookings_domain()).to_rows()


def test_without_a_task_only_own_rows_are_known() -> None:
    reference = room_audited()[0].traces[0]
    assert initial_rows(reference, None, None) is None


def customer(key: str, name: str = "Ada") -> dict[str, object]:
    row = {column.name: None for column in DATABASE.table["customer"].columns}
    return {**row, "customer_id": key, "name": name}


def customers(*changes: tuple[RowChange, ...], reads: tuple[str, ...] = ()) -> Trace:
    steps = tuple(
        TraceStep(
            index=index,
            call=Call(name="x"),
            outcome="success",
            diff=diff,
            reads=tuple(("customer", key) for key in reads),
        )
        for index, diff in enumerate(changes)
    )
    return Trace(id="t", kind="play", title="t", steps=steps, passed=True)


def change(key: str, before: dict[str, object] | None, after: dict[str, object] | None) -> RowChange:
    return RowChange.model_validate({"table": "customer", "key": key, "before": before, "after": after})


def test_marks_say_what_happened_and_whether_it_was_now() -> None:
    one, two, new = customer("C-1"), customer("C-2"), customer("C-9")
    renamed = {**one, "name": "Eve"}
    trace = customers((change("C-1", one, renamed), change("C-9", None, new)), (change("C-2", two, None),))
    rows: Rows = {"customer": [one, two]}  # type: ignore[dict-item, list-item]
    (table,) = state_at(trace, 1, rows, DATABASE)
    assert [(item.key, item.mark, item.here) for item in table.rows] == [
        ("C-1", "changed", False),
        ("C-2", "deleted", True),
        ("C-9", "inserted", False),
    ]
    assert table.rows[0] == StateRow("C-1", renamed, one, "changed", False, False)  # type: ignore[arg-type]
    assert table.rows[1].values == two


def test_a_row_that_came_and_went_is_told_with_its_last_values() -> None:
    new = customer("C-9")
    trace = customers((change("C-9", None, new),), (change("C-9", new, None),))
    (table,) = state_at(trace, 1, {"customer": []}, DATABASE)
    assert [(item.key, item.mark, item.values) for item in table.rows] == [("C-9", "deleted", new)]


def test_of_many_rows_those_that_matter_are_shown() -> None:
    rows: Rows = {"customer": [customer(f"C-{number:03d}") for number in range(100)]}  # type: ignore[list-item]
    last = rows["customer"][99]
    trace = customers((change("C-099", last, {**last, "name": "Eve"}),), reads=("C-050",))  # type: ignore[dict-item]
    (table,) = state_at(trace, 0, rows, DATABASE, room=10)
    assert len(table.rows) == 10
    assert {"C-099", "C-050"} <= {item.key for item in table.rows}
    assert table.hidden == 90
    assert [item.key for item in table.rows if item.read] == ["C-050"]


def test_rows_of_a_table_that_the_schema_lacks_are_shown_as_they_were() -> None:
    step = TraceStep(index=0, call=Call(name="x"), outcome="success", reads=(("other", 1),))
    trace = Trace(id="t", kind="play", title="t", steps=(step,), passed=True)
    (table,) = state_at(trace, 0, {"other": [{"a": 1}]}, DATABASE)
    assert table.rows == (StateRow(None, {"a": 1}, {"a": 1}, "", False, False),)
