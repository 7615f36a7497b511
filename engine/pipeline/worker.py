"""`python -m engine.pipeline.worker RUN --db PATH`: a process of its own for a run, so that it outlives the studio."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from types import FrameType

from engine.errors import ScaleEnvError


def start_worker(db: Path, run_id: str, *, workers: int = 1) -> int:
    """Starts a detached process that works on a run; two on the same run do no harm, the second one ends at once.

    Args:
        db: The store's file.
        run_id: The run.
        workers: Processes that it may use.

    Returns:
        The process number.
    """
    command = [
        sys.executable,
        "-m",
        "engine.pipeline.worker",
        run_id,
        "--db",
        str(db.resolve()),
        "--workers",
        str(workers),
    ]
    root = str(Path(__file__).resolve().parents[2])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))}
    # What goes wrong before the run is claimed can't be said in the run itself.
    with worker_log(db).open("ab") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
            start_new_session=True,
            env=environment,
        )
    # Takes note of its end, so that it does not stay behind as a zombie for as long as this process lives.
    threading.Thread(target=process.wait, daemon=True, name=f"await-{run_id}").start()
    return process.pid


def worker_log(db: Path) -> Path:
    """The file beside the store in which detached processes leave what they could not store."""
    return db.resolve().with_name(f"{db.name}-worker.log")


def main(arguments: list[str] | None = None) -> int:
    """Works on a run to its end; its errors are in the run itself."""
    parser = argparse.ArgumentParser(prog="engine.pipeline.worker", description=__doc__)
    parser.add_argument("run")
    parser.add_argument("--db", type=Path, required=True)
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, _stop)

    from engine.pipeline.run import execute
    from engine.store import Store

    try:
        with Store.open(given.db, create=False) as store:
            if store.runs.get(given.run).status == "cancelled":
                return 1  # before this process came to it; whoever resumes a run queues it first
            run = execute(store, given.run, workers=given.workers)
    except ScaleEnvError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        _leave(given.db, given.run)
        return 130
    return 0 if run.status == "done" else 1


def _leave(db: Path, run_id: str) -> None:
    """Lets the run wait for another process: whoever ends this one (a machine that goes down) does not give it up.

    Giving up is what `cancel` is for.
    """
    from engine.store import Store

    with suppress(ScaleEnvError), Store.open(db, create=False) as store, store.transaction():
        run = store.runs.get(run_id)
        if run.status == "interrupted" and not run.owner:
            store.runs.retarget(run_id, run.options)


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
