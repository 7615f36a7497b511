"""Environments and episodes: what an agent acts in (reset, step, reward), over either runtime (paper, section 3)."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.errors import UsageError
from engine.models.base import Rows
from engine.models.domain import Domain
from engine.models.task import InitialState, Task
from engine.models.trace import Call, Outcome, RowChange
from engine.runtime.base import BaseId, EpisodeId, Runtime
from engine.runtime.calls import unknown_tool
from engine.runtime.policies import Side
from engine.runtime.records import CallRecord, Change
from engine.runtime.reward import Scorer, TextMatcher, Verdict
from engine.runtime.spec import openai_schema

MAX_STEPS = 100
"""Steps of an episode unless it says otherwise."""
BASES_KEPT = 64
"""Initial states that an environment keeps loaded for their next episode."""


@dataclass(frozen=True, slots=True)
class Observation:
    """What the agent sees.

    Attributes:
        outcome: How the call went; `None` for the observation of a reset.
        content: The tool's answer, or `{"error": {code, message, details}}`, as plain JSON-able data.
        terminated: The episode was ended, by `finish`.
        truncated: It was cut off because the steps were used up.
        record: What the call did to the database. Not for the agent.
    """

    outcome: Outcome | None
    content: dict[str, Any]
    terminated: bool = False
    truncated: bool = False
    record: CallRecord | None = field(default=None, compare=False, repr=False)


class Environment:
    """A domain's tools on a runtime: makes any number of episodes, none of which sees another.

    Args:
        domain: The domain; it must be the runtime's.
        runtime: Executes the tools. The environment loads initial states into it and drops them on `close`.
        matcher: Measure of text for semantic columns.
    """

    def __init__(self, domain: Domain, runtime: Runtime, *, matcher: TextMatcher | None = None) -> None:
        if runtime.domain is not domain:
            raise UsageError(f"the runtime runs domain `{runtime.domain.name}`; give it this very domain")
        self.domain = domain
        self.runtime = runtime
        self.scorer = Scorer(domain.database, matcher)
        # By identity: initial states are immutable, and may be too large to be compared.
        self._bases: OrderedDict[int, tuple[InitialState, BaseId]] = OrderedDict()
        self._in_use: dict[BaseId, int] = {}

    def tools(self, names: Sequence[str] | None = None) -> list[dict[str, Any]]:
        """Tools in OpenAI function form: all, or those of a task in its order."""
        known = self.domain.tool
        return [openai_schema(known[name]) for name in (known if names is None else names)]

    def episode(
        self,
        task: Task | None = None,
        *,
        state: InitialState | None = None,
        gold: Sequence[RowChange] | None = None,
        tools: Sequence[str] | None = None,
        max_steps: int = MAX_STEPS,
    ) -> Episode:
        """An episode of a task, or over an initial state of one's own. `reset` begins it.

        Args:
            task: The task; gives initial state, gold diff and tools.
            state: The initial state, where there is no task.
            gold: What the reference solution changes, where a reward is wanted without a task.
            tools: Names of the tools that may be called; all by default.
            max_steps: Steps after which the episode is truncated.

        Raises:
            StateError: The rows don't fit the schema.
            UsageError: Neither or both of `task` and `state` are given.
        """
        if task is not None:
            if state is not None or gold is not None or tools is not None:
                raise UsageError("give a task, or an initial state with gold and tools, not both")
            state, gold, tools = task.initial_state, task.gold_diff, task.tools
        if state is None:
            raise UsageError("an episode needs a task or an initial state")
        allowed = None if tools is None else frozenset(tools)
        side = None if gold is None else self.scorer.prepare(gold)
        return Episode(self, self._load(state), side, allowed, max_steps)

    def close(self) -> None:
        """Drops the initial states; its episodes must be over."""
        for _, base in self._bases.values():
            self.runtime.drop(base)
        self._bases.clear()

    def _load(self, state: InitialState) -> BaseId:
        known = self._bases.get(id(state))
        if known is not None:
            self._bases.move_to_end(id(state))
            return known[1]
        rows: Rows = state.rows
        if state.extends_base:
            own = self.domain.spec.base_rows
            rows = {table: [*own.get(table, ()), *rows.get(table, ())] for table in {**own, **rows}}
        base = self.runtime.base(rows, state.now)
        self._bases[id(state)] = (state, base)
        if len(self._bases) > BASES_KEPT:
            for name, (_, old) in self._bases.items():
                if old != base and not self._in_use.get(old):
                    self.runtime.drop(self._bases.pop(name)[1])
                    break
        return base

    def enter(self, base: BaseId) -> None:
        """Notes that an episode stands on an initial state."""
        self._in_use[base] = self._in_use.get(base, 0) + 1

    def leave(self, base: BaseId) -> None:
        """Notes that an episode is over."""
        self._in_use[base] -= 1


class Episode:
    """One run: `reset`, `step` until it is over, `reward`. Made by `Environment.episode`.

    After its last step an episode keeps its state, for `reward` and `diff`, until `reset` or `close`.
    """

    def __init__(
        self, environment: Environment, base: BaseId, gold: Side | None, tools: frozenset[str] | None, max_steps: int
    ) -> None:
        self._environment = environment
        self._runtime = environment.runtime
        self._base = base
        self._gold = gold
        self._tools = tools
        self._max_steps = max_steps
        self._id: EpisodeId | None = None
        self.steps = 0
        """Calls made since `reset`."""
        self.terminated = False
        """Whether `finish` was called."""
        environment.enter(base)
        self._open = True

    @property
    def truncated(self) -> bool:
        """Whether the steps are used up, without `finish`."""
        return self.steps >= self._max_steps and not self.terminated

    def reset(self) -> Observation:
        """Puts the episode back to its initial state."""
        self._reopen(None)
        self.steps = 0
        self.terminated = False
        return Observation(None, {}, truncated=self.truncated)

    def step(self, call: Call) -> Observation:
        """Makes one call. Whatever is wrong with it comes back as an observation.

        Raises:
            UsageError: Before `reset`, or after `close`.
        """
        episode = self._begun()
        if self.terminated or self.truncated:
            problem: dict[str, Any] = {"code": "episode_over", "message": "The episode is over.", "details": {}}
            return self._observe(CallRecord("rejection", None, problem))
        self.steps += 1
        if self._tools is not None and call.name not in self._tools:
            return self._observe(CallRecord("rejection", None, unknown_tool(call.name, self._tools)))
        return self._observe(self._runtime.run(episode, (call,))[0])

    def finish(self) -> Observation:
        """Ends the episode: the agent says that it is done."""
        self._begun()
        self.terminated = True
        return Observation(None, {}, terminated=True)

    def diff(self) -> list[Change]:
        """What changed since `reset`, net, by table and key."""
        return self._runtime.diff(self._begun())

    def reward(self) -> Verdict:
        """What the changes earn against the reference; may be asked at any time.

        Raises:
            UsageError: The episode has no gold diff, or was not reset yet.
        """
        if self._gold is None:
            raise UsageError("this episode has no gold diff, so there is no reward")
        return self._environment.scorer.score(self._gold, self.diff())

    def save(self) -> dict[str, Any]:
        """The whole episode as plain JSON-able data: changed rows, id counters, clock, steps."""
        return {
            "state": self._runtime.save(self._begun()),
            "steps": self.steps,
            "terminated": self.terminated,
        }

    def load(self, saved: dict[str, Any]) -> Observation:
        """Goes on where `save` was called, in an episode over the same initial state."""
        self._reopen(saved["state"])
        self.steps = saved["steps"]
        self.terminated = saved["terminated"]
        return Observation(None, {}, terminated=self.terminated, truncated=self.truncated)

    def close(self) -> None:
        """Frees what the runtime holds."""
        if self._open:
            self._open = False
            self._environment.leave(self._base)
            if self._id is not None:
                self._runtime.close(self._id)
                self._id = None

    def __enter__(self) -> Episode:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _reopen(self, saved: dict[str, Any] | None) -> None:
        if not self._open:
            raise UsageError("the episode was closed; ask its environment for another one")
        if self._id is not None:
            self._runtime.close(self._id)
        self._id = self._runtime.open(self._base) if saved is None else self._runtime.load(self._base, saved)

    def _begun(self) -> EpisodeId:
        if self._id is None:
            raise UsageError("the episode has not begun: call `reset` first")
        return self._id

    def _observe(self, record: CallRecord) -> Observation:
        content = record.result if record.problem is None else {"error": record.problem}
        return Observation(record.outcome, content, self.terminated, self.truncated, record)
