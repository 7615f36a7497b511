"""What the state agent proposes: taken where it does no harm, left out piece by piece where it does."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.agents.roles.tasks import StateAnswer
from engine.models.base import Row
from engine.models.task import Task
from engine.tasks.audit import start_of
from engine.tasks.furnish import WANTED, furnish, furnishable
from engine.tasks.mentions import fitting
from engine.tasks.replay import play
from tests.fakes.bookings import bookings_domain
from tests.tasks.room_tasks import audited, room_audited, task_with

DOMAIN = bookings_domain()


@cache
def good() -> tuple[Task, ...]:
    return tuple(entry.task for entry in room_audited() if entry.task.audited)


def valid(task: Task) -> None:
    start = start_of(task, DOMAIN)
    played = play(task.chain, DOMAIN, start)
    assert played.calls == task.reference_calls
    assert played.changes == task.gold_diff
    assert all(fitting(mention, DOMAIN.database, start) == (mention.key,) for mention in task.mentions)


def free_row(task: Task) -> tuple[str, Row, str]:
    """A row of which a text may be written anew, and the column."""
    may = furnishable(task, DOMAIN)
    assert may is not None
    settled = set(may.settled)
    for table, column in may.free:
        for row in may.rows[table]:
            if (table, DOMAIN.database.table[table].key_of(row)) not in settled and row[column] is not None:
                return table, row, column
    raise AssertionError("nothing is free")


def with_free_row() -> Task:
    return next(task for task in good() if furnishable(task, DOMAIN) and _has_free(task))


def _has_free(task: Task) -> bool:
    try:
        free_row(task)
    except AssertionError:
        return False
    return True


def test_what_is_said_or_changed_is_not_free() -> None:
    for task in good():
        may = furnishable(task, DOMAIN)
        if may is None:
            continue
        gold = {(change.table, change.key) for change in task.gold_diff}
        settled = set(may.settled)
        named = {(mention.table, mention.key) for mention in task.mentions if not mention.me}
        for table, rows in may.rows.items():
            for row in rows:
                place = (table, DOMAIN.database.table[table].key_of(row))
                assert place in settled or place not in gold | named
        assert all(column in ("title", "note") for _, column in may.free)


def test_a_free_text_is_written_anew_and_the_task_still_passes() -> None:
    task = with_free_row()
    table, row, column = free_row(task)
    answer = StateAnswer(rows={table: [{**row, column: "Something from real life"}]})
    done = furnish(task, DOMAIN, answer)
    assert (done.pieces, done.left_out) == (1, 0)
    assert "Something from real life" in [held[column] for held in done.task.initial_state.rows[table]]
    valid(done.task)
    assert audited((done.task,))[0].task.audited


def test_what_the_task_stands_on_stays() -> None:
    task = task_with("cancel_booking")
    mention = next(mention for mention in task.mentions if mention.table == "booking")
    row = next(row for row in task.initial_state.rows["booking"] if row["booking_id"] == mention.key)
    answer = StateAnswer(
        rows={
            "booking": [{**row, "status": "completed", "note": "x"}],
            "customer": [{"customer_id": "CUS-0001", "name": "N"}],
        }
    )
    assert furnish(task, DOMAIN, answer).task == task


def test_a_look_alike_joins_the_distractors_and_its_id_tells_nothing() -> None:
    placed = []
    for task in good():
        mention = next((mention for mention in task.mentions if mention.table in ("room", "booking")), None)
        if mention is None:
            continue
        key = DOMAIN.database.table[mention.table].primary_key[0]
        row = next(row for row in task.initial_state.rows[mention.table] if row[key] == mention.key)
        other = {name: value for name, value in row.items() if name != key}
        other |= {"title": "The Other Room", "capacity": 29} if mention.table == "room" else {"people": 29, "price": 777.0, "starts_at": "2026-05-11T10:00:00", "ends_at": "2026-05-11T11:00:00", "status": "completed"}  # fmt: skip
        done = furnish(task, DOMAIN, StateAnswer(distractors={mention.table: [other]}))
        if done.pieces:
            valid(done.task)
            new = set(done.task.initial_state.distractors) - set(task.initial_state.distractors)
            keys = [row[key] for row in done.task.initial_state.rows[mention.table]]
            assert keys == sorted(keys)
            placed.append((done.task, max(keys) in {place[1] for place in new}))
    assert len(placed) >= 5
    assert not all(last for _, last in placed)
    assert all(entry.task.audited for entry in audited(tuple(task for task, _ in placed)))


def test_a_row_that_is_just_like_the_one_that_is_meant_is_left_out() -> None:
    task = task_with("cancel_booking")
    mention = next(mention for mention in task.mentions if mention.table == "booking")
    row = next(row for row in task.initial_state.rows["booking"] if row["booking_id"] == mention.key)
    twin = {name: value for name, value in row.items() if name != "booking_id"}
    done = furnish(task, DOMAIN, StateAnswer(distractors={"booking": [twin]}))
    assert done.task == task
    assert done.left_out == 1


def test_one_bad_piece_costs_no_other() -> None:
    task = with_free_row()
    table, row, column = free_row(task)
    fine = {**row, column: "Fine"}
    nonsense = [{"no_such": 1}, {**row, column: 'He said "stop"'}, {**row, column: ""}, {**row, column: "x" * 5000}]
    answer = StateAnswer(
        rows={table: [*nonsense, fine], "nowhere": [{}]}, distractors={"nowhere": [{"a": 1}], table: [{}]}
    )
    done = furnish(task, DOMAIN, answer)
    assert done.pieces == 1
    assert done.left_out == 2
    valid(done.task)


def test_the_same_answer_gives_the_same_bytes() -> None:
    task = with_free_row()
    table, row, column = free_row(task)
    answer = StateAnswer(rows={table: [{**row, column: "Again"}]})
    assert furnish(task, DOMAIN, answer) == furnish(task, bookings_domain(), answer)


values = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=12), st.sampled_from(["2026-03-05T09:00:00", "pending", "CUS-0001"]))  # fmt: skip
columns = sorted({column.name for table in DOMAIN.database.tables for column in table.columns})
any_rows = st.dictionaries(
    st.sampled_from([*DOMAIN.database.table, "nowhere"]),
    st.lists(st.dictionaries(st.sampled_from(columns), values, max_size=8), max_size=3),
    max_size=3,
)


@settings(max_examples=60, deadline=None)
@given(number=st.integers(0, 11), rows=any_rows, distractors=any_rows)
def test_whatever_is_proposed_the_task_stays_valid(number: int, rows: dict, distractors: dict) -> None:
    task = good()[number % len(good())]
    done = furnish(task, DOMAIN, StateAnswer(rows=rows, distractors=distractors))
    valid(done.task)
    assert len(done.task.initial_state.distractors) - len(task.initial_state.distractors) <= 4 * WANTED[task.difficulty]
    assert done.task.instruction == task.instruction
    assert done.task.chain == task.chain
    if not done.pieces:
        assert done.task == task


@pytest.mark.parametrize("task", good()[:6], ids=lambda task: task.id)
def test_what_may_be_furnished_is_small(task: Task) -> None:
    may = furnishable(task, DOMAIN)
    assert may is None or sum(map(len, may.rows.values())) <= 11
