"""The store: one file, and a repository for each aggregate in it."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Self

from engine.errors import StoreError
from engine.models.domain import Domain
from engine.models.graph import ToolGraph
from engine.store.answers import Answers
from engine.store.call_log import CallLog
from engine.store.calls import Calls
from engine.store.choices import Choices
from engine.store.codec import digest_of
from engine.store.connection import BUSY_SECONDS, Connection
from engine.store.datasets import Datasets
from engine.store.domains import Domains
from engine.store.edges import Edges
from engine.store.features import TaskFeatures
from engine.store.migrations import migrate
from engine.store.overview import Overview
from engine.store.review_figures import ReviewFigures
from engine.store.review_queue import ReviewQueue
from engine.store.reviews import Reviews
from engine.store.run_log import RunLogs
from engine.store.run_queue import RunQueue
from engine.store.runs import Runs
from engine.store.staleness import Staleness
from engine.store.task_edits import TaskEdits
from engine.store.tasks import Tasks
from engine.store.tool_edits import ToolEdits
from engine.store.tools import Tools
from engine.store.traces import Traces
from engine.store.trajectories import Trajectories


class Store:
    """An open store; belongs to the thread that opened it.

    Attributes:
        path: The file.
        domains: What seeds said.
        tools: Tools, reports and test cases.
        tool_edits: What people changed of tools, and what came of it.
        staleness: What has to be verified again since.
        traces: Evidence.
        trajectories: Attempts at tasks.
        edges: Tool dependency graphs.
        tasks: Tasks and audits.
        task_edits: Changes of tasks' words.
        runs: Work, its checkpoints and its log.
        queue: Runs that wait for a process.
        logs: What runs said, to be searched.
        answers: What language models answered.
        calls: Which run asked them what, and what it cost.
        call_log: The same, to be searched and added up.
        overview: Figures over all domains.
        reviews: What curators said.
        review_queue: Who reviews which task now.
        review_figures: How much was decided, and where curators decide alike.
        features: What splits and balance look at in each task.
        choices: The tasks that a dataset could hold.
        datasets: Frozen versions.
    """

    def __init__(self, connection: Connection, clock: Callable[[], float] = time.time) -> None:
        self._connection = connection
        self.path = connection.path
        self.domains = Domains(connection)
        self.tools = Tools(connection)
        self.tool_edits = ToolEdits(connection, clock)
        self.staleness = Staleness(connection)
        self.traces = Traces(connection)
        self.trajectories = Trajectories(connection)
        self.edges = Edges(connection)
        self.reviews = Reviews(connection, clock)
        self.review_queue = ReviewQueue(connection, self.reviews, clock)
        self.review_figures = ReviewFigures(connection)
        self.tasks = Tasks(connection, self.reviews)
        self.task_edits = TaskEdits(connection, self.tasks, self.traces, clock)
        self.runs = Runs(connection, clock)
        self.overview = Overview(connection)
        self.queue = RunQueue(connection, self.runs, clock)
        self.logs = RunLogs(connection)
        self.answers = Answers(connection)
        self.calls = Calls(connection, clock)
        self.call_log = CallLog(connection)
        self.features = TaskFeatures(connection)
        self.choices = Choices(connection)
        self.datasets = Datasets(connection, clock)

    @classmethod
    def open(
        cls,
        path: str | Path,
        *,
        create: bool = True,
        timeout: float = BUSY_SECONDS,
        clock: Callable[[], float] = time.time,
    ) -> Self:
        """Opens a store, and brings its schema up to date.

        Args:
            path: The file.
            create: Make the file and its folder where they are missing.
            timeout: Seconds to wait for another process's write.
            clock: Seconds since 1970; for leases and logs, never for content.

        Raises:
            StoreError: The file is missing (without `create`), is not a store, is of a newer version, is locked,
                or can't be written.
        """
        path = Path(path)
        if path.is_dir():
            raise StoreError(f"The store `{path}` is a folder; name a file with --db.")
        if not path.exists():
            if not create:
                raise StoreError(
                    f"There is no store at `{path}` yet; make one with `scaleenv synth job_seeking`, "
                    "or name another file with --db."
                )
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise StoreError(
                    f"The folder `{path.parent}` can't be made ({error.strerror}); choose another place with --db."
                ) from error
        connection = Connection(path, timeout=timeout)
        try:
            migrate(connection)
        except BaseException:
            connection.close()
            raise
        return cls(connection, clock)

    def transaction(self) -> AbstractContextManager[None]:
        """All writes inside happen together or not at all."""
        return self._connection.transaction()

    def snapshot(self) -> AbstractContextManager[None]:
        """All reads inside are of one moment."""
        return self._connection.snapshot()

    def domain(self, name: str) -> Domain:
        """A domain with its admitted tools.

        Raises:
            UsageError: There is no such domain.
        """
        spec = self.domains.get(name)
        return Domain(spec=spec, tools=tuple(stored.tool for stored in self.tools.all(name) if stored.admitted))

    def revision(self, name: str) -> str:
        """Changes whenever a domain's seed or one of its admitted tools does; cheap enough to be asked for each page.

        Raises:
            UsageError: There is no such domain.
        """
        self.domains.require(name)
        return digest_of(
            str(self._connection.value("select digest from domain where name = ?", (name,)))
            + "".join(
                f"\n{row['name']} {row['digest']}"
                for row in self._connection.all(
                    "select name, digest from tool where domain = ? and admitted = 1 order by position", (name,)
                )
            )
        )

    def graph(self, name: str) -> ToolGraph:
        """A domain's tool dependency graph over its admitted tools."""
        admitted = tuple(stored.tool.name for stored in self.tools.all(self.domains.require(name)) if stored.admitted)
        return ToolGraph(tools=admitted, edges=tuple(self.edges.all(name)))

    def problems(self) -> list[str]:
        """What SQLite itself finds wrong with the file; empty where all is well."""
        found = [row[0] for row in self._connection.all("pragma integrity_check") if row[0] != "ok"]
        return found + [
            f"row {row['rowid']} of `{row['table']}` points to a missing row of `{row['parent']}`"
            for row in self._connection.all("pragma foreign_key_check")
        ]

    def journal_mode(self) -> str:
        """How SQLite keeps transactions; `wal` where the file system allows it."""
        return str(self._connection.value("pragma journal_mode"))

    def close(self) -> None:
        """Closes the file."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
