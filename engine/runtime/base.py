"""What every runtime can do, whether it trusts the code or not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from engine.models.base import Rows
from engine.models.domain import Domain
from engine.models.trace import Call
from engine.runtime.records import CallRecord, Change, Experiment, ExperimentRecord

BaseId = int
EpisodeId = int


class Runtime(Protocol):
    """Executes the tools of one domain on any number of episodes.

    Nothing that a tool or an agent does makes a method raise; using a runtime wrongly (an episode that was closed)
    raises `UsageError`.
    """

    @property
    def domain(self) -> Domain:
        """The domain whose tools it runs."""
        ...

    def base(self, rows: Rows, now: str) -> BaseId:
        """Loads initial rows, once for all their episodes. The rows must not change until `drop`.

        Raises:
            StateError: The rows don't fit the schema's tables, columns or keys.
        """
        ...

    def drop(self, base: BaseId) -> None:
        """Forgets initial rows; their episodes must be closed."""
        ...

    def open(self, base: BaseId) -> EpisodeId:
        """A new episode, whatever the size of its base in no time."""
        ...

    def close(self, episode: EpisodeId) -> None:
        """Ends an episode."""
        ...

    def run(self, episode: EpisodeId, calls: Sequence[Call]) -> list[CallRecord]:
        """Runs calls in order; each is checked, atomic and recorded."""
        ...

    def diff(self, episode: EpisodeId) -> list[Change]:
        """What the episode changed, net against its base, by table and key."""
        ...

    def save(self, episode: EpisodeId) -> dict[str, Any]:
        """Everything that makes the episode differ from a new one: changed rows, id counters, clock. JSON-able."""
        ...

    def load(self, base: BaseId, saved: dict[str, Any]) -> EpisodeId:
        """A new episode that goes on where `save` was called."""
        ...

    def experiments(self, batch: Sequence[Experiment], *, until_lost: bool = False) -> list[ExperimentRecord]:
        """Runs experiments apart from each other and from every episode, in as few round trips as it can.

        Args:
            batch: The experiments.
            until_lost: Run none behind the first one over which a sandbox was lost; the answer ends with that one.
        """
        ...

    def close_all(self) -> None:
        """Ends everything; the runtime is of no use afterwards."""
        ...
