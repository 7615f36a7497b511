"""Form checks: each mistake is named in words that help whoever made it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from engine.agents.checks.databases import blueprint_of, check_database
from engine.agents.checks.entries import check_entry
from engine.agents.checks.ideas import check_idea
from engine.agents.checks.sketches import check_sketches
from engine.agents.checks.words import one_line, sentence
from engine.agents.composer.idea_tables import derive_database
from engine.agents.composer.schema import compose_database
from engine.agents.roles.foundation import DatabaseRequest, ToolSchemaRequest
from engine.seeds.blueprint import Entity, EntityColumn, Lifecycle, User
from engine.seeds.idea import Attribute, DomainIdea, EntityIdea, Precondition, ToolSketch
from engine.seeds.tool_entry import ToolEntry

MEMBER = EntityIdea(
    name="member",
    attributes=(Attribute(name="full_name", role="person_name"), Attribute(name="email", role="email")),
)
BOOK = EntityIdea(
    name="book", attributes=(Attribute(name="title", role="title"), Attribute(name="copies", role="quantity"))
)
LOAN = EntityIdea(
    name="loan",
    attributes=(Attribute(name="due_on", role="date"),),
    belongs_to=("member", "book"),
    states=("open", "returned"),
)


def idea(*entities: EntityIdea, user: str = "member") -> DomainIdea:
    return DomainIdea(name="library", title="Library", description="Books.", user=user, entities=entities)


LIBRARY = idea(MEMBER, BOOK, LOAN)


def tool(name: str, entity: str = "loan", kind: str = "get", **fields: Any) -> ToolSketch:
    return ToolSketch.model_validate(
        {"name": name, "entity": entity, "kind": kind, "description": f"{name}.", **fields}
    )


def problems_of(*tools: ToolSketch, known: Sequence[ToolSketch] = ()) -> str:
    request = ToolSchemaRequest(idea=LIBRARY, entities=LIBRARY.entity_names, known=tuple(known))
    return "\n".join(check_sketches(tools, request))


@pytest.mark.parametrize(
    "wrong, words",
    [
        (idea(MEMBER, LOAN, BOOK, user="reader"), "the user `reader` is not one of the entities"),
        (idea(MEMBER, LOAN), "`loan` belongs to `book`, which is no entity"),
        (idea(MEMBER, BOOK, LOAN, LOAN), "there are two entities `loan`"),
        (idea(MEMBER, BOOK), "no entity belongs to another"),
        (idea(MEMBER, BOOK, LOAN.model_copy(update={"states": ("open",)})), "at least two different ones, or none"),
        (idea(MEMBER, BOOK, LOAN, EntityIdea(name="money")), "call it `money_record`"),
        (idea(MEMBER, BOOK, LOAN.model_copy(update={"attributes": (BOOK.attributes[0],) * 2})), "two columns `title`"),
    ],
)
def test_ideas(wrong: DomainIdea, words: str) -> None:
    assert words in "\n".join(check_idea(wrong))


def test_a_good_idea_has_no_problem() -> None:
    assert check_idea(LIBRARY) == []


@pytest.mark.parametrize(
    "wrong, words",
    [
        (tool("the_loan"), "a verb and its object"),
        (tool("get_fee", entity="fee"), "there is no entity `fee`"),
        (tool("close_loan", kind="transition", to_state="closed"), "`closed` is no state of `loan`; there are open, returned"),
        (tool("return_book", kind="transition"), "says to which state"),
        (tool("return_book", kind="transition", to_state="returned", from_states=("returned",)), "to the same state"),
        (tool("pick_member", entity="book", kind="assign"), "belongs to nothing"),
        (tool("get_loan", description=""), "say in a sentence"),
        (tool("renew", kind="update", preconditions=[{"code": "a", "words": "x"}] * 2), "two preconditions have the code `a`"),
    ],
)  # fmt: skip
def test_tools(wrong: ToolSketch, words: str) -> None:
    assert words in problems_of(wrong)
    assert problems_of(wrong).startswith(f"{wrong.name}: ")


@pytest.mark.parametrize(
    "one, other, same",
    [
        (tool("get_loan"), tool("show_loan"), True),
        (tool("get_loan"), tool("get_book", entity="book"), False),
        (tool("search_loans", kind="search", parameters=("due_on",)), tool("find_loans", kind="search", parameters=("due_on",)), True),
        (tool("list_loans", kind="list", parameters=("member_id",)), tool("list_loans_of_book", kind="list", parameters=("book_id",)), False),
        (tool("return_book", kind="transition", to_state="returned"), tool("close_loan", kind="transition", to_state="returned"), True),
        (tool("count_open_loans", kind="compute", answers="x"), tool("count_loans_open", kind="compute", answers="x"), True),
        (tool("count_open_loans", kind="compute", answers="x"), tool("estimate_fees", kind="compute", answers="x"), False),
        (tool("renew_loan", kind="update", effects="later"), tool("flag_loan", kind="update", effects="flagged"), False),
        (tool("extend", kind="update", parameters=("due_on",), preconditions=(Precondition(code="a", words="x"),)),
         tool("move", kind="update", parameters=("due_on",)), False),
    ],
)  # fmt: skip
def test_tools_that_say_the_same(one: ToolSketch, other: ToolSketch, same: bool) -> None:
    assert ("does that already" in problems_of(one, other)) == same
    assert ("does that already" in problems_of(other, known=[one])) == same


RENEW = tool("renew_loan", kind="update", parameters=("due_on",))


def database_problems(**changes: Any) -> str:
    request = DatabaseRequest(idea=LIBRARY, tools=(RENEW,))
    answer = derive_database(LIBRARY, (RENEW,)).model_copy(update=changes)
    return "\n".join(check_database(answer, request))


def entities(**changed: Entity) -> dict[str, Entity]:
    return {**derive_database(LIBRARY, (RENEW,)).entities, **changed}


def test_a_derived_database_has_no_problem() -> None:
    assert database_problems() == ""


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"entities": {}}, "there is no table for `member`"),
        ({"entities": entities(loan=Entity(columns={"note": EntityColumn(role="text")}))}, "`loan` belongs to `member`, but has no reference"),
        ({"entities": entities(loan=Entity(columns={"note": EntityColumn(role="text")}))}, "renew_loan: `loan` has no column for `due_on`"),
        ({"entities": entities(book=Entity(columns={"x": EntityColumn(role="reference", to="shelf")}))}, "no entity `shelf`"),
        ({"entities": entities(book=Entity(columns={"title": EntityColumn(role="title")}, owner="loan.member_id"))}, "leads nowhere at `loan`"),
        ({"user": User(entity="member", knows=())}, "the user knows nothing of themselves"),
        ({"user": User(entity="member", knows=("full_name",))}, "make the e-mail address unique"),
    ],
)  # fmt: skip
def test_databases(changes: dict[str, Any], words: str) -> None:
    assert words in database_problems(**changes)


def test_lifecycles_are_those_of_the_idea() -> None:
    loan = entities()["loan"].model_copy(update={"lifecycle": Lifecycle(states=("open",))})
    assert "`loan` lacks the states returned" in database_problems(entities=entities(loan=loan))


def test_tools_in_the_blueprint_language_name_their_mistakes() -> None:
    bare = blueprint_of(LIBRARY, derive_database(LIBRARY, (RENEW,)))
    database = compose_database(bare)
    entry = ToolEntry.model_validate(
        {
            "kind": "update",
            "columns": ["due_on"],
            "rules": [{"rule": "condition", "that": "loan.fine == 0", "code": "has_fine"}],
        }
    )
    assert check_entry("renew_loan", "loan", ToolEntry(kind="get"), bare, database) == []
    found = check_entry("renew_loan", "loan", entry, bare, database)
    assert found[0].startswith("renew_loan: rules 1 that: `loan` has no column `fine`")
    assert check_entry("renew_loan", "fee", entry, bare, database) == ["renew_loan: there is no entity `fee`"]


def test_words_from_outside_stay_on_one_line() -> None:
    assert one_line("a\n\n  b\x00\u2028c") == "a b c"
    assert one_line("x" * 50, 10) == "xxxxxxx..."
    assert sentence("Done") == "Done."
    assert sentence("") == ""
