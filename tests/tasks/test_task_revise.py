"""New words for a task count only if every audit passes with them; what is wrong is said in words that help."""

from __future__ import annotations

import pytest

from engine.models.task import Task
from engine.models.task_edit import TaskWords
from engine.runtime.inprocess import InProcessRuntime
from engine.tasks.duplicates import mark_duplicates
from engine.tasks.revise import FIELDS, LONGEST, Revision, revise
from tests.fakes.bookings import bookings_domain
from tests.tasks.room_tasks import task_with


def revised(
    task: Task,
    *,
    instruction: str | None = None,
    profile: dict[str, object] | None = None,
    beside: tuple[Task, ...] = (),
) -> Revision:
    words = TaskWords.model_validate(
        {
            "instruction": task.instruction if instruction is None else instruction,
            "profile": task.user_profile if profile is None else profile,
        }
    )
    relatives = beside or (task,)
    domain = bookings_domain()
    with InProcessRuntime(domain) as runtime:
        return revise(task, words, domain, runtime, relatives)


def booking() -> Task:
    """A task whose instruction says how many minutes and people a booking is for."""
    return task_with("book_room")


def minutes(task: Task) -> tuple[int, int]:
    """The step that books, and its minutes."""
    for index, (step, call) in enumerate(zip(task.chain.steps, task.reference_calls, strict=True), start=1):
        if step.tool == "book_room":
            return index, call.arguments["minutes"]
    raise AssertionError("nothing is booked")


def test_words_that_say_the_same_pass_every_audit() -> None:
    task = booking()
    revision = revised(task, instruction=f"Good evening! {task.instruction}")
    assert revision.counts
    assert revision.task.audited
    assert [audit.name for audit in revision.task.audits][-1] == "not_duplicate"
    assert revision.task.instruction.startswith("Good evening!")
    assert revision.task.gold_diff == task.gold_diff
    shown = {trace.id for trace in revision.traces}
    assert {id for audit in revision.task.audits for id in audit.traces} <= shown


def test_a_value_that_is_said_no_more_is_named_with_the_step_that_needs_it_and_ways_to_say_it() -> None:
    task = booking()
    step, value = minutes(task)
    revision = revised(task, instruction="Please do as I told you.")
    assert not revision.counts
    complaint = next(each for each in revision.complaints if f"does not say {value}," in each.problem)
    assert complaint.check == "provenance"
    assert f"which step {step} (`book_room`) needs as its `minutes`" in complaint.problem
    assert f'write "{value}"' in complaint.problem
    assert complaint.trace == f"{task.id}:solvable:0"
    assert complaint.trace in {trace.id for trace in revision.traces}


def test_a_value_that_picks_an_item_says_so() -> None:
    task = task_with("confirm_booking")
    revision = revised(task, instruction="Please confirm it.")
    assert any("picks the right one of several for `booking_id`" in each.problem for each in revision.complaints)


def test_internal_names_are_refused() -> None:
    task = booking()
    revision = revised(task, instruction=f"{task.instruction} Use book_room for it.")
    assert any("`book_room`, which no user would know" in each.problem for each in revision.complaints)


def test_a_profile_field_that_the_chain_takes_must_stay() -> None:
    task = booking()
    profile = {name: value for name, value in task.user_profile.items() if name != "customer_id"}
    revision = revised(task, profile=profile)
    assert any("takes `customer_id` from the profile's customer_id" in each.problem for each in revision.complaints)


def test_a_profile_must_not_contradict_the_users_own_row() -> None:
    task = booking()
    revision = revised(task, profile={**task.user_profile, "name": "Somebody Else"})
    assert [each.check for each in revision.complaints] == ["profile"]
    assert "'Somebody Else'" in revision.complaints[0].problem
    assert repr(task.user_profile["name"]) in revision.complaints[0].problem
    assert revision.traces == (), "nothing was run"


def test_a_profile_may_tell_more() -> None:
    task = booking()
    revision = revised(task, profile={**task.user_profile, "mood": "in a hurry"})
    assert revision.counts
    assert revision.task.user_profile["mood"] == "in a hurry"


@pytest.mark.parametrize(
    "instruction, profile, says",
    [
        pytest.param("  ", None, "is empty", id="empty"),
        pytest.param("x" * (LONGEST + 1), None, "characters", id="long"),
        pytest.param("a\0b", None, "NUL", id="unprintable"),
        pytest.param(None, {f"f{n}": n for n in range(FIELDS + 1)}, "fields", id="fields"),
        pytest.param(None, {" ": 1}, "no name", id="nameless"),
    ],
)
def test_unusable_words_are_refused_before_anything_runs(
    instruction: str | None, profile: dict[str, object] | None, says: str
) -> None:
    revision = revised(booking(), instruction=instruction, profile=profile)
    assert says in revision.complaints[0].problem
    assert revision.traces == ()


LONG = " ".join(f"w{chr(97 + number // 26)}{chr(97 + number % 26)}" for number in range(200))
"""So many words of its own that with them a task is no near-duplicate of what it was."""


def family() -> tuple[Task, Task, Task]:
    """Three tasks of one chain: a task, another way to say it, and an attempt that was rejected as its near-duplicate."""
    first = booking()
    second = first.model_copy(update={"id": "second", "instruction": f"{first.instruction} {LONG}"})
    third = first.model_copy(update={"id": "third"})
    marked = mark_duplicates((first, second, third))
    assert [task.audited for task in marked] == [True, True, False]
    return marked[0], marked[1], marked[2]


def test_words_that_make_it_a_duplicate_of_an_earlier_or_a_later_task_are_refused() -> None:
    first, second, third = family()
    revision = revised(second, instruction=first.instruction, beside=(first, second, third))
    assert [each.check for each in revision.complaints] == ["not_duplicate"]
    assert f"a near-duplicate of {first.id}" in revision.complaints[0].problem
    revision = revised(first, instruction=second.instruction, beside=(first, second))
    assert [each.check for each in revision.complaints] == ["not_duplicate"]
    assert "second would be a near-duplicate of it" in revision.task.reason
    assert revision.others == ()


def test_an_attempt_that_was_a_duplicate_counts_once_the_other_says_something_else() -> None:
    first, _, third = family()
    revision = revised(first, instruction=f"{LONG} {first.instruction}", beside=(first, third))
    assert revision.counts
    assert [(other.id, other.audited, other.reason) for other in revision.others] == [("third", True, "")]
