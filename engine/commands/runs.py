"""`scaleenv resume` and `scaleenv cancel`."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.commands.console import DEFAULT_DB, Db, Failed, Json, Workers, say, show


def resume(
    run: Annotated[str | None, typer.Argument(help="A run; all unfinished ones where left out.")] = None,
    workers: Workers = None,
    db: Db = DEFAULT_DB,
    as_json: Json = False,
) -> None:
    """Go on with stopped runs from their last finished step."""
    from engine.commands.progress import RunDisplay
    from engine.commands.synth import run_summary
    from engine.executors.local import default_workers
    from engine.models.run import Run
    from engine.pipeline import execute
    from engine.store import Store

    with Store.open(db, create=False) as store:
        waiting = (
            [store.runs.get(run)] if run else [each for each in store.runs.unfinished() if each.status != "running"]
        )
        waiting = [each for each in waiting if each.status not in ("done", "short")]
        finished: list[Run] = []
        for each in waiting:
            say(f"Going on with `{each.id}` ({each.status}).")
            with RunDisplay() as display:
                finished.append(execute(store, each.id, workers=workers or default_workers(), observe=display.update))
        data = {"resumed": [run_summary(store, each) for each in finished]}
        show(
            data,
            as_json,
            lambda: (
                [f"{each.id}: {each.status}, {each.counts.tasks_audited} tasks audited" for each in finished]
                or ["Nothing to resume."]
            ),
        )
    if any(each.status != "done" for each in finished):
        raise Failed("Not every run reached what was asked.")


def cancel(run: Annotated[str, typer.Argument(help="The run.")], db: Db = DEFAULT_DB, as_json: Json = False) -> None:
    """Ask a run to stop before its next step."""
    from engine.store import Store

    with Store.open(db, create=False) as store:
        asked = store.runs.request_cancel(run)
        words = "will stop before its next step" if asked.status == "running" else "is cancelled"
        show({"run": asked.id, "status": asked.status}, as_json, lambda: [f"{asked.id} {words}."])
