"""A small domain by hand: rooms that customers book. It has ownership, a deadline, capacity, no overlap, a balance,
batch operations and computed tools, so that every part of phase 1 and 2 has something to work on."""

from __future__ import annotations

from functools import cache

from engine.contracts.source import write_source
from engine.models.database import Check, Column, DatabaseSchema, ForeignKey, Table
from engine.models.domain import Actor, Domain, DomainSpec
from engine.models.tool import (
    Binding,
    Contract,
    Effect,
    Order,
    Parameter,
    Query,
    Requirement,
    ReturnField,
    Tool,
)

NOW = "2026-03-02T09:00:00"

DATABASE = DatabaseSchema(
    tables=(
        Table(
            name="customer",
            columns=(
                Column(name="customer_id", type="text", role="id", generated=True, policy="exempt"),
                Column(name="name", type="text", role="person_name"),
                Column(name="email", type="text", role="email"),
                Column(name="city", type="text", role="city", nullable=True),
                Column(name="balance", type="real", role="money", minimum=0.0, default=0.0),
                Column(name="member", type="boolean", role="flag", default=False),
            ),
            primary_key=("customer_id",),
            unique=(("email",),),
            id_prefix="CUS",
            label="name",
        ),
        Table(
            name="room",
            columns=(
                Column(name="room_id", type="text", role="id", generated=True, policy="exempt"),
                Column(name="title", type="text", role="title"),
                Column(name="city", type="text", role="city"),
                Column(name="capacity", type="integer", role="quantity", minimum=1, maximum=30),
                Column(name="hourly_price", type="real", role="money", minimum=1.0, maximum=200.0),
                Column(name="status", type="text", role="status", enum=("open", "closed")),
                Column(name="rating", type="real", role="rating", nullable=True, minimum=1.0, maximum=5.0),
            ),
            primary_key=("room_id",),
            id_prefix="ROM",
            label="title",
        ),
        Table(
            name="booking",
            columns=(
                Column(name="booking_id", type="text", role="id", generated=True, policy="exempt"),
                Column(name="customer_id", type="text", role="reference"),
                Column(name="room_id", type="text", role="reference"),
                Column(name="starts_at", type="datetime", role="datetime"),
                Column(name="ends_at", type="datetime", role="datetime"),
                Column(name="people", type="integer", role="quantity", minimum=1, maximum=30),
                Column(name="price", type="real", role="money", minimum=0.0),
                Column(
                    name="status", type="text", role="status", enum=("pending", "confirmed", "cancelled", "completed")
                ),
                Column(name="note", type="text", role="text", nullable=True, policy="semantic"),
                Column(name="created_at", type="datetime", role="created_at", policy="exempt"),
                Column(name="cancelled_at", type="datetime", role="datetime", nullable=True),
            ),
            primary_key=("booking_id",),
            foreign_keys=(
                ForeignKey(columns=("customer_id",), table="customer", references=("customer_id",)),
                ForeignKey(columns=("room_id",), table="room", references=("room_id",)),
            ),
            checks=(Check(expression="starts_at < ends_at", message="A booking ends after it starts."),),
            id_prefix="BKG",
        ),
        Table(
            name="attendee",
            columns=(
                Column(name="booking_id", type="text", role="reference"),
                Column(name="seat", type="integer", role="number", minimum=1, maximum=60),
                Column(name="name", type="text", role="person_name"),
            ),
            primary_key=("booking_id", "seat"),
            foreign_keys=(ForeignKey(columns=("booking_id",), table="booking", references=("booking_id",)),),
        ),
    )
)

_CUSTOMER = Parameter(name="customer_id", type="text", refers_to="customer.customer_id", description="Who asks.")
_BOOKING = Parameter(name="booking_id", type="text", refers_to="booking.booking_id", description="The booking.")
_ROOM = Parameter(name="room_id", type="text", refers_to="room.room_id", description="The room.")

_HAS_CUSTOMER = Requirement(
    condition="get('customer', customer_id) is not None",
    code="customer_not_found",
    message="No customer {customer_id!r}.",
)
_HAS_BOOKING = Requirement(
    condition="booking is not None", code="booking_not_found", message="No booking {booking_id!r}."
)
_HAS_ROOM = Requirement(condition="room is not None", code="room_not_found", message="No room {room_id!r}.")
_OWNS = Requirement(
    condition="booking.customer_id == customer_id",
    code="not_your_booking",
    message="Booking {booking_id!r} is not yours.",
    rule="ownership",
)
_BOOKING_BINDING = Binding(name="booking", expression="get('booking', booking_id)")
_ROOM_BINDING = Binding(name="room", expression="get('room', room_id)")

