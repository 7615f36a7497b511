"""Wall time of a 50-tool foundation against its critical path: `python -m tests.fakes.measure [--latency 2] [--tasks 0]`.

The critical path is the longest chain of requests in which each needs the answer of the one before. What needs what is known
from how a domain is made: a later stage needs all answers of the earlier ones, a corrective turn or a repair needs the answer
that it is about, and a task's instruction needs that task's chain and state. All that the run does in this process counts,
from opening the store to its last step, litellm's import included; the server is another process.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import tempfile
import time
from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

from engine.models.call import ModelCall
from engine.store import Store
from tests.fakes.material import load
from tests.fakes.model_server import Asked, ModelServer
from tests.fakes.runs import make, options, settings

STAGES: tuple[frozenset[str], ...] = (
    frozenset({"domain"}),
    frozenset({"tool_schema"}),
    frozenset({"database"}),
    frozenset({"contract"}),
    frozenset({"code", "test", "dependency"}),
    frozenset({"debug"}),
    frozenset({"chain"}),
    frozenset({"state"}),
    frozenset({"instruction"}),
)


def critical_path(calls: Sequence[ModelCall]) -> int:
    """How many of a run's requests have to follow each other.

    In each stage that is the most requests about one subject, since those are turns, rounds and retries of one question.
    """
    return sum(
        max(Counter((call.role, call.subject) for call in calls if call.role in stage).values(), default=0)
        for stage in STAGES
    )


class Elsewhere:
    """A server in a process of its own."""

    def __init__(self, pipe: Connection, base_url: str) -> None:
        self._pipe = pipe
        self.base_url = base_url

    def log(self) -> list[Asked]:
        """What it was asked so far."""
        self._pipe.send("log")
        return self._pipe.recv()


@contextmanager
def elsewhere(latency: float) -> Generator[Elsewhere, None, None]:
    """Starts a server with the whole material in another process, and ends it."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(theirs, latency), daemon=True)
    process.start()
    theirs.close()
    try:
        yield Elsewhere(ours, ours.recv())
    finally:
        ours.close()
        process.join()


def _serve(pipe: Connection, latency: float) -> None:
    with ModelServer(load(), latency=latency) as server:
        pipe.send(server.base_url)
        try:
            while pipe.recv():
                pipe.send(server.log)
        except EOFError:
            return


def main() -> None:
    """Measures once and prints it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latency", type=float, default=2.0, help="Seconds that each answer takes.")
    parser.add_argument("--tasks", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    os.environ.setdefault("SCALEENV_TEST_KEY", "sk-scripted")
    with tempfile.TemporaryDirectory() as folder, elsewhere(asked.latency) as server:
        path, wanted = Path(folder) / "studio.db", options(server.base_url, tasks=asked.tasks)
        before, began = _used(), time.perf_counter()
        run = make(path, wanted, settings(), workers=asked.workers)
        wall, used = time.perf_counter() - began, _used() - before
        with Store.open(path) as store:
            calls = store.calls.of_run(run.id, limit=100_000)
        log = server.log()
    at_once = max(sum(other.began <= one.began < other.ended for other in log) for one in log)
    length = critical_path(calls)
    ideal = length * asked.latency
    print(f"{run.status}: {run.counts}")
    print(f"{len(calls)} requests, up to {at_once} at once, {sum(call.seconds for call in calls):.0f} s one by one")
    print(f"critical path {length} requests, {ideal:.1f} s; waited for the model {_waited(log):.1f} s")
    print(f"wall time {wall:.1f} s, {wall / ideal:.2f} times the critical path")
    print(f"processor time {used:.1f} s, the server's not included")
    print("phases " + ", ".join(f"{phase} {seconds:.1f} s" for phase, seconds in run.phase_seconds.items()))


def _used() -> float:
    """Processor seconds of this process and of those that it started and that have ended."""
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in both)


def _waited(log: Sequence[Asked]) -> float:
    """Seconds in which at least one request was under way."""
    total, end = 0.0, 0.0
    for each in sorted(log, key=lambda each: each.began):
        total += max(0.0, each.ended - max(end, each.began))
        end = max(end, each.ended)
    return total


if __name__ == "__main__":
    main()
