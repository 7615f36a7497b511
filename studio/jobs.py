"""Runs in the background: each is a process of its own, so that it goes on when the page or the server ends."""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory

from engine.errors import SeedError, UsageError
from engine.executors.local import default_workers
from engine.models.run import AskedDifficulty, Run, RunOptions
from engine.pipeline import Requested, SeedText, read_seed_text, request
from engine.pipeline.worker import start_worker
from engine.seeds import built_in
from studio.queries.opened import opened, store_path

UPLOAD_BYTES = 64 * 1024 * 1024
"""Largest SQLite file that is taken; larger ones are for the command line, which reads them in place."""

TEXT_BYTES = 2 * 1024 * 1024
"""Largest blueprint or SQL text."""

TEXT_ENDINGS = (".yaml", ".yml", ".sql")
SQLITE_ENDINGS = (".sqlite", ".sqlite3", ".db")
SQLITE_BEGINS = b"SQLite format 3\0"
ENDINGS = (*TEXT_ENDINGS, *SQLITE_ENDINGS)

WAITING_SECONDS = 15.0
"""A run that has waited for so long has lost its process, as when the machine went down."""


def builtins() -> list[str]:
    """Names of the built-in domains."""
    return built_in()


def start(
    name: str,
    *,
    tasks: int,
    seed: int,
    difficulty: AskedDifficulty = "mixed",
    rename: str = "",
    replace: bool = False,
    with_rows: bool = False,
) -> Requested:
    """Starts the synthesis of a built-in domain.

    Args:
        name: The built-in's name, or a seed file's path.
        tasks: Audited tasks to make.
        seed: Decides every random choice.
        difficulty: Of all tasks, or `mixed`.
        rename: The domain's name, where not the seed's own.
        replace: Throw away a domain of that name.
        with_rows: Take a file's rows as the base of every initial state.

    Returns:
        The run and what the wish came to; no process is started where everything is there already.

    Raises:
        SeedError: The seed can't be used.
        UsageError: There is another domain of that name.
        StoreError: A process works on the domain, or the store refuses.
    """
    text = read_seed_text(name, name=rename.strip() or None, with_rows=with_rows)
    return _request(text, RunOptions(tasks=tasks, seed=seed, difficulty=difficulty, with_rows=with_rows), replace)


def start_upload(
    filename: str,
    content: bytes,
    *,
    tasks: int,
    seed: int,
    difficulty: AskedDifficulty = "mixed",
    with_rows: bool = False,
    rename: str = "",
    replace: bool = False,
) -> Requested:
    """Starts the synthesis of a domain from an uploaded file; see `start`.

    Args:
        filename: As the browser says it; only its last part is used.
        content: The file.

    Raises:
        SeedError: The file is empty, too large, of another kind than its name says, or no usable seed.
        UsageError: There is another domain of that name.
        StoreError: A process works on the domain, or the store refuses.
    """
    name = PurePath(filename.replace("\\", "/")).name
    check_upload(name, content)
    with TemporaryDirectory(prefix="scaleenv-upload-") as folder:
        path = Path(folder) / name
        try:
            path.write_bytes(content)
        except (OSError, ValueError) as error:
            raise SeedError(f"{name!r} can't be used as a file's name; rename the file.") from error
        try:
            return start(
                str(path),
                tasks=tasks,
                seed=seed,
                difficulty=difficulty,
                rename=rename,
                replace=replace,
                with_rows=with_rows,
            )
        except SeedError as error:
            # The folder is ours; the user knows the file by its name.
            raise SeedError(str(error).replace(f"{folder}{os.sep}", "")) from error


def check_upload(name: str, content: bytes) -> None:
    """Refuses what can't be a seed before anything reads it.

    Raises:
        SeedError: The file is empty, too large, or of another kind than its name says.
    """
    ending = PurePath(name).suffix.lower()
    if ending not in ENDINGS:
        raise SeedError(f"{name}: files of this kind are not read; give {', '.join(ENDINGS)}.")
    if not content:
        raise SeedError(f"{name}: the file is empty.")
    limit = UPLOAD_BYTES if ending in SQLITE_ENDINGS else TEXT_BYTES
    if len(content) > limit:
        raise SeedError(
            f"{name}: {len(content) / 1e6:.1f} MB is more than the {limit / 1e6:.0f} MB that an upload may have; "
            "use `scaleenv synth` on the command line."
        )
    if ending in SQLITE_ENDINGS:
        if not content.startswith(SQLITE_BEGINS):
            raise SeedError(f"{name}: this is no SQLite file, whatever its name says.")
        return
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SeedError(f"{name}: this is no UTF-8 text (byte {error.start}); save it as UTF-8.") from error
    if "\0" in text:
        raise SeedError(f"{name}: this is a binary file, whatever its name says.")


def cancel(run: str) -> None:
    """Asks a run to stop before its next step.

    Raises:
        UsageError: There is no such run, or it has ended already.
    """
    with opened() as store:
        store.runs.request_cancel(run)


def resume(run: str) -> None:
    """Goes on with a run that was stopped.

    Raises:
        UsageError: There is no such run, or nothing is left to do.
        StoreError: A process works on it already.
    """
    with opened() as store, store.transaction():
        found = store.runs.get(run)
        if found.status == "running":
            store.runs.refuse_busy(found)
        if found.status in ("done", "short"):
            raise UsageError(f"The run `{run}` has ended already; there is nothing to go on with.")
        store.runs.retarget(run, found.options)
    _start_process(run)


def is_stranded(run: Run) -> bool:
    """Whether a run waits for a process that will not come."""
    return run.status == "queued" and run.updated_at < time.time() - WAITING_SECONDS


def _request(text: SeedText, options: RunOptions, replace: bool) -> Requested:
    with opened() as store:
        requested = request(store, text, options, force=replace)
    if requested.answer != "up_to_date":
        _start_process(requested.run.id)
    return requested


def _start_process(run: str) -> None:
    pid = start_worker(store_path(), run, workers=default_workers())
    threading.Thread(target=_reap, args=(pid,), daemon=True, name=f"reap-{run}").start()


def _reap(pid: int) -> None:
    """Waits for a worker's end: unreaped, a killed one would look alive to those who ask whether it holds its lease."""
    with suppress(ChildProcessError):
        os.waitpid(pid, 0)