_BOOKING_FIELDS = {
    "booking_id": "row.booking_id",
    "room_id": "row.room_id",
    "starts_at": "row.starts_at",
    "ends_at": "row.ends_at",
    "people": "row.people",
    "price": "row.price",
    "status": "row.status",
}


def _get_booking() -> Tool:
    return Tool(
        name="get_booking",
        description="Looks up one booking with its room and its attendees.",
        category="get",
        entity="booking",
        parameters=(_BOOKING,),
        contract=Contract(
            bindings=(_BOOKING_BINDING, Binding(name="room", expression="get('room', booking.room_id)")),
            requires=(_HAS_BOOKING,),
            returns=(
                ReturnField(name="booking_id", value="booking.booking_id", refers_to="booking.booking_id", type="text"),
                ReturnField(
                    name="customer_id", value="booking.customer_id", refers_to="customer.customer_id", type="text"
                ),
                ReturnField(name="room_id", value="booking.room_id", refers_to="room.room_id", type="text"),
                ReturnField(name="room_title", value="room.title", type="text"),
                ReturnField(name="starts_at", value="booking.starts_at", type="datetime"),
                ReturnField(name="ends_at", value="booking.ends_at", type="datetime"),
                ReturnField(
                    name="minutes", value="minutes_between(booking.starts_at, booking.ends_at)", type="integer"
                ),
                ReturnField(name="note", value="booking.note", type="text"),
                ReturnField(name="status", value="booking.status", type="text"),
                ReturnField(
                    name="attendees",
                    query=Query(
                        table="attendee",
                        where="row.booking_id == booking_id",
                        order=(Order(expression="row.name"),),
                        fields={"seat": "row.seat", "name": "row.name"},
                    ),
                    type="array",
                ),
            ),
        ),
        summary="look up a booking",
    )


def _search_rooms() -> Tool:
    return Tool(
        name="search_rooms",
        description="Finds open rooms that are large enough, the cheapest first.",
        category="search",
        entity="room",
        parameters=(
            Parameter(
                name="people", type="integer", minimum=1, maximum=30, source="room.capacity", description="Group size."
            ),
            Parameter(name="city", type="text", required=False, source="room.city", description="Only in this city."),
            Parameter(
                name="max_hourly_price",
                type="real",
                required=False,
                minimum=0,
                source="room.hourly_price",
                description="At most.",
            ),
            Parameter(
                name="limit",
                type="integer",
                required=False,
                default=3,
                minimum=1,
                maximum=20,
                description="At most so many.",
            ),
        ),
        contract=Contract(
            returns=(
                ReturnField(
                    name="rooms",
                    query=Query(
                        table="room",
                        where="row.status == 'open' and row.capacity >= people and (city is None or row.city == city)"
                        " and (max_hourly_price is None or row.hourly_price <= max_hourly_price)",
                        order=(Order(expression="row.hourly_price"), Order(expression="row.rating", descending=True)),
                        limit="limit",
                        fields={
                            "room_id": "row.room_id",
                            "title": "row.title",
                            "capacity": "row.capacity",
                            "hourly_price": "row.hourly_price",
                            "rating": "row.rating",
                        },
                        refers_to={"room_id": "room.room_id"},
                    ),
                    type="array",
                ),
            ),
        ),
        summary="find a room",
    )


def _list_customer_bookings() -> Tool:
    return Tool(
        name="list_customer_bookings",
        description="Lists a customer's bookings, the latest first.",
        category="list",
        entity="booking",
        parameters=(
            _CUSTOMER,
            Parameter(
                name="status",
                type="text",
                required=False,
                enum=("pending", "confirmed", "cancelled", "completed"),
                source="booking.status",
                description="Only with this status.",
            ),
        ),
        contract=Contract(
            requires=(_HAS_CUSTOMER,),
            returns=(
                ReturnField(
                    name="bookings",
                    query=Query(
                        table="booking",
                        where="row.customer_id == customer_id and (status is None or row.status == status)",
                        order=(Order(expression="row.starts_at", descending=True),),
                        fields=_BOOKING_FIELDS,
                        refers_to={"booking_id": "booking.booking_id", "room_id": "room.room_id"},
                    ),
                    type="array",
                ),
            ),
        ),
        summary="see a customer's bookings",
    )


