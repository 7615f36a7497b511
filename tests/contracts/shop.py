"""A small shop with the traits that contracts are about: owners, lifecycles, stock, composite keys, nulls."""

from __future__ import annotations

from typing import Any

from engine.contracts.state import PlainState
from engine.models.base import Rows
from engine.models.database import Column, DatabaseSchema, ForeignKey, Table
from engine.models.tool import Binding, Contract, Effect, Order, Parameter, Query, Requirement, ReturnField, Tool

NOW = "2026-03-02T09:00:00"

SHOP = DatabaseSchema(
    tables=(
        Table(
            name="customer",
            columns=(
                Column(name="customer_id", type="text", role="id", generated=True, policy="exempt"),
                Column(name="name", type="text", role="person_name"),
                Column(name="balance", type="real", role="money", default=0.0),
                Column(name="nickname", type="text", role="label", nullable=True),
            ),
            primary_key=("customer_id",),
            id_prefix="CUS",
            label="name",
        ),
        Table(
            name="product",
            columns=(
                Column(name="product_id", type="text", role="id", generated=True, policy="exempt"),
                Column(name="title", type="text", role="title"),
                Column(name="price", type="real", role="money"),
                Column(name="stock", type="integer", role="quantity"),
                Column(name="status", type="text", role="status", enum=("active", "retired"), default="active"),
                Column(name="discount", type="real", role="percent", nullable=True),
                Column(name="owner_id", type="text", role="reference"),
            ),
            primary_key=("product_id",),
            foreign_keys=(ForeignKey(columns=("owner_id",), table="customer", references=("customer_id",)),),
            id_prefix="PRO",
            label="title",
        ),
        Table(
            name="purchase",
            columns=(
                Column(name="number", type="integer", role="id", generated=True, policy="exempt"),
                Column(name="customer_id", type="text", role="reference"),
                Column(name="product_id", type="text", role="reference"),
                Column(name="quantity", type="integer", role="quantity"),
                Column(name="total", type="real", role="money"),
                Column(name="placed_at", type="datetime", role="created_at"),
                Column(name="due", type="date", role="date", nullable=True),
            ),
            primary_key=("number",),
            foreign_keys=(
                ForeignKey(columns=("customer_id",), table="customer", references=("customer_id",)),
                ForeignKey(columns=("product_id",), table="product", references=("product_id",)),
            ),
        ),
        Table(
            name="favourite",
            columns=(
                Column(name="customer_id", type="text", role="reference"),
                Column(name="product_id", type="text", role="reference"),
                Column(name="note", type="text", role="text", nullable=True, policy="semantic"),
            ),
            primary_key=("customer_id", "product_id"),
            foreign_keys=(
                ForeignKey(columns=("customer_id",), table="customer", references=("customer_id",)),
                ForeignKey(columns=("product_id",), table="product", references=("product_id",)),
            ),
        ),
    )
)

ROWS: Rows = {
    "customer": [
        {"customer_id": "CUS-0001", "name": "Ada Moss", "balance": 100.0, "nickname": None},
        {"customer_id": "CUS-0002", "name": "Ben Ray", "balance": 5.5, "nickname": "benny"},
    ],
    "product": [
        {"product_id": "PRO-0003", "title": "Desk lamp", "price": 19.99, "stock": 4, "status": "active", "discount": None, "owner_id": "CUS-0002"},
        {"product_id": "PRO-0001", "title": "Oak desk", "price": 240.0, "stock": 1, "status": "active", "discount": 10.0, "owner_id": "CUS-0002"},
        {"product_id": "PRO-0002", "title": "Chair", "price": 19.99, "stock": 0, "status": "retired", "discount": 2.5, "owner_id": "CUS-0001"},
    ],
    "purchase": [
        {"number": 7, "customer_id": "CUS-0001", "product_id": "PRO-0003", "quantity": 2, "total": 39.98, "placed_at": "2026-02-01T10:00:00", "due": None},
        {"number": 3, "customer_id": "CUS-0002", "product_id": "PRO-0002", "quantity": 1, "total": 19.99, "placed_at": "2026-02-27T10:00:00", "due": "2026-03-05"},
    ],
    "favourite": [{"customer_id": "CUS-0001", "product_id": "PRO-0001", "note": "for the office"}],
}  # fmt: skip


