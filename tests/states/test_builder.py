"""The builder makes legal, coherent rows for whatever schema it is given."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import StateError
from engine.models.database import Check, Column, DatabaseSchema, ForeignKey, Table
from engine.states.builder import StateBuilder
from engine.states.draft import Draft
from tests.fakes.bookings import DATABASE, NOW
from tests.states.schemas import schemas


def problems(draft: Draft) -> list[str]:
    """Everything that is wrong with the rows of a draft."""
    return [
        f"{table.name}: {problem}"
        for table in draft.database.tables
        for row in draft.table_rows(table.name)
        for problem in draft.problems(table.name, row, table.key_of(row))
    ]


@settings(deadline=None, max_examples=120)
@given(schemas(), st.integers(0, 1000), st.booleans())
def test_any_schema_is_filled_with_legal_rows(database: DatabaseSchema, seed: int, apart: bool) -> None:
    builder = StateBuilder(database, Random(seed), NOW, apart=apart)
    builder.fill(3)
    assert problems(builder.draft) == []
    assert all(len(builder.rows[table.name]) >= 3 for table in database.tables)


@settings(deadline=None, max_examples=40)
@given(schemas(), st.integers(0, 1000))
def test_the_same_seed_builds_the_same_rows(database: DatabaseSchema, seed: int) -> None:
    first, second = (StateBuilder(database, Random(seed), NOW) for _ in range(2))
    first.fill(2)
    second.fill(2)
    assert first.rows == second.rows


@settings(deadline=None, max_examples=40)
@given(schemas(), st.integers(0, 1000))
def test_taking_back_leaves_no_trace(database: DatabaseSchema, seed: int) -> None:
    builder = StateBuilder(database, Random(seed), NOW)
    builder.fill(2)
    before, mark = builder.rows, builder.draft.mark()
    builder.fill(5)
    builder.draft.rollback(mark)
    assert builder.rows == before
    assert problems(builder.draft) == []


def _column(name: str, kind: str = "text", role: str = "text", **more: object) -> Column:
    return Column(name=name, type=kind, role=role, **more)  # type: ignore[arg-type]


def _cycle(nullable: bool) -> DatabaseSchema:
    def table(name: str, other: str) -> Table:
        return Table(
            name=name,
            columns=(_column("id", "integer", "id"), _column("other", "integer", "reference", nullable=nullable)),
            primary_key=("id",),
            foreign_keys=(ForeignKey(columns=("other",), table=other, references=("id",)),),
        )

    return DatabaseSchema(tables=(table("a", "b"), table("b", "c"), table("c", "a")))


@pytest.mark.parametrize("nullable", [True, False])
def test_references_in_a_circle_are_closed_or_null(nullable: bool) -> None:
    builder = StateBuilder(_cycle(nullable), Random("circle"), NOW)
    builder.fill(4)
    assert problems(builder.draft) == []


def test_a_row_that_must_refer_to_its_own_table_refers_to_itself_first() -> None:
    table = Table(
        name="person",
        columns=(_column("id", "integer", "id"), _column("boss", "integer", "reference")),
        primary_key=("id",),
        foreign_keys=(ForeignKey(columns=("boss",), table="person", references=("id",)),),
    )
    builder = StateBuilder(DatabaseSchema(tables=(table,)), Random(1), NOW)
    first = builder.add("person")
    assert first["boss"] == first["id"]


def test_given_parents_are_made() -> None:
    builder = StateBuilder(DATABASE, Random(3), NOW)
    row = builder.add("booking", room_id="ROM-0042", people=4)
    assert row["people"] == 4
    assert builder.draft.get("room", "ROM-0042") is not None
    assert problems(builder.draft) == []


def test_junction_tables_use_up_all_pairs_before_they_need_new_parents() -> None:
    def parent(name: str) -> Table:
        return Table(name=name, columns=(_column("id", "integer", "id", generated=True),), primary_key=("id",))

    junction = Table(
        name="pair",
        columns=(_column("left_id", "integer", "reference"), _column("right_id", "integer", "reference")),
        primary_key=("left_id", "right_id"),
        foreign_keys=(
            ForeignKey(columns=("left_id",), table="left", references=("id",)),
            ForeignKey(columns=("right_id",), table="right", references=("id",)),
        ),
    )
    builder = StateBuilder(DatabaseSchema(tables=(parent("left"), parent("right"), junction)), Random(5), NOW)
    builder.fill({"left": 2, "right": 2, "pair": 12})
    assert len(builder.rows["pair"]) == 12
    assert problems(builder.draft) == []


def test_an_impossible_table_is_refused_with_its_reason() -> None:
    table = Table(
        name="switch",
        columns=(_column("id", "integer", "id", generated=True), _column("n", "integer", "number")),
        primary_key=("id",),
        checks=(Check(expression="n > 5 and n < 3"),),
    )
    with pytest.raises(StateError, match="switch"):
        StateBuilder(DatabaseSchema(tables=(table,)), Random(1), NOW).fill(1)


def test_more_rows_than_values_are_refused() -> None:
    table = Table(
        name="flag",
        columns=(_column("id", "integer", "id", generated=True), _column("on", "boolean", "flag")),
        primary_key=("id",),
        unique=(("on",),),
    )
    builder = StateBuilder(DatabaseSchema(tables=(table,)), Random(1), NOW)
    short = builder.fill_what_fits(5)
    assert builder.draft.count("flag") == 2
    assert "flag" in short


def test_unknown_tables_and_columns_are_named() -> None:
    builder = StateBuilder(DATABASE, Random(1), NOW)
    with pytest.raises(StateError, match="no_such"):
        builder.add("no_such")
    with pytest.raises(StateError, match="colour"):
        builder.add("room", colour="red")


def test_rows_read_as_if_they_were_real() -> None:
    builder = StateBuilder(DATABASE, Random(11), NOW)
    builder.fill(20)
    for row in builder.rows["booking"]:
        assert str(row["starts_at"]) < str(row["ends_at"])
        assert str(row["created_at"]) < NOW
    for row in builder.rows["customer"]:
        assert str(row["email"]).startswith(str(row["name"]).split()[0].lower())


def test_apart_keeps_values_of_a_row_and_ids_of_tables_apart() -> None:
    builder = StateBuilder(_cycle(True), Random(2), NOW, apart=True)
    builder.fill(3)
    ids = [row["id"] for table in ("a", "b", "c") for row in builder.rows[table]]
    assert len(set(ids)) == len(ids)
