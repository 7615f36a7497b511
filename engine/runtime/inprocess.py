"""Runs trusted tool code in this process: as fast as Python goes, without any protection."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any, NoReturn

from engine.errors import StateError, UsageError
from engine.models.base import Rows
from engine.models.domain import Domain
from engine.models.tool import Tool
from engine.models.trace import Call
from engine.runtime.base import BaseId, EpisodeId
from engine.runtime.calls import CallChecker
from engine.runtime.execution import OUTPUT_LIMIT, failure, perform
from engine.runtime.functions import TOOL_FUNCTIONS
from engine.runtime.prelude import Database
from engine.runtime.records import CallRecord, Change, Experiment, ExperimentRecord
from engine.runtime.spec import compile_database, compile_tool
from engine.runtime.tables import Base, Schema


class InProcessRuntime:
    """The runtime for code that the user trusts: admitted tools, bundles.

    Args:
        domain: The domain whose tools run.
        output_limit: Largest answer of one call, in characters of JSON (about).
    """

    def __init__(self, domain: Domain, *, output_limit: int = OUTPUT_LIMIT) -> None:
        self.domain = domain
        self._schema = Schema(compile_database(domain.database))
        self._checker = CallChecker([compile_tool(tool) for tool in domain.tools])
        self._tools = load_tools(domain.tools)
        self._output_limit = output_limit
        self._bases: dict[BaseId, tuple[Base, str]] = {}
        self._episodes: dict[EpisodeId, Database] = {}
        self._next = 0

    def base(self, rows: Rows, now: str) -> BaseId:
        """Loads initial rows with all their indexes; see `Runtime.base`."""
        base = self._fill(rows)
        for table in self._schema.table:
            base.prepare(table)
        self._next += 1
        self._bases[self._next] = (base, now)
        return self._next

    def drop(self, base: BaseId) -> None:
        """Forgets initial rows."""
        self._bases.pop(base, None)

    def open(self, base: BaseId) -> EpisodeId:
        """A new episode."""
        try:
            rows, now = self._bases[base]
        except KeyError:
            raise UsageError(f"no base {base}: it was dropped or never loaded") from None
        self._next = episode = self._next + 1
        self._episodes[episode] = Database(rows, now)
        return episode

    def close(self, episode: EpisodeId) -> None:
        """Ends an episode."""
        self._episodes.pop(episode, None)

    def run(self, episode: EpisodeId, calls: Sequence[Call]) -> list[CallRecord]:
        """Runs calls in order."""
        db = self._database(episode)
        return [self._perform(db, call.name, call.arguments) for call in calls]

    def diff(self, episode: EpisodeId) -> list[Change]:
        """What the episode changed, net."""
        return self._database(episode).diff()

    def save(self, episode: EpisodeId) -> dict[str, Any]:
        """What makes the episode differ from a new one."""
        return self._database(episode).save()

    def load(self, base: BaseId, saved: dict[str, Any]) -> EpisodeId:
        """A new episode that goes on where `save` was called."""
        episode = self.open(base)
        self._episodes[episode].load(saved)
        return episode

    def experiments(self, batch: Sequence[Experiment], *, until_lost: bool = False) -> list[ExperimentRecord]:
        """Runs experiments, each on a database of its own; there is no sandbox that could be lost."""
        records: list[ExperimentRecord] = []
        bases: dict[int, Base] = {}  # experiments often share their rows, and then the very same object
        for rows, now, calls in batch:
            base = bases.get(id(rows))
            if base is None:
                base = bases[id(rows)] = self._fill(rows)
            db = Database(base, now)
            done = [self._perform(db, call.name, call.arguments) for call in calls]
            records.append(ExperimentRecord(done, db.diff()))
        return records

    def close_all(self) -> None:
        """Forgets everything."""
        self._episodes.clear()
        self._bases.clear()

    def __enter__(self) -> InProcessRuntime:
        return self

    def __exit__(self, *_: object) -> None:
        self.close_all()

    def _perform(self, db: Database, name: str, arguments: dict[str, Any]) -> CallRecord:
        given, problem = self._checker.check(name, arguments)
        if problem is not None:
            return CallRecord("rejection", None, problem)
        try:
            return CallRecord(*perform(db, self._tools[name], given, self._output_limit))
        except SystemExit as error:  # no business of a tool, but ours is not to end with it
            db.undo()
            return CallRecord("failure", None, failure("SystemExit", str(error)))

    def _fill(self, rows: Rows) -> Base:
        base = Base(self._schema)
        try:
            for table, content in rows.items():
                base.add(table, content)
        except (ValueError, TypeError, AttributeError) as error:
            raise StateError(f"these rows don't fit the schema: {error}") from error
        return base

    def _database(self, episode: EpisodeId) -> Database:
        try:
            return self._episodes[episode]
        except KeyError:
            raise UsageError(f"no episode {episode}: it was closed or never opened") from None


def load_tools(tools: Sequence[Tool]) -> dict[str, Any]:
    """The tools' functions by name. A source that does not load gives a function that fails when it is called."""
    scope: dict[str, Any] = {"__builtins__": builtins, "__name__": "tools", "Database": Database, **TOOL_FUNCTIONS}
    loaded: dict[str, Any] = {}
    for tool in tools:
        path = f"<tool {tool.name}>"
        try:
            exec(compile(tool.source, path, "exec", dont_inherit=True), scope)
            loaded[tool.name] = scope[tool.name]
        except Exception as error:
            loaded[tool.name] = _broken(type(error).__name__, str(error))
    return loaded


def _broken(error: str, text: str) -> Any:
    def tool(_db: Database, **_: Any) -> NoReturn:
        raise RuntimeError(f"the tool's source does not load: {error}: {text}")

    return tool
