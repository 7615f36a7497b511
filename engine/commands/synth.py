"""`scaleenv synth`: from a seed to a domain with audited tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from engine.commands.console import DEFAULT_DB, Db, Failed, Json, Workers, say, show

if TYPE_CHECKING:
    from engine.models.run import Run
    from engine.store import Store


def synth(
    seed: Annotated[
        str, typer.Argument(help="A built-in domain, a blueprint (YAML), an SQL schema or an SQLite file.")
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
    force: Annotated[bool, typer.Option("--force", help="Replace a domain of this name.")] = False,
    workers: Workers = None,
    db: Db = DEFAULT_DB,
    as_json: Json = False,
) -> None:
    """Make a domain from a seed, with verified tools and audited tasks."""
    from engine.commands.progress import RunDisplay
    from engine.executors.local import default_workers
    from engine.models.run import RunOptions
    from engine.pipeline import read_seed_text, synthesize
    from engine.store import Store

    options = RunOptions(tasks=tasks, seed=seed_number, difficulty=difficulty, trusted=trusted, with_rows=with_rows)
    text = read_seed_text(seed, name=name, with_rows=with_rows)
    with Store.open(db) as store:
        with RunDisplay() as display:
            run, answer = synthesize(
                store, text, options, workers=workers or default_workers(), observe=display.update, force=force
            )
        if answer == "up_to_date":
            say(f"`{run.domain}` is up to date; nothing was done. (Begin anew with --force.)")
        tell_run(store, run, as_json, db_hint=db != DEFAULT_DB)


def run_summary(store: Store, run: Run) -> dict[str, Any]:
    """A run as JSON; the names of its counts never change."""
    exists = store.domains.exists(run.domain)
    return {
        "domain": run.domain,
        "run": run.id,
        "status": run.status,
        "tasks_asked": run.options.tasks,
        **run.counts.model_dump(),
        "seconds": round(run.seconds, 2),
        "phase_seconds": {phase: round(seconds, 2) for phase, seconds in run.phase_seconds.items()},
        "rejections": store.tasks.rejections(run.domain) if exists else {},
    }


def tell_run(store: Store, run: Run, as_json: bool, *, db_hint: bool = False) -> None:
    """Prints what a run came to.

    Raises:
        Failed: It did not reach what was asked.
    """
    data = run_summary(store, run)
    counts = run.counts

    def lines() -> list[str]:
        hint = f" --db {store.path}" if db_hint else ""
        return [
            f"{run.domain}: {counts.tools_admitted} tools admitted, {counts.tools_rejected} rejected; "
            f"{counts.edges_proven} edges proven, {counts.edges_unproven} unproven; "
            f"{counts.tasks_audited} tasks audited, {counts.tasks_rejected} attempts rejected; {run.seconds:.1f} s",
            f"Look at it with `scaleenv show {run.domain}{hint}` or `scaleenv studio{hint}`.",
        ]

    show(data, as_json, lines)
    if run.status == "done":
        return
    if run.status == "cancelled":
        raise Failed(f"The run was cancelled; go on with `scaleenv resume {run.id}`.")
    reasons = "; ".join(f"{count} x {reason}" for reason, count in list(data["rejections"].items())[:5])
    raise Failed(
        f"Only {counts.tasks_audited} of {run.options.tasks} tasks came about"
        + (f". Why the others did not: {reasons}" if reasons else ".")
    )
