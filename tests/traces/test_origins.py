"""Where arguments came from: as recorded, as the chain says, or where an equal value was to be seen."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.models.base import Rows
from engine.models.trace import Call, Trace, TraceStep
from engine.traces.origins import Origin, leaves, origins, same
from tests.tasks.room_tasks import room_audited, task_with

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 200) | st.text("ab", max_size=2),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("xyz", min_size=1, max_size=2), inner, max_size=3)
    ),
    max_leaves=12,
)


def trace(*steps: TraceStep, kind: str = "play", rows: Rows | None = None) -> Trace:
    return Trace.model_validate({"id": "t", "kind": kind, "title": "t", "rows": rows, "steps": steps, "passed": True})


def step(index: int, result: Any = None, sources: dict[str, str] | None = None, **arguments: Any) -> TraceStep:
    return TraceStep(
        index=index,
        call=Call(name="tool", arguments=arguments),
        outcome="success",
        result=result,
        sources=sources or {},
    )


def only(found: tuple[dict[str, Origin], ...], index: int, name: str) -> Origin:
    return found[index][name]


def follow(value: Any, path: str) -> Any:
    """What stands at a path such as `a.b[0].c`."""
    for part in path.replace("[", ".[").split("."):
        value = value[int(part[1:-1])] if part.startswith("[") else value[part]
    return value


@given(st.dictionaries(st.text("xyz", min_size=1, max_size=2), JSON, max_size=3))
def test_every_leaf_stands_where_its_path_says(answer: dict[str, Any]) -> None:
    for path, field, value in leaves(answer):
        assert same(follow(answer, path), value)
        assert field in path
        assert not isinstance(value, dict | list)


@given(st.lists(JSON, max_size=3), JSON)
def test_an_answer_that_is_named_holds_the_value(results: list[Any], value: Any) -> None:
    steps = [step(index, {"x": result}) for index, result in enumerate(results)]
    origin = only(origins(trace(*steps, step(len(steps), x=value))), len(steps), "x")
    if origin.kind == "answer" and not isinstance(value, list):
        assert origin.step is not None
        path = origin.words.partition(": ")[2]
        assert same(follow(steps[origin.step].result, path), value)
    held = [held for one in steps for _, field, held in leaves(one.result) if field == "x"]
    if not isinstance(value, list | dict):
        assert (origin.kind == "answer") >= any(same(one, value) for one in held)


def test_what_was_recorded_is_repeated() -> None:
    found = origins(trace(step(0, {"id": "A-1"}), step(1, id="A-1", sources={"id": "step 1 said so"})))
    assert only(found, 1, "id") == Origin("recorded", "step 1 said so", certain=True)


def test_a_field_of_the_same_name_counts_more_than_an_earlier_one() -> None:
    found = origins(trace(step(0, {"owner": "C-1"}), step(1, {"customer_id": "C-1"}), step(2, customer_id="C-1")))
    assert only(found, 2, "customer_id") == Origin("answer", "step 2 answered it: customer_id", 1)


@pytest.mark.parametrize("value", [True, None, 1, 99])
def test_values_that_are_equal_to_too_much_need_a_field_of_their_name(value: Any) -> None:
    found = origins(trace(step(0, {"other": value}), step(1, flag=value)))
    assert only(found, 1, "flag").kind == "unknown"
    found = origins(trace(step(0, {"flag": value}), step(1, flag=value)))
    assert only(found, 1, "flag").kind == "answer"


def test_an_answer_given_later_is_no_origin() -> None:
    found = origins(trace(step(0, id="A-1"), step(1, {"id": "A-1"})))
    assert only(found, 0, "id").kind == "unknown"


def test_a_list_names_the_origin_of_each_item() -> None:
    found = origins(trace(step(0, {"ids": ["A-1"]}), step(1, {"id": "A-2"}), step(2, ids=["A-1", "A-2"])))
    origin = only(found, 2, "ids")
    assert origin.words == "step 1 answered it: ids[0]; step 2 answered it: id"
    assert only(origins(trace(step(0, {"ids": ["A-1"]}), step(1, ids=["A-1", "?"]))), 1, "ids").kind == "unknown"


def test_tests_make_up_what_no_row_holds() -> None:
    rows: Rows = {"room": [{"room_id": "R-1", "name": "Blue"}]}
    made = trace(step(0, room_id="R-1", name="Red"), kind="procedural_test", rows=rows)
    found = origins(made, None, rows)
    assert only(found, 0, "room_id") == Origin("row", "an initial row: room.room_id")
    assert only(found, 0, "name").kind == "test"


def test_every_argument_of_a_reference_solution_has_a_certain_origin() -> None:
    for entry in room_audited():
        reference = next(trace for trace in entry.traces if trace.id.endswith(":solvable:0"))
        for step_origins in origins(reference, entry.task):
            for origin in step_origins.values():
                assert origin.certain, origin
                assert origin.kind in ("instruction", "profile", "answer")


def test_an_altered_argument_is_not_said_to_come_from_the_chain() -> None:
    entry = next(entry for entry in room_audited() if any("altered_argument" in trace.id for trace in entry.traces))
    altered = next(trace for trace in entry.traces if "altered_argument" in trace.id)
    found = origins(altered, entry.task, entry.task.initial_state.rows)
    uncertain = [origin for one in found for origin in one.values() if not origin.certain]
    assert uncertain


def test_a_player_who_reads_the_instruction_is_understood() -> None:
    task = task_with("cancel_booking")
    field, value = next((field, value) for field, value in task.user_profile.items() if value)
    found = origins(trace(step(0, anything=value)), task)
    assert only(found, 0, "anything") == Origin("profile", f"the user's profile: {field}")
    word = next(word for word in task.instruction.split() if word.isalpha() and len(word) > 5)
    assert only(origins(trace(step(0, anything=word)), task), 0, "anything").kind == "instruction"
