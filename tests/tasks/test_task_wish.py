"""Tasks built from wished chains: as wished where that can be, else the engine's own choice, and never an exception."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.agents.roles.tasks import PlannedChain, WishedCall
from engine.models.base import canonical_json
from engine.models.chain import Literal
from engine.models.task import Task
from engine.tasks.audit import start_of
from engine.tasks.build import Candidate, Rejected, TaskBuilder
from engine.tasks.provenance import said_values, spoken_text
from engine.tasks.replay import play
from engine.tasks.speech import unsaid
from engine.tasks.wish import MOST_GOALS, read_wish
from tests.fakes.bookings import bookings_domain
from tests.tasks.room_tasks import SEED, audited, room_graph

DOMAIN = bookings_domain()
TOOLS = [tool.name for tool in DOMAIN.tools]
WRITES = [tool.name for tool in DOMAIN.tools if tool.mutates_state]


@cache
def builder() -> TaskBuilder:
    return TaskBuilder(DOMAIN, room_graph(), SEED)


def wish(*steps: tuple[str, dict[str, Any]]) -> PlannedChain:
    return PlannedChain(steps=tuple(WishedCall(tool=tool, arguments=arguments) for tool, arguments in steps))


def built(chain: PlannedChain, index: int = 0) -> Candidate:
    candidate = builder().propose(index, None, chain)
    assert isinstance(candidate, Candidate)
    return candidate


def writes_of(task: Task) -> list[str]:
    return [step.tool for step in task.chain.steps if DOMAIN.tool[step.tool].mutates_state]


def test_the_writes_of_a_wish_become_the_goals_in_order_with_its_values() -> None:
    values = {"starts_at": "2026-03-09 10:00", "minutes": "120", "people": "3"}
    candidate = built(
        wish(("search_rooms", {}), ("book_room", values), ("cancel_booking", {"booking_id": "$2.booking_id"}))
    )
    assert candidate.wished
    assert writes_of(candidate.task) == ["book_room", "cancel_booking"]
    call = next(call for call in candidate.task.reference_calls if call.name == "book_room")
    assert (call.arguments["starts_at"], call.arguments["minutes"], call.arguments["people"]) == (
        "2026-03-09T10:00:00", 120, 3,
    )  # fmt: skip


def test_a_reference_takes_the_row_of_the_step_it_names() -> None:
    candidate = built(wish(("book_room", {}), ("cancel_booking", {"booking_id": "$1.booking_id"})))
    writes = [step for step in candidate.task.chain.steps if step.tool == "cancel_booking"]
    assert candidate.wished
    assert getattr(writes[0].arguments["booking_id"], "step", None) == next(
        index for index, step in enumerate(candidate.task.chain.steps) if step.tool == "book_room"
    )


def test_what_cannot_be_given_is_left_to_the_engine() -> None:
    values = {"starts_at": "whenever", "people": "9999", "customer_id": "CUS-0001", "nonsense": 3}
    goals = read_wish(DOMAIN, wish(("book_room", values)))
    assert goals[0].wish.values == {}
    assert built(wish(("book_room", values))).wished


def test_a_wish_without_changes_leaves_the_choice_to_the_engine() -> None:
    plain = builder().propose(3)
    wished = builder().propose(3, None, wish(("search_rooms", {}), ("fly_to_the_moon", {})))
    assert isinstance(plain, Candidate)
    assert isinstance(wished, Candidate)
    assert not wished.wished
    assert wished.failures
    assert canonical_json(wished.task.model_dump(mode="json")) == canonical_json(plain.task.model_dump(mode="json"))


def test_the_same_wish_gives_the_same_bytes() -> None:
    chain = wish(("book_room", {"people": 2}), ("cancel_booking", {"booking_id": "$1.booking_id"}))
    one, other = built(chain, 4), TaskBuilder(DOMAIN, room_graph(), SEED).propose(4, None, chain)
    assert isinstance(other, Candidate)
    assert one.task == other.task


@pytest.mark.parametrize("name", WRITES)
def test_a_wish_for_any_change_gives_a_task_that_passes_its_audits_or_says_why_not(name: str) -> None:
    candidates = [builder().propose(index, "medium", wish((name, {}))) for index in range(2)]
    tasks = [candidate.task for candidate in candidates if isinstance(candidate, Candidate) and candidate.wished]
    assert bool(tasks) is (name in builder().possible())
    assert not tasks or any(
        entry.task.audited or "not_duplicate" in entry.task.reason for entry in audited(tuple(tasks))
    )


anything = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=40),
    st.sampled_from(["$1.booking_id", "$2", "$999.x", "[1,2", '["a"]', "a,b", "2026-03-05", "9999-12-31", "0001-01-01T00:00:00", "1e400", "NaN", "-0", '"; drop', "</data>", "room_id", "  ", "٣"]),
    st.lists(st.one_of(st.integers(), st.text(max_size=5)), max_size=3), st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)  # fmt: skip
parameters = sorted({parameter.name for tool in DOMAIN.tools for parameter in tool.parameters})
calls = st.builds(
    WishedCall,
    tool=st.sampled_from([*TOOLS, *WRITES, "nothing"]),
    arguments=st.dictionaries(st.one_of(st.sampled_from(parameters), st.text(max_size=6)), anything, max_size=5),
)


@settings(max_examples=40, deadline=None)
@given(
    chain=st.builds(PlannedChain, story=st.text(max_size=20), steps=st.lists(calls, max_size=6).map(tuple)),
    index=st.integers(0, 30),
)
def test_whatever_the_wish_a_valid_candidate_or_a_reason_comes_out(chain: PlannedChain, index: int) -> None:
    candidate = builder().propose(index, None, chain)
    if isinstance(candidate, Rejected):
        assert candidate.reasons
        return
    task = candidate.task
    played = play(task.chain, DOMAIN, start_of(task, DOMAIN))
    assert played.calls == task.reference_calls
    assert played.changes == task.gold_diff
    if candidate.wished:
        assert len(writes_of(task)) <= MOST_GOALS
        wished = {step.tool for step in chain.steps}
        assert wished & set(writes_of(task))
        # A single call that needs nothing to be found out gets company.
        assert sum(name not in wished for name in writes_of(task)) <= 1
        assert not unsaid(said_values(task, DOMAIN), task.initial_state.now, spoken_text(task))
        assert all(
            argument.value == argument.value
            for step in task.chain.steps
            for argument in step.arguments.values()
            if isinstance(argument, Literal)
        )
