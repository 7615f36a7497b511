"""Every audit passes on sound tasks and fails on a task in which its defect is planted."""

from __future__ import annotations

import pytest

from engine.models.base import canonical_json
from engine.models.chain import Chain, ChainStep, FromOutput, Literal
from engine.models.domain import Domain
from engine.models.task import Audit, Task
from engine.models.trace import Call
from engine.runtime.inprocess import InProcessRuntime
from engine.runtime.records import Experiment, to_changes
from engine.tasks.audit import audit, start_of
from engine.tasks.duplicates import Duplicates, mark_duplicates
from engine.tasks.replay import play
from tests.fakes.bookings import bookings_domain
from tests.tasks.room_tasks import audited, room_audited, room_candidates, task_with

NAMES = (
    "solvable", "do_nothing", "every_write_needed", "altered_argument", "reordering", "distractors_harmless", "provenance", "unique_entities",
)  # fmt: skip


def _audit(task: Task, name: str, domain: Domain | None = None) -> Audit:
    return next(found for found in audited((task,), domain)[0].task.audits if found.name == name)


def _with_chain(task: Task, steps: list[ChainStep]) -> Task:
    """The task with another reference chain and what follows from it."""
    domain = bookings_domain()
    chain = Chain(steps=tuple(steps))
    played = play(chain, domain, start_of(task, domain))
    return task.model_copy(update={"chain": chain, "reference_calls": played.calls, "gold_diff": played.changes})


def test_most_built_tasks_pass_every_audit() -> None:
    passed = [entry for entry in room_audited() if entry.task.audited]
    assert len(passed) >= 0.9 * len(room_audited())
    for entry in passed:
        assert tuple(found.name for found in entry.task.audits) == NAMES
        assert entry.task.reason == ""


def test_every_audit_names_traces_that_are_there() -> None:
    for entry in room_audited():
        ids = {trace.id for trace in entry.traces}
        assert len(ids) == len(entry.traces)
        for found in entry.task.audits:
            assert set(found.traces) <= ids
        assert all(trace.task_id == entry.task.id for trace in entry.traces)


def test_a_task_alone_is_audited_as_among_others() -> None:
    domain = bookings_domain()
    with InProcessRuntime(domain) as runtime:
        for entry in room_audited()[::7]:
            built = next(task for task in room_candidates() if task.id == entry.task.id)
            alone = audit(built, domain, runtime)
            assert canonical_json(alone.task.model_dump(mode="json")) == canonical_json(
                entry.task.model_dump(mode="json")
            )
            assert alone.traces == entry.traces


def test_solvable_fails_when_a_reference_call_is_rejected() -> None:
    task = task_with("confirm_booking")
    calls = tuple(
        Call(name=call.name, arguments={"booking_id": "BKG-9999"}) if call.name == "confirm_booking" else call
        for call in task.reference_calls
    )
    found = _audit(task.model_copy(update={"reference_calls": calls}), "solvable")
    assert not found.passed
    assert "booking_not_found" in found.detail


def test_solvable_fails_when_the_stored_gold_is_not_what_happens() -> None:
    task = task_with("confirm_booking")
    found = _audit(task.model_copy(update={"gold_diff": task.gold_diff[:0]}), "solvable")
    assert not found.passed


def test_solvable_fails_when_the_tools_code_crashes() -> None:
    task = task_with("confirm_booking")
    domain = bookings_domain()
    tools = tuple(
        tool.model_copy(update={"source": f'def {tool.name}(db, booking_id):\n    return {{"x": 1 // 0}}\n'})
        if tool.name == "confirm_booking"
        else tool
        for tool in domain.tools
    )
    found = _audit(task, "solvable", Domain(spec=domain.spec, tools=tools))
    assert not found.passed
    assert "failure" in found.detail


def test_do_nothing_fails_when_nothing_has_to_change() -> None:
    task = task_with("confirm_booking")
    empty = task.model_copy(update={"gold_diff": ()})
    found = _audit(empty, "do_nothing")
    assert not found.passed
    assert "earned 1" in found.detail


def test_do_nothing_fails_when_a_part_is_there_from_the_start() -> None:
    task = task_with("book_room")
    made = next(change for change in task.gold_diff if change.table == "booking" and change.before is None)
    assert made.after is not None
    twin = {**made.after, "booking_id": "BKG-0999"}
    rows = {**task.initial_state.rows, "booking": [*task.initial_state.rows.get("booking", []), twin]}
    state = task.initial_state.model_copy(update={"rows": rows})
    found = _audit(task.model_copy(update={"initial_state": state}), "do_nothing")
    assert not found.passed
    assert "from the start" in found.detail


def test_every_write_needed_fails_on_a_write_that_is_undone_or_overwritten() -> None:
    task = task_with("reschedule_booking")
    steps = list(task.chain.steps)
    at = next(index for index, step in enumerate(steps) if step.tool == "reschedule_booking")
    again = steps[at].model_copy(
        update={"arguments": {**steps[at].arguments, "starts_at": Literal(value="2026-12-24T10:00:00")}}
    )
    found = _audit(_with_chain(task, [*steps[: at + 1], again, *steps[at + 1 :]]), "every_write_needed")
    assert not found.passed
    assert "earned 1" in found.detail


def test_altered_argument_fails_when_an_argument_does_not_matter() -> None:
    task = task_with("reschedule_booking")
    steps = list(task.chain.steps)
    at = next(index for index, step in enumerate(steps) if step.tool == "reschedule_booking")
    again = steps[at].model_copy(
        update={"arguments": {**steps[at].arguments, "starts_at": Literal(value="2026-12-24T10:00:00")}}
    )
    found = _audit(_with_chain(task, [*steps[: at + 1], again, *steps[at + 1 :]]), "altered_argument")
    assert not found.passed


