"""The database that an idea and its tools imply."""

from __future__ import annotations

from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from engine.agents.checks.databases import blueprint_of, check_database
from engine.agents.composer.idea_tables import derive_database
from engine.agents.composer.role_guess import guessed_role, said_role
from engine.agents.composer.schema import compose_database
from engine.agents.composer.sketch_entry import entry_of
from engine.agents.roles.foundation import DatabaseRequest
from engine.seeds.blueprint import Blueprint, Entity, EntityColumn, UniqueKey
from engine.seeds.idea import Attribute, DomainIdea, EntityIdea, ToolSketch
from engine.seeds.tool_entry import ToolKind
from tests.agents.checks.test_checks import BOOK, LIBRARY, LOAN, MEMBER, idea, tool


def entity(*tools: ToolSketch, of: DomainIdea = LIBRARY, name: str = "loan", **said: Entity) -> Entity:
    return derive_database(of, tools, said).entities[name]


def test_references_owners_and_states_follow_from_the_idea() -> None:
    loan = entity()
    assert loan.columns["member_id"] == EntityColumn(role="reference", to="member")
    assert loan.owner == "member_id"
    assert loan.lifecycle is not None
    assert loan.lifecycle.states == ("open", "returned")
    assert entity(name="book").owner is None
    fee = EntityIdea(name="fee", belongs_to=("loan",))
    assert entity(of=idea(MEMBER, BOOK, LOAN, fee), name="fee").owner == "loan.member_id"


def test_what_closes_a_circle_may_be_empty() -> None:
    book = BOOK.model_copy(update={"belongs_to": ("loan", "book")})
    columns = entity(of=idea(MEMBER, book, LOAN), name="loan").columns
    assert columns["book_id"].nullable
    assert not entity(of=idea(MEMBER, book, LOAN), name="book").columns["loan_id"].nullable
    assert entity(of=idea(MEMBER, book, LOAN), name="book").columns["parent_book_id"].nullable


def test_what_tools_name_becomes_a_column() -> None:
    loan = entity(
        tool("create_loan", kind="create", parameters=("book_id", "return_desk", "reminder_at")),
        tool("search_loans", kind="search", parameters=("due_on_from", "is_overdue")),
    )
    assert loan.columns["return_desk"] == EntityColumn(role="label")
    assert loan.columns["reminder_at"].role == "datetime"
    assert loan.columns["is_overdue"].role == "flag"
    assert "due_on_from" not in loan.columns


def test_what_people_look_up_by_is_unique() -> None:
    member = entity(name="member")
    assert member.columns["email"].unique
    book = BOOK.model_copy(
        update={"attributes": (*BOOK.attributes, Attribute(name="isbn", role="code", optional=True))}
    )
    found = entity(
        tool("find_book", entity="book", kind="lookup", parameters=("isbn",)), of=idea(MEMBER, book, LOAN), name="book"
    )
    assert found.columns["isbn"] == EntityColumn(role="code", unique=True)


def test_what_is_looked_up_by_may_be_of_any_role() -> None:
    book = BOOK.model_copy(
        update={"attributes": (*BOOK.attributes, Attribute(name="form", role="enum", values=("paper", "audio")))}
    )
    looks = tool("find_book", entity="book", kind="lookup", parameters=("form",))
    found = entity(looks, of=idea(MEMBER, book, LOAN), name="book")
    assert found.columns["form"] == EntityColumn(role="enum", enum=("paper", "audio"), unique=True)


def test_the_user_has_a_name_and_an_address_of_their_own() -> None:
    answer = derive_database(idea(EntityIdea(name="member"), BOOK, LOAN), ())
    assert answer.user.knows == ("full_name", "email")


def test_what_is_taken_off_may_be_empty() -> None:
    assert entity(tool("remove_book", kind="unassign", parameters=("book_id",))).columns["book_id"].nullable


