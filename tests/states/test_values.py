"""Made-up values are legal, realistic where the role says so, and the same for the same seed."""

from __future__ import annotations

from datetime import datetime
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.datafiles import data_path
from engine.errors import StateError, UsageError
from engine.models.database import Column, DatabaseSchema
from engine.states.values import distinct_value, make_value, within_bounds
from engine.states.words import word_list
from tests.states.schemas import columns

NOW = "2026-03-02T09:00:00"
EMPTY = DatabaseSchema(tables=())


@settings(deadline=None, max_examples=150)
@given(columns("value"), st.integers(0, 10_000))
def test_any_column_gets_a_legal_value(column: Column, seed: int) -> None:
    value = make_value(column, Random(seed), NOW, EMPTY)
    assert within_bounds(column, value)
    kinds = {"integer": int, "real": float, "boolean": bool}
    assert type(value) is kinds.get(column.type, str)
    if column.type in ("date", "datetime"):
        assert datetime.fromisoformat(str(value))


@settings(deadline=None, max_examples=60)
@given(columns("value"), st.integers(0, 10_000))
def test_the_same_seed_makes_the_same_value(column: Column, seed: int) -> None:
    assert make_value(column, Random(seed), NOW, EMPTY) == make_value(column, Random(seed), NOW, EMPTY)


@pytest.mark.parametrize("kind", ["text", "integer", "real", "date", "datetime"])
def test_distinct_values_do_not_run_out_early(kind: str) -> None:
    column = Column(name="value", type=kind, role="email" if kind == "text" else "number")  # type: ignore[arg-type]
    rng, taken = Random("x"), set()
    for _ in range(300):
        taken.add(distinct_value(column, rng, NOW, EMPTY, taken))
    assert len(taken) == 300


def test_a_column_without_a_free_value_says_so() -> None:
    column = Column(name="state", type="text", role="status", enum=("on", "off"))
    with pytest.raises(StateError, match="state"):
        distinct_value(column, Random(1), NOW, EMPTY, {"on", "off"})


def test_value_lists_are_used() -> None:
    database = DatabaseSchema(tables=(), values={"skills": ("welding", "baking")})
    column = Column(name="skill", type="text", role="label", values="skills")
    assert {make_value(column, Random(seed), NOW, database) for seed in range(20)} == {"welding", "baking"}


@pytest.mark.parametrize("name, before", [("created_at", True), ("due_date", False)])
def test_dates_lie_on_the_side_of_now_that_their_name_says(name: str, before: bool) -> None:
    role = "created_at" if before else "date"
    column = Column(name=name, type="date", role=role)  # type: ignore[arg-type]
    for seed in range(30):
        assert (str(make_value(column, Random(seed), NOW, EMPTY)) < NOW[:10]) is before


def test_word_lists_are_there_without_doubles() -> None:
    for name in ("first_names", "last_names", "cities", "countries", "streets", "companies", "labels", "words"):
        entries = word_list(name)
        assert len(entries) > 40
        assert len(set(entries)) == len(entries)


def test_a_missing_data_file_is_named_with_what_there_is() -> None:
    with pytest.raises(UsageError, match=r"nothing\.txt.*cities\.txt"):
        data_path("values", "nothing.txt")
