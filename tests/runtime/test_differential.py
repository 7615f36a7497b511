"""What counts as a difference between two interpreters."""

from __future__ import annotations

from engine.models.trace import Call
from engine.runtime.differential import differences
from engine.runtime.inprocess import InProcessRuntime
from engine.runtime.records import CallRecord
from engine.runtime.sandbox import SandboxRuntime
from tests.runtime.shop import NOW, ROWS, shop

GOOD = CallRecord("success", {"x": 1})


def test_equal_records_have_none() -> None:
    assert differences([GOOD], [CallRecord("success", {"x": 1})]) == []


def test_differences_are_named() -> None:
    other = CallRecord("success", {"x": 2}, None, [("t", 1)], [("insert", "t", 1)], [("t", 1, None, {"a": 1})])
    found = differences([GOOD, GOOD], [other])
    assert len(found) == 5
    assert found[0] == "2 calls on one side, 1 on the other"
    assert found[1] == 'call 0: answer {"x":1} and {"x":2}'
    assert all(word in " ".join(found) for word in ("reads", "writes", "row changes"))


def test_types_count() -> None:
    assert differences([GOOD], [CallRecord("success", {"x": True})])
    assert differences([GOOD], [CallRecord("success", {"x": 1.0})])


def test_outcomes_count_and_words_of_failures_do_not() -> None:
    failed = CallRecord("failure", None, {"code": "internal_error", "message": "", "details": {"error": "KeyError"}})
    other = CallRecord("failure", None, {"code": "internal_error", "message": "", "details": {"error": "TypeError"}})
    assert differences([failed], [other]) == []
    assert differences([GOOD], [failed]) == ["call 0: outcome success and failure (KeyError)"]


def test_interpreters_are_told_apart() -> None:
    domain = shop(
        {
            "rounds": "def rounds(db: Database) -> dict:\n    return {'x': round(2.675, 2)}\n",
            "cents": "def cents(db: Database) -> dict:\n    return {'x': money(2.675), 'y': money(1.005)}\n",
            "inherits": "def inherits(db: Database) -> dict:\n    class A:\n        pass\n    class B(A):\n        pass\n    return {}\n",
        }
    )
    calls = [Call(name=name) for name in ("rounds", "cents", "inherits")]
    records: list[list[CallRecord]] = []
    for make in (InProcessRuntime, SandboxRuntime):
        with make(domain) as runtime:
            records.append(runtime.run(runtime.open(runtime.base(ROWS, NOW)), calls))
    found = differences(*records)
    assert [line.split(":")[0] for line in found] == ["call 0", "call 2"]
