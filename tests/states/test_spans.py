"""Starts come before ends where no rule of the schema says so either; what a search is told to find comes first."""

from __future__ import annotations

from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.models.base import Row
from engine.models.database import Check, Column, DatabaseSchema, Table
from engine.states.builder import StateBuilder
from engine.states.coherence import spans, turned
from engine.states.satisfy import make

NOW = "2026-03-10T09:00:00"
PAIRS = (
    ("starts_at", "ends_at"),
    ("start", "end"),
    ("valid_from", "valid_until"),
    ("check_in", "check_out"),
    ("min", "max"),
)


def schema(pair: tuple[str, str], kind: Any, *, ruled: bool, nullable: bool) -> DatabaseSchema:
    role: Any = "number" if kind in ("integer", "real") else kind
    return DatabaseSchema(
        tables=(
            Table(
                name="visit",
                columns=(
                    Column(name="visit_id", type="integer", role="id", generated=True),
                    *(Column(name=name, type=kind, role=role, nullable=nullable) for name in pair),
                ),
                primary_key=("visit_id",),
                checks=(Check(expression=f"{pair[0]} <= {pair[1]}"),) if ruled else (),
            ),
        )
    )


def backward(rows: list[Row], pair: tuple[str, str]) -> list[Row]:
    """The rows whose span runs backward."""
    ends = [(row, row[pair[0]], row[pair[1]]) for row in rows]
    return [row for row, low, high in ends if low is not None and high is not None and low > high]  # type: ignore[operator]


SCHEMAS = st.tuples(
    st.sampled_from(PAIRS), st.sampled_from(("datetime", "date", "integer", "real")), st.booleans(), st.booleans()
)


@settings(deadline=None, max_examples=80)
@given(SCHEMAS, st.integers(0, 10_000), st.sampled_from((0, 1)), st.sampled_from((">", "<")))
def test_whatever_is_asked_of_one_end_the_other_follows(
    shape: tuple[tuple[str, str], str, bool, bool], seed: int, end: int, sign: str
) -> None:
    pair, kind, ruled, nullable = shape
    builder = StateBuilder(schema(pair, kind, ruled=ruled, nullable=nullable), Random(seed), NOW)
    builder.fill(4)
    draft = builder.draft
    assert not backward(draft.table_rows("visit"), pair)
    beyond = {"datetime": "add_days(now, {})", "date": "add_days(today, {})"}.get(kind, "{}")
    far = beyond.format({">": 900, "<": -900}[sign])
    goal = f"any(row.{pair[end]} is not None and row.{pair[end]} {sign} {far} for row in rows('visit'))"
    assert make(goal, True, draft, Random(seed))
    assert not backward(draft.table_rows("visit"), pair)


def test_a_search_for_a_span_that_runs_backward_finds_it() -> None:
    pair = PAIRS[0]
    builder = StateBuilder(schema(pair, "datetime", ruled=False, nullable=False), Random(1), NOW)
    builder.fill(3)
    assert make("any(row.starts_at > row.ends_at for row in rows('visit'))", True, builder.draft, Random(1))
    assert len(backward(builder.draft.table_rows("visit"), pair)) == 1


@given(SCHEMAS, st.integers(-50, 50), st.integers(-50, 50))
def test_turning_names_only_what_runs_backward(
    shape: tuple[tuple[str, str], str, bool, bool], low: int, high: int
) -> None:
    pair = shape[0]
    (table,) = schema(pair, "integer", ruled=False, nullable=True).tables
    found = turned({"visit_id": 1, pair[0]: low, pair[1]: high}, spans(table))
    assert bool(found) is (low > high)
    for name, value in found:
        row = {"visit_id": 1, pair[0]: low, pair[1]: high, name: value}
        assert not backward([row], pair)
    assert turned({"visit_id": 1, pair[0]: low, pair[1]: None}, spans(table)) == []
