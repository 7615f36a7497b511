"""Hostile tool code harms neither the host nor the other calls, and workers come and go."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from engine.runtime.records import Experiment
from engine.runtime.sandbox import SandboxRuntime
from engine.runtime.worker import SandboxLimits, shut_down
from tests.fakes.processes import sandbox_workers
from tests.runtime.shop import NOW, ROWS, call, shop

LIMITS = SandboxLimits(seconds=0.25, memory_bytes=30_000_000, recursion=100, printed=20_000)


def body(code: str) -> str:
    return "def {name}(db: Database) -> dict:\n    db.insert('person', {'name': 'left behind'})\n" + "".join(
        f"    {line}\n" for line in code.splitlines()
    )


LOST = {
    "loop": "while True:\n    pass",
    "stubborn_loop": "while True:\n    try:\n        while True:\n            pass\n    except BaseException:\n        pass",
    "memory": "x = [0]\nwhile True:\n    x = x + x",
    "memory_at_once": "return {'x': len('x' * 10**10)}",
    "huge_number": "return {'x': 10 ** 10**8}",
    "printing": "while True:\n    print('x' * 1000)",
    "stray_calls": "while True:\n    try:\n        nobody()\n    except NameError:\n        pass",
    "interrupt": "raise KeyboardInterrupt()",
    "impersonation": "while True:\n    try:\n        __host__('token', '[]')\n    except NameError:\n        pass",
}
CAUGHT = {
    "recursion": "def again(n):\n    return again(n + 1)\nreturn {'x': again(0)}",
    "output": "return {'x': 'y' * 5_000_000}",
    "swallowed_rejection": "try:\n    db.reject('no', 'No.')\nexcept ValueError:\n    return {'fine': True}",
    "files": "return {'x': open('/etc/passwd').read()}",
    "environment": "import os\nreturn {'x': os.environ['HOME']}",
    "network": "import socket\nreturn {'x': str(socket.socket())}",
    "imports": "return {'x': str(__import__('subprocess'))}",
    "undefined": "return {'x': nobody}",
    "itself": "return {'x': db}",
    "a_cycle": "x = []\nx.append(x)\nreturn {'x': x}",
    "nested_deeply": "x = []\nfor _ in range(100_000):\n    x = [x]\nreturn {'x': x}",
    "a_tuple": "return {'x': (1, 2)}",
    "a_key": "return {'x': {1: 2}}",
    "a_large_key": "return {'x': [{1: 2}] * 5_000}",
    "not_finite": "return {'x': [float('inf')]}",
    "not_a_number": "return {'x': float('nan')}",
    "long_integer": "return {'x': 10**4_500}",
    "doubling": "x = ['x']\nfor _ in range(40):\n    x = [x, x]\nreturn {'x': x}",
}
HOSTILE = {**LOST, **CAUGHT}
HARMLESS = {
    "clock": "import time\nbefore = time.time()\ntime.sleep(3600)\nreturn {'passed': time.time() - before}",
    "chance": "import random\nreturn {'drawn': random.random()}",
}


@pytest.fixture(scope="module")
def runtime() -> Iterator[SandboxRuntime]:
    extra = {name: body(code).replace("{name}", name) for name, code in {**HOSTILE, **HARMLESS}.items()}
    with SandboxRuntime(shop(extra), limits=LIMITS) as made:
        yield made


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_call_is_a_failure_and_the_episode_goes_on(runtime: SandboxRuntime, name: str) -> None:
    base = runtime.base(ROWS, NOW)
    episode, other = runtime.open(base), runtime.open(base)
    runtime.run(other, [call("hire", names=["other"])])
    runtime.run(episode, [call("hire", names=["kept"])])
    began = time.monotonic()
    (record,) = runtime.run(episode, [call(name)])
    assert time.monotonic() - began < 5
    assert (record.outcome, record.result, record.diff) == ("failure", None, [])
    assert record.problem is not None
    assert record.problem["code"] == "internal_error"
    (after,) = runtime.run(episode, [call("hire", names=["next"])])
    assert after.result == {"person_ids": ["PER-0012"]}
    assert [row["name"] for _, _, _, row in runtime.diff(episode) if row] == ["kept", "next"]
    assert [row["name"] for _, _, _, row in runtime.diff(other) if row] == ["other"]


def test_a_batch_blames_the_right_call(runtime: SandboxRuntime) -> None:
    episode = runtime.open(runtime.base(ROWS, NOW))
    calls = [
        call("hire", names=["a"]),
        call("loop"),
        call("hire", names=["b"]),
        call("memory_at_once"),
        call("get_person"),
    ]
    records = runtime.run(episode, calls)
    assert [record.outcome for record in records] == ["success", "failure", "success", "failure", "rejection"]
    assert [r.problem["details"].get("error") for r in records if r.problem] == ["TimeoutError", "MemoryError", None]
    assert [key for _, key, _, _ in runtime.diff(episode)] == ["PER-0011", "PER-0012"]


def test_experiments_blame_the_right_call(runtime: SandboxRuntime) -> None:
    good = Experiment(ROWS, NOW, [call("hire", names=["a"])])
    bad = Experiment(ROWS, NOW, [call("hire", names=["a"]), call("loop"), call("hire", names=["b"])])
    records = runtime.experiments([good, bad, good])
    assert [[r.outcome for r in one.records] for one in records] == [
        ["success"],
        ["success", "failure", "success"],
        ["success"],
    ]
    assert [len(one.diff) for one in records] == [1, 2, 1]


@pytest.mark.parametrize("name", ["loop", "stubborn_loop", "stray_calls"])
def test_the_same_code_is_lost_with_the_same_words(runtime: SandboxRuntime, name: str) -> None:
    episode = runtime.open(runtime.base(ROWS, NOW))
    told = {repr(runtime.run(episode, [call(name)])[0].problem) for _ in range(3)}
    assert len(told) == 1


@pytest.mark.parametrize("lost", ["loop", "stray_calls"])
@pytest.mark.parametrize("before", [0, 1, 3])
def test_experiments_can_end_with_the_first_one_that_loses_the_sandbox(
    runtime: SandboxRuntime, lost: str, before: int
) -> None:
    good = Experiment(ROWS, NOW, [call("hire", names=["a"])])
    batch = [*[good] * before, Experiment(ROWS, NOW, [call(lost)]), good, good]
    records = runtime.experiments(batch, until_lost=True)
    assert [one.lost for one in records] == [False] * before + [True]
    assert [one.records[0].outcome for one in records] == ["success"] * before + ["failure"]
    assert [one.outcome for one in runtime.experiments([good, good], until_lost=True)[-1].records] == ["success"]
    assert len(runtime.experiments(batch)) == len(batch)


def test_clock_and_chance_are_fixed(runtime: SandboxRuntime) -> None:
    episode = runtime.open(runtime.base(ROWS, NOW))
    (record,) = runtime.run(episode, [call("clock")])
    assert record.result == {"passed": 0.0}
    draws: list[object] = []
    for _ in range(2):
        runtime.run(episode, [call("loop")])  # a fresh worker
        draws.append(runtime.run(episode, [call("chance")])[0].result)
    assert draws[0] == draws[1]


def test_large_initial_rows_get_their_memory() -> None:
    limits = SandboxLimits(seconds=2.0, memory_bytes=10_000_000)
    people = [{"person_id": f"PER-{n:06d}", "name": f"Person {n}" * 5} for n in range(25_000)]
    with SandboxRuntime(shop(), limits=limits) as runtime:
        small = runtime.open(runtime.base(ROWS, NOW))
        runtime.run(small, [call("hire", names=["kept"])])
        large = runtime.open(runtime.base({"person": people}, NOW))
        assert runtime.run(large, [call("get_person", person_id="PER-024999")])[0].outcome == "success"
        assert runtime.run(large, [call("hire", names=["x"])])[0].result == {"person_ids": ["PER-25000"]}
        assert runtime.run(small, [call("hire", names=["next"])])[0].result == {"person_ids": ["PER-0012"]}


def test_a_killed_worker_is_replaced() -> None:
    with SandboxRuntime(shop()) as runtime:
        episode = runtime.open(runtime.base(ROWS, NOW))
        runtime.run(episode, [call("hire", names=["kept"])])
        for pid in sandbox_workers():
            os.kill(pid, 9)
        records = runtime.run(episode, [call("hire", names=["a"])])
        records += runtime.run(episode, [call("hire", names=["b"])])
        assert [r.outcome for r in records] in (["success", "success"], ["failure", "success"])
        names = [row["name"] for _, _, _, row in runtime.diff(episode) if row]
        assert names == ["kept", *(name for name, r in zip("ab", records, strict=True) if r.outcome == "success")]


def test_no_worker_is_left_behind() -> None:
    runtimes = [SandboxRuntime(shop()) for _ in range(3)]
    for runtime in runtimes:
        runtime.run(runtime.open(runtime.base(ROWS, NOW)), [call("break_rules")])
    assert len(sandbox_workers()) >= 3
    for runtime in runtimes:
        runtime.close_all()
        runtime.close_all()
    shut_down()
    deadline = time.monotonic() + 5
    while sandbox_workers() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert sandbox_workers() == set()


def test_a_process_ends_cleanly_with_open_episodes() -> None:
    script = (
        "from engine.runtime.sandbox import SandboxRuntime\n"
        "from tests.runtime.shop import *\n"
        "runtime = SandboxRuntime(shop())\n"
        "print(runtime.run(runtime.open(runtime.base(ROWS, NOW)), CALLS)[0].outcome)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": os.getcwd()},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "success\n", "")
