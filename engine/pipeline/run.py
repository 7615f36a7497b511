"""Works on a run from wherever it is to its end, as the one process that holds its lease."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from engine.errors import ScaleEnvError, StoreError
from engine.executors.local import local_executor
from engine.models.run import Run, RunEvent, RunStatus
from engine.pipeline.benches import NEEDED
from engine.pipeline.cast import Cast, is_exhausted, make_cast
from engine.pipeline.heartbeat import Heartbeat
from engine.pipeline.ledger import Cancelled, Ledger, Observer
from engine.pipeline.model_settings import ModelSettings, read_settings
from engine.pipeline.phases import Phases
from engine.pipeline.revision import Revision
from engine.store import LeaseLost, Store
from engine.store.lease import new_owner
from engine.store.runs import Progress


def ignore(_progress: Progress, _events: Sequence[RunEvent]) -> None:
    """An observer that does not look."""


def execute(
    store: Store, run_id: str, *, workers: int = 1, observe: Observer = ignore, settings: ModelSettings | None = None
) -> Run:
    """Does what is left of a run.

    Whatever ends it (an error, Ctrl-C, a request to cancel, `kill -9`), every step before is kept and another call
    goes on behind it, with the same result as if nothing had happened.

    Args:
        store: Where the run is.
        run_id: Which.
        workers: Processes to work with; the result is the same for any number.
        observe: Told after each step, and every second while a language model is awaited.
        settings: Where language models are; read from environment and `studio.toml` where left out and needed.

    Returns:
        The run at rest: `done`, `short`, `cancelled`, or `exhausted` where its budget for language models is used up.

    Raises:
        ProviderError: A language model can't be used; the run is `failed` and goes on when that is mended.
        StoreError: A living process works on it already, or the store refuses.
        UsageError: There is no such run.
        KeyboardInterrupt: The user stopped it.
    """
    executor = local_executor(workers)
    owner = new_owner()
    run = store.runs.claim(run_id, owner)
    ledger = Ledger(store, run, owner, observe)

    def end(status: RunStatus, message: str, *, error: str = "") -> None:
        event = ledger.event("status", message)
        observe(ledger.progress(), store.runs.end(run_id, owner, status, [event], error=error))

    try:
        with Heartbeat(store.path, run_id, owner):
            cast: Cast | None = None
            try:
                refuse_company(store, run)
                if settings is None:
                    settings = read_settings(store=store.path) if run.options.models else ModelSettings()

                def tick() -> None:
                    # Not before: until the first request is on its way, this process needs all the speed there is.
                    if cast is not None and cast.has_asked:
                        executor.prepare(NEEDED)
                    observe(ledger.progress(), ())

                cast = make_cast(store, run, settings, tick=tick)
                if not run.options.models:
                    executor.prepare(NEEDED)
                worker = Revision(ledger, executor, cast) if run.kind == "revision" else Phases(ledger, executor, cast)
                reached = worker.work()
            finally:
                executor.close()
                if cast is not None:
                    cast.close()
        end("done" if reached else "short", worker.closing_words)
    except Cancelled:
        end("cancelled", "Stopped on request.")
    except LeaseLost:
        raise
    except KeyboardInterrupt:
        end("interrupted", "Stopped by the user.")
        raise
    except Exception as error:
        if _was_interrupted(error):
            end("interrupted", "Stopped by the user.")
            raise KeyboardInterrupt from error
        words = str(error) if isinstance(error, ScaleEnvError) else f"{type(error).__name__}: {error}"
        if is_exhausted(error):
            end("exhausted", f"Stopped: {words}", error=words)
            return store.runs.get(run_id)
        # The store itself may be what failed; then the lease just runs out, and the first error is the one to tell.
        with suppress(StoreError):
            end("failed", f"Failed: {words}", error=words)
        raise
    return store.runs.get(run_id)


def _was_interrupted(error: BaseException | None) -> bool:
    """Whether a Ctrl-C is behind an error: where it comes within an import or a class's making, Python wraps it."""
    while error is not None:
        if isinstance(error, KeyboardInterrupt):
            return True
        error = error.__cause__ or error.__context__
    return False


def refuse_company(store: Store, run: Run) -> None:
    """Refuses to work on a domain on which another process works, or of which something has to be verified again first.

    Raises:
        StoreError: A living process works on the domain.
        UsageError: A revision of the domain was stopped on its way.
    """
    for other in store.runs.of(run.domain):
        if other.id != run.id and other.status == "running":
            store.runs.refuse_busy(other)
    if run.kind == "synthesis":
        store.staleness.refuse(run.domain)
