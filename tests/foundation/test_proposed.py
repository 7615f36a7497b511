"""Cases that somebody proposed join the tests where the contract agrees; a contract gives way to none that says less."""

from __future__ import annotations

from typing import Any

import pytest

from engine.agents.roles.foundation import ProposedCase
from engine.foundation.patches import patch_problems
from engine.foundation.proposed import MOST_CASES, Dispute, examine_cases
from engine.foundation.testing import Runtimes, test_tool
from engine.models.base import Rows
from engine.models.domain import Domain
from engine.models.tool import Contract, Effect, Requirement, Tool
from engine.runtime.inprocess import InProcessRuntime
from engine.states.draft import Draft
from tests.fakes.bookings import bookings_spec, bookings_tools

SPEC = bookings_spec()
TOOL = {tool.name: tool for tool in bookings_tools()}
CONFIRM = TOOL["confirm_booking"]
PENDING: Rows = {"booking": [{"booking_id": "BKG-0009", "status": "pending"}]}


def _case(expects: str, rows: Rows = PENDING, **arguments: Any) -> ProposedCase:
    given = arguments or {"booking_id": "BKG-0009"}
    return ProposedCase(tool="confirm_booking", note="a case", rows=rows, arguments=given, expects=expects)


def test_a_case_is_completed_to_a_legal_state_and_run() -> None:
    found = examine_cases(SPEC, CONFIRM, [_case("")], 1)
    (case,) = found.cases
    assert (found.agreed, found.disputes, found.unusable) == ((_case(""),), (), ())
    assert (case.kind, case.note, case.expected[0].code) == ("accept", "by the test agent: a case", None)
    draft = Draft(SPEC.database, SPEC.now, case.rows)
    for table, rows in case.rows.items():
        for row in rows:
            key = SPEC.database.table[table].key_of(row)
            assert draft.problems(table, row, key) == []
    assert {row["status"] for row in case.rows["booking"]} == {"pending"}
    with InProcessRuntime(Domain(spec=SPEC, tools=(CONFIRM,))) as runtime:
        plain = test_tool(SPEC, CONFIRM, 1, Runtimes(runtime), ())
        more = test_tool(SPEC, CONFIRM, 1, Runtimes(runtime), found.cases)
    assert more.report.admitted
    assert more.report.cases == plain.report.cases + 1
    assert more.cases[-1].detail == "by the test agent: a case"


def test_a_proposed_case_can_show_a_fault() -> None:
    special = (
        "    if booking_id == 'BKG-0009':\n        db.reject('booking_not_pending', \"It is pending.\")\n    booking ="
    )
    wrong = CONFIRM.model_copy(update={"source": CONFIRM.source.replace("    booking =", special, 1)})
    cases = examine_cases(SPEC, CONFIRM, [_case("")], 1).cases
    with InProcessRuntime(Domain(spec=SPEC, tools=(wrong,))) as runtime:
        assert test_tool(SPEC, wrong, 1, Runtimes(runtime), ()).report.admitted
        assert not test_tool(SPEC, wrong, 1, Runtimes(runtime), cases).report.admitted


def test_what_is_made_up_around_a_case_depends_on_nothing_but_the_case() -> None:
    other = _case("booking_not_found", {}, booking_id="BKG-1234")
    alone = examine_cases(SPEC, CONFIRM, [_case("")], 1).cases[0]
    assert examine_cases(SPEC, CONFIRM, [other, _case("")], 1).cases[1].rows == alone.rows


@pytest.mark.parametrize(
    "case, words",
    [
        (_case("booking_not_pending"), "must be refused with `booking_not_pending`, but by the conditions it succeeds"),
        (_case("", {}), "must succeed, but by the conditions it is refused with `booking_not_found`"),
    ],
)
def test_a_case_on_which_the_contract_differs_is_a_dispute(case: ProposedCase, words: str) -> None:
    found = examine_cases(SPEC, CONFIRM, [case], 1)
    assert (found.cases, found.agreed) == ((), ())
    assert words in found.disputes[0].words


@pytest.mark.parametrize(
    "case, words",
    [
        (_case("", PENDING, booking_id=5), "the call is not valid"),
        (_case("", PENDING, nothing="x"), "the call is not valid"),
        (_case("", {"nowhere": [{}]}), "no table `nowhere`"),
        (_case("", {"booking": [{"nothing": 1}]}), "`nothing`"),
        (_case("", {"booking": [{"status": "lost"}]}), "`status` must be one of"),
        (_case("", {"booking": [{"booking_id": "B"}, {"booking_id": "B"}]}), "B"),
        (_case("", {"booking": [{"status": 5}]}), "`status` must be text"),
        (_case("", {"booking": [{"starts_at": "tomorrow"}]}), "`starts_at` must be a datetime"),
        (_case("", {"customer": [{"balance": "much"}]}), "`balance` must be a number"),
        (_case("", {"customer": [{"balance": True}]}), "`balance` must be a number"),
        (_case("", {"customer": [{"name": "\ud800"}]}), "lone surrogates"),
        (_case("", {"customer": [{"balance": float("inf")}]}), "`balance` must be finite"),
        (_case("", {"room": [{"capacity": 2**70}]}), "`capacity` must fit into 64 bits"),
        (_case("", PENDING, booking_id="\ud800"), "the call is not valid"),
        (_case("", {"room": [{"capacity": 2.5}]}), "`capacity` must be an integer"),
        (_case("", {"customer": [{"customer_id": None}]}), ""),
    ],
)  # fmt: skip
def test_a_case_that_can_not_be_tried_is_left_out_with_its_reason(case: ProposedCase, words: str) -> None:
    found = examine_cases(SPEC, CONFIRM, [case, _case("")], 1)
    assert len(found.cases) == 1
    (reason,) = found.unusable
    assert words in reason


