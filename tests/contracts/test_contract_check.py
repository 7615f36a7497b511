"""The static check finds what is wrong with a contract and says where."""

from __future__ import annotations

from typing import Any

import pytest

from engine.contracts.check import check_contract
from engine.contracts.expression import parse
from engine.contracts.shapes import columns_read, name_shapes
from engine.contracts.source import write_source
from engine.errors import ContractError
from engine.models.tool import Binding, Contract, Effect, Order, Parameter, Query, Requirement, ReturnField, Tool
from tests.contracts.shop import BUY, SEARCH, SHOP, text


def tool_with(*parameters: Parameter, **contract: Any) -> Tool:
    return Tool(
        name="probe",
        description="Tries.",
        category="update",
        entity="product",
        parameters=parameters,
        contract=Contract(**contract),
    )


def returning(value: str, *parameters: Parameter, **contract: Any) -> Tool:
    return tool_with(*parameters, returns=(ReturnField(name="a", value=value),), **contract)


def requiring(condition: str, *parameters: Parameter, code: str = "bad", message: str = "Bad.") -> Tool:
    return tool_with(*parameters, requires=(Requirement(condition=condition, code=code, message=message),))


def changing(**effect: Any) -> Tool:
    return tool_with(effects=(Effect(**effect),))


NEW_PRODUCT = {"title": "'a'", "price": "1", "stock": "0", "owner_id": "'CUS-0001'"}


@pytest.mark.parametrize(
    "tool, problem",
    [
        (returning("get('shelf', 1)"), "there is no table `shelf`"),
        (returning("get('product', 'a').colour"), "table `product` has no column `colour`; it has product_id"),
        (returning("[p.colour for p in rows('product')]"), "has no column `colour`"),
        (returning("rows('product', colour=1)"), "has no column `colour`"),
        (returning("get('favourite', 'a')"), "the key of `favourite` is (customer_id, product_id)"),
        (returning("who"), "there is no name `who` here"),
        (returning("n.title", Parameter(name="n", type="integer")), "`n` is a single value, so it has no column"),
        (returning("eval('1')"), "no function `eval`"),
        (returning("any + 1"), "`any` stands for a whole written or returned value only"),
        (returning("[n for n in [1]] + [n]", Parameter(name="n", type="integer")), "the name `n` is taken"),
        (returning("1", text("query")), "parameter `query`: no condition, effect or returned value uses it"),
        (returning("1", text("db")), "`db` can't be a name"),
        (returning("sum([1])", text("sum")), "`sum` can't be a name"),
        (returning("a", text("a", refers_to="product.colour")), "there is no column `product.colour`"),
        (returning("a + 1", bindings=(Binding(name="a", expression="b"), Binding(name="b", expression="1"))), "no name `b`"),
        (returning("1", bindings=(Binding(name="a", expression="1"),)), "binding `a`: nothing uses it"),
        (requiring("True", code="Not Snake"), "snake_case"),
        (requiring("True", code="internal_error"), "the runtime itself"),
        (requiring("True", message="{who}"), "message: `who`: there is no name"),
        (requiring("True", message="{open"), "write `{{` for a brace"),
        (requiring("get('product', 'a').status == 'actve'"), "`status` is never 'actve'; it is one of active, retired"),
        (requiring("after('product', 'a') is None"), "`after(...)` is allowed in returned values only"),
        (changing(table="shelf", operation="delete", key="1"), "there is no table `shelf`"),
        (changing(table="product", operation="delete"), "give the `key`"),
        (changing(table="product", operation="delete", key="'a'", values={"stock": "1"}), "a delete has no `values`"),
        (changing(table="product", operation="update", key="'a'"), "lists the `values`"),
        (changing(table="product", operation="update", key="'a'", values={"product_id": "'b'"}), "primary key"),
        (changing(table="product", operation="update", key="'a'", values={"status": "'gone'"}), "is not one of active, retired"),
        (changing(table="product", operation="update", key="'a'", values={"stock": "'three'"}), "not of the column's type"),
        (changing(table="product", operation="update", key="'a'", values={"title": "None"}), "the column is not null"),
        (changing(table="product", operation="update", key="'a'", values={"colour": "1"}), "has no column `colour`"),
        (changing(table="favourite", operation="delete", key="'a'"), "give that many values"),
        (changing(table="product", operation="insert", values={"title": "'a'"}), "column `price` needs a value"),
        (changing(table="product", operation="insert", key="'a'", values=NEW_PRODUCT), "an insert has no `key`"),
        (changing(table="product", operation="delete", each="p", key="p"), "NAME in EXPRESSION"),
        (changing(table="product", operation="delete", each="p in 3", key="p"), "`3` is not a list"),
        (changing(table="product", operation="delete", key="'a'", when="any"), "`any` stands for"),
        (changing(table="product", operation="delete", key="'a'", bind="gone"), "names an inserted row"),
        (tool_with(returns=(ReturnField(name="a"),)), "exactly one of `value` and `query`"),
        (tool_with(returns=(ReturnField(name="a", value="1", refers_to="product.colour"),)), "no column `product.colour`"),
        (tool_with(returns=(ReturnField(name="a", value="1"), ReturnField(name="a", value="2"))), "listed more than once"),
        (tool_with(returns=(ReturnField(name="a", query=Query(table="shelf", fields={"x": "1"})),)), "no table `shelf`"),
        (
            tool_with(returns=(ReturnField(name="a", query=Query(table="product", fields={"x": "row.x"}, order=(Order(expression="row.y"),))),)),
            "no column `y`",
        ),
        (
            tool_with(returns=(ReturnField(name="a", query=Query(table="product", fields={"x": "row.title"}, refers_to={"y": "product.title"})),)),
            "`y`, which is not a field",
        ),
    ],
)  # fmt: skip
def test_each_mistake_is_named(tool: Tool, problem: str) -> None:
    found = check_contract(tool, SHOP)
    assert any(problem in sentence for sentence in found), found
    assert all(sentence.startswith("probe: ") for sentence in found)


