"""Columns as short texts."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.agents.checks.names import entity_name, plain_name
from engine.agents.llm.text.columns import read_attribute, read_column, write_attribute, write_column
from engine.models.database import Role
from engine.seeds.blueprint import EntityColumn

NAMES = st.from_regex(r"[a-z]{2,8}(_[a-z]{2,8})?", fullmatch=True).map(plain_name)
PLAIN = sorted(set(get_args(Role)) - {"id", "reference", "status", "enum"})
NUMBERS = ["money", "quantity", "number", "percent", "rating", "duration"]


@pytest.mark.parametrize(
    "text, name, column",
    [
        ("note:text?", "note", EntityColumn(role="text", nullable=True)),
        ("email:email !", "email", EntityColumn(role="email", unique=True)),
        ("plan:enum free|premium =free", "plan", EntityColumn(role="enum", enum=("free", "premium"), default="free")),
        ("format:paper|audio", "format", EntityColumn(role="enum", enum=("paper", "audio"))),
        ("size: enum (small, large)", "size", EntityColumn(role="enum", enum=("small", "large"))),
        ("price:money 1..500", "price", EntityColumn(role="money", minimum=1.0, maximum=500.0)),
        ("copies: integer 0..20 =1", "copies", EntityColumn(role="quantity", minimum=0.0, maximum=20.0, default=1)),
        ("active:flag =false", "active", EntityColumn(role="flag", default=False)),
        ("reviewer:ref mechanic?", "reviewer_id", EntityColumn(role="reference", to="mechanic", nullable=True)),
        ("dueDate: string", "due_date", EntityColumn(role="date")),
        ("started_at", "started_at", EntityColumn(role="datetime")),
        ("kind:enum", "kind", EntityColumn(role="label")),
        ("number_plate:id", "number_plate", EntityColumn(role="code")),
    ],
)
def test_texts_are_read_as_they_are_meant(text: str, name: str, column: EntityColumn) -> None:
    assert read_column(text, "bicycle", ("mechanic",)) == (name, column)


def test_a_text_without_a_name_is_no_column() -> None:
    assert read_column(" : text", "bicycle") is None
    assert read_attribute("!!!", "bicycle") is None


@given(NAMES, st.sampled_from(PLAIN), st.booleans(), st.booleans())
def test_a_written_column_reads_back(name: str, role: Role, nullable: bool, unique: bool) -> None:
    column = EntityColumn(role=role, nullable=nullable, unique=unique)
    if role == "number":
        return  # vague: the name decides what kind of number it is
    assert read_column(write_column(name, column), "entity") == (name, column)


@given(NAMES, st.sampled_from(NUMBERS[:2]), st.integers(0, 50), st.integers(50, 1000))
def test_bounds_and_defaults_read_back(name: str, role: Role, low: int, high: int) -> None:
    column = EntityColumn(
        role=role, minimum=float(low), maximum=float(high), default=low if role == "quantity" else float(low)
    )
    assert read_column(write_column(name, column), "entity") == (name, column)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    read = read_column(text, "bicycle", ("customer",))
    assert read is None or read[0] == plain_name(read[0])
    attribute = read_attribute(text, "bicycle")
    if attribute is not None:
        assert read_attribute(write_attribute(attribute), "bicycle") is not None


@given(st.text(max_size=80))
def test_names_are_plain_whatever_they_are_made_from(text: str) -> None:
    name = plain_name(text)
    assert name == "" or (name.isidentifier() and "__" not in name and name == name.lower() and len(name) <= 70)
    assert plain_name(name) == name


def test_names_that_mean_something_in_expressions_are_no_entities() -> None:
    assert entity_name("Item") == "item_record"
    assert entity_name("Repair Job") == entity_name("RepairJob") == "repair_job"
    assert plain_name("class") == "class_value"


@pytest.mark.parametrize("default", ["nan", "inf", "-inf", "1e999"])
@pytest.mark.parametrize("role", ["money", "quantity"])
def test_a_default_is_a_number_that_can_be_stored(role: Role, default: str) -> None:
    assert read_column(f"price:{role} ={default}", "bicycle") == ("price", EntityColumn(role=role))


def test_digits_without_end_are_read_in_passing() -> None:
    read = read_column(f"price:money {'1' * 100_000}", "bicycle")
    assert read is not None
    assert read[1].minimum is None
