"""Two executions are paired call by call, and told apart where they differ."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from engine.models.trace import Call, Problem, RowChange, TraceStep
from engine.traces.alignment import Pair, align_calls, compare_steps

CALLS = st.lists(
    st.builds(
        Call,
        name=st.sampled_from("abc"),
        arguments=st.dictionaries(st.sampled_from("xy"), st.sampled_from([0, 1, True, 1.0, "1", None]), max_size=2),
    ),
    max_size=8,
)


def step(index: int, name: str, result: Any = None, code: str = "", diff: tuple[RowChange, ...] = (), **arguments: Any):
    return TraceStep(
        index=index,
        call=Call(name=name, arguments=arguments),
        outcome="rejection" if code else "success",
        problem=Problem(code=code, message="No.") if code else None,
        result=result,
        diff=diff,
    )


@given(CALLS, CALLS)
def test_every_call_is_in_one_pair_and_order_is_kept(left: list[Call], right: list[Call]) -> None:
    pairs = align_calls(left, right)
    assert [pair.left for pair in pairs if pair.left is not None] == list(range(len(left)))
    assert [pair.right for pair in pairs if pair.right is not None] == list(range(len(right)))
    assert all(
        left[pair.left].name == right[pair.right].name
        for pair in pairs
        if pair.left is not None and pair.right is not None
    )


@given(CALLS)
def test_an_execution_is_paired_with_itself_step_by_step(calls: list[Call]) -> None:
    assert align_calls(calls, calls) == tuple(Pair(index, index) for index in range(len(calls)))


@given(CALLS, CALLS)
def test_as_many_are_paired_from_either_side(left: list[Call], right: list[Call]) -> None:
    def paired(pairs: tuple[Pair, ...]) -> int:
        return sum(1 for pair in pairs if None not in pair)

    assert paired(align_calls(left, right)) == paired(align_calls(right, left))


@given(CALLS, st.data())
def test_what_was_left_out_is_what_is_missing(calls: list[Call], data: st.DataObject) -> None:
    kept = [call for call in calls if data.draw(st.booleans())]
    pairs = align_calls(calls, kept)
    assert sum(1 for pair in pairs if pair.right is None) == len(calls) - len(kept)
    assert not [pair for pair in pairs if pair.left is None]


def test_of_two_calls_of_a_tool_the_one_with_more_equal_arguments_is_the_partner() -> None:
    left = [Call(name="a", arguments={"x": 1, "y": 2})]
    right = [Call(name="a", arguments={"x": 9, "y": 9}), Call(name="a", arguments={"x": 1, "y": 3})]
    assert align_calls(left, right) == (Pair(None, 0), Pair(0, 1))


def test_equal_steps_have_no_difference() -> None:
    steps = [step(0, "get", {"id": 1}, x=1), step(1, "set", code="closed", x=2)]
    assert [compared.differences for compared in compare_steps(steps, steps)] == [(), ()]


def test_each_difference_is_named() -> None:
    change = RowChange(table="t", key=1, before={"a": 1}, after={"a": 2})
    left = [step(0, "get", {"n": 1}), step(1, "find", x=1, y=1), step(2, "put", diff=(change,)), step(3, "gone")]
    right = [step(0, "get", {"n": 2}), step(1, "find", x=2, z=1), step(2, "put", code="no"), step(3, "new")]
    found = compare_steps(left, right)
    assert [compared.differences for compared in found] == [
        ("answer",),
        ("arguments",),
        ("outcome", "changes"),
        ("missing",),
        ("extra",),
    ]
    assert found[1].arguments == ("x", "y", "z")


def test_one_and_true_are_different_arguments() -> None:
    (compared,) = compare_steps([step(0, "set", x=1)], [step(0, "set", x=True)])
    assert compared.differences == ("arguments",)


def test_rejections_with_different_codes_differ() -> None:
    (compared,) = compare_steps([step(0, "set", code="a")], [step(0, "set", code="b")])
    assert compared.differences == ("outcome",)