_OVERLAP = (
    "not any(other.status in ('pending', 'confirmed') and other.starts_at < ends_at and other.ends_at > {start}"
    "{besides} for other in rows('booking', room_id={room}))"
)


def _book_room() -> Tool:
    return Tool(
        name="book_room",
        description="Books a room for a customer and takes the price off their balance.",
        category="create",
        entity="booking",
        parameters=(
            _CUSTOMER,
            _ROOM,
            Parameter(name="starts_at", type="datetime", source="booking.starts_at", description="When it starts."),
            Parameter(name="minutes", type="integer", minimum=15, maximum=480, description="How long."),
            Parameter(
                name="people", type="integer", minimum=1, maximum=30, source="booking.people", description="Group size."
            ),
            Parameter(
                name="note", type="text", required=False, source="booking.note", description="A note for the host."
            ),
        ),
        contract=Contract(
            bindings=(
                Binding(name="customer", expression="get('customer', customer_id)"),
                _ROOM_BINDING,
                Binding(name="ends_at", expression="add_minutes(starts_at, minutes)"),
                Binding(name="price", expression="money(room.hourly_price * minutes / 60)"),
            ),
            requires=(
                Requirement(
                    condition="customer is not None", code="customer_not_found", message="No customer {customer_id!r}."
                ),
                _HAS_ROOM,
                Requirement(
                    condition="room.status == 'open'",
                    code="room_closed",
                    message="Room {room_id!r} is closed.",
                    rule="state",
                ),
                Requirement(
                    condition="starts_at > now",
                    code="starts_in_the_past",
                    message="{starts_at} is over.",
                    rule="deadline",
                ),
                Requirement(
                    condition="people <= room.capacity",
                    code="room_too_small",
                    message="Room {room_id!r} holds {room.capacity}.",
                    rule="capacity",
                ),
                Requirement(
                    condition=_OVERLAP.format(start="starts_at", besides="", room="room_id"),
                    code="room_taken",
                    message="Room {room_id!r} is taken then.",
                    rule="no_overlap",
                ),
                Requirement(
                    condition="customer.balance >= price",
                    code="balance_too_low",
                    message="The price is {price}, the balance {customer.balance}.",
                    rule="balance",
                ),
            ),
            effects=(
                Effect(
                    table="booking",
                    operation="insert",
                    values={
                        "customer_id": "customer_id",
                        "room_id": "room_id",
                        "starts_at": "starts_at",
                        "ends_at": "ends_at",
                        "people": "people",
                        "price": "price",
                        "status": "'pending'",
                        "note": "note",
                        "created_at": "now",
                    },
                    bind="made",
                ),
                Effect(
                    table="customer",
                    operation="update",
                    key="customer_id",
                    values={"balance": "money(customer.balance - price)"},
                ),
            ),
            returns=(
                ReturnField(name="booking_id", value="made.booking_id", refers_to="booking.booking_id", type="text"),
                ReturnField(name="price", value="price", type="real"),
                ReturnField(name="ends_at", value="ends_at", type="datetime"),
                ReturnField(name="balance", value="after('customer', customer_id).balance", type="real"),
            ),
        ),
        summary="book a room",
    )


def _cancel_booking() -> Tool:
    return Tool(
        name="cancel_booking",
        description="Cancels one's own booking up to a day before it starts; members get all, others half of the price back.",
        category="transition",
        entity="booking",
        parameters=(_CUSTOMER, _BOOKING),
        contract=Contract(
            bindings=(
                _BOOKING_BINDING,
                Binding(name="customer", expression="get('customer', customer_id)"),
                Binding(name="refund", expression="booking.price if customer.member else money(booking.price / 2)"),
            ),
            requires=(
                _HAS_CUSTOMER,
                _HAS_BOOKING,
                _OWNS,
                Requirement(
                    condition="booking.status in ('pending', 'confirmed')",
                    code="booking_not_active",
                    message="Booking {booking_id!r} is {booking.status}.",
                    rule="state",
                ),
                Requirement(
                    condition="minutes_between(now, booking.starts_at) >= 1440",
                    code="too_late_to_cancel",
                    message="Booking {booking_id!r} starts at {booking.starts_at}.",
                    rule="deadline",
                ),
            ),
            effects=(
                Effect(
                    table="booking",
                    operation="update",
                    key="booking_id",
                    values={"status": "'cancelled'", "cancelled_at": "now"},
                ),
                Effect(
                    table="customer",
                    operation="update",
                    key="customer_id",
                    values={"balance": "money(customer.balance + refund)"},
                ),
            ),
            returns=(
                ReturnField(name="booking_id", value="booking_id", refers_to="booking.booking_id", type="text"),
                ReturnField(name="status", value="after('booking', booking_id).status", type="text"),
                ReturnField(name="refund", value="refund", type="real"),
                ReturnField(name="balance", value="after('customer', customer_id).balance", type="real"),
            ),
        ),
        summary="cancel a booking",
    )


