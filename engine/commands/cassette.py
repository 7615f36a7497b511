"""`scaleenv cassette`: answers of language models as a file, to be replayed without a network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.commands.console import DEFAULT_DB, Db, Json, show

app = typer.Typer(
    name="cassette",
    help="Answers of language models as a file, to be replayed without a network.",
    no_args_is_help=True,
)


@app.command("export")
def export(
    runs_and_file: Annotated[
        list[str], typer.Argument(metavar="RUN... FILE", help="One or more runs, and the file to write.")
    ],
    db: Db = DEFAULT_DB,
    as_json: Json = False,
) -> None:
    """Write every answer that some runs used into a file."""
    from engine.errors import UsageError
    from engine.pipeline.cassette import export_cassette
    from engine.store import Store

    *runs, file = runs_and_file
    if not runs:
        raise UsageError(
            "Name the runs first and the file last, as in `scaleenv cassette export bakery-1 bakery.jsonl`."
        )
    with Store.open(db, create=False) as store:
        names = [store.runs.get(run).id for run in runs]
        count = export_cassette(store, names, Path(file))
    show({"file": file, "answers": count}, as_json, lambda: [f"{count:,} answers written to `{file}`."])


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="The file.")], db: Db = DEFAULT_DB, as_json: Json = False
) -> None:
    """Add a file's answers to the store; whoever asks the same gets them at no cost."""
    from engine.pipeline.cassette import import_cassette
    from engine.store import Store

    with Store.open(db) as store:
        count = import_cassette(store, file)
    show({"file": str(file), "answers": count}, as_json, lambda: [f"{count:,} new answers from `{file}`."])
