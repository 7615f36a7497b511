"""`scaleenv bench studio`: what a person waits for on the studio's pages, on a store as large as a busy team's."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib import util
from pathlib import Path
from typing import Any

from engine.bench.studio_store import fill_store
from engine.errors import UsageError


def bench_studio(
    kept: Path | None,
    *,
    domains: int = 20,
    tasks: int = 100_000,
    repeat: int = 5,
    page: str | None = None,
    say: Callable[[str], None],
) -> dict[str, Any]:
    """Fills a store, drives the studio's pages on a copy of it and measures.

    Args:
        kept: Where the filled store is kept, or is from an earlier time; thrown away where left out.
        domains: Domains of the store, 50 tools each.
        tasks: Tasks of the store.
        repeat: How often each thing is measured.
        page: One page's name, as in its address.
        say: Told what is being done.

    Returns:
        `domains`, `tasks`, `store_mb`, and `measurements` with `page`, `what`, `median_ms`, `max_ms` and `runs` each.

    Raises:
        UsageError: The studio, playwright or a browser is missing, or the studio does not start.
        StoreError: The store can't be written.
    """
    if util.find_spec("studio") is None:
        raise UsageError("The studio is not installed; install the whole package `scaleenv-studio`.")
    with tempfile.TemporaryDirectory(prefix="scaleenv-bench-") as folder:
        filled = kept or Path(folder) / "filled.db"
        if not filled.exists():
            # Under another name until it is whole, so that a broken-off filling is never measured.
            draft = filled.with_name(f"{filled.name}.part")
            draft.unlink(missing_ok=True)
            fill_store(draft, domains=domains, tasks=tasks, say=say)
            draft.rename(filled)
        store = Path(folder) / "studio.db"
        shutil.copyfile(filled, store)
        say("Driving the pages ...")
        command = [sys.executable, "-m", "studio.bench.drive", "--store", str(store), "--repeat", str(repeat)]
        done = subprocess.run(
            [*command, *(["--page", page] if page else [])], stdout=subprocess.PIPE, text=True, check=False
        )
        if not done.stdout.strip():
            raise UsageError("The studio could not be measured; the message above says why.")
        size = store.stat().st_size
    return {
        "domains": domains,
        "tasks": tasks,
        "store_mb": round(size / 1e6, 1),
        "measurements": json.loads(done.stdout),
    }