def _reschedule_booking() -> Tool:
    return Tool(
        name="reschedule_booking",
        description="Moves one's own pending booking to another time of the same length.",
        category="update",
        entity="booking",
        parameters=(
            _CUSTOMER,
            _BOOKING,
            Parameter(name="starts_at", type="datetime", source="booking.starts_at", description="The new start."),
        ),
        contract=Contract(
            bindings=(
                _BOOKING_BINDING,
                Binding(
                    name="ends_at",
                    expression="add_minutes(starts_at, minutes_between(booking.starts_at, booking.ends_at))",
                ),
            ),
            requires=(
                _HAS_BOOKING,
                _OWNS,
                Requirement(
                    condition="booking.status == 'pending'",
                    code="booking_not_pending",
                    message="It is {booking.status}.",
                    rule="state",
                ),
                Requirement(
                    condition="starts_at > now",
                    code="starts_in_the_past",
                    message="{starts_at} is over.",
                    rule="deadline",
                ),
                Requirement(
                    condition=_OVERLAP.format(
                        start="starts_at", besides=" and other.booking_id != booking_id", room="booking.room_id"
                    ),
                    code="room_taken",
                    message="The room is taken then.",
                    rule="no_overlap",
                ),
            ),
            effects=(
                Effect(
                    table="booking",
                    operation="update",
                    key="booking_id",
                    values={"starts_at": "starts_at", "ends_at": "ends_at"},
                ),
            ),
            returns=(
                ReturnField(name="booking_id", value="booking_id", refers_to="booking.booking_id", type="text"),
                ReturnField(name="starts_at", value="after('booking', booking_id).starts_at", type="datetime"),
                ReturnField(name="ends_at", value="after('booking', booking_id).ends_at", type="datetime"),
            ),
        ),
        summary="move a booking",
    )


def _add_attendees() -> Tool:
    return Tool(
        name="add_attendees",
        description="Puts names on a booking's guest list.",
        category="batch",
        entity="attendee",
        parameters=(
            _BOOKING,
            Parameter(
                name="seats",
                type="integer",
                array=True,
                minimum=1,
                maximum=60,
                source="attendee.seat",
                description="Seats.",
            ),
            Parameter(name="name", type="text", source="attendee.name", description="Name for all of them."),
        ),
        contract=Contract(
            bindings=(_BOOKING_BINDING,),
            requires=(
                _HAS_BOOKING,
                Requirement(
                    condition="booking.status in ('pending', 'confirmed')",
                    code="booking_not_active",
                    message="It is {booking.status}.",
                    rule="state",
                ),
                Requirement(condition="len(seats) > 0", code="no_seats", message="Name at least one seat."),
                Requirement(
                    condition="not any(len([other for other in seats if other == seat]) > 1 for seat in seats)",
                    code="seat_twice",
                    message="A seat is named twice.",
                    rule="uniqueness",
                ),
                Requirement(
                    condition="not any(exists('attendee', booking_id=booking_id, seat=seat) for seat in seats)",
                    code="seat_taken",
                    message="A seat is taken.",
                    rule="uniqueness",
                ),
                Requirement(
                    condition="count('attendee', booking_id=booking_id) + len(seats) <= booking.people",
                    code="too_many_guests",
                    message="The booking is for {booking.people}.",
                    rule="capacity",
                ),
            ),
            effects=(
                Effect(
                    table="attendee",
                    operation="insert",
                    each="seat in seats",
                    values={"booking_id": "booking_id", "seat": "seat", "name": "name"},
                ),
            ),
            returns=(
                ReturnField(name="booking_id", value="booking_id", refers_to="booking.booking_id", type="text"),
                ReturnField(name="added", value="len(seats)", type="integer"),
                ReturnField(
                    name="guests", value="count('attendee', booking_id=booking_id) + len(seats)", type="integer"
                ),
            ),
        ),
        summary="add guests to a booking",
    )


