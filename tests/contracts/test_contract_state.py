"""The evaluator's own database state: order, generated ids, copies."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.contracts.state import PlainState
from engine.errors import ContractError
from engine.models.trace import RowChange
from tests.contracts.shop import NOW, SHOP, shop_state


def customer(key: str) -> dict[str, str | float | None]:
    return {"customer_id": key, "name": "Ada", "balance": 1.0, "nickname": None}


def test_generated_ids_go_on_after_the_largest() -> None:
    state = shop_state()
    assert [state.next_id("customer"), state.next_id("customer"), state.next_id("purchase")] == [
        "CUS-0003",
        "CUS-0004",
        8,
    ]


def test_ids_of_another_form_do_not_count() -> None:
    state = shop_state(customer=[customer("CUS-12x"), customer("VIP-0099"), customer("CUS-")])
    assert state.next_id("customer") == "CUS-0001"


def test_the_counter_never_goes_back() -> None:
    state = shop_state()
    row = state.get("customer", "CUS-0002")
    state.apply([RowChange(table="customer", key="CUS-0002", before=row)])
    assert state.next_id("customer") == "CUS-0003"
    state.apply([RowChange(table="customer", key="CUS-0040", after=customer("CUS-0040"))])
    assert state.next_id("customer") == "CUS-0041"


def test_a_table_without_a_generated_column_makes_no_ids() -> None:
    with pytest.raises(ContractError, match="no generated column"):
        shop_state().next_id("favourite")


def test_copies_are_independent() -> None:
    state = shop_state()
    twin = state.copy()
    twin.put("customer", customer("CUS-0009"))
    state.put("customer", customer("CUS-0008"))
    assert state.get("customer", "CUS-0009") is None
    assert twin.get("customer", "CUS-0008") is None
    assert twin.next_id("customer") == "CUS-0010"
    assert state.next_id("customer") == "CUS-0009"


def test_changes_must_fit_what_is_there() -> None:
    state = shop_state()
    with pytest.raises(ContractError, match="exists already"):
        state.apply([RowChange(table="customer", key="CUS-0001", after=customer("CUS-0001"))])
    with pytest.raises(ContractError, match="does not exist"):
        state.apply([RowChange(table="customer", key="CUS-0077", before=customer("CUS-0077"))])
    with pytest.raises(ContractError, match="unknown table"):
        PlainState(SHOP, {"shelf": []}, NOW)


@settings(deadline=None, derandomize=True, max_examples=40)
@given(st.lists(st.integers(1, 60), unique=True, max_size=40), st.integers(0, 3))
def test_rows_come_in_primary_key_order_however_many(numbers: list[int], wanted: int) -> None:
    rows = [
        {
            "number": n,
            "customer_id": "CUS-0001",
            "product_id": "PRO-0001",
            "quantity": n % 4,
            "total": 1.0,
            "placed_at": NOW,
            "due": None,
        }
        for n in numbers
    ]
    state = shop_state(purchase=rows)
    assert [row["number"] for row in state.rows("purchase", {})] == sorted(numbers)
    found = state.rows("purchase", {"quantity": wanted, "customer_id": "CUS-0001"})
    assert [row["number"] for row in found] == [n for n in sorted(numbers) if n % 4 == wanted]
    assert [row["number"] for row in state.to_rows()["purchase"]] == sorted(numbers)