def _counting_domain() -> Domain:
    """A domain with a tool that numbers its calls in a hard column, in a way that no read or write shows."""
    domain = bookings_domain()
    tool = domain.tool["confirm_booking"]
    numbering = 'db.update("booking", booking_id, {"people": int(db.new_id("booking")[-4:]) % 20 + 1})'
    source = tool.source.replace("return {", f"{numbering}\n    return {{", 1)
    assert source != tool.source
    tools = tuple(
        tool.model_copy(update={"source": source}) if other.name == tool.name else other for other in domain.tools
    )
    return Domain(spec=domain.spec, tools=tools)


def test_reordering_fails_when_the_order_shows_although_no_step_needs_another() -> None:
    task = next(
        entry.task
        for entry in room_audited()
        if [step.tool for step in entry.task.chain.steps].count("confirm_booking") > 1 and entry.task.audited
    )
    assert _audit(task, "reordering").passed
    domain = _counting_domain()
    with InProcessRuntime(domain) as runtime:
        record = runtime.experiments(
            [Experiment(task.initial_state.rows, task.initial_state.now, task.reference_calls)]
        )[0]
    task = task.model_copy(update={"gold_diff": to_changes(record.diff)})
    assert _audit(task, "solvable", domain).passed
    found = _audit(task, "reordering", domain)
    assert not found.passed
    assert "in the order" in found.detail


def test_distractors_harmless_fails_when_the_task_stands_on_one() -> None:
    task = task_with("list_customer_bookings")
    needed = next(mention for mention in task.mentions if not mention.me)
    state = task.initial_state.model_copy(
        update={"distractors": (*task.initial_state.distractors, (needed.table, needed.key))}
    )
    found = _audit(task.model_copy(update={"initial_state": state}), "distractors_harmless")
    assert not found.passed


@pytest.mark.parametrize(
    "edit, word",
    [
        (lambda text: "Please do it for me.", "said nowhere"),
        (lambda text: f"{text} Use confirm_booking for it.", "confirm_booking"),
        (lambda text: f"{text} The starts_at column matters.", "starts_at"),
    ],
    ids=["value missing", "tool named", "column named"],
)
def test_provenance_fails_on_texts_that_say_too_little_or_too_much(edit, word: str) -> None:
    task = task_with("reschedule_booking")
    found = _audit(task.model_copy(update={"instruction": edit(task.instruction)}), "provenance")
    assert not found.passed
    assert word in found.detail


def test_provenance_fails_on_a_leaked_id_and_on_a_literal_one() -> None:
    task = task_with("list_customer_bookings", steps=2)
    write = task.reference_calls[1]
    name = next(key for key in write.arguments if key == "booking_id")
    leaked = task.model_copy(update={"instruction": f"{task.instruction} It is {write.arguments[name]}."})
    assert "the id" in _audit(leaked, "provenance").detail
    steps = list(task.chain.steps)
    known = steps[1].model_copy(
        update={"arguments": {**steps[1].arguments, name: Literal(value=write.arguments[name])}}
    )
    assert not _audit(task.model_copy(update={"chain": Chain(steps=(steps[0], known))}), "provenance").passed


def test_unique_entities_fails_when_a_twin_stands_beside_the_row() -> None:
    task = task_with("list_customer_bookings")
    mention = next(found for found in task.mentions if found.table == "booking")
    row = next(row for row in task.initial_state.rows["booking"] if row["booking_id"] == mention.key)
    rows = {
        **task.initial_state.rows,
        "booking": [*task.initial_state.rows["booking"], {**row, "booking_id": "BKG-0998"}],
    }
    state = task.initial_state.model_copy(update={"rows": rows})
    found = _audit(task.model_copy(update={"initial_state": state}), "unique_entities")
    assert not found.passed
    assert "fits 2 rows" in found.detail


def test_unique_entities_fails_when_a_row_is_not_spoken_of_or_a_selection_picks_several() -> None:
    task = task_with("list_customer_bookings")
    silent = task.model_copy(update={"mentions": tuple(mention for mention in task.mentions if mention.me)})
    assert not _audit(silent, "unique_entities").passed
    steps = [
        step.model_copy(
            update={
                "arguments": {
                    name: argument.model_copy(update={"select": {"price": -1.0}})
                    if isinstance(argument, FromOutput) and argument.field
                    else argument
                    for name, argument in step.arguments.items()
                }
            }
        )
        for step in task.chain.steps
    ]
    assert "picks 0" in _audit(task.model_copy(update={"chain": Chain(steps=tuple(steps))}), "unique_entities").detail


def test_not_duplicate_fails_on_the_same_task_in_other_words_for_names() -> None:
    tasks = [entry.task for entry in room_audited() if entry.task.audited]
    twin = tasks[0].model_copy(update={"id": "twin"})
    marked = mark_duplicates([*tasks, twin])
    assert not marked[-1].audited
    assert marked[-1].reason.startswith("not_duplicate")
    assert sum(task.audited for task in marked[:-1]) >= len(tasks) - 2


def test_duplicates_depend_on_the_order_alone() -> None:
    tasks = [entry.task for entry in room_audited()]
    assert mark_duplicates(tasks) == mark_duplicates(tasks)
    duplicates = Duplicates()
    assert [duplicates.check(task) for task in tasks] == mark_duplicates(tasks)


def test_a_failed_audit_gives_the_reason() -> None:
    task = task_with("confirm_booking")
    entry = audited((task.model_copy(update={"gold_diff": ()}),))[0]
    assert not entry.task.audited
    assert entry.task.reason