def _summarize_spending() -> Tool:
    return Tool(
        name="summarize_spending",
        description="Adds up what a customer spent on bookings that were not cancelled, from a day on if one is given.",
        category="compute",
        entity="booking",
        parameters=(
            _CUSTOMER,
            Parameter(name="since", type="date", required=False, description="First day that counts."),
        ),
        contract=Contract(
            bindings=(
                Binding(
                    name="counted",
                    expression="[row for row in rows('booking', customer_id=customer_id) if row.status != 'cancelled'"
                    " and (since is None or date_of(row.starts_at) >= since)]",
                ),
            ),
            requires=(_HAS_CUSTOMER,),
            returns=(
                ReturnField(name="bookings", value="len(counted)", type="integer"),
                ReturnField(name="total", value="money(sum(row.price for row in counted))", type="real"),
                ReturnField(
                    name="highest", value="max(row.price for row in counted) if len(counted) > 0 else None", type="real"
                ),
                ReturnField(
                    name="average",
                    value="money(sum(row.price for row in counted) / len(counted)) if len(counted) > 0 else None",
                    type="real",
                ),
            ),
        ),
        summary="see what a customer spent",
    )


def _remove_room() -> Tool:
    return Tool(
        name="remove_room",
        description="Removes a closed room that was never booked.",
        category="delete",
        entity="room",
        parameters=(_ROOM,),
        contract=Contract(
            bindings=(_ROOM_BINDING,),
            requires=(
                _HAS_ROOM,
                Requirement(
                    condition="room.status == 'closed'", code="room_open", message="Close it first.", rule="state"
                ),
                Requirement(
                    condition="count('booking', room_id=room_id) == 0",
                    code="room_has_bookings",
                    message="It has bookings.",
                    rule="dependents",
                ),
            ),
            effects=(Effect(table="room", operation="delete", key="room_id"),),
            returns=(
                ReturnField(name="room_id", value="room_id", type="text"),
                ReturnField(name="title", value="room.title", type="text"),
            ),
        ),
        summary="remove a room",
    )


def _transfer_booking() -> Tool:
    return Tool(
        name="transfer_booking",
        description="Hands one's confirmed booking over to another customer.",
        category="transfer",
        entity="booking",
        parameters=(
            _BOOKING,
            Parameter(
                name="from_customer_id", type="text", refers_to="customer.customer_id", description="Who has it."
            ),
            Parameter(name="to_customer_id", type="text", refers_to="customer.customer_id", description="Who gets it."),
        ),
        contract=Contract(
            bindings=(_BOOKING_BINDING, Binding(name="receiver", expression="get('customer', to_customer_id)")),
            requires=(
                _HAS_BOOKING,
                Requirement(
                    condition="receiver is not None",
                    code="customer_not_found",
                    message="No customer {to_customer_id!r}.",
                ),
                Requirement(
                    condition="booking.customer_id == from_customer_id",
                    code="not_your_booking",
                    message="It is not yours.",
                    rule="ownership",
                ),
                Requirement(
                    condition="from_customer_id != to_customer_id",
                    code="same_customer",
                    message="It is theirs already.",
                ),
                Requirement(
                    condition="booking.status == 'confirmed'",
                    code="booking_not_confirmed",
                    message="Confirm it first.",
                    rule="state",
                ),
                Requirement(
                    condition="len([row for row in rows('booking', customer_id=to_customer_id) if row.status == 'confirmed']) < 2",
                    code="quota_reached",
                    message="They have two bookings already.",
                    rule="quota",
                ),
            ),
            effects=(
                Effect(table="booking", operation="update", key="booking_id", values={"customer_id": "to_customer_id"}),
            ),
            returns=(
                ReturnField(name="booking_id", value="booking_id", refers_to="booking.booking_id", type="text"),
                ReturnField(
                    name="customer_id",
                    value="after('booking', booking_id).customer_id",
                    refers_to="customer.customer_id",
                    type="text",
                ),
                ReturnField(name="name", value="receiver.name", type="text"),
            ),
        ),
        summary="hand a booking over",
    )


