"""Values that somebody wrote down: read where they can be had, refused where not, and never an exception."""

from __future__ import annotations

import math
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.models.database import Column, ColumnType
from engine.models.tool import Parameter
from engine.states.arguments import accepts
from engine.states.told import LONGEST, told_value
from engine.states.values import within_bounds
from tests.fakes.bookings import NOW


def column(type: ColumnType, **more: Any) -> Column:
    return Column(name="x", type=type, role="number", **more)


@pytest.mark.parametrize(
    "type, raw, value",
    [
        ("integer", "3", 3),
        ("integer", " 1,200 ", 1200),
        ("integer", 4.0, 4),
        ("integer", "3.5", None),
        ("integer", True, None),
        ("integer", "1e400", None),
        ("integer", "9" * 50, None),
        ("real", "$12.345", 12.35),
        ("real", "NaN", None),
        ("boolean", "Yes", True),
        ("boolean", "false", False),
        ("boolean", "perhaps", None),
        ("date", "2026-03-05", "2026-03-05"),
        ("date", "2026-03-05T10:00", "2026-03-05"),
        ("date", "2026-02-30", None),
        ("date", "9999-12-31", None),
        ("datetime", "2026-03-05 10:00", "2026-03-05T10:00:00"),
        ("datetime", "2026-03-05T10:00:00Z", "2026-03-05T10:00:00"),
        ("datetime", "tomorrow", None),
        ("time", "9:05", "09:05"),
        ("time", "25:00", None),
        ("text", "  two\n words ", "two words"),
        ("text", "", None),
        ("text", "a\u202eb", None),
        ("text", "x" * (LONGEST + 1), None),
        ("text", {"a": 1}, None),
        ("text", None, None),
    ],
)
def test_values_as_people_write_them(type: ColumnType, raw: Any, value: Any) -> None:
    assert told_value(column(type), raw, NOW) == value


def test_bounds_and_choices_hold() -> None:
    assert told_value(column("integer", minimum=1, maximum=9), "10", NOW) is None
    assert told_value(column("text", enum=("open", "closed")), "OPEN", NOW) == "open"
    assert told_value(column("text", enum=("open", "closed")), "ajar", NOW) is None


anything = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.dates().map(str), st.datetimes().map(str)
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)),
    max_leaves=4,
)


@given(type=st.sampled_from(get_args(ColumnType)), raw=anything, low=st.integers(-5, 5), high=st.integers(6, 90))
def test_whatever_is_read_fits_the_column_and_reads_as_itself(type: ColumnType, raw: Any, low: int, high: int) -> None:
    bounds = {"minimum": low, "maximum": high} if type in ("integer", "real") else {}
    wanted = column(type, **bounds)
    value = told_value(wanted, raw, NOW)
    if value is None:
        return
    assert within_bounds(wanted, value)
    assert accepts(Parameter(name="x", type=type, **bounds), value)
    assert told_value(wanted, value, NOW) == value
    assert not isinstance(value, float) or math.isfinite(value)
