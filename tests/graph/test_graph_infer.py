"""Candidate edges told from contracts."""

from __future__ import annotations

import pytest

from engine.graph.footprint import EXISTENCE, NAMED, Footprint
from engine.graph.infer import infer, outputs
from engine.models.graph import Edge
from tests.fakes.bookings import bookings_domain


def _ids() -> set[str]:
    return {edge.id for edge in infer(bookings_domain())}


@pytest.mark.parametrize(
    "edge",
    [
        "data_flow:search_rooms>book_room:rooms[].room_id -> room_id",
        "data_flow:book_room>cancel_booking:booking_id -> booking_id",
        "data_flow:list_customer_bookings>get_booking:bookings[].booking_id -> booking_id",
        "precondition:confirm_booking>transfer_booking:booking_not_confirmed",
        "precondition:close_room>remove_room:room_open",
        "precondition:cancel_booking>book_room:room_taken",
        "state:book_room>list_customer_bookings:booking",
        "state:close_room>search_rooms:room",
    ],
)
def test_what_contracts_make_possible_is_proposed(edge: str) -> None:
    assert edge in _ids()


@pytest.mark.parametrize(
    "edge",
    [
        "data_flow:cancel_booking>get_booking:booking_id -> booking_id",  # it only repeats its argument
        "data_flow:list_customer_bookings>list_customer_bookings:bookings[].booking_id -> booking_id",
        "precondition:confirm_booking>cancel_booking:not_your_booking",  # writes no owner
        "precondition:book_room>book_room:room_taken",
        "precondition:book_room>remove_room:room_has_bookings",  # more bookings can't help
        "precondition:cancel_booking>confirm_booking:booking_not_pending",  # writes another state for sure
        "state:book_room>search_rooms:room",  # writes no room
        "state:search_rooms>get_booking:room",
    ],
)
def test_what_contracts_rule_out_is_not_proposed(edge: str) -> None:
    assert edge not in _ids()


def test_candidates_are_far_fewer_than_pairs_and_in_a_stable_order() -> None:
    domain = bookings_domain()
    edges = infer(domain)
    assert len(edges) < len(domain.tools) ** 2
    assert edges == infer(domain)
    assert len({edge.id for edge in edges}) == len(edges)


def test_outputs_leave_out_what_an_argument_asked_for() -> None:
    domain = bookings_domain()
    listed = {output.text for output in outputs(domain.tool["list_customer_bookings"], domain.database)}
    assert listed == {"bookings[].booking_id", "bookings[].room_id"}
    assert outputs(domain.tool["confirm_booking"], domain.database) == ()


def test_footprint_follows_bindings_and_loops() -> None:
    domain = bookings_domain()
    book = Footprint(domain.tool["book_room"], domain.database)
    taken = book.requirements[5]
    assert ("booking", "starts_at") in taken
    assert ("booking", EXISTENCE) in taken
    assert ("room", NAMED) in book.requirements[1]
    assert {(cell, written.effect.operation) for written in book.writes for cell in written.cells} == {
        (("booking", EXISTENCE), "insert"),
        (("customer", "balance"), "update"),
    }


def test_edges_start_unproven() -> None:
    assert not any(edge.proven for edge in infer(bookings_domain()))
    assert isinstance(infer(bookings_domain())[0], Edge)
