"""`scaleenv bench synth`: verified tasks per second, and where the time goes."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

from engine.models.run import RunOptions
from engine.pipeline import read_seed_text, synthesize
from engine.pipeline.ledger import Observer
from engine.pipeline.run import ignore
from engine.store import Store


def bench_synth(
    seed: str, *, tasks: int = 20, number: int = 7, workers: int = 1, observe: Observer = ignore
) -> dict[str, Any]:
    """Synthesises a domain into a store that is thrown away.

    Args:
        seed: What `read_seed_text` takes.
        tasks: Audited tasks to make.
        number: The seed number.
        workers: Processes to work with.
        observe: Told after each step.

    Returns:
        `domain`, `tasks`, `workers`, wall-clock `seconds` from the seed's text to the last task, `tasks_per_s` over
        all of it, `further_tasks_per_s` once the domain stands, `phase_seconds`, `attempts` and `database_mb`.

    Raises:
        SeedError: The seed can't be used.
    """
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="scaleenv-bench-") as folder:
        path = Path(folder) / "studio.db"
        with Store.open(path) as store:
            text = read_seed_text(seed)
            run, _ = synthesize(store, text, RunOptions(tasks=tasks, seed=number), workers=workers, observe=observe)
            seconds = time.perf_counter() - began
        size = sum(file.stat().st_size for file in Path(folder).iterdir())
    building = run.phase_seconds.get("tasks", 0.0)
    return {
        "domain": run.domain,
        "tasks": run.counts.tasks_audited,
        "workers": workers,
        "seconds": round(seconds, 2),
        "tasks_per_s": round(run.counts.tasks_audited / seconds, 2),
        "further_tasks_per_s": round(run.counts.tasks_audited / building, 2) if building else 0.0,
        "phase_seconds": {phase: round(spent, 2) for phase, spent in run.phase_seconds.items()},
        "attempts": run.counts.tasks_audited + run.counts.tasks_rejected,
        "database_mb": round(size / 1e6, 1),
    }
