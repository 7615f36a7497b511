"""What a contract says must come out: truths, code, net changes, answer; and the differences in words."""

from __future__ import annotations

from typing import Any

import pytest

from engine.contracts.evaluate import ANY, conditions, evaluate, matches, matches_changes
from engine.contracts.measure import any_share
from engine.errors import ContractError
from engine.models.tool import Binding, Contract, Effect, Requirement, ReturnField, Tool
from engine.models.trace import RowChange
from tests.contracts.shop import BUY, EDIT, RETIRE_ALL, SEARCH, SHOP, TOOLS, shop_state


def changed(**contract: Any) -> Tool:
    return Tool(
        name="change", description="Changes.", category="update", entity="product", contract=Contract(**contract)
    )


def test_an_accepted_call() -> None:
    state = shop_state()
    found = evaluate(
        BUY, SHOP, state, {"customer_id": "CUS-0001", "product_id": "PRO-0003", "quantity": 2, "due": "2026-03-03"}
    )
    assert (found.code, found.defect, found.seen) == (None, None, (1, 1, 1))
    assert [(change.operation, change.table, change.key) for change in found.changes] == [
        ("update", "customer", "CUS-0001"),
        ("update", "product", "PRO-0003"),
        ("insert", "purchase", 8),
    ]
    assert found.changes[2].after == {
        "number": 8, "customer_id": "CUS-0001", "product_id": "PRO-0003", "quantity": 2, "total": 39.98,
        "placed_at": "2026-03-02T09:00:00", "due": "2026-03-03",
    }  # fmt: skip
    assert found.result == {"number": 8, "total": 39.98, "balance_before": 100.0, "balance": 60.02, "left": 2}
    assert state.to_rows() == shop_state().to_rows()


def test_the_first_false_requirement_decides() -> None:
    found = evaluate(BUY, SHOP, shop_state(), {"customer_id": "CUS-0002", "product_id": "PRO-0002", "quantity": 9})
    assert found.code == "product_retired"
    assert [truth.holds for truth in found.truths] == [True, True, False, False, False, True]
    assert (found.changes, found.result, found.defect) == ((), None, None)


def test_what_a_guard_guards_is_undefined() -> None:
    arguments = {"customer_id": "CUS-0001", "product_id": "PRO-0009"}
    found = evaluate(BUY, SHOP, shop_state(), arguments)
    assert found.code == "product_not_found"
    assert conditions(BUY, SHOP, shop_state(), arguments) == (True, False, None, None, None, True)


def test_a_value_written_as_it_was_is_no_change() -> None:
    found = evaluate(EDIT, SHOP, shop_state(), {"product_id": "PRO-0003", "title": "Desk lamp"})
    assert (found.code, found.changes, found.seen) == (None, (), (1, 0))


def test_effects_look_at_the_rows_before() -> None:
    found = evaluate(RETIRE_ALL, SHOP, shop_state(), {"product_ids": ["PRO-0001"]})
    assert found.result == {"retired": ["PRO-0001"], "active": 2}
    assert [(change.operation, change.key) for change in found.changes] == [
        ("delete", ("CUS-0001", "PRO-0001")),
        ("update", "PRO-0001"),
    ]


def test_a_query_filters_orders_and_cuts() -> None:
    found = evaluate(SEARCH, SHOP, shop_state(), {"query": "DESK", "limit": 1})
    assert found.result == {
        "products": [{"product_id": "PRO-0001", "title": "Oak desk", "price": 240.0, "discount": 10.0}],
        "total": 2,
    }


