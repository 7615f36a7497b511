"""`scaleenv bench models`: what comes of a domain that a language model makes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from engine.commands.console import Failed, Json, Workers, show, table
from engine.commands.model_options import BaseUrl, Config, MaxCalls, MaxCost, MaxTokens, ModelFor, ModelName, chosen


def models(
    seed: Annotated[
        str,
        typer.Argument(
            help="A keyword, for all roles; or a blueprint, for code and repairs (and for tasks, if asked)."
        ),
    ],
    model: ModelName = None,
    model_for: ModelFor = None,
    base_url: BaseUrl = None,
    tools: Annotated[
        int | None, typer.Option("--tools", min=1, max=200, help="Tools of a domain from a keyword.", show_default="40")
    ] = None,
    tasks: Annotated[int, typer.Option("--tasks", "-n", min=0, help="Audited tasks to make.")] = 0,
    number: Annotated[int, typer.Option("--seed", help="Decides every random choice.")] = 0,
    reference: Annotated[
        Path | None,
        typer.Option(
            "--reference", metavar="FILE", help="Python file with each of a blueprint's tools, written by hand."
        ),
    ] = None,
    planted: Annotated[
        Path | None,
        typer.Option("--planted", metavar="FILE", help="YAML file with states, calls and what they must bring."),
    ] = None,
    store: Annotated[
        Path | None,
        typer.Option(
            "--store", metavar="FILE", help="Where the domain and all answers are kept; thrown away otherwise."
        ),
    ] = None,
    max_cost: MaxCost = None,
    max_tokens: MaxTokens = None,
    max_calls: MaxCalls = None,
    config: Config = None,
    workers: Workers = None,
    as_json: Json = False,
) -> None:
    """Measure what a language model gets admitted, and look for faults in it."""
    from engine.bench.models import bench_models
    from engine.commands.progress import RunDisplay
    from engine.executors.local import default_workers
    from engine.pipeline.model_settings import read_settings

    choice = chosen(
        model=model,
        model_for=model_for,
        base_url=base_url,
        max_cost=max_cost,
        max_tokens=max_tokens,
        max_calls=max_calls,
    )
    with RunDisplay() as display:
        data = bench_models(
            seed,
            choice,
            read_settings(config, store=store),
            tools=tools,
            tasks=tasks,
            number=number,
            workers=workers or default_workers(),
            store=store,
            reference=reference,
            planted=planted,
            observe=display.update,
        )
    show(data, as_json, lambda: _lines(data))
    if data["faults"]:
        raise Failed(f"Admitted tools are faulty: {', '.join(data['check']['faulty'])}.")
    if data["status"] not in ("done", "short"):
        raise Failed(f"The run ended as `{data['status']}`: {data['error']}")


def _lines(data: dict[str, Any]) -> list[str]:
    tools, tasks, check = data["tools"], data["tasks"], data["check"]
    asked = tools["asked"]
    figures = [
        ("tools asked", asked),
        ("tools with a contract", tools["composed"]),
        ("admitted, first try", _share(tools["first_try"], asked)),
        ("admitted, after repair", _share(tools["after_repair"], asked)),
        ("repairs a tool", tools["repairs_a_tool"]),
        ("tokens a tool", tools["tokens_a_tool"]),
        ("of these for code and repairs", tools["code_tokens_a_tool"]),
        ("tasks audited", f"{tasks['audited']} of {tasks['asked']}"),
        ("seconds", data["seconds"]),
    ]
    calls = [
        (role, data["roles"].get(role, ""), *(sums[name] for name in _CALL_COLUMNS))
        for role, sums in data["calls"].items()
    ]
    composed = [role for role, player in data["roles"].items() if player == "composer"]
    return [
        *table(("", "value"), figures),
        "",
        *table(("role", "model", *(name.replace("_", " ") for name in _CALL_COLUMNS)), calls),
        *([f"By the composer: {', '.join(composed)}."] if composed else []),
        *(["", *table(("rejected", "because"), tools["rejected"].items())] if tools["rejected"] else []),
        *(
            ["", "Left out or made otherwise:", *(f"- {words}" for words in data["warnings"])]
            if data["warnings"]
            else []
        ),
        "",
        f"Tried again: {check.get('tools', 0)} admitted tools in {check.get('cases', 0)} cases of other seeds, "
        f"{check.get('compared', 0)} compared with a reference, {check.get('planted', 0)} planted calls; "
        f"{len(check.get('faulty', ()))} faulty.",
        *(f"- {fault['tool']} ({fault['judge']}): {fault['detail']}" for fault in data["faults"]),
    ]


_CALL_COLUMNS = ("calls", "corrected", "refused", "failed", "prompt_tokens", "completion_tokens", "tokens")


def _share(part: int, whole: int) -> str:
    return f"{part} ({100 * part / whole:.0f}%)" if whole else str(part)
