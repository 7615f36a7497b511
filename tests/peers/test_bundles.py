"""What shipped environments owe those who train with them: they load, run alone, and share nothing by accident."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from engine.export.bundle import write_bundle
from engine.export.environment import BundleError, Environment
from tests.peers.worlds import DOMAINS, world

REPLAY = """
import json, sys
sys.path.insert(0, sys.argv[1])
from environment import Environment
env = Environment.load(sys.argv[1])
seen = []
for task in env.tasks:
    env.reset(task["task_id"])
    nothing = env.reward()
    outcomes = {(env.step(call["name"], call["arguments"]), env.outcome)[1] for call in task["reference_calls"]}
    seen.append([nothing, sorted(outcomes), env.reward(), env.reward()])
print(json.dumps(seen))
"""
ODD: tuple[Any, ...] = (
    None,
    0,
    1.5,
    True,
    "",
    "__class__",
    b"x",
    [],
    ["a"],
    {},
    {"a": [{}]},
    ...,
    float("nan"),
    "\ud800",
)


@pytest.fixture(scope="module", params=DOMAINS)
def bundle(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bundle(*world(request.param), tmp_path_factory.mktemp("peers") / request.param)


def test_every_task_replays_with_python_alone(bundle: Path, tmp_path: Path) -> None:
    """Shipped scenarios needed the machine that they were made on."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", REPLAY, str(bundle)],
        cwd=tmp_path,
        env={"PYTHONHASHSEED": "17"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen
    assert seen == [[0.0, ["success"], 1.0, 1.0]] * len(seen)


def test_wrong_use_of_a_bundle_is_explained(bundle: Path) -> None:
    """Using an environment out of order ended in errors about its insides."""
    env = Environment.load(bundle)
    for act in (env.reward, env.verdict, env.diff, lambda: env.step("x", {})):
        with pytest.raises(BundleError, match="call reset"):
            act()
    for odd in ODD:
        with pytest.raises(BundleError, match="no task"):
            env.reset(odd)


def test_nothing_that_an_agent_sends_raises(bundle: Path) -> None:
    """Tools raised on what agents sent."""
    env = Environment.load(bundle)
    env.reset(env.task_ids[0])
    names = [tool["function"]["name"] for tool in env.tools(env.task_ids[0])]
    for odd in ODD:
        for name, arguments in [(odd, {}), (odd, odd), *[(name, odd) for name in names]]:
            answer = env.step(name, arguments)
            json.dumps(answer, ensure_ascii=False).encode()
            assert env.outcome != "failure"
            assert env.outcome == "success" or answer["error"]["code"] != "internal_error"
        for name in names:
            assert "error" in env.step(name, {"db": odd, "self": odd})
    assert (env.diff(), env.reward()) == ([], 0.0)


def test_what_is_handed_out_can_be_scribbled_on(bundle: Path) -> None:
    """One rollout's notes on what it was given changed the next rollout's world."""
    env = Environment.load(bundle)
    task = env.tasks[0]
    for attempt in range(3):
        env.reset(task["task_id"])
        before = env.verdict()
        for mismatch in before["mismatches"]:
            for row in (mismatch["expected"], mismatch["found"]):
                if isinstance(row, dict):
                    row.clear()
        for call in task["reference_calls"]:
            answer = env.step(call["name"], dict(call["arguments"]))
            assert env.outcome == "success", attempt
            answer.clear()
        for _, _, old, new in env.diff():
            for row in (old, new):
                if row is not None:
                    row.clear()
        assert env.reward() == 1.0


def test_rollouts_in_threads_do_not_meet(bundle: Path) -> None:
    """Rollouts of one process read each other's states."""
    env = Environment.load(bundle)
    tasks = env.tasks

    def rollout(number: int) -> tuple[float, float]:
        task, mine = tasks[number % len(tasks)], env.another()
        mine.reset(task["task_id"])
        for place, call in enumerate(task["reference_calls"]):
            if number % 3 or place:
                mine.step(call["name"], call["arguments"])
        earned = mine.reward()
        mine.reset(task["task_id"])
        return earned, mine.reward()

    alone = [rollout(number) for number in range(48)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(rollout, range(48))) == alone
