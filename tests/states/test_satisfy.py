"""The search finds states for every wanted truth, keeps the schema and what is frozen, and admits defeat."""

from __future__ import annotations

from random import Random

import pytest

from engine.contracts.evaluate import conditions
from engine.contracts.state import PlainState
from engine.models.tool import Contract, Requirement, Tool
from engine.states.arguments import argument_names, given_arguments, make_arguments
from engine.states.builder import StateBuilder
from engine.states.draft import Draft
from engine.states.satisfy import Found, Want, make, satisfy
from tests.fakes.bookings import DATABASE, NOW, bookings_tools
from tests.states.test_builder import problems

TOOLS = {tool.name: tool for tool in bookings_tools()}
WANTS = [
    pytest.param(tool, want, id=f"{tool.name}-{want if want == 'accept' else tool.contract.requires[want].code}")
    for tool in bookings_tools()
    for want in ("accept", *range(len(tool.contract.requires)))
]


def _draft(seed: str, size: int = 4) -> Draft:
    builder = StateBuilder(DATABASE, Random(seed), NOW)
    builder.fill(size)
    return builder.draft


def _search(tool: Tool, want: Want, seed: str, **more: object) -> Found | None:
    rng = Random(seed)
    draft = _draft(seed)
    arguments = make_arguments(tool, draft, rng, argument_names(tool, DATABASE))
    state = PlainState(DATABASE, draft.to_rows(), NOW)
    return satisfy(tool, DATABASE, state, arguments, want, rng, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("tool, want", WANTS)
def test_every_wanted_truth_is_found_in_a_legal_state(tool: Tool, want: Want) -> None:
    # Without the customer, a booking of theirs can't exist: its ownership fails as well.
    strict = (tool.name, want) != ("cancel_booking", 0)
    found = _search(tool, want, f"{tool.name}:{want}", strict=strict)
    assert found is not None
    truths = conditions(tool, DATABASE, found.state, found.arguments)
    if want == "accept":
        assert all(truths)
    else:
        assert all(truths[:want])
        assert truths[want] is False
        assert not strict or False not in truths[want + 1 :]
    assert problems(Draft(DATABASE, NOW, found.state.to_rows())) == []


def test_the_same_seed_finds_the_same() -> None:
    tool = TOOLS["book_room"]
    first, second = (_search(tool, 5, "again") for _ in range(2))
    assert first is not None
    assert second is not None
    assert first.arguments == second.arguments
    assert first.state.to_rows() == second.state.to_rows()


def test_what_can_not_be_is_not_found_and_nothing_is_changed() -> None:
    never = Requirement(condition="len(rows('room')) >= 0 and 1 == 1", code="never", message="")
    tool = TOOLS["confirm_booking"].model_copy(update={"contract": Contract(requires=(never,))})
    draft = _draft("x")
    state = PlainState(DATABASE, draft.to_rows(), NOW)
    assert satisfy(tool, DATABASE, state, {"booking_id": "BKG-0001"}, 0, Random(1), effort=50) is None
    assert state.to_rows() == PlainState(DATABASE, draft.to_rows(), NOW).to_rows()


def test_strict_search_knows_that_one_failure_can_force_another() -> None:
    assert _search(TOOLS["cancel_booking"], 0, "strict", effort=60) is None


def test_frozen_rows_and_fixed_arguments_stay() -> None:
    tool = TOOLS["cancel_booking"]
    draft = _draft("frozen")
    frozen = [("booking", key) for key in draft.keys("booking")] + [("room", key) for key in draft.keys("room")]
    state = PlainState(DATABASE, draft.to_rows(), NOW)
    arguments = {"customer_id": draft.keys("customer")[0], "booking_id": "BKG-0999"}
    found = satisfy(tool, DATABASE, state, arguments, "accept", Random(2), frozen=frozen, fixed=["customer_id"])
    assert found is not None
    assert found.arguments["customer_id"] == arguments["customer_id"]
    for table, key in frozen:
        assert found.state.get(table, key) == draft.get(table, key)


def test_further_goals_hold_as_well() -> None:
    goals = [("count('booking', room_id=room_id) == 3", True), ("people == room.capacity", True)]
    found = _search(TOOLS["book_room"], "accept", "goals", goals=goals)
    assert found is not None
    room = found.state.get("room", found.arguments["room_id"])
    assert room is not None
    assert room["capacity"] == found.arguments["people"]
    assert len(found.state.rows("booking", {"room_id": room["room_id"]})) == 3


@pytest.mark.parametrize(
    "expression",
    [
        "get('room', wanted) is not None",
        "exists('booking', room_id=wanted, status='confirmed')",
        "count('booking', room_id=wanted) == 4",
        "all(row.capacity > 10 for row in rows('room'))",
        "sum(row.price for row in rows('booking', room_id=wanted)) > 500",
        "max(row.balance for row in rows('customer')) <= 20.0",
        "any(weekday(row.starts_at) == 2 and time_of(row.starts_at) >= '15:00' for row in rows('booking'))",
        "len([row for row in rows('attendee') if lower(row.name) == 'zoe']) == 2",
        "any(contains(row.title, 'lake') for row in rows('room', city='Oslo'))",
        "not exists('booking', status='pending')",
        "[row.city for row in rows('room')][0] in ('Oslo', 'Bergen')",
        "'Quito' in [row.city for row in rows('room')]",
        "all(days_between(today, row.starts_at) >= 3 for row in rows('booking', status='confirmed'))",
        "min(row.hourly_price for row in rows('room')) * 3 == 60",
    ],
)
def test_rows_can_be_made_to_say_anything(expression: str) -> None:
    draft = _draft("make")
    assert make(expression, True, draft, Random(expression), names={"wanted": "ROM-0002"})
    assert make(expression, True, draft, Random(1), names={"wanted": "ROM-0002"}, effort=1)
    assert problems(draft) == []
    assert make(f"not ({expression})", True, draft, Random(expression), names={"wanted": "ROM-0002"})
    assert problems(draft) == []


def test_a_failed_make_leaves_the_draft_alone() -> None:
    draft = _draft("alone")
    before = draft.to_rows()
    assert not make("exists('room', capacity=99)", True, draft, Random(1), effort=40)
    assert draft.to_rows() == before


def test_optional_arguments_come_and_go() -> None:
    tool = TOOLS["update_customer"]
    found = _search(tool, "accept", "optional", goals=[("email is None and city is not None", True)])
    assert found is not None
    assert set(found.arguments) == {"customer_id", "city"}
    assert given_arguments(tool, {"customer_id": "a", "email": None, "city": "b"}) == {"customer_id": "a", "city": "b"}