def test_only_so_many_cases_are_looked_at() -> None:
    assert len(examine_cases(SPEC, CONFIRM, [_case("")] * 50, 1).agreed) == MOST_CASES


# Contracts in another's place


def _with(condition: str, code: str = "booking_not_pending") -> Contract:
    requires = tuple(
        each.model_copy(update={"condition": condition}) if each.code == code else each
        for each in CONFIRM.contract.requires
    )
    return CONFIRM.contract.model_copy(update={"requires": requires})


def _without(code: str) -> Contract:
    requires = tuple(each for each in CONFIRM.contract.requires if each.code != code)
    return CONFIRM.contract.model_copy(update={"requires": requires})


def _writing(**values: str) -> Contract:
    effect = Effect(table="booking", operation="update", key="booking_id", values=values)
    return CONFIRM.contract.model_copy(update={"effects": (effect,)})


def test_another_condition_that_is_sound_may_take_its_place() -> None:
    assert patch_problems(SPEC, CONFIRM, _with("booking.status in ('pending', 'completed')"), 1) == []


def test_it_has_to_settle_the_dispute() -> None:
    (dispute,) = examine_cases(
        SPEC, CONFIRM, [_case("", {"booking": [{"booking_id": "BKG-0009", "status": "completed"}]})], 1
    ).disputes
    assert patch_problems(SPEC, CONFIRM, _with("booking.status in ('pending', 'completed')"), 1, dispute=dispute) == []
    assert patch_problems(SPEC, CONFIRM, _with("booking.status in ('pending', 'cancelled')"), 1, dispute=dispute)


def test_a_code_may_go_only_where_the_dispute_is_about_it() -> None:
    assert "is gone" in patch_problems(SPEC, CONFIRM, _without("booking_not_pending"), 1)[0]
    dispute = Dispute(
        _case("", {"booking": [{"booking_id": "BKG-0009", "status": "completed"}]}), "-", "booking_not_pending"
    )
    assert patch_problems(SPEC, CONFIRM, _without("booking_not_pending"), 1, dispute=dispute) == []


@pytest.mark.parametrize(
    "contract, words",
    [
        (_with("True"), "depends on nothing"),
        (_with("1 < 2"), "depends on nothing"),
        (_with("booking.status == booking.status"), "can't come about any more"),
        (_with("booking.status != booking.status"), "no call is ever accepted"),
        (_with("booking.nothing == 1"), "nothing"),
        (_with("open('x')"), "open"),
        (_with("booking is not None or"), "not an expression"),
        (_writing(status="'confirmed'", note="'x'"), "writes other columns"),
        (_writing(status="any"), "leaves values open"),
        (CONFIRM.contract.model_copy(update={"effects": ()}), "writes other columns"),
        (CONFIRM.contract.model_copy(update={"returns": CONFIRM.contract.returns[:1]}), "answers other fields"),
    ],
)
def test_a_contract_that_says_less_is_refused(contract: Contract, words: str) -> None:
    assert words in " ".join(patch_problems(SPEC, CONFIRM, contract, 1))


def test_a_contract_that_never_accepts_may_be_put_right() -> None:
    never = CONFIRM.model_copy(
        update={"contract": _with("booking.status == 'pending' and booking.status == 'completed'")}
    )
    right = CONFIRM.contract
    assert patch_problems(SPEC, never, right, 1) == []
    further = Requirement(condition="booking.note is None or len(booking.note) < 5", code="too_long", message="No.")
    more = right.model_copy(update={"requires": (*right.requires, further)})
    assert patch_problems(SPEC, never, more, 1) == []


def test_the_report_says_that_it_is_the_contract() -> None:
    never: Tool = CONFIRM.model_copy(update={"contract": _with("booking.status == 'lost'")})
    with InProcessRuntime(Domain(spec=SPEC, tools=(never,))) as runtime:
        assert test_tool(SPEC, never, 1, Runtimes(runtime), ()).contract_fails
        assert not test_tool(SPEC, CONFIRM, 1, Runtimes(runtime), ()).contract_fails