@pytest.mark.parametrize(
    "contract, defect",
    [
        ({"requires": (Requirement(condition="1 / 0 > 1", code="a", message=""),)}, "condition of `a` is undefined"),
        (
            {"effects": (Effect(table="product", operation="delete", key="'none'"),)},
            "effect 1 is undefined: there is no",
        ),
        (
            {"effects": (Effect(table="product", operation="update", key="'PRO-0001'", values={"stock": "None + 1"}),)},
            "effect 1 is undefined",
        ),
        (
            {"effects": (Effect(table="product", operation="update", key="'PRO-0001'", values={"product_id": "'x'"}),)},
            "changes its primary key",
        ),
        (
            {
                "effects": (
                    Effect(
                        table="favourite",
                        operation="insert",
                        values={"customer_id": "'CUS-0001'", "product_id": "'PRO-0001'"},
                    ),
                )
            },
            "exists already",
        ),
        ({"effects": (Effect(table="product", operation="delete", each="x in 3", key="x"),)}, "not a list"),
        ({"returns": (ReturnField(name="a", value="get('product', 'none').title"),)}, "the returned `a` is undefined"),
    ],
)
def test_a_contract_that_says_nothing_is_a_defect(contract: dict[str, Any], defect: str) -> None:
    found = evaluate(changed(**contract), SHOP, shop_state(), {})
    assert found.defect is not None
    assert defect in found.defect


def test_net_changes_of_several_effects_on_one_row() -> None:
    tool = changed(
        effects=(
            Effect(table="product", operation="update", key="'PRO-0001'", values={"stock": "9", "title": "any"}),
            Effect(
                table="product",
                operation="update",
                key="'PRO-0001'",
                values={"stock": "get('product', 'PRO-0001').stock"},
            ),
            Effect(
                table="favourite", operation="insert", values={"customer_id": "'CUS-0002'", "product_id": "'PRO-0001'"}
            ),
            Effect(table="favourite", operation="delete", key="('CUS-0002', 'PRO-0001')"),
        ),
        returns=(
            ReturnField(name="title", value="any"),
            ReturnField(name="stock", value="after('product', 'PRO-0001').stock"),
        ),
    )
    found = evaluate(tool, SHOP, shop_state(), {})
    assert [change.key for change in found.changes] == ["PRO-0001"]
    assert found.changes[0].after is not None
    assert found.changes[0].after["title"] is ANY
    assert found.result == {"title": ANY, "stock": 1}
    assert matches_changes(found.changes, []) == []
    assert any_share([tool]) == (2, 7)


def test_bindings_in_the_wrong_order_are_refused() -> None:
    tool = changed(bindings=(Binding(name="a", expression="b + 1"), Binding(name="b", expression="1")))
    with pytest.raises(ContractError, match="binding `a` uses `b`, which comes later"):
        evaluate(tool, SHOP, shop_state(), {})


def test_the_shops_contracts_state_everything() -> None:
    assert any_share(TOOLS)[0] == 0


@pytest.mark.parametrize(
    "expected, actual, problems",
    [
        ({"a": 1, "b": ANY}, {"a": 1.0, "b": [3]}, []),
        ((1, 2), [1, 2], []),
        (True, 1, ["result: expected True, found 1"]),
        (0.3, 0.1 + 0.2, ["result: expected 0.3, found 0.30000000000000004"]),
        ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]}, ["result.a[1].b: expected 2, found 3"]),
        ({"a": 1}, {"b": 1}, ["result.a: expected 1, found nothing", "result.b: found 1, expected nothing"]),
        ([1], [1, 2], ["result: expected 1 items [1], found 2 [1, 2]"]),
        (None, {}, ["result: expected None, found {}"]),
    ],
)
def test_differences_in_words(expected: Any, actual: Any, problems: list[str]) -> None:
    assert matches(expected, actual) == problems


def test_differences_of_changes_in_words() -> None:
    row = {"k": "a", "x": 1}
    expected = [RowChange(table="t", key="a", before=row, after={"k": "a", "x": 2})]
    assert matches_changes(expected, [("t", "a", row, {"k": "a", "x": 2})]) == []
    assert matches_changes(expected, [["t", "a", row, {"k": "a", "x": 3}]]) == ["t 'a'.x: expected 2, found 3"]
    assert matches_changes(expected, [("t", "a", row, None)]) == ["t 'a': expected {'k': 'a', 'x': 2}, found None"]
    assert matches_changes(expected, []) == ["t 'a': expected an update of {'x': 2}, but the row stayed as it was"]
    assert matches_changes([], expected) == ["t 'a': an update of {'x': 2}, which the contract does not declare"]
