"""`scaleenv export`: domains with their audited tasks, as files for training."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from engine.commands.console import DEFAULT_DB, Db, Json, show


def export(
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to write to; made where it is missing.")],
    format: Annotated[
        Literal["bundle", "jsonl", "parquet"],
        typer.Option(
            "--format", "-f", help="`bundle`: a folder a domain that runs alone. `jsonl`, `parquet`: one row a task."
        ),
    ] = "bundle",
    domain: Annotated[
        list[str] | None,
        typer.Option("--domain", "-d", help="A domain; may be given several times. All where left out."),
    ] = None,
    approved_only: Annotated[bool, typer.Option("--approved-only", help="Only tasks that a curator approved.")] = False,
    db: Db = DEFAULT_DB,
    as_json: Json = False,
) -> None:
    """Write domains and their audited tasks to files."""
    from engine.pipeline.exports import export_domains
    from engine.store import Store

    with Store.open(db, create=False) as store:
        written = export_domains(store, domain or [], out, format=format, approved_only=approved_only)
    data = {
        "format": format,
        "out": str(out),
        "exported": [each.model_dump(mode="json") for each in written],
        "tasks": sum(each.tasks for each in written),
    }
    show(data, as_json, lambda: [f"{each.domain}: {each.tasks} tasks in {each.path}" for each in written])
