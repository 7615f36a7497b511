"""A form gives the arguments in the types that the tool takes."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.studio.filled import ATTACK


def form() -> None:
    import json

    import streamlit as st

    from engine.errors import UsageError
    from engine.models.tool import Contract, Parameter, Tool
    from engine.rollouts.offers import Offer
    from studio.components.play.tool_form import read_form, tool_form

    tool = Tool(
        name="try_all",
        description="Takes everything.",
        category="create",
        entity="x",
        contract=Contract(),
        parameters=(
            Parameter(name="words", type="text"),
            Parameter(name="count", type="integer", minimum=1, maximum=9),
            Parameter(name="share", type="real", required=False, minimum=0, maximum=1),
            Parameter(name="flag", type="boolean", required=False, default=True),
            Parameter(name="day", type="date", required=False, minimum="2026-01-01", maximum="not a date"),
            Parameter(name="moment", type="datetime", required=False),
            Parameter(name="clock", type="time", required=False),
            Parameter(name="kind", type="text", enum=("a", "b"), required=False),
            Parameter(name="kinds", type="text", enum=("a", "b"), array=True, required=False),
            Parameter(name="numbers", type="integer", array=True, required=False),
            Parameter(name="seen", type="integer", required=False),
            Parameter(name=st.session_state.get("hostile", "last"), type="text", required=False),
        ),
    )
    tool_form(tool, {"seen": [Offer(7, "step 1: id")]}, "form")
    try:
        st.text(json.dumps(read_form(tool, "form"), sort_keys=True))
    except UsageError as error:
        st.error(str(error))


@pytest.fixture
def page() -> AppTest:
    return AppTest.from_function(form, default_timeout=30).run()


def arguments(page: AppTest) -> Any:
    import json

    assert not page.exception
    return json.loads(page.text[-1].value)


def test_empty_widgets_are_left_out(page: AppTest) -> None:
    assert arguments(page) == {}


def test_each_widget_gives_its_type(page: AppTest) -> None:
    page.text_input(key="form-0").set_value("Hi")
    page.number_input(key="form-1").set_value(3)
    page.number_input(key="form-2").set_value(0.25)
    page.session_state["form-3"] = False
    page.date_input(key="form-4").set_value(date(2026, 3, 1))
    page.time_input(key="form-6").set_value(time(9, 30))
    page.selectbox(key="form-7").set_value("b")
    page.multiselect(key="form-8").set_value(["b", "a"])
    page.run()
    assert arguments(page) == {
        "words": "Hi",
        "count": 3,
        "share": 0.25,
        "flag": False,
        "day": "2026-03-01",
        "clock": "09:30",
        "kind": "b",
        "kinds": ["b", "a"],
    }


def test_what_is_typed_into_a_list_of_numbers_is_sent_as_numbers_where_it_is_one(page: AppTest) -> None:
    page.session_state["form-9"] = ["1", "x"]
    page.session_state["form-5"] = datetime(2026, 3, 1, 9, 30)
    page.run()
    assert arguments(page) == {"numbers": [1, "x"], "moment": "2026-03-01T09:30:00"}


def test_a_value_that_was_seen_is_taken_over_as_a_number(page: AppTest) -> None:
    page.selectbox(key="form-10-seen").set_value("7").run()
    assert arguments(page) == {"seen": 7}
    assert page.selectbox(key="form-10-seen").value is None


def test_null_is_another_thing_than_left_out(page: AppTest) -> None:
    page.multiselect(key="form-null").set_value(["share", "kind"]).run()
    assert arguments(page) == {"share": None, "kind": None}
    assert "words" not in page.multiselect(key="form-null").options


def test_json_begins_with_what_the_widgets_hold_and_can_say_anything(page: AppTest) -> None:
    page.text_input(key="form-0").set_value("Hi").run()
    page.toggle(key="form-raw").set_value(True).run()
    assert page.text_area(key="form-json").value == '{\n  "words": "Hi"\n}'
    page.text_area(key="form-json").set_value('{"words": 5, "more": [null]}').run()
    assert arguments(page) == {"words": 5, "more": [None]}
    page.text_area(key="form-json").set_value("[]").run()
    assert "must be a JSON object" in page.error[0].value


def test_a_hostile_name_is_no_label(page: AppTest) -> None:
    page.session_state["hostile"] = ATTACK
    page.run()
    assert not page.exception
    widgets = [*page.text_input, *page.selectbox, *page.number_input, *page.multiselect]
    assert not [widget.label for widget in widgets if "hacked" in widget.label]
    assert page.text_input(key="form-11").label == "argument 12"
