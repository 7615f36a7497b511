"""Runs untrusted tool code in a sandboxed interpreter, in worker processes that are kept warm.

The whole state lives inside the worker's session, so a call is one round trip and many calls are one as well. The
host keeps the initial rows and what each episode changed; when a worker is lost (a call took too long, too much
memory, or crashed the interpreter), a fresh one takes over and only that call has failed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from threading import RLock
from typing import Any, cast

from engine.errors import SandboxError, StateError, UsageError
from engine.models.base import Rows
from engine.models.domain import Domain
from engine.models.trace import Call, Key
from engine.runtime.base import BaseId, EpisodeId
from engine.runtime.calls import CallChecker
from engine.runtime.execution import failure
from engine.runtime.records import CallRecord, Change, Experiment, ExperimentRecord, read_diff, read_record
from engine.runtime.spec import compile_database, compile_tool
from engine.runtime.tables import Base, Schema
from engine.runtime.worker import SandboxLimits, Worker, WorkerLost

_CALLS_A_TURN = 256
_ROWS_A_TURN = 10_000
_BYTES_A_ROW = 2_000  # what a row of a base takes in the sandbox with its indexes, generously

_Checked = tuple[str, dict[str, Any]]


@dataclass(slots=True)
class _Base:
    rows: Rows
    now: str
    size: int


@dataclass(slots=True)
class _Episode:
    """What the host knows of an episode: enough to make it again in another worker."""

    base: BaseId
    now: str
    counters: dict[str, int] = field(default_factory=dict)
    changes: dict[tuple[str, Key], Any] = field(default_factory=dict)

    def saved(self) -> dict[str, Any]:
        changes = [[table, key, after] for (table, key), after in self.changes.items()]
        return {"now": self.now, "counters": self.counters, "changes": changes}


class SandboxRuntime:
    """The default runtime.

    Args:
        domain: The domain whose tools run.
        limits: What one call may use.
    """

    def __init__(self, domain: Domain, *, limits: SandboxLimits | None = None) -> None:
        self.domain = domain
        self.limits = limits or SandboxLimits()
        self._schema = Schema(compile_database(domain.database))
        self._checker = CallChecker([compile_tool(tool) for tool in domain.tools])
        self._sources = [(tool.name, tool.source) for tool in domain.tools]
        self._bases: dict[BaseId, _Base] = {}
        self._episodes: dict[EpisodeId, _Episode] = {}
        self._next = 0
        self._worker: Worker | None = None
        self._loaded: set[BaseId] = set()  # what the present worker has
        self._present: set[EpisodeId] = set()
        self._closed: list[EpisodeId] = []  # what it has and need not keep
        self._lost = 0  # workers that broke over a request
        self._lock = RLock()

    def base(self, rows: Rows, now: str) -> BaseId:
        """Loads initial rows; see `Runtime.base`. A worker gets them when it first needs them."""
        check = Base(self._schema)
        try:
            for table, content in rows.items():
                check.add(table, content)
        except (ValueError, TypeError, AttributeError) as error:
            raise StateError(f"these rows don't fit the schema: {error}") from error
        with self._lock:
            self._next += 1
            self._bases[self._next] = _Base(rows, now, sum(len(content) for content in rows.values()))
            return self._next

    def drop(self, base: BaseId) -> None:
        """Forgets initial rows."""
        with self._lock:
            self._bases.pop(base, None)
            if base in self._loaded:
                self._loaded.remove(base)
                with suppress(WorkerLost):  # then it is forgotten all the more
                    self._ask("drop", base)

    def open(self, base: BaseId) -> EpisodeId:
        """A new episode, which the worker begins with its first call."""
        with self._lock:
            self._next = episode = self._next + 1
            self._episodes[episode] = _Episode(base, self._base(base).now)
            return episode

    def close(self, episode: EpisodeId) -> None:
        """Ends an episode."""
        with self._lock:
            self._episodes.pop(episode, None)
            if episode in self._present:
                self._present.remove(episode)
                self._closed.append(episode)

    def run(self, episode: EpisodeId, calls: Sequence[Call]) -> list[CallRecord]:
        """Runs calls in order, many in one round trip."""
        with self._lock:
            self._episode(episode)
            records: list[CallRecord | None] = []
            checked: list[_Checked] = []
            for call in calls:
                given, problem = self._checker.check(call.name, call.arguments)
                if problem is None:
                    checked.append((call.name, given))
                records.append(None if problem is None else CallRecord("rejection", None, problem))
            done: list[CallRecord] = []
            for start in range(0, len(checked), _CALLS_A_TURN):
                done.extend(self._run(episode, checked[start : start + _CALLS_A_TURN]))
            following = iter(done)
            return [next(following) if record is None else record for record in records]

    def diff(self, episode: EpisodeId) -> list[Change]:
        """What the episode changed, net."""
        with self._lock:
            return read_diff(json.loads(self._about("diff", episode)))

    def save(self, episode: EpisodeId) -> dict[str, Any]:
        """What makes the episode differ from a new one."""
        with self._lock:
            return json.loads(self._about("save", episode))

    def load(self, base: BaseId, saved: dict[str, Any]) -> EpisodeId:
        """A new episode that goes on where `save` was called."""
        with self._lock:
            episode = self.open(base)
            known = self._episodes[episode]
            known.now = saved["now"]
            known.counters = dict(saved["counters"])
            for table, key, after in saved["changes"]:
                known.changes[table, tuple(cast("list[Any]", key)) if isinstance(key, list) else key] = after
            return episode

    def experiments(self, batch: Sequence[Experiment], *, until_lost: bool = False) -> list[ExperimentRecord]:
        """Runs experiments, many in one round trip.

        Args:
            batch: The experiments.
            until_lost: Run none behind the first one in which a worker was lost; the answer ends with that one.
        """
        with self._lock:
            records: list[ExperimentRecord] = []
            for turn in _turns(batch, probe=until_lost):
                records.extend(self._experiments(turn, until_lost))
                if until_lost and records and records[-1].lost:
                    break
            return records

    def close_all(self) -> None:
        """Ends the worker."""
        with self._lock:
            self._episodes.clear()
            self._bases.clear()
            self._lose()

    def __enter__(self) -> SandboxRuntime:
        return self

    def __exit__(self, *_: object) -> None:
        self.close_all()

    # Round trips.

    def _run(self, episode: EpisodeId, calls: list[_Checked]) -> list[CallRecord]:
        known = self._episodes[episode]
        try:
            text = self._about("run", episode, calls)
        except WorkerLost as lost:
            if len(calls) == 1:
                return [CallRecord("failure", None, failure(lost.error, lost.text))]
            return [record for call in calls for record in self._run(episode, [call])]
        plain, counters = json.loads(text)
        records = [read_record(record) for record in plain]
        known.counters = counters
        for record in records:
            for table, key, _, after in record.diff:
                known.changes[table, key] = after
        return records

    def _experiments(self, batch: list[Experiment], until_lost: bool) -> list[ExperimentRecord]:
        bases: dict[int, int] = {}  # experiments often share their rows, and then the very same object
        rows: list[Rows] = []
        plain: list[Any] = []
        problems: list[list[CallRecord | None]] = []
        for experiment in batch:
            if id(experiment.rows) not in bases:
                bases[id(experiment.rows)] = len(rows)
                rows.append(experiment.rows)
            checks = [self._checker.check(call.name, call.arguments) for call in experiment.calls]
            calls = [
                (call.name, given)
                for call, (given, problem) in zip(experiment.calls, checks, strict=True)
                if problem is None
            ]
            plain.append((bases[id(experiment.rows)], experiment.now, calls))
            problems.append([None if p is None else CallRecord("rejection", None, p) for _, p in checks])
        try:
            answers = json.loads(self._ask("experiments", rows, plain))
        except WorkerLost as lost:
            if len(batch) == len(batch[0].calls) == 1:  # it needs no second try to know which call it was
                return [ExperimentRecord([CallRecord("failure", None, failure(lost.error, lost.text))], [], True)]
            return self._one_by_one(batch, until_lost)
        found: list[ExperimentRecord] = []
        for (records, diff), slots in zip(answers, problems, strict=True):
            following = iter(records)
            done = [read_record(next(following)) if slot is None else slot for slot in slots]
            found.append(ExperimentRecord(done, read_diff(diff)))
        return found

    def _one_by_one(self, batch: list[Experiment], until_lost: bool) -> list[ExperimentRecord]:
        records: list[ExperimentRecord] = []
        for experiment in batch:
            records.append(self._alone(experiment))
            if until_lost and records[-1].lost:
                break
        return records

    def _alone(self, experiment: Experiment) -> ExperimentRecord:
        """An experiment call by call, to see which of them loses the worker."""
        base = self.base(experiment.rows, experiment.now)
        episode = self.open(base)
        lost = self._lost
        records = [record for call in experiment.calls for record in self.run(episode, [call])]
        is_lost = self._lost > lost
        diff = self.diff(episode)
        self.close(episode)
        self.drop(base)
        return ExperimentRecord(records, diff, is_lost)

    def _about(self, operation: str, episode: EpisodeId, *more: Any) -> str:
        """Asks about an episode, which a new worker must be told first."""
        known = self._episode(episode)
        try:
            if known.base not in self._loaded:
                self._load(known.base)
            if episode not in self._present:
                self._present.add(episode)
                if known.changes or known.counters or known.now != self._bases[known.base].now:
                    self._ask("load", episode, known.base, known.saved())
        except WorkerLost as lost:
            size = self._bases[known.base].size
            raise SandboxError(f"{size} initial rows don't fit into the sandbox ({lost}); raise its limits") from lost
        return self._ask(operation, episode, known.base, *more)

    def _load(self, number: BaseId) -> None:
        """Sends a base in pieces that each fit into a turn's time."""
        base = self._bases[number]
        if self._worker is not None and not self._worker.fits(self._room(base.size)):
            self._lose()
        self._ask("base", number, base.now, room=self._room(base.size))
        for table, content in base.rows.items():
            ordered = sorted(content, key=self._schema.table[table].key_of)
            for start in range(0, len(ordered), _ROWS_A_TURN):
                self._ask("rows", number, table, ordered[start : start + _ROWS_A_TURN])
        self._loaded.add(number)

    def _room(self, more: int) -> int:
        """Bytes for the loaded bases and `more` rows."""
        rows = sum(self._bases[number].size for number in self._loaded)
        return (rows + more) * _BYTES_A_ROW

    def _ask(self, operation: str, *message: Any, room: int = 0) -> str:
        if self._worker is None:
            self._worker = Worker(self._schema.spec, self._sources, self.limits, room)
        request = json.dumps((self._closed, operation, *message))
        try:
            answer = self._worker.ask(request)
        except WorkerLost:
            self._lost += 1
            self._lose()
            raise
        if self._closed:
            self._closed = []
        return answer

    def _lose(self) -> None:
        if self._worker is not None:
            self._worker.close()
            self._worker = None
        self._loaded.clear()
        self._present.clear()
        self._closed = []

    def _base(self, base: BaseId) -> _Base:
        try:
            return self._bases[base]
        except KeyError:
            raise UsageError(f"no base {base}: it was dropped or never loaded") from None

    def _episode(self, episode: EpisodeId) -> _Episode:
        try:
            return self._episodes[episode]
        except KeyError:
            raise UsageError(f"no episode {episode}: it was closed or never opened") from None


def _turns(batch: Sequence[Experiment], probe: bool) -> Iterator[list[Experiment]]:
    """Experiments that go into one round trip each; with `probe` the first one goes alone, to see whether it comes back."""
    turn: list[Experiment] = []
    calls = 0
    for number, experiment in enumerate(batch):
        if turn and (calls + len(experiment.calls) > _CALLS_A_TURN or (probe and number == 1)):
            yield turn
            turn, calls = [], 0
        turn.append(experiment)
        calls += len(experiment.calls) + 1
    if turn:
        yield turn