def shop_state(**changes: Any) -> PlainState:
    """The shop's rows; `changes` replaces whole tables."""
    return PlainState(SHOP, {**ROWS, **changes}, NOW)


def text(name: str, **more: Any) -> Parameter:
    return Parameter(name=name, type="text", **more)


BUY = Tool(
    name="buy_product",
    description="Buys units of a product and pays them from the customer's balance.",
    category="create",
    entity="purchase",
    parameters=(
        text("customer_id", refers_to="customer.customer_id", description="Who buys."),
        text("product_id", refers_to="product.product_id", description="What is bought."),
        Parameter(name="quantity", type="integer", required=False, default=1, minimum=1, description="How many units."),
        Parameter(name="due", type="date", required=False, description="Day by which it must arrive."),
    ),
    contract=Contract(
        bindings=(
            Binding(name="customer", expression="get('customer', customer_id)"),
            Binding(name="product", expression="get('product', product_id)"),
            Binding(name="total", expression="money(product.price * quantity)"),
        ),
        requires=(
            Requirement(
                condition="customer is not None", code="customer_not_found", message="No customer {customer_id!r}."
            ),
            Requirement(
                condition="product is not None", code="product_not_found", message="No product {product_id!r}."
            ),
            Requirement(
                condition="product.status == 'active'",
                code="product_retired",
                message="{product.title} is {product.status}.",
            ),
            Requirement(
                condition="product.stock >= quantity", code="out_of_stock", message="Only {product.stock} left."
            ),
            Requirement(
                condition="customer.balance >= total",
                code="balance_too_low",
                message="{total} is more than the balance.",
            ),
            Requirement(
                condition="due is None or due > today", code="due_in_past", message="{due} is not after {today}."
            ),
        ),
        effects=(
            Effect(
                table="purchase",
                operation="insert",
                values={
                    "customer_id": "customer_id",
                    "product_id": "product_id",
                    "quantity": "quantity",
                    "total": "total",
                    "placed_at": "now",
                    "due": "due",
                },
                bind="purchase",
            ),
            Effect(table="product", operation="update", key="product_id", values={"stock": "product.stock - quantity"}),
            Effect(
                table="customer",
                operation="update",
                key="customer_id",
                values={"balance": "money(customer.balance - total)"},
            ),
        ),
        returns=(
            ReturnField(name="number", value="purchase.number", refers_to="purchase.number", type="integer"),
            ReturnField(name="total", value="total", type="real"),
            ReturnField(name="balance_before", value="customer.balance", type="real"),
            ReturnField(name="balance", value="after('customer', customer_id).balance", type="real"),
            ReturnField(name="left", value="after('product', product_id).stock", type="integer"),
        ),
    ),
)

SEARCH = Tool(
    name="search_products",
    description="Searches products that are for sale.",
    category="search",
    entity="product",
    parameters=(
        text("query", required=False, description="Words in the title."),
        Parameter(name="max_price", type="real", required=False, description="Highest price."),
        Parameter(name="limit", type="integer", required=False, default=10, minimum=1, description="Most results."),
    ),
    contract=Contract(
        returns=(
            ReturnField(
                name="products",
                query=Query(
                    table="product",
                    where="row.status == 'active' and (query is None or contains(row.title, query)) "
                    "and (max_price is None or row.price <= max_price)",
                    order=(Order(expression="row.discount", descending=True), Order(expression="row.price")),
                    limit="limit",
                    fields={
                        "product_id": "row.product_id",
                        "title": "row.title",
                        "price": "row.price",
                        "discount": "row.discount",
                    },
                    refers_to={"product_id": "product.product_id"},
                ),
            ),
            ReturnField(name="total", value="count('product', status='active')", type="integer"),
        )
    ),
)

