"""From a seed to a domain with audited tasks, in one call."""

from __future__ import annotations

from engine.models.run import Run, RunOptions
from engine.pipeline.ledger import Observer
from engine.pipeline.model_settings import ModelSettings
from engine.pipeline.requests import Answer, SeedText, request
from engine.pipeline.run import execute, ignore
from engine.store import Store


def synthesize(
    store: Store,
    seed: SeedText,
    options: RunOptions,
    *,
    workers: int = 1,
    observe: Observer = ignore,
    force: bool = False,
    settings: ModelSettings | None = None,
) -> tuple[Run, Answer]:
    """Makes a domain, goes on with it, or extends it; see `request` and `execute`.

    Args:
        store: Where it will be.
        seed: What it is made from, see `read_seed_text`.
        options: What is asked for.
        workers: Processes to work with; the result is the same for any number.
        observe: Told after each step.
        force: Begin anew where there is a domain of that name.
        settings: Where language models are; read from environment and `studio.toml` where left out and needed.

    Returns:
        The run at rest, and what the wish came to.

    Raises:
        UsageError: There is another domain of that name.
        StoreError: The store refuses, or a living process works on the domain.
        KeyboardInterrupt: The user stopped it; everything up to there is kept.
    """
    requested = request(store, seed, options, force=force)
    if requested.answer == "up_to_date":
        return requested.run, requested.answer
    run = execute(store, requested.run.id, workers=workers, observe=observe, settings=settings)
    return run, requested.answer
