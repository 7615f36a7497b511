"""What is offered for a parameter was seen by the agent."""

from __future__ import annotations

from typing import Any

from engine.models.tool import Parameter
from engine.rollouts.offers import Offer, offers
from tests.fakes.bookings import bookings_domain
from tests.tasks.room_tasks import room_audited

DATABASE = bookings_domain().database
TASK = room_audited()[0].task
ANSWERS: list[tuple[int, Any]] = [
    (1, {"customer_id": "CUST-0001", "ok": True}),
    (2, {"bookings": [{"booking_id": "BOOK-0002", "note": "BOOK-0009"}, {"booking_id": None}]}),
]


def offered(name: str, refers_to: str | None = None) -> tuple[Offer, ...]:
    return offers(Parameter(name=name, type="text", refers_to=refers_to), DATABASE, TASK, ANSWERS)


def test_values_of_fields_of_the_parameters_name_are_offered_with_their_place() -> None:
    assert offered("booking_id") == (Offer("BOOK-0002", "step 2: bookings[0].booking_id"),)


def test_of_a_reference_every_value_in_the_form_of_its_ids_is_offered() -> None:
    prefix = DATABASE.table["booking"].id_prefix
    answers = [(1, {"anything": f"{prefix}-0007", "other": "X-1"})]
    parameter = Parameter(name="which", type="text", refers_to="booking.booking_id")
    assert offers(parameter, DATABASE, TASK, answers) == (Offer(f"{prefix}-0007", "step 1: anything"),)


def test_the_profile_is_known_to_the_agent() -> None:
    field, value = next((field, value) for field, value in TASK.user_profile.items() if value)
    assert offered(field) == (Offer(value, f"profile: {field}"),)


def test_nothing_seen_means_nothing_offered() -> None:
    assert offered("ok") == ()
    assert offered("room_id", "room.room_id") == ()
    assert offered("anything", "no_such.table") == ()


def test_each_value_is_offered_once_the_newest_first() -> None:
    parameter = Parameter(name="id", type="text")
    found = offers(parameter, DATABASE, TASK, [(1, {"id": "A"}), (2, {"id": "B"}), (3, {"id": "A"})])
    assert found == (Offer("A", "step 3: id"), Offer("B", "step 2: id"))