def test_what_is_said_of_a_table_is_kept_where_it_fits() -> None:
    said = Entity(
        columns={
            "due_on": EntityColumn(role="datetime"),
            "fine": EntityColumn(role="money", minimum=0.0, maximum=90.0),
        },
        unique=(UniqueKey(columns=("member_id", "book_id")), UniqueKey(columns=("nowhere",))),
    )
    loan = entity(loan=said)
    assert loan.columns["due_on"].role == "datetime"
    assert loan.columns["fine"].maximum == 90.0
    assert [key.columns for key in loan.unique] == [("member_id", "book_id")]


def test_states_that_only_tools_name_are_states() -> None:
    loan = entity(tool("lose_book", kind="transition", from_states=("open",), to_state="lost"))
    assert loan.lifecycle is not None
    assert loan.lifecycle.states == ("open", "returned", "lost")


def test_roles_are_guessed_where_nobody_names_one() -> None:
    guesses = {"started_at": "datetime", "due_on": "date", "is_open": "flag", "unit_price": "money", "seats": "quantity",
               "duration": "duration", "email": "email", "notes": "text", "first_name": "person_name"}  # fmt: skip
    assert {name: guessed_role(name, "loan") for name in guesses} == guesses
    assert said_role("string", "colour", "bike") == "label"
    assert said_role("string", "due_date", "bike") == "date"
    assert said_role("integer", "copies", "book") == "quantity"
    assert said_role("currency", "amount", "fee") == "money"
    assert said_role("phone", "contact", "member") == "phone"


def bare() -> Blueprint:
    return blueprint_of(LIBRARY, derive_database(LIBRARY, ()))


def test_entries_follow_from_kind_columns_and_states() -> None:
    blueprint = bare()
    database = compose_database(blueprint)

    def entry(sketch: ToolSketch) -> dict[str, object]:
        return entry_of(sketch, blueprint, database).model_dump(
            exclude_defaults=True, exclude={"description", "summary"}
        )

    assert entry(tool("lend_book", kind="create", parameters=("book",))) == {
        "kind": "create",
        "columns": ("book_id", "due_on"),
    }
    assert entry(tool("return_book", kind="transition", from_states=("open",), to_state="returned")) == {
        "kind": "transition", "to": "returned", "states": ("open",)}  # fmt: skip
    assert entry(tool("change_due", kind="update", parameters=("due_on", "member_id")))["columns"] == ("due_on",)
    assert entry(tool("list_mine", kind="list"))["by"] == ("member_id",)
    assert entry(tool("move", kind="assign", parameters=("book",)))["column"] == "book_id"
    filters = entry_of(
        tool("search", kind="search", parameters=("due_on_until", "status")), blueprint, database
    ).filters
    assert [(one.column, one.op, one.name) for one in filters] == [
        ("due_on", "<=", "due_on_until"),
        ("status", "", "status"),
    ]
    figures = entry_of(tool("sum_up", entity="member", kind="compute", answers="x"), blueprint, database)
    assert set(figures.returns) == {"loan_count"}


WORDS = [
    "status",
    "due_on",
    "price",
    "price_range",
    "total_price",
    "new_price",
    "max_price",
    "price_from",
    "book",
    "loan_id",
]
AFFIXES = ["", "min_", "maximum_", "from_", "until_", "new_", "total_"]
ENDINGS = ["", "_range", "_from", "_until", "_max", "_id"]


@given(
    st.sampled_from(["member", "book", "loan"]),
    st.sampled_from(get_args(ToolKind)),
    st.lists(st.tuples(*map(st.sampled_from, (AFFIXES, WORDS, ENDINGS))).map("".join), min_size=1, max_size=4),
)
def test_whatever_columns_tools_name_the_database_carries_them(on: str, kind: ToolKind, words: list[str]) -> None:
    priced = BOOK.model_copy(update={"attributes": (*BOOK.attributes, Attribute(name="price", role="money"))})
    of = idea(MEMBER, priced, LOAN)
    tools = (tool("do_it", entity=on, kind=kind, parameters=tuple(dict.fromkeys(words))),)
    assert check_database(derive_database(of, tools), DatabaseRequest(idea=of, tools=tools)) == []
