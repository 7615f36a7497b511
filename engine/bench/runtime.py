"""How fast environments run: steps, resets and rewards per second in both runtimes, and memory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time
from typing import TypedDict

from engine.bench.domain import NOW, bench_domain, bench_rows
from engine.models.task import InitialState
from engine.models.trace import Call
from engine.runtime.environment import Environment
from engine.runtime.inprocess import InProcessRuntime
from engine.runtime.records import to_changes
from engine.runtime.sandbox import SandboxRuntime

EPISODE_STEPS = 25
"""Calls of one measured episode: five of each kind."""


class RuntimeNumbers(TypedDict):
    """What `bench_runtime` measures: calls per second, rows of the initial state, and this process's memory."""

    inprocess_steps_per_s: int
    inprocess_resets_per_s: int
    inprocess_rewards_per_s: int
    sandbox_steps_per_s: int
    sandbox_batched_steps_per_s: int
    sandbox_resets_per_s: int
    rows: int
    rss_mb: int


def bench_runtime(rows: int = 1_000, *, seconds: float = 1.0, repeats: int = 10) -> RuntimeNumbers:
    """Measures both runtimes over an initial state of `rows` rows.

    A step is one call with its checks, traces and row diffs; the mix is a look-up, a list by key, an insert with a
    foreign key and checks, a transition, and a rejection. A reset in the sandbox counts with the first call of its
    episode, since the worker begins an episode with its first call. Each rate is the best of `repeats` measurements
    of `seconds / repeats` seconds: of processor time in process (so they hold for one core, whatever else runs),
    of wall time in the sandbox (where waiting for the worker is part of the price).
    """
    domain = bench_domain()
    content = bench_rows(rows)
    total = sum(len(table) for table in content.values())
    episodes = _episodes(len(content["candidate"]), len(content["application"]))
    span = seconds / repeats

    inprocess = InProcessRuntime(domain)
    environment = Environment(domain, inprocess)
    state = InitialState.model_construct(rows=content, now=NOW, extends_base=False, distractors=())
    base = inprocess.base(content, NOW)
    place = 0

    def play() -> int:
        nonlocal place
        place = (place + 1) % len(episodes)
        episode = inprocess.open(base)
        for call in episodes[place]:
            inprocess.run(episode, (call,))
        inprocess.close(episode)
        return EPISODE_STEPS

    def reset() -> int:
        for _ in range(100):
            inprocess.close(inprocess.open(base))
        return 100

    steps = _best(play, span, repeats)
    resets = _best(reset, span, repeats)
    rewards = _rewards(environment, state, episodes[0], span, repeats)
    environment.close()

    with SandboxRuntime(domain) as sandbox:
        base = sandbox.base(content, NOW)
        sandbox.run(sandbox.open(base), episodes[0])  # sends the rows

        def play_sandboxed() -> int:
            nonlocal place
            place = (place + 1) % len(episodes)
            episode = sandbox.open(base)
            for call in episodes[place]:
                sandbox.run(episode, (call,))
            sandbox.close(episode)
            return EPISODE_STEPS

        batches = [[call for calls in episodes[n : n + 10] for call in calls] for n in range(0, len(episodes), 10)]

        def play_batch() -> int:
            nonlocal place
            place = (place + 1) % len(batches)
            episode = sandbox.open(base)
            sandbox.run(episode, batches[place])
            sandbox.close(episode)
            return len(batches[place])

        first = (episodes[0][0],)

        def reset_sandboxed() -> int:
            episode = sandbox.open(base)
            sandbox.run(episode, first)
            sandbox.close(episode)
            return 1

        return {
            "inprocess_steps_per_s": steps,
            "inprocess_resets_per_s": resets,
            "inprocess_rewards_per_s": rewards,
            "sandbox_steps_per_s": _best(play_sandboxed, span, repeats, perf_counter),
            "sandbox_batched_steps_per_s": _best(play_batch, span, repeats, perf_counter),
            "sandbox_resets_per_s": _best(reset_sandboxed, span, repeats, perf_counter),
            "rows": total,
            "rss_mb": _memory(),
        }


def _rewards(environment: Environment, state: InitialState, calls: list[Call], span: float, repeats: int) -> int:
    """Rewards of finished episodes that did what the reference did, but in another order."""
    writes = [call for call in calls if call.name in ("schedule_interview", "set_status")][:4]
    runtime = environment.runtime
    reference = runtime.open(runtime.base(state.rows, state.now))
    runtime.run(reference, writes)
    gold = to_changes(runtime.diff(reference))
    episode = environment.episode(state=state, gold=gold)
    episode.reset()
    for call in [*writes[2:], *writes[:2]]:
        episode.step(call)
    assert episode.reward().reward == 1.0

    def score() -> int:
        for _ in range(20):
            episode.reward()
        return 20

    rate = _best(score, span, repeats)
    episode.close()
    return rate


def _episodes(candidates: int, applications: int) -> list[list[Call]]:
    """Calls for 40 episodes, spread over the rows."""
    episodes: list[list[Call]] = []
    for number in range(40):
        calls: list[Call] = []
        for turn in range(EPISODE_STEPS // 5):
            place = (number * 7_919 + turn * 104_729) % (applications // 5)
            open_one = f"APP-{place * 5 + 1:04d}"  # its status is one that can still change
            someone = f"CAN-{(number * 31 + turn) % candidates + 1:04d}"
            calls += [
                _call("get_application", application_id=open_one),
                _call("list_applications", candidate_id=someone),
                _call("schedule_interview", application_id=open_one, starts_at="2026-03-05T10:00:00", duration=45),
                _call("set_status", application_id=open_one, status="screening" if turn % 2 else "interview"),
                _call("get_application", application_id=f"APP-X{number}"),
            ]
        episodes.append(calls)
    return episodes


def _call(name: str, **arguments: object) -> Call:
    return Call(name=name, arguments=arguments)


def _best(act: Callable[[], int], span: float, repeats: int, clock: Callable[[], float] = process_time) -> int:
    """The best rate of several measurements, each of at least `span` seconds of `clock`."""
    act()
    best = 0.0
    for _ in range(repeats):
        done = 0
        began = clock()
        ends = began + span
        now = began
        while now < ends:
            done += act()
            now = clock()
        best = max(best, done / (now - began))
    return round(best)


def _memory() -> int:
    """Resident memory of this process in MB; its peak where the present one can't be read."""
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) // 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