def test_one_code_has_one_message() -> None:
    requirement = Requirement(condition="True", code="bad", message="One.")
    tool = tool_with(requires=(requirement, requirement.model_copy(update={"message": "Two."})))
    assert "one code has one meaning" in check_contract(tool, SHOP)[0]


def test_columns_read_are_known_where_tables_are() -> None:
    shapes = name_shapes(BUY, SHOP)
    expression = parse("product.price * quantity > customer.balance or exists('purchase', due=today)")
    assert columns_read(expression, shapes, SHOP) == {
        ("product", "price"),
        ("customer", "balance"),
        ("purchase", "due"),
    }


def test_code_reads_as_a_person_writes_it() -> None:
    assert write_source(BUY, SHOP).splitlines()[15:23] == [
        '    customer = db.get("customer", customer_id)',
        "    if customer is None:",
        '        db.reject("customer_not_found", f"No customer {customer_id!r}.")',
        '    product = db.get("product", product_id)',
        "    if product is None:",
        '        db.reject("product_not_found", f"No product {product_id!r}.")',
        '    if product["status"] != "active":',
        "        db.reject(\"product_retired\", f\"{product['title']} is {product['status']}.\")",
    ]
    assert '    for row in db.find("product", {"status": "active"}):' in write_source(SEARCH, SHOP).splitlines()


def test_lines_stay_within_the_width() -> None:
    for tool in (BUY, SEARCH):
        assert max(map(len, write_source(tool, SHOP).splitlines())) <= 110


def test_any_has_no_code() -> None:
    with pytest.raises(ContractError, match="stated as `any`"):
        write_source(returning("any"), SHOP)


def test_a_negated_comparison_reads_as_a_person_writes_it() -> None:
    numbers = [Parameter(name=name, type="integer") for name in ("discount", "price")]
    source = write_source(returning("discount < price and not price == 0", *numbers), SHOP)
    assert source.rstrip().endswith('return {"a": discount < price and price != 0}')
