"""`scaleenv resume` and `scaleenv cancel`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from engine.commands.console import DEFAULT_DB, Db, Failed, Json, Workers, say, show
from engine.commands.model_options import (
    BaseUrl,
    Config,
    MaxCalls,
    MaxCost,
    MaxTokens,
    chosen,
    spending_of,
    with_larger,
)

if TYPE_CHECKING:
    from engine.models.run import Run, RunOptions
    from engine.store import Store


def resume(
    run: Annotated[str | None, typer.Argument(help="A run; all unfinished ones where left out.")] = None,
    max_cost: MaxCost = None,
    max_tokens: MaxTokens = None,
    max_calls: MaxCalls = None,
    base_url: BaseUrl = None,
    config: Config = None,
    workers: Workers = None,
    db: Db = DEFAULT_DB,
    as_json: Json = False,
) -> None:
    """Go on with stopped runs from their last finished step."""
    from engine.commands.progress import RunDisplay
    from engine.commands.synth import run_summary
    from engine.executors.local import default_workers
    from engine.pipeline import execute
    from engine.pipeline.model_settings import read_settings
    from engine.store import Store

    choice = chosen(base_url=base_url, max_cost=max_cost, max_tokens=max_tokens, max_calls=max_calls)
    with Store.open(db, create=False) as store:
        waiting = (
            [store.runs.get(run)] if run else [each for each in store.runs.unfinished() if each.status != "running"]
        )
        waiting = [each for each in waiting if each.status not in ("done", "short")]
        finished: list[Run] = []
        for each in waiting:
            say(f"Going on with `{each.id}` ({each.status}).")
            settings = None
            if each.options.models:
                settings = read_settings(config, store=db)
                _retarget(store, each, with_larger(each.options, choice))
            with RunDisplay(spending_of(store, each)) as display:
                finished.append(
                    execute(
                        store,
                        each.id,
                        workers=workers or default_workers(),
                        observe=display.update,
                        settings=settings,
                    )
                )
        data = {"resumed": [run_summary(store, each) for each in finished]}
        show(
            data,
            as_json,
            lambda: [f"{each.id}: {_came_to(store, each)}" for each in finished] or ["Nothing to resume."],
        )
    for each in finished:
        if each.status == "exhausted":
            say(f"{each.id}: {each.error}")
    if any(each.status != "done" for each in finished):
        raise Failed("Not every run reached what was asked.")


def _came_to(store: Store, run: Run) -> str:
    if run.kind == "revision" and run.status == "done":
        return store.runs.events(run.id)[-1].message
    return f"{run.status}, {run.counts.tasks_audited} tasks audited"


def _retarget(store: Store, run: Run, options: RunOptions) -> None:
    """Gives a run another budget or address; one that a living process works on is left alone, and refused later."""
    with store.transaction():
        if options != run.options and store.runs.get(run.id).status != "running":
            store.runs.retarget(run.id, options)


def cancel(run: Annotated[str, typer.Argument(help="The run.")], db: Db = DEFAULT_DB, as_json: Json = False) -> None:
    """Ask a run to stop before its next step."""
    from engine.store import Store

    with Store.open(db, create=False) as store:
        asked = store.runs.request_cancel(run)
        words = "will stop before its next step" if asked.status == "running" else "is cancelled"
        show({"run": asked.id, "status": asked.status}, as_json, lambda: [f"{asked.id} {words}."])
