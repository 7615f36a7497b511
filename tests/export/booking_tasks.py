"""Tasks over the booking domain whose gold diffs come from running their calls."""

from __future__ import annotations

from functools import cache
from typing import Any

from engine.models.base import Rows
from engine.models.chain import Chain, ChainStep, FromOutput, Literal
from engine.models.domain import Domain
from engine.models.task import InitialState, Task
from engine.models.trace import Call
from engine.runtime.inprocess import InProcessRuntime
from engine.runtime.records import to_changes
from tests.fakes.bookings import NOW, bookings_domain

BASE: Rows = {
    "customer": [
        {"customer_id": "CUS-0001", "name": "Ada “Moss”", "email": "ada@x.org", "city": None, "balance": 500.0, "member": True},
        {"customer_id": "CUS-0002", "name": "Ben\u2028Ray", "email": "ben@x.org", "city": "Graz", "balance": 5.5, "member": False},
    ],
}  # fmt: skip
ROOMS: Rows = {
    "room": [
        {"room_id": "ROM-0001", "title": "Blue room", "city": "Graz", "capacity": 4, "hourly_price": 20.0, "status": "open", "rating": None},
        {"room_id": "ROM-0002", "title": "Blue hall", "city": "Graz", "capacity": 20, "hourly_price": 45.5, "status": "open", "rating": 4.5},
    ],
    "booking": [],
}  # fmt: skip
ADDED: Rows = {
    "customer": [
        {"customer_id": "CUS-0003", "name": "Cy", "email": "cy@x.org", "city": "Linz", "balance": 0.0, "member": False}
    ]
}


@cache
def base_domain() -> Domain:
    domain = bookings_domain()
    return domain.model_copy(update={"spec": domain.spec.model_copy(update={"base_rows": BASE})})


def book(room: str, hour: int, note: str | None = None) -> Call:
    arguments: dict[str, Any] = {
        "customer_id": "CUS-0001",
        "room_id": room,
        "starts_at": f"2026-03-04T{hour:02d}:00:00",
        "minutes": 60,
        "people": 2,
    }
    return Call(name="book_room", arguments={**arguments, "note": note} if note else arguments)


@cache
def booking_tasks() -> tuple[Task, ...]:
    """Three tasks: on rows of their own, on the base, and with two bookings that only their rooms tell apart."""
    whole = {**ROOMS, **BASE}
    return (
        make_task(0, "easy", InitialState(rows=whole, now=NOW), (book("ROM-0001", 10, "Window seat, please"),)),
        make_task(
            1,
            "medium",
            InitialState(rows={**ROOMS, **ADDED}, now=NOW, extends_base=True),
            (
                book("ROM-0002", 9),
                Call(name="add_attendees", arguments={"booking_id": "BKG-0001", "seats": [1], "name": "Cy"}),
                Call(name="update_customer", arguments={"customer_id": "CUS-0001", "city": "Wien"}),
            ),
        ),
        make_task(
            2,
            "hard",
            InitialState(rows=whole, now=NOW, distractors=(("room", "ROM-0002"),)),
            (
                book("ROM-0001", 11),
                book("ROM-0002", 11),
                Call(name="confirm_booking", arguments={"booking_id": "BKG-0002"}),
            ),
        ),
    )


def make_task(index: int, difficulty: Any, state: InitialState, calls: tuple[Call, ...]) -> Task:
    domain = base_domain()
    rows = state.rows
    if state.extends_base:
        rows = {table: [*BASE.get(table, ()), *rows.get(table, ())] for table in {**BASE, **rows}}
    with InProcessRuntime(domain) as runtime:
        episode = runtime.open(runtime.base(rows, state.now))
        records = runtime.run(episode, calls)
        assert [record.outcome for record in records] == ["success"] * len(calls), records
        gold = to_changes(runtime.diff(episode))
    steps = [
        ChainStep(tool=call.name, arguments={name: Literal(value=value) for name, value in call.arguments.items()})
        for call in calls
    ]
    if len(steps) > 1 and "booking_id" in calls[-1].arguments:
        steps[-1] = ChainStep(tool=calls[-1].name, arguments={"booking_id": FromOutput(step=1, path="booking_id")})
    return Task(
        id=f"{domain.name}-{index:04d}",
        domain=domain.name,
        index=index,
        seed=7,
        difficulty=difficulty,
        instruction=f"Please book it — number {index}.",
        user_profile={"name": "Ada “Moss”", "city": None},
        chain=Chain(steps=tuple(steps)),
        reference_calls=calls,
        tools=tuple(tool.name for tool in domain.tools)[: 13 - index],
        initial_state=state,
        gold_diff=gold,
    )