RETIRE_ALL = Tool(
    name="retire_products",
    description="Retires several products and forgets who liked them.",
    category="batch",
    entity="product",
    parameters=(
        Parameter(name="product_ids", type="text", array=True, refers_to="product.product_id", description="Which."),
    ),
    contract=Contract(
        requires=(
            Requirement(
                condition="all(get('product', product_id) is not None for product_id in product_ids)",
                code="product_not_found",
                message="Some product does not exist.",
            ),
            Requirement(
                condition="len(product_ids) > 0 and not any(exists('purchase', product_id=item) for item in product_ids)",
                code="product_in_use",
                message="Some product was bought.",
            ),
        ),
        effects=(
            Effect(
                table="favourite",
                operation="delete",
                each="liked in [f for f in rows('favourite') if f.product_id in product_ids]",
                key="(liked.customer_id, liked.product_id)",
            ),
            Effect(
                table="product",
                operation="update",
                each="product_id in product_ids",
                when="get('product', product_id).status != 'retired'",
                key="product_id",
                values={"status": "'retired'", "stock": "0"},
            ),
        ),
        returns=(
            ReturnField(
                name="retired",
                value="[p.product_id for p in rows('product', status='active') if p.product_id in product_ids]",
            ),
            ReturnField(name="active", value="count('product', status='active')", type="integer"),
        ),
    ),
)

EDIT = Tool(
    name="edit_product",
    description="Changes what is given of a product.",
    category="update",
    entity="product",
    parameters=(
        text("product_id", refers_to="product.product_id", description="Which product."),
        text("title", required=False, source="product.title", description="New title."),
        Parameter(name="price", type="real", required=False, source="product.price", description="New price."),
        text("new_owner_id", required=False, refers_to="customer.customer_id", description="New owner."),
    ),
    contract=Contract(
        bindings=(
            Binding(name="product", expression="get('product', product_id)"),
            Binding(name="owner", expression="get('customer', new_owner_id)"),
            Binding(name="rest", expression="owner.balance - price"),
            Binding(name="history", expression="[p.total for p in rows('purchase', product_id=product_id)]"),
        ),
        requires=(
            Requirement(
                condition="product is not None", code="product_not_found", message="No product {product_id!r}."
            ),
            Requirement(
                condition="new_owner_id is None or owner is not None",
                code="owner_not_found",
                message="No customer {new_owner_id!r}.",
            ),
            Requirement(
                condition="price is None or 0 < price <= 10000",
                code="bad_price",
                message="The price {price} is not possible.",
            ),
            Requirement(
                condition="owner is None or price is None or rest >= 0",
                code="owner_too_poor",
                message="The owner can't pay {price}.",
            ),
            Requirement(
                condition="not history or price is None or price <= history[0] * 2",
                code="price_jump",
                message="More than twice {history[0]}.",
            ),
        ),
        effects=(
            Effect(
                table="product",
                operation="update",
                key="product_id",
                values={
                    "title": "title if title is not None else product.title",
                    "price": "price if price is not None else product.price",
                    "owner_id": "new_owner_id if new_owner_id is not None else product.owner_id",
                },
            ),
            Effect(
                table="customer",
                operation="update",
                when="owner is not None and price is not None",
                key="owner.customer_id",
                values={
                    "balance": "money(rest)",
                    "nickname": "str(count('product', owner_id=owner.customer_id)) + ' things'",
                },
            ),
        ),
        returns=(
            ReturnField(name="product", value="after('product', product_id)", type="object"),
            ReturnField(name="raise", value="after('product', product_id).price - product.price", type="real"),
        ),
    ),
)

TOOLS = (BUY, SEARCH, RETIRE_ALL, EDIT)
