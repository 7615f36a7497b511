"""A library of three tables and six tools: as small as a domain can be and still have everything."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from engine.models.run import RunEvent, RunOptions
from engine.pipeline import execute, read_seed_text, request, synthesize
from engine.pipeline.exports import export_domains
from engine.store import Store
from engine.store.runs import Progress

LIBRARY = Path(__file__).with_name("library.yaml")
OPTIONS = RunOptions(tasks=4, seed=3)
CONTENT = ("domain", "tool", "test_case", "trace", "edge", "task", "audit")


def make(path: Path, options: RunOptions = OPTIONS, workers: int = 1) -> Path:
    """A store with a finished library."""
    with Store.open(path) as store:
        run, _ = synthesize(store, read_seed_text(str(LIBRARY)), options, workers=workers)
        assert run.status == "done"
    return path


def ask(path: Path) -> str:
    """A store with a library that is asked for; the run that nobody works on yet."""
    with Store.open(path) as store:
        return request(store, read_seed_text(str(LIBRARY)), OPTIONS).run.id


def content(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Everything that is stored, but runs and their logs."""
    raw = sqlite3.connect(path)
    rows = {table: raw.execute(f"select * from {table} order by rowid").fetchall() for table in CONTENT}
    raw.close()
    return rows


def exported(path: Path, out: Path) -> dict[str, bytes]:
    """The bytes of every export."""
    with Store.open(path) as store:
        for format in ("bundle", "jsonl", "parquet"):
            export_domains(store, [], out / format, format=format)  # type: ignore[arg-type]
    return {str(file.relative_to(out)): file.read_bytes() for file in sorted(out.rglob("*")) if file.is_file()}


def work_until_killed(path: Path, run: str, ticks: int, steps: int) -> None:
    """Works on a run, and dies by SIGKILL.

    Args:
        path: The store.
        run: The run.
        ticks: How often the store may look at its clock, which it does in the midst of transactions.
        steps: How many steps may be told to the observer, which happens between transactions.
    """

    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def clock() -> float:
        nonlocal ticks
        ticks -= 1
        if ticks < 0:
            die()
        return 1000.0

    def observe(progress: Progress, events: Sequence[RunEvent]) -> None:
        nonlocal steps
        steps -= bool(events)
        if steps < 0:
            die()

    with Store.open(path, create=False, clock=clock) as store:
        execute(store, run, observe=observe)
