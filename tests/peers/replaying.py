"""A process of its own: loads everything that a store holds, replays every task, and prints what came out.

python -m tests.peers.replaying STORE
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from engine.models.base import digest
from engine.models.domain import Domain
from engine.models.task import Task
from engine.runtime.environment import Environment
from engine.runtime.inprocess import InProcessRuntime
from engine.store import Store


def replay(domain: Domain, tasks: tuple[Task, ...]) -> dict[str, Any]:
    """Per task: the reward before and after the reference calls, and a digest of all that was answered."""
    found: dict[str, Any] = {}
    with InProcessRuntime(domain) as runtime:
        environment = Environment(domain, runtime)
        for task in tasks:
            with environment.episode(task) as episode:
                episode.reset()
                nothing = episode.reward().reward
                seen = [episode.step(call).content for call in task.reference_calls]
                answers = digest([seen, episode.save()])
                found[task.id] = [nothing, episode.reward().reward, answers]
    return found


if __name__ == "__main__":
    with Store.open(Path(sys.argv[1]), create=False) as store:
        print(
            json.dumps([replay(store.domain(name), tuple(store.tasks.iterate(name))) for name in store.domains.names()])
        )
