"""`scaleenv synth`: from a seed to a domain with audited tasks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from engine.commands.console import DEFAULT_DB, Db, Failed, Json, Workers, say, show, table
from engine.commands.model_options import (
    BaseUrl,
    Config,
    MaxCalls,
    MaxCost,
    MaxTokens,
    ModelFor,
    ModelName,
    chosen,
    known_cost,
    money,
    spending_of,
    spent_in_words,
    stopped_words,
)

if TYPE_CHECKING:
    from engine.models.run import Run
    from engine.pipeline.wishes import Wish
    from engine.store import Store


def synth(
    seed: Annotated[
        str,
        typer.Argument(
            help="A built-in domain, a blueprint (YAML), an SQL schema, an SQLite file, or any keyword (with --model)."
        ),
    ],
    tasks: Annotated[int, typer.Option("--tasks", "-n", min=0, max=1_000_000, help="Audited tasks to make.")] = 20,
    seed_number: Annotated[int, typer.Option("--seed", help="Decides every random choice.")] = 0,
    name: Annotated[str | None, typer.Option("--name", help="The domain's name, where not the seed's own.")] = None,
    difficulty: Annotated[
        Literal["easy", "medium", "hard", "mixed"], typer.Option("--difficulty", help="Of all tasks.")
    ] = "mixed",
    with_rows: Annotated[
        bool, typer.Option("--with-rows", help="Take the rows of an SQL seed as the base of every initial state.")
    ] = False,
    trusted: Annotated[
        bool, typer.Option("--trusted", help="Run admitted code outside the sandbox, where it is faster.")
    ] = False,
    model: ModelName = None,
    model_for: ModelFor = None,
    base_url: BaseUrl = None,
    tools: Annotated[
        int | None,
        typer.Option("--tools", min=1, max=200, help="Tools of a domain from a keyword.", show_default="40"),
    ] = None,
    hint: Annotated[str, typer.Option("--hint", help="Further wishes for a domain from a keyword, in words.")] = "",
    max_cost: MaxCost = None,
    max_tokens: MaxTokens = None,
    max_calls: MaxCalls = None,
    config: Config = None,
    only_estimate: Annotated[
        bool, typer.Option("--estimate", help="Say what language models would cost, and do nothing.")
    ] = False,
    cassette: Annotated[
        Path | None,
        typer.Option("--cassette", metavar="FILE", help="Answers of models from a file; nobody else is asked."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a domain of this name.")] = False,
    workers: Workers = None,
    db: Db = DEFAULT_DB,
    as_json: Json = False,
) -> None:
    """Make a domain from a seed, with verified tools and audited tasks."""
    from engine.models.run import RunOptions
    from engine.pipeline.model_settings import read_settings
    from engine.pipeline.wishes import wish
    from engine.store import Store

    settings = read_settings(config, store=db)
    if cassette is not None:
        settings = settings.model_copy(update={"offline": True})
    wanted = wish(
        seed,
        RunOptions(tasks=tasks, seed=seed_number, difficulty=difficulty, trusted=trusted, with_rows=with_rows),
        settings,
        chosen(
            model=model,
            model_for=model_for,
            base_url=base_url,
            max_cost=max_cost,
            max_tokens=max_tokens,
            max_calls=max_calls,
        ),
        name=name,
        tools=tools,
        hint=hint,
    )
    if only_estimate:
        tell_estimate(wanted, as_json)
        return
    with Store.open(db) as store:
        if cassette is not None:
            from engine.pipeline.cassette import import_cassette

            say(f"{import_cassette(store, cassette):,} new answers from `{cassette}`.")
        run = _make(store, wanted, workers, force=force)
        tell_run(store, run, as_json, db_hint=db != DEFAULT_DB)


def _make(store: Store, wanted: Wish, workers: int | None, *, force: bool) -> Run:
    from engine.commands.progress import RunDisplay
    from engine.executors.local import default_workers
    from engine.pipeline import execute, request

    requested = request(store, wanted.seed, wanted.options, force=force)
    run = requested.run
    if requested.answer == "up_to_date":
        say(f"`{run.domain}` is up to date; nothing was done. (Begin anew with --force.)")
        return run
    with RunDisplay(spending_of(store, run)) as display:
        return execute(
            store, run.id, workers=workers or default_workers(), observe=display.update, settings=wanted.settings
        )


def tell_estimate(wanted: Wish, as_json: bool) -> None:
    """Prints what a wish would spend on language models."""
    about = wanted.estimate()

    def lines() -> list[str]:
        if not about.by_role:
            return [f"`{wanted.seed.name}` asks no language model and costs nothing."]
        rows = [
            (role, share.model, f"{share.tokens_in:,}", f"{share.tokens_out:,}", money(share.cost))
            for role, share in about.by_role.items()
        ]
        total = ("all", "", f"{about.tokens_in:,}", f"{about.tokens_out:,}", money(about.cost))
        return [
            *table(("role", "model", "read", "written", "cost"), [*rows, total]),
            "",
            f"About {round(about.tokens, -3):,} tokens for {wanted.tools} tools and {wanted.options.tasks} tasks"
            + (
                f", {money(about.cost)}."
                if about.cost is not None
                else ". The price of a model is not known; give it in studio.toml (input_price, output_price)."
            ),
        ]

    show({"domain": wanted.seed.name, "tools": wanted.tools, **about.model_dump()}, as_json, lines)


def run_summary(store: Store, run: Run) -> dict[str, Any]:
    """A run as JSON; the names of its counts never change."""
    from engine.store.call_log import CallFilter

    exists = store.domains.exists(run.domain)
    sums = store.call_log.sums(CallFilter(run=run.id))
    return {
        "domain": run.domain,
        "run": run.id,
        "status": run.status,
        "tasks_asked": run.options.tasks,
        **run.counts.model_dump(),
        "seconds": round(run.seconds, 2),
        "phase_seconds": {phase: round(seconds, 2) for phase, seconds in run.phase_seconds.items()},
        "tokens": sums.tokens,
        "cost": known_cost(sums),
        "calls": sums.calls - sums.cached,
        "rejections": store.tasks.rejections(run.domain) if exists else {},
    }


def tell_run(store: Store, run: Run, as_json: bool, *, db_hint: bool = False) -> None:
    """Prints what a run came to.

    Raises:
        Failed: It did not reach what was asked.
    """
    data = run_summary(store, run)
    counts, spending = run.counts, spending_of(store, run)

    def lines() -> list[str]:
        hint = f" --db {store.path}" if db_hint else ""
        return [
            f"{run.domain}: {counts.tools_admitted} tools admitted, {counts.tools_rejected} rejected; "
            f"{counts.edges_proven} edges proven, {counts.edges_unproven} unproven; "
            f"{counts.tasks_audited} tasks audited, {counts.tasks_rejected} attempts rejected; {run.seconds:.1f} s",
            *([] if spending is None else [f"Language models: {spent_in_words(spending())}."]),
            *(
                [f"Look at it with `scaleenv show {run.domain}{hint}` or `scaleenv studio{hint}`."]
                if store.domains.exists(run.domain)
                else []
            ),
        ]

    show(data, as_json, lines)
    if run.status == "done":
        return
    if words := stopped_words(run):
        raise Failed(words)
    reasons = "; ".join(f"{count} x {reason}" for reason, count in list(data["rejections"].items())[:5])
    raise Failed(
        f"Only {counts.tasks_audited} of {run.options.tasks} tasks came about"
        + (f". Why the others did not: {reasons}" if reasons else ".")
    )
