"""`scaleenv revise`: edit a tool; it is tested before it counts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from engine.commands.console import DEFAULT_DB, Db, Failed, Json, Workers, show
from engine.commands.model_options import (
    BaseUrl,
    Config,
    MaxCalls,
    MaxCost,
    MaxTokens,
    chosen,
    spending_of,
    spent_in_words,
    stopped_words,
)

Role = Literal["code", "debug", "contract"]

_LARGEST = 1_000_000
"""Bytes of a file that are read at most."""


def revise(
    domain: Annotated[str, typer.Argument(help="The domain's name.")],
    tool: Annotated[str, typer.Argument(help="The tool's name.")],
    source: Annotated[Path | None, typer.Option("--source", help="A file with the tool's new code.")] = None,
    contract: Annotated[
        Path | None, typer.Option("--contract", help="A file with its new contract, YAML or JSON.")
    ] = None,
    description: Annotated[
        str | None, typer.Option("--description", help="What agents read of it from now on.")
    ] = None,
    note: Annotated[str, typer.Option("--note", help="Why it is changed.")] = "",
    curator: Annotated[str, typer.Option("--curator", help="Who changes it.")] = "me",
    print_contract: Annotated[
        bool, typer.Option("--print-contract", help="Print the contract as it is, to begin from, and change nothing.")
    ] = False,
    model: Annotated[
        str | None, typer.Option("--model", help="A language model that is asked for the change, as litellm names it.")
    ] = None,
    role: Annotated[
        Role, typer.Option("--role", help="What it does: write the code anew, repair it, or make the conditions anew.")
    ] = "code",
    hint: Annotated[str, typer.Option("--hint", help="What shall be different, in words, for the model.")] = "",
    base_url: BaseUrl = None,
    max_cost: MaxCost = None,
    max_tokens: MaxTokens = None,
    max_calls: MaxCalls = None,
    config: Config = None,
    workers: Workers = None,
    db: Db = DEFAULT_DB,
    as_json: Json = False,
) -> None:
    """Edit a tool, or have a language model do so: it is tested again, and what depends on it verified again, before it counts."""
    from engine.commands.progress import RunDisplay
    from engine.errors import UsageError
    from engine.executors.local import default_workers
    from engine.pipeline import draft_of, execute, propose
    from engine.pipeline.model_settings import Choice, read_settings
    from engine.store import Store

    choice = chosen(base_url=base_url, max_cost=max_cost, max_tokens=max_tokens, max_calls=max_calls)
    if model is not None and (source or contract or description or note):
        raise UsageError(
            "--model asks a model for the change; leave out --source, --contract, --description and --note."
        )
    if model is None and (hint or choice != Choice() or config):
        raise UsageError("--hint, --base-url, --config and the bounds are for a model; name one with --model.")
    settings = None if model is None else read_settings(config, store=db).under(choice)

    with Store.open(db, create=False) as store:
        store.domains.require(domain)
        stored = store.tools.get(domain, tool)
        draft = draft_of(stored.tool, note=note, started_from=stored.digest)
        if print_contract:
            show({"contract": draft.contract}, as_json, lambda: [draft.contract.rstrip()])
            return
        changes = {
            name: value
            for name, value in (
                ("source", None if source is None else _read(source)),
                ("contract", None if contract is None else _read(contract)),
                ("description", description),
            )
            if value is not None
        }
        if model is None:
            run = propose(store, domain, tool, draft.model_copy(update=changes), curator)
        else:
            from engine.pipeline.rewrite import propose_by_model

            run = propose_by_model(
                store, domain, tool, role=role, model=model, hint=hint, curator=curator, settings=settings
            )
        with RunDisplay(spending_of(store, run)) as display:
            run = execute(
                store, run.id, workers=workers or default_workers(), observe=display.update, settings=settings
            )
        edit = store.tool_edits.of_run(run.id)
        reasons = list(edit.report.reasons) if edit.report else []
        data = {
            "domain": domain,
            "tool": tool,
            "edit": edit.seq,
            "state": edit.state,
            "reasons": reasons,
            "run": run.id,
            "status": run.status,
            **run.counts.model_dump(),
        }
        spending = spending_of(store, run)
        spent = [] if spending is None else [f"Language models: {spent_in_words(spending())}."]
        show(data, as_json, lambda: [store.runs.events(run.id)[-1].message, *reasons, *spent])
    if words := stopped_words(run):
        raise Failed(words)
    if edit.state != "counts":
        raise Failed("The edit does not count.")


def _read(path: Path) -> str:
    """A file's text.

    Raises:
        UsageError: It can't be read.
    """
    from engine.errors import UsageError

    try:
        if path.stat().st_size > _LARGEST:
            raise UsageError(f"{path}: {path.stat().st_size:,} bytes are too many (at most {_LARGEST:,}).")
        return path.read_text("utf-8")
    except OSError as error:
        raise UsageError(f"{path}: the file can't be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: the file is not UTF-8 text (byte {error.start}).") from error
