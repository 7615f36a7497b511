"""Both runtimes keep one contract and give the same traces."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import StateError, UsageError
from engine.models.trace import Call
from engine.runtime.base import Runtime
from engine.runtime.differential import differences
from engine.runtime.inprocess import InProcessRuntime
from engine.runtime.records import Experiment, to_changes, to_diff
from engine.runtime.sandbox import SandboxRuntime
from tests.runtime.shop import CALLS, NOW, ROWS, call, shop

MAKERS: dict[str, Callable[..., Runtime]] = {"inprocess": InProcessRuntime, "sandbox": SandboxRuntime}
DOMAIN = shop()


@pytest.fixture(scope="module")
def runtimes() -> Iterator[dict[str, Runtime]]:
    made = {name: make(DOMAIN) for name, make in MAKERS.items()}
    yield made
    for runtime in made.values():
        runtime.close_all()


@pytest.fixture(params=list(MAKERS))
def runtime(request: pytest.FixtureRequest, runtimes: dict[str, Runtime]) -> Runtime:
    return runtimes[request.param]


def test_outcomes(runtime: Runtime) -> None:
    episode = runtime.open(runtime.base(ROWS, NOW))
    records = runtime.run(episode, CALLS)
    assert [(r.outcome, r.problem and r.problem["code"]) for r in records] == [
        ("success", None),
        ("rejection", "person_not_found"),
        ("success", None),
        ("rejection", "room_taken"),
        ("rejection", "room_not_found"),
        ("success", None),
        ("failure", "internal_error"),
        ("success", None),
        ("failure", "internal_error"),
        ("success", None),
        ("success", None),
        ("failure", "internal_error"),
        ("success", None),
        ("rejection", "booking_not_found"),
        ("rejection", "unknown_tool"),
        ("rejection", "invalid_arguments"),
        ("success", None),
    ]
    assert records[7].result == {"person_ids": ["PER-0011", "PER-0012"]}
    assert records[2].result == {"booking_id": 8, "ends_at": "2026-03-04T10:45:00", "today": "2026-03-02"}
    assert [(table, key) for table, key, _, _ in runtime.diff(episode)] == [
        ("booking", 7),
        ("booking", 8),
        ("booking", 9),
        ("person", "PER-0011"),
        ("person", "PER-0012"),
    ]


CALLS_STRATEGY = st.lists(
    st.one_of(
        st.builds(lambda p: call("get_person", person_id=p), st.sampled_from(["PER-0001", "PER-0011", "x"])),
        st.builds(
            lambda p, n, s, price: call("book", person_id=p, building="A", number=n, starts_at=s, price=price),
            st.sampled_from(["PER-0001", "PER-0011"]),
            st.integers(1, 3),
            st.sampled_from(["2026-03-04T10:00:00", "2026-12-31T23:59:00"]),
            st.none() | st.floats(-1, 50),
        ),
        st.builds(lambda n, a: call("pay", booking_id=n, amount=a), st.integers(7, 10), st.floats(0, 30)),
        st.builds(lambda n: call("cancel", booking_id=n), st.integers(7, 10)),
        st.builds(
            lambda names, boss: call("hire", names=names, boss_id=boss),
            st.lists(st.text(max_size=5), max_size=3),
            st.sampled_from([None, "PER-0001", "nobody"]),
        ),
        st.builds(lambda t: call("search", text=t), st.text(max_size=2)),
        st.just(call("break_rules")),
    ),
    max_size=12,
)


@settings(deadline=None, max_examples=40)
@given(calls=CALLS_STRATEGY, cut=st.integers(0, 12))
def test_same_traces_and_save_load_is_never_having_stopped(
    runtimes: dict[str, Runtime], calls: list[Call], cut: int
) -> None:
    seen: list[Any] = []
    for runtime in runtimes.values():
        base = runtime.base(ROWS, NOW)
        whole = runtime.open(base)
        records = runtime.run(whole, calls)
        first = runtime.open(base)
        halves = runtime.run(first, calls[:cut])
        saved = json.loads(json.dumps(runtime.save(first)))
        runtime.close(first)
        second = runtime.load(base, saved)
        halves += [record for one in calls[cut:] for record in runtime.run(second, [one])]
        assert halves == records
        assert runtime.diff(second) == runtime.diff(whole)
        assert runtime.save(second) == runtime.save(whole)
        (alone,) = runtime.experiments([Experiment(ROWS, NOW, calls)])
        assert alone.records == records
        assert alone.diff == runtime.diff(whole)
        seen.append((records, runtime.save(whole)))
        runtime.close(whole)
        runtime.close(second)
        runtime.drop(base)
    assert differences(seen[0][0], seen[1][0]) == []
    assert seen[0][1] == seen[1][1]


def test_episodes_do_not_see_each_other(runtime: Runtime) -> None:
    base = runtime.base(ROWS, NOW)
    first, second = runtime.open(base), runtime.open(base)
    assert runtime.run(first, [call("hire", names=["x"])])[0].result == {"person_ids": ["PER-0011"]}
    assert runtime.run(second, [call("hire", names=["y"])])[0].result == {"person_ids": ["PER-0011"]}
    assert runtime.diff(first) != runtime.diff(second)
    runtime.close(first)
    assert runtime.run(runtime.open(base), [call("get_person", person_id="PER-0011")])[0].outcome == "rejection"
    assert runtime.run(second, [call("get_person", person_id="PER-0011")])[0].outcome == "success"


def test_experiments_keep_order_and_share_rows(runtime: Runtime) -> None:
    other = {**ROWS, "booking": []}
    batch = [
        Experiment(rows, NOW, [call("cancel", booking_id=7), call("hire", names=[str(number)])])
        for number in range(300)
        for rows in (ROWS, other)
    ]
    records = runtime.experiments(batch)
    assert len(records) == 600
    for number, record in enumerate(records):
        assert record.records[0].outcome == ("rejection" if number % 2 else "success")
        assert record.records[1].diff[0][3]["name"] == str(number // 2)  # type: ignore[index]
    assert runtime.experiments([]) == []


def test_long_batches_are_in_order(runtime: Runtime) -> None:
    episode = runtime.open(runtime.base(ROWS, NOW))
    records = runtime.run(episode, [call("hire", names=["x"]), call("none")] * 400)
    assert [r.result["person_ids"][0] for r in records[::2]] == [f"PER-{n:04d}" for n in range(11, 411)]
    assert {r.outcome for r in records[1::2]} == {"rejection"}


def test_wrong_use_is_a_usage_error(runtime: Runtime) -> None:
    base = runtime.base(ROWS, NOW)
    episode = runtime.open(base)
    runtime.close(episode)
    runtime.close(episode)
    for act in (
        lambda: runtime.run(episode, []),
        lambda: runtime.diff(episode),
        lambda: runtime.save(episode),
        lambda: runtime.open(987_654),
    ):
        with pytest.raises(UsageError):
            act()
    with pytest.raises(StateError, match="no column"):
        runtime.base({"person": [{"id": "x"}]}, NOW)


def test_tools_that_do_not_load_fail_when_called() -> None:
    domain = shop(
        {
            "broken": "def broken(db:\n",
            "absent": "x = 1\n",
            "raises": "def raises(db: Database) -> dict:\n    return {}[1]\n",
        }
    )
    for make in MAKERS.values():
        runtime = make(domain)
        episode = runtime.open(runtime.base(ROWS, NOW))
        records = runtime.run(episode, [call("broken"), call("absent"), call("raises"), CALLS[0]])
        assert [record.outcome for record in records] == ["failure", "failure", "failure", "success"]
        runtime.close_all()


def test_records_become_steps(runtime: Runtime) -> None:
    episode = runtime.open(runtime.base(ROWS, NOW))
    for index, (one, record) in enumerate(zip(CALLS, runtime.run(episode, CALLS), strict=True)):
        step = record.to_step(index, one, sources={"x": "said"})
        assert (step.index, step.call, step.outcome) == (index, one, record.outcome)
        assert to_diff(step.diff) == record.diff
        assert to_changes(record.diff) == step.diff


SCRIPT = """
import json, sys
from tests.runtime.test_runtimes import MAKERS
from tests.runtime.shop import CALLS, NOW, ROWS, shop
for make in MAKERS.values():
    runtime = make(shop())
    episode = runtime.open(runtime.base(ROWS, NOW))
    print(json.dumps([runtime.run(episode, CALLS), runtime.save(episode)]))
    runtime.close_all()
"""


def test_nothing_depends_on_the_hash_seed() -> None:
    outputs = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.getcwd()},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "7")
    }
    assert len(outputs) == 1
    (_, saved), (_, again) = [json.loads(line) for line in outputs.pop().splitlines()]
    assert saved == again


@pytest.mark.parametrize(
    "rows",
    [
        {"person": [{"person_id": None, "name": "x"}, {"person_id": "PER-0001", "name": "y"}]},
        {"person": [{"person_id": 1, "name": "x"}, {"person_id": "PER-0001", "name": "y"}]},
        {"room": [{"building": None, "number": 1, "seats": 1}]},
        {"person": [{"person_id": ["a"], "name": "x"}]},
        {"person": [5]},
        {"person": 5},
        {"persons": []},
    ],
    ids=["null key", "keys of two types", "null in a key", "a list for a key", "no row", "no rows", "no table"],
)
def test_rows_that_do_not_fit_are_refused(runtime: Runtime, rows: Any) -> None:
    with pytest.raises(StateError, match="don't fit the schema"):
        runtime.base(rows, NOW)
