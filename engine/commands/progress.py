"""Shows a run as it goes: a live display on a terminal, plain lines elsewhere. Always on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars
from rich.text import Text

from engine.commands.model_options import spent_in_words
from engine.models.run import RunCounts, RunEvent
from engine.store.call_log import CallSums
from engine.store.runs import Progress

TITLES = {
    "compose": "Compose tools",
    "test": "Test tools",
    "graph": "Infer graph",
    "prove": "Prove edges",
    "tasks": "Build tasks",
    "finish": "Finish",
}


def counts_in_words(counts: RunCounts) -> str:
    """What a run has achieved, in one line."""
    return (
        f"tools {counts.tools_admitted} admitted, {counts.tools_rejected} rejected · "
        f"edges {counts.edges_proven} proven, {counts.edges_unproven} unproven · "
        f"tasks {counts.tasks_audited} audited, {counts.tasks_rejected} rejected"
    )


class RunDisplay:
    """Draws what it is told; give its `update` to the pipeline as observer.

    Args:
        spending: Says what the run has spent on language models at the moment, where it asks any.
    """

    def __init__(self, spending: Callable[[], CallSums] | None = None) -> None:
        self._spending = spending
        self._console = Console(stderr=True)
        self._live = sys.stderr.isatty()
        self._bars = Bars(
            TextColumn("{task.description:<13}"),
            BarColumn(bar_width=32),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("[dim]{task.fields[counts]}"),
            console=self._console,
        )
        self._ids: dict[str, int] = {}
        self._phase = self._line = ""

    def update(self, progress: Progress, events: Sequence[RunEvent]) -> None:
        """Shows a step that was stored."""
        for event in events:
            failed = event.kind == "status" and event.message.startswith("Failed: ")
            if event.kind != "step" and not failed:  # why a run failed is what its command ends with
                self._tell(event)
        words = counts_in_words(progress.counts)
        if self._spending is not None:
            words += f" · {spent_in_words(self._spending())}"
        if not self._live:
            line = f"{TITLES[progress.phase]} {progress.done}/{progress.total}: {words}"
            if line != self._line and (progress.phase != self._phase or progress.done == progress.total):
                print(line, file=sys.stderr, flush=True)
                self._line = line
            self._phase = progress.phase
            return
        if progress.phase not in self._ids:
            self._ids[progress.phase] = self._bars.add_task(TITLES[progress.phase], total=None, counts="")
        from rich.progress import TaskID

        for phase, id in self._ids.items():
            if phase != progress.phase:
                self._bars.update(TaskID(id), counts="")
        self._bars.update(
            TaskID(self._ids[progress.phase]), completed=progress.done, total=progress.total or None, counts=words
        )

    def _tell(self, event: RunEvent) -> None:
        style = {"rejection": "yellow", "warning": "magenta"}.get(event.kind, "dim")
        if self._live:
            # Text of foreign seeds: shown as it stands, never as markup.
            self._console.print(Text(event.message, style=style))
        else:
            print(event.message, file=sys.stderr, flush=True)

    def __enter__(self) -> Self:
        if self._live:
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._bars.stop()
