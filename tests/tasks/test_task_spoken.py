"""Where an instruction says what its solution stands on."""

from __future__ import annotations

from itertools import pairwise

from engine.tasks.spoken import spoken
from tests.fakes.bookings import bookings_domain
from tests.tasks.room_tasks import room_audited, task_with


def test_places_are_in_order_apart_and_within_the_text() -> None:
    seen = 0
    for entry in room_audited():
        places = spoken(entry.task, bookings_domain())
        seen += len(places)
        assert all(0 <= place.start < place.end <= len(entry.task.instruction) for place in places)
        assert all(one.end <= other.start for one, other in pairwise(places))
        assert all(place.why.startswith(("which ", "by which ")) for place in places)
    assert seen


def test_a_value_of_a_call_is_found_with_the_step_that_needs_it() -> None:
    task = task_with("book_room")
    at, call = next((at, call) for at, call in enumerate(task.reference_calls, start=1) if call.name == "book_room")
    place = next(each for each in spoken(task, bookings_domain()) if each.value == call.arguments["minutes"])
    assert task.instruction[place.start : place.end] == str(call.arguments["minutes"])
    assert place.why == f"which step {at} (`book_room`) needs as its `minutes`"


def test_what_is_not_said_has_no_place() -> None:
    task = task_with("book_room").model_copy(update={"instruction": "Please do it."})
    assert spoken(task, bookings_domain()) == ()
