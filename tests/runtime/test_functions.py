"""The functions of tool code agree with those of the contract language, which are written apart from them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.contracts import clock
from engine.runtime import functions
from engine.runtime.functions import is_moment

DATES = st.dates(date(1900, 1, 1), date(2100, 1, 1)).map(lambda day: day.isoformat())
DATETIMES = st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)).map(lambda t: t.isoformat(timespec="seconds"))
MOMENTS = (
    DATES | DATETIMES | st.sampled_from(["", "x", "today", "2026-02-30", "2026-03-01 10:00:00", "2026-03-01T10:00:60"])
)
COUNTS = st.integers(-10_000, 10_000) | st.just(True) | st.just(1.5)
ARGUMENTS: dict[str, tuple[st.SearchStrategy[Any], ...]] = {
    "add_days": (MOMENTS, COUNTS),
    "add_minutes": (MOMENTS, COUNTS),
    "days_between": (MOMENTS, MOMENTS),
    "minutes_between": (MOMENTS, MOMENTS),
    "date_of": (MOMENTS,),
    "time_of": (DATETIMES,),
    "weekday": (MOMENTS,),
    "money": (st.floats(-1e9, 1e9) | st.integers(-(10**9), 10**9),),
    "lower": (st.text(),),
    "contains": (st.text(), st.text(max_size=2)),
}


def outcome(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    try:
        return function(*arguments)
    except (ValueError, TypeError, OverflowError):
        return "no value"


@pytest.mark.parametrize("name", functions.TOOL_FUNCTIONS)
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_functions_agree_with_the_contract_language(name: str, data: st.DataObject) -> None:
    arguments = data.draw(st.tuples(*ARGUMENTS[name]))
    assert outcome(functions.TOOL_FUNCTIONS[name], arguments) == outcome(getattr(clock, name), arguments)


@pytest.mark.parametrize(
    "form, text, good",
    [
        ("date", "2024-02-29", True),
        ("date", "2023-02-29", False),
        ("date", "1900-02-29", False),
        ("date", "2000-02-29", True),
        ("date", "2026-00-10", False),
        ("date", "2026-13-10", False),
        ("date", "2026-04-31", False),
        ("date", "0000-01-01", False),
        ("date", "2026-1-01", False),
        ("date", "２026-01-01", False),
        ("datetime", "2026-01-01T23:59:59", True),
        ("datetime", "2026-01-01T23:59:60", False),
        ("datetime", "2026-01-01T24:00:00", False),
        ("datetime", "2026-01-01T10:00", False),
        ("time", "00:00", True),
        ("time", "7:30", False),
        ("time", "07:60", False),
        ("time", "07-30", False),
    ],
)
def test_well_formed_moments(form: str, text: str, good: bool) -> None:
    assert is_moment(form, text) is good
    assert is_moment(form, text) is good
