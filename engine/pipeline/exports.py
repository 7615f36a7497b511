"""Exports what a store holds: one moment of it, whatever a run is adding meanwhile."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from engine.errors import ExportError, UsageError
from engine.export.bundle import write_bundle
from engine.export.rows import write_jsonl, write_parquet
from engine.models.base import Model
from engine.models.task import Task
from engine.store import Store

Format = Literal["bundle", "jsonl", "parquet"]

_WRITERS = {"bundle": write_bundle, "jsonl": write_jsonl, "parquet": write_parquet}


class Exported(Model):
    """One domain that was written; `path` is its bundle's folder or its file."""

    domain: str
    tasks: int
    path: Path


class _Counted:
    """Tasks that are counted as they go by."""

    def __init__(self, tasks: Iterator[Task]) -> None:
        self._tasks = tasks
        self.count = 0

    def __iter__(self) -> Iterator[Task]:
        for task in self._tasks:
            self.count += 1
            yield task


def export_domains(
    store: Store, names: Sequence[str], out: Path, *, format: Format = "bundle", approved_only: bool = False
) -> list[Exported]:
    """Writes domains with their audited tasks.

    A single domain goes into `out` itself, several into folders of their names below it.

    Args:
        store: Where they are.
        names: Which domains; all where empty.
        out: The folder.
        format: What to write.
        approved_only: Only tasks that a curator approved.

    Raises:
        UsageError: There is no such domain, or none at all, or a tool was edited and what depends on it is not verified again.
        ExportError: The folder can't be written, or holds something else.
    """
    with store.snapshot():
        chosen = [store.domains.require(name) for name in dict.fromkeys(names)] or store.domains.names()
        if not chosen:
            raise UsageError("There is no domain to export; make one with `scaleenv synth job_seeking`.")
        if len(chosen) > 1 and (out / "manifest.json").exists():
            raise ExportError(f"`{out}` is the bundle of one domain; choose another --out for several.")
        for name in chosen:
            store.staleness.refuse(name)
        written: list[Exported] = []
        for name in chosen:
            folder = out if len(chosen) == 1 else out / name
            tasks = _Counted(store.tasks.iterate(name, approved_only=approved_only))
            path = _WRITERS[format](store.domain(name), tasks, folder)
            written.append(Exported(domain=name, tasks=tasks.count, path=path))
        return written
