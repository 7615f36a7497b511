"""What rival environments lose between processes, between rollouts and between saving and loading."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from engine.models.domain import Domain, ToolReport
from engine.models.run import RunOptions
from engine.models.task import Task
from engine.runtime.base import Runtime
from engine.runtime.environment import Environment, Episode, Observation
from engine.runtime.inprocess import InProcessRuntime
from engine.runtime.sandbox import SandboxRuntime
from engine.store import Store
from engine.store.tasks import TaskOutcome
from tests.peers.replaying import replay
from tests.peers.worlds import DOMAINS, SEED, exploration, world

ROOT = Path(__file__).resolve().parents[2]
RUNTIMES = pytest.mark.parametrize("make", [InProcessRuntime, SandboxRuntime])


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that holds all built-in domains with their tasks."""
    path = tmp_path_factory.mktemp("peers") / "studio.db"
    with Store.open(path) as opened:
        for name in DOMAINS:
            domain, tasks = world(name)
            opened.domains.save(domain.spec, RunOptions(tasks=len(tasks), seed=SEED))
            opened.tools.save(name, domain.tools)
            for tool in domain.tools:
                opened.tools.judge(name, tool, ToolReport(tool=tool.name, admitted=True), ())
            for position, task in enumerate(tasks):
                outcome = TaskOutcome(
                    position=position, id=task.id, state="audited", difficulty=task.difficulty, task=task
                )
                opened.tasks.add(name, outcome)
    return path


@pytest.mark.parametrize("hash_seed", ["0", "4711"])
def test_stored_tasks_load_and_replay_in_a_fresh_process(store: Path, hash_seed: str) -> None:
    """Shipped scenarios no longer loaded; prices changed with the hash seed."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.peers.replaying", str(store)],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    assert found == [replay(*world(name)) for name in sorted(DOMAINS)]
    rewards = [answer[:2] for replayed in found for answer in replayed.values()]
    assert rewards == [[0.0, 1.0]] * sum(len(world(name).tasks) for name in DOMAINS)


def test_another_hash_seed_makes_the_same_domain_and_tasks() -> None:
    """Results differed between two processes of one program."""
    name = DOMAINS[-1]
    code = (
        "from tests.peers.worlds import world\n"
        "from engine.models.base import digest\n"
        f"found = world({name!r})\n"
        "print(digest([found.domain.model_dump(mode='json'), [task.model_dump(mode='json') for task in found.tasks]]))\n"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        for seed in ("1", "99")
    ]
    assert len(runs[0].stdout) == 65
    assert runs[0].stdout == runs[1].stdout


@RUNTIMES
@pytest.mark.parametrize("name", DOMAINS)
def test_rollouts_do_not_see_each_other(name: str, make: type[Any]) -> None:
    """Rollouts shared one process, and one read what another had written."""
    domain, tasks = world(name)
    plans = [(task, exploration(domain, task, random.Random(task.id), rounds=1)[:40]) for task in tasks[:3]]
    plans += [(task, [*task.reference_calls]) for task in tasks[:3]]
    with make(domain) as runtime:
        environment = Environment(domain, runtime)
        alone = [_rollout(environment, task, calls) for task, calls in plans]
        episodes = [environment.episode(task, max_steps=1_000) for task, _ in plans]
        seen: list[list[Observation]] = [[] for _ in plans]
        for episode in episodes:
            episode.reset()
        for step in range(max(len(calls) for _, calls in plans)):
            for episode, (_, calls), mine in zip(episodes, plans, seen, strict=True):
                if step < len(calls):
                    mine.append(episode.step(calls[step]))
        together = [(mine, *_end(episode)) for episode, mine in zip(episodes, seen, strict=True)]
    assert together == alone


@RUNTIMES
@pytest.mark.parametrize("name", DOMAINS)
def test_saving_and_loading_changes_nothing(name: str, make: type[Any]) -> None:
    """After loading, a new row took the id of an old one: the counter had not been saved."""
    domain, tasks = world(name)
    for task in tasks[:2]:
        calls = [*task.reference_calls, *exploration(domain, task, random.Random(task.id), rounds=2)[:60]]
        with make(domain) as runtime:
            environment = Environment(domain, runtime)
            whole = _rollout(environment, task, calls)
            episode = environment.episode(task, max_steps=1_000)
            episode.reset()
            seen: list[Observation] = []
            for step, call in enumerate(calls):
                seen.append(episode.step(call))
                if step < len(task.reference_calls) or step % 16 == 0:  # another process would read just this text
                    saved = json.loads(json.dumps(episode.save()))
                    episode.close()
                    episode = environment.episode(task, max_steps=1_000)
                    episode.load(saved)
            assert (seen, *_end(episode)) == whole


@RUNTIMES
def test_ids_go_on_after_loading_in_another_runtime(make: type[Any]) -> None:
    """The id of a row that was made before saving was given away again."""
    domain, task, call, table = _an_insert()
    with make(domain) as first, InProcessRuntime(domain) as second:
        keys: list[Any] = []
        saved: dict[str, Any] | None = None
        for runtime in (first, second, first):
            keys.append(_insert(domain, runtime, task, call, table, saved))
            saved = keys[-1][1]
    assert len({key for key, _ in keys}) == 3


def _an_insert() -> tuple[Domain, Task, Any, str]:
    """A reference call that adds exactly one row with a generated key, and can be made again and again."""
    for name in DOMAINS:
        domain, tasks = world(name)
        for task in tasks:
            with InProcessRuntime(domain) as runtime:
                for call in task.reference_calls:
                    episode = runtime.open(runtime.base(task.initial_state.rows, task.initial_state.now))
                    records = runtime.run(episode, [call] * 3)
                    added = [change for record in records for change in record.diff if change[2] is None]
                    if [record.outcome for record in records] == ["success"] * 3 and len(added) == 3:
                        return domain, task, call, added[0][0]
    pytest.fail("no task of a built-in domain adds a row that may be added twice")


def _insert(
    domain: Domain, runtime: Runtime, task: Task, call: Any, table: str, saved: dict[str, Any] | None
) -> tuple[Any, dict[str, Any]]:
    with Environment(domain, runtime).episode(task) as episode:
        if saved is None:
            episode.reset()
        else:
            episode.load(json.loads(json.dumps(saved)))
        record = episode.step(call).record
        assert record is not None
        (key,) = [change[1] for change in record.diff if change[0] == table and change[2] is None]
        return key, episode.save()


def _rollout(environment: Environment, task: Task, calls: Any) -> tuple[Any, ...]:
    episode = environment.episode(task, max_steps=1_000)
    episode.reset()
    seen = [episode.step(call) for call in calls]
    return (seen, *_end(episode))


def _end(episode: Episode) -> tuple[Any, ...]:
    found = episode.diff(), episode.reward(), episode.save()
    episode.close()
    return found