def _update_customer() -> Tool:
    return Tool(
        name="update_customer",
        description="Changes a customer's e-mail address or city.",
        category="update",
        entity="customer",
        parameters=(
            _CUSTOMER,
            Parameter(
                name="email", type="text", required=False, source="customer.email", description="The new address."
            ),
            Parameter(name="city", type="text", required=False, source="customer.city", description="The new city."),
        ),
        contract=Contract(
            bindings=(Binding(name="customer", expression="get('customer', customer_id)"),),
            requires=(
                Requirement(
                    condition="customer is not None", code="customer_not_found", message="No customer {customer_id!r}."
                ),
                Requirement(
                    condition="email is not None or city is not None",
                    code="nothing_to_change",
                    message="Nothing was given.",
                ),
                Requirement(
                    condition="email is None or not any(other.customer_id != customer_id for other in rows('customer', email=email))",
                    code="email_taken",
                    message="{email!r} is taken.",
                    rule="uniqueness",
                ),
            ),
            effects=(
                Effect(
                    table="customer",
                    operation="update",
                    key="customer_id",
                    when="email is not None",
                    values={"email": "email"},
                ),
                Effect(
                    table="customer",
                    operation="update",
                    key="customer_id",
                    when="city is not None",
                    values={"city": "city"},
                ),
            ),
            returns=(
                ReturnField(name="customer_id", value="customer_id", refers_to="customer.customer_id", type="text"),
                ReturnField(name="email", value="after('customer', customer_id).email", type="text"),
                ReturnField(name="city", value="after('customer', customer_id).city", type="text"),
            ),
        ),
        summary="change a customer's details",
    )


def _close_room() -> Tool:
    return Tool(
        name="close_room",
        description="Closes an open room and cancels its pending bookings.",
        category="batch",
        entity="room",
        parameters=(_ROOM,),
        contract=Contract(
            bindings=(
                _ROOM_BINDING,
                Binding(
                    name="waiting",
                    expression="[row for row in rows('booking', room_id=room_id) if row.status == 'pending']",
                ),
            ),
            requires=(
                _HAS_ROOM,
                Requirement(
                    condition="room.status == 'open'", code="room_closed", message="It is closed already.", rule="state"
                ),
            ),
            effects=(
                Effect(table="room", operation="update", key="room_id", values={"status": "'closed'"}),
                Effect(
                    table="booking",
                    operation="update",
                    each="row in waiting",
                    key="row.booking_id",
                    values={"status": "'cancelled'", "cancelled_at": "now"},
                ),
            ),
            returns=(
                ReturnField(name="room_id", value="room_id", refers_to="room.room_id", type="text"),
                ReturnField(name="status", value="after('room', room_id).status", type="text"),
                ReturnField(name="cancelled", value="len(waiting)", type="integer"),
            ),
        ),
        summary="close a room",
    )


def _confirm_booking() -> Tool:
    return Tool(
        name="confirm_booking",
        description="Confirms a pending booking.",
        category="transition",
        entity="booking",
        parameters=(_BOOKING,),
        contract=Contract(
            bindings=(_BOOKING_BINDING,),
            requires=(
                _HAS_BOOKING,
                Requirement(
                    condition="booking.status == 'pending'",
                    code="booking_not_pending",
                    message="It is {booking.status}.",
                    rule="state",
                ),
            ),
            effects=(Effect(table="booking", operation="update", key="booking_id", values={"status": "'confirmed'"}),),
            returns=(
                ReturnField(name="booking_id", value="booking_id", refers_to="booking.booking_id", type="text"),
                ReturnField(name="status", value="after('booking', booking_id).status", type="text"),
            ),
        ),
        summary="confirm a booking",
    )


@cache
def bookings_spec() -> DomainSpec:
    """The domain before any tool was tested."""
    return DomainSpec(
        name="room_booking",
        title="Room Booking",
        description="Customers book rooms by the hour.",
        seed_kind="blueprint",
        seed_digest="0" * 64,
        database=DATABASE,
        actor=Actor(table="customer", profile=("name", "email"), description="A customer who books rooms."),
        now=NOW,
    )


@cache
def bookings_tools() -> tuple[Tool, ...]:
    """The tools, with code."""
    made = (
        _get_booking(),
        _search_rooms(),
        _list_customer_bookings(),
        _book_room(),
        _cancel_booking(),
        _reschedule_booking(),
        _confirm_booking(),
        _add_attendees(),
        _summarize_spending(),
        _remove_room(),
        _transfer_booking(),
        _update_customer(),
        _close_room(),
    )
    return tuple(tool.model_copy(update={"source": write_source(tool, DATABASE)}) for tool in made)


@cache
def bookings_domain() -> Domain:
    """The domain with all its tools."""
    return Domain(spec=bookings_spec(), tools=bookings_tools())
