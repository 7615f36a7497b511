"""Written code does what the evaluator says, for random expressions, contracts, states and arguments."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.contracts.check import check_contract
from engine.contracts.evaluate import evaluate
from engine.contracts.expression import Scope, Undefined, parse
from engine.contracts.source import write_source
from engine.contracts.state import PlainState
from engine.models.base import Rows
from engine.models.tool import Binding, Contract, Effect, Order, Parameter, Query, Requirement, ReturnField, Tool
from tests.contracts.plain_database import PlainDatabase, difference, load
from tests.contracts.shop import BUY, EDIT, NOW, RETIRE_ALL, SEARCH, SHOP, shop_state

CUSTOMERS = ("CUS-0001", "CUS-0002", "CUS-0003")
PRODUCTS = ("PRO-0001", "PRO-0002", "PRO-0003")


@st.composite
def states(draw: st.DrawFn) -> PlainState:
    money = st.sampled_from([0.0, 5.25, 19.99, 40.0, 240.0, 1000.0])
    dates = st.sampled_from([None, "2026-02-27", "2026-03-02", "2026-03-05"])
    customers = draw(st.lists(st.sampled_from(CUSTOMERS), unique=True))
    rows: Rows = {
        "customer": [
            {
                "customer_id": key,
                "name": "Ada",
                "balance": draw(money),
                "nickname": draw(st.sampled_from([None, "Al", "Zed"])),
            }
            for key in customers
        ],
        "product": [
            {
                "product_id": key,
                "title": draw(st.sampled_from(["Desk lamp", "Oak desk", "Chair"])),
                "price": draw(money),
                "stock": draw(st.integers(0, 3)),
                "status": draw(st.sampled_from(["active", "retired"])),
                "discount": draw(st.sampled_from([None, 2.5, 10.0])),
                "owner_id": draw(st.sampled_from(customers)),
            }
            for key in (draw(st.lists(st.sampled_from(PRODUCTS), unique=True)) if customers else ())
        ],
        "purchase": [
            {
                "number": number,
                "customer_id": draw(st.sampled_from(CUSTOMERS)),
                "product_id": draw(st.sampled_from(PRODUCTS)),
                "quantity": draw(st.integers(1, 3)),
                "total": draw(money),
                "placed_at": "2026-02-01T10:00:00",
                "due": draw(dates),
            }
            for number in draw(st.lists(st.integers(1, 9), unique=True, max_size=4))
        ],
        "favourite": [
            {"customer_id": customer, "product_id": product, "note": draw(st.sampled_from([None, "nice"]))}
            for customer, product in draw(
                st.lists(st.tuples(st.sampled_from(CUSTOMERS), st.sampled_from(PRODUCTS)), unique=True, max_size=4)
            )
        ],
    }
    return PlainState(SHOP, rows, NOW)


def optional(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


ARGUMENTS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "buy_product": {
        "customer_id": st.sampled_from(CUSTOMERS),
        "product_id": st.sampled_from(PRODUCTS),
        "quantity": st.integers(1, 3),
        "due": optional(st.sampled_from(["2026-03-01", "2026-03-02", "2026-03-03"])),
    },
    "search_products": {
        "query": optional(st.sampled_from(["DESK", "chair", "x"])),
        "max_price": optional(st.sampled_from([5.25, 20.0])),
        "limit": st.integers(0, 3),
    },
    "retire_products": {"product_ids": st.lists(st.sampled_from(PRODUCTS), unique=True)},
    "edit_product": {
        "product_id": st.sampled_from(PRODUCTS),
        "title": optional(st.just("New")),
        "price": optional(st.sampled_from([0.0, 5.25, 20.0, 39.98, 20000.0])),
        "new_owner_id": optional(st.sampled_from(CUSTOMERS)),
    },
}


def text(name: str, **more: Any) -> Parameter:
    return Parameter(name=name, type="text", **more)


def tool_of(name: str, parameters: tuple[Parameter, ...], **contract: Any) -> Tool:
    return Tool(
        name=name,
        description=name,
        category="update",
        entity="product",
        parameters=parameters,
        contract=Contract(**contract),
    )


RESTOCK = tool_of(
    "restock",
    (text("product_id"), text("customer_id", required=False)),
    bindings=(
        Binding(name="product", expression="get('product', product_id)"),
        Binding(name="owner", expression="get('customer', product.owner_id)"),
        Binding(name="open", expression="count('product', status='active')"),
        Binding(name="best", expression="max(p.price for p in rows('product', owner_id=owner.customer_id))"),
    ),
    requires=(
        Requirement(condition="product is not None", code="product_not_found", message="No {product_id}."),
        Requirement(condition="exists('customer', customer_id=product.owner_id)", code="no_owner", message="{{Nobody}} owns \"{product.title}\"."),
        Requirement(condition="not exists('favourite', product_id=product_id) or owner.balance > 5", code="owner_poor", message="{owner.name} it's"),
    ),
    effects=(
        Effect(table="product", operation="update", key="product_id", values={"stock": "product.stock + count('product')", "status": "'active'"}),
        Effect(table="customer", operation="update", when="open < 2", key="owner.customer_id", values={"balance": "money(best + open)"}),
        Effect(
            table="purchase", operation="insert", each="p in rows('product', status='retired')", when="p.stock > 0",
            values={"customer_id": "owner.customer_id", "product_id": "p.product_id", "quantity": "count('purchase')",
                    "total": "p.price", "placed_at": "now"}, bind="orders",
        ),
        Effect(
            table="favourite", operation="insert", when="customer_id is not None and get('favourite', (customer_id, product_id)) is None",
            values={"customer_id": "customer_id", "product_id": "product_id"}, bind="liked",
        ),
    ),
    returns=(
        ReturnField(name="orders_made", value="[order.number for order in orders]"),
        ReturnField(name="open", value="open"),
        ReturnField(name="note", value="liked.product_id if liked is not None else 'none'"),
        ReturnField(name="gained", value="after('product', product_id).stock - get('product', product_id).stock"),
        ReturnField(
            name="purchases",
            query=Query(table="purchase", name="p", where="p.quantity > 0", order=(Order(expression="p.due"), Order(expression="p.total")),
                        fields={"number": "p.number", "title": "get('product', p.product_id).title if exists('product', product_id=p.product_id) else None"}),
        ),
    ),
)  # fmt: skip

SWAP = tool_of(
    "swap",
    (text("first"), text("second")),
    bindings=(
        Binding(name="one", expression="get('product', first)"),
        Binding(name="other", expression="get('product', second)"),
    ),
    requires=(
        Requirement(condition="one is not None and other is not None and first != second", code="bad_pair", message="Not a pair."),
    ),
    effects=(
        Effect(table="product", operation="update", key="first", values={"stock": "other.stock", "title": "get('product', second).title"}),
        Effect(table="product", operation="update", key="second", values={"stock": "one.stock", "title": "get('product', first).title"}),
        Effect(table="purchase", operation="update", each="p in rows('purchase', product_id=first)", key="p.number", values={"product_id": "second"}),
        Effect(table="product", operation="update", each="p in rows('purchase', product_id=first)", key="second", values={"price": "p.total"}),
    ),
    returns=(
        ReturnField(name="product", value="after('product', first)"),
        ReturnField(name="moved", query=Query(table="purchase", where="row.product_id == second", order=(Order(expression="row.due", descending=True),), fields={"n": "row.number", "due": "row.due"})),
    ),
)  # fmt: skip
ARGUMENTS["restock"] = {"product_id": st.sampled_from(PRODUCTS), "customer_id": optional(st.sampled_from(CUSTOMERS))}
ARGUMENTS["swap"] = {"first": st.sampled_from(PRODUCTS), "second": st.sampled_from(PRODUCTS)}
SCENARIOS = (BUY, SEARCH, RETIRE_ALL, EDIT, RESTOCK, SWAP)


@pytest.mark.parametrize("tool", SCENARIOS, ids=lambda tool: tool.name)
def test_the_contracts_are_sound(tool: Tool) -> None:
    assert check_contract(tool, SHOP) == []


@pytest.mark.parametrize("tool", SCENARIOS, ids=lambda tool: tool.name)
@settings(deadline=None, derandomize=True, max_examples=80)
@given(data=st.data())
def test_written_code_does_what_the_contract_says(tool: Tool, data: st.DataObject) -> None:
    state = data.draw(states())
    arguments = {name: data.draw(strategy, name) for name, strategy in ARGUMENTS[tool.name].items()}
    expected = evaluate(tool, SHOP, state, arguments)
    assume(expected.defect is None)

    assert difference(tool, write_source(tool, SHOP), state, arguments, expected) == []


def grown(children: dict[str, st.SearchStrategy[str]], depth: int) -> dict[str, st.SearchStrategy[str]]:
    """Strategies for texts of expressions, by the type of their value."""
    if depth == 0:
        return {
            "number": st.sampled_from(["0", "1", "3", "2.5", "n", "m", "n", "len(xs)", "total", "-2"]),
            "text": st.sampled_from(["'a'", "'it\\'s'", "'say \"x\"'", "s", "t", "today", "now"]),
            "truth": st.sampled_from(
                ["True", "False", "n is None", "s is not None", "exists('product', status=s)", "flag"]
            ),
            "list": st.sampled_from(["xs", "[1, n]", "[p.stock for p in rows('product')]", "[]"]),
            "row": st.sampled_from(
                ["get('product', s)", "get('product', 'PRO-0001')", "product", "rows('product')[0]"]
            ),
        }
    number, words, truth, items, row = (children[name] for name in ("number", "text", "truth", "list", "row"))
    sign = st.sampled_from(["+", "-", "*", "/", "//", "%"])
    compare = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
    either = st.sampled_from(["and", "or"])
    f = st.builds
    return {
        "number": number
        | f("({} {} {})".format, number, sign, number)
        | f("({} if {} else {})".format, number, truth, number)
        | f("{}({})".format, st.sampled_from(["sum", "max", "len", "min"]), items)
        | f(f"sum(y{depth} for y{depth} in {{}} if {{}})".format, items, truth)
        | f("{}.stock".format, row)
        | f("-{}".format, number)
        | f("days_between({}, {})".format, words, words)
        | f("money({})".format, number)
        | f("count('product', status={})".format, words),
        "text": words
        | f("{} + {}".format, words, words).map("({})".format)
        | f("str({})".format, number)
        | f("lower({})".format, words)
        | f("{}.title".format, row)
        | f("add_days({}, {})".format, words, st.sampled_from(["1", "n"]))
        | f("({} if {} else {})".format, words, truth, words),
        "truth": truth
        | f("not {}".format, truth).map("({})".format)
        | f("({} {} {})".format, truth, either, truth)
        | f("not ({} {} {})".format, truth, either, truth).map("({})".format)
        | f("({} {} {})".format, number, compare, number)
        | f("({} < {} <= {})".format, number, number, number)
        | f("(not {} < {} <= {})".format, number, number, number)
        | f("({} in {})".format, number, items)
        | f("({} not in ({}, 'a'))".format, words, words)
        | f("({} is None)".format, row)
        | f(f"any(y{depth} > {{}} for y{depth} in {{}})".format, number, items)
        | f("contains({}, {})".format, words, words),
        "list": items
        | f(f"[{{}} for z{depth} in {{}} if {{}}]".format, number, items, truth)
        | f("sorted({})".format, items)
        | f("({} + {})".format, items, items)
        | f(f"[p{depth}.stock for p{depth} in rows('product') if p{depth}.price > {{}}]".format, number),
        "row": row | f("({} if {} else {})".format, row, truth, row),
    }


def expressions() -> dict[str, st.SearchStrategy[str]]:
    children: dict[str, st.SearchStrategy[str]] = {}
    for depth in range(3):
        children = grown(children, depth)
    return children


EXPRESSIONS = expressions()
PARAMETERS = (
    Parameter(name="n", type="integer", required=False),
    Parameter(name="m", type="real"),
    text("s", required=False),
    text("t"),
    Parameter(name="xs", type="integer", array=True),
    Parameter(name="flag", type="boolean"),
)
VALUES = st.fixed_dictionaries(
    {
        "n": optional(st.integers(-3, 3)),
        "m": st.sampled_from([0.0, 1.5, -2.0, 2.675]),
        "s": optional(st.sampled_from(["PRO-0001", "active", "2026-03-01"])),
        "t": st.sampled_from(["retired", "2026-02-28", "A"]),
        "xs": st.lists(st.integers(-2, 4), max_size=3),
        "flag": st.booleans(),
    }
)
BINDINGS = (
    Binding(name="product", expression="get('product', 'PRO-0003')"),
    Binding(name="total", expression="sum(p.stock for p in rows('product'))"),
)


@settings(deadline=None, derandomize=True, max_examples=400)
@given(data=st.data(), state=states(), arguments=VALUES)
def test_an_expression_and_its_python_have_the_same_value(
    data: st.DataObject, state: PlainState, arguments: dict[str, Any]
) -> None:
    written = data.draw(st.one_of(*EXPRESSIONS.values()), "expression")
    names = {
        **arguments,
        "product": state.get("product", "PRO-0003"),
        "total": sum(row["stock"] for row in state.rows("product", {})),
    }  # type: ignore[misc]
    tool = tool_of("probe", PARAMETERS, bindings=BINDINGS, returns=(ReturnField(name="value", value=written),))
    function = load(tool, write_source(tool, SHOP))
    try:
        expected = parse(written).evaluate(Scope(names, state))
    except Undefined:
        with pytest.raises(Exception):  # noqa: B017, PT011
            function(PlainDatabase(state), **arguments)
        return
    found = function(PlainDatabase(state), **arguments)["value"]
    assert (found, type(found)) == (expected, type(expected))


@settings(deadline=None, derandomize=True, max_examples=250)
@given(data=st.data(), state=states(), arguments=VALUES)
def test_bindings_behind_guards_keep_their_meaning(
    data: st.DataObject, state: PlainState, arguments: dict[str, Any]
) -> None:
    number, truth = EXPRESSIONS["number"], EXPRESSIONS["truth"]
    tool = tool_of(
        "probe",
        PARAMETERS,
        bindings=(
            *BINDINGS,
            Binding(name="row", expression=data.draw(EXPRESSIONS["row"], "row")),
            Binding(name="first", expression=data.draw(number, "first")),
            Binding(
                name="second",
                expression=data.draw(
                    st.sampled_from(["first * 2", "row.stock - first", "row.price", "xs[0]"]), "second"
                ),
            ),
        ),
        requires=(
            Requirement(condition=data.draw(truth, "condition") + " or first > 1", code="one", message="{n} of {t!r}"),
            Requirement(condition="row is None or row.stock > second", code="two", message="Two."),
            Requirement(condition="len(xs) == 0 or second != n", code="three", message="Three."),
        ),
        returns=(
            ReturnField(name="value", value=f"second if {data.draw(truth, 'guard')} else {data.draw(number, 'other')}"),
            ReturnField(
                name="rows",
                query=Query(table="product", name="p", where="flag and p.stock > second", fields={"v": "second"}),
            ),
        ),
    )
    expected = evaluate(tool, SHOP, state, arguments)
    assume(expected.defect is None)

    assert difference(tool, write_source(tool, SHOP), state, arguments, expected) == []


def test_search_orders_nulls_last_when_descending() -> None:
    found = evaluate(SEARCH, SHOP, shop_state(), {})
    assert found.result is not None
    assert [row["discount"] for row in found.result["products"]] == [10.0, None]


@pytest.mark.parametrize(
    "condition, line",
    [
        ("not flag", "if flag:"),
        ("not product.name", 'if product["name"]:'),
        ("not flag and n is None", "if flag or n is not None:"),
        ("not flag or n is None", "if flag and n is not None:"),
    ],
)
def test_a_requirement_reads_as_the_opposite_of_what_it_forbids(condition: str, line: str) -> None:
    requirement = Requirement(condition=condition, code="no", message="No.", rule="state")
    tool = tool_of("probe", PARAMETERS, bindings=BINDINGS[:1], requires=(requirement,))
    assert [text.strip() for text in write_source(tool, SHOP).splitlines() if text.lstrip().startswith("if ")] == [line]
