"""`scaleenv bench`: how strong the tests are, how fast episodes, synthesis and the studio are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from engine.commands.bench_models import models
from engine.commands.console import DEFAULT_DB, Db, Failed, Json, Workers, say, show, table

app = typer.Typer(
    help="Measure the tests' strength, the runtimes, the synthesis, the studio.",
    no_args_is_help=False,
    invoke_without_command=True,
)
app.command()(models)


@app.callback()
def bench(context: typer.Context) -> None:
    """Measure the tests' strength, the runtimes, the synthesis, the studio."""
    if context.invoked_subcommand is None:
        print(context.get_help())
        raise typer.Exit(2)


@app.command()
def mutations(
    domain: Annotated[str, typer.Argument(help="A domain of the store, or a seed as `synth` takes.")],
    seed: Annotated[int, typer.Option("--seed", help="Decides the tests, where the domain is not in the store.")] = 0,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="Most faults to plant; all where left out.")
    ] = None,
    workers: Workers = None,
    db: Db = DEFAULT_DB,
    as_json: Json = False,
) -> None:
    """Plant faults in tools, and count those that the tests catch."""
    from engine.bench.strength import measure_strength
    from engine.executors.local import default_workers

    data = measure_strength(domain, db=db, seed=seed, limit=limit, workers=workers or default_workers())

    def lines() -> list[str]:
        kinds = [
            (kind, n["planted"], n["caught"], f"{100 * n['caught'] / n['planted']:.1f}%" if n["planted"] else "-")
            for kind, n in data["per_kind"].items()
        ]
        total = ("all", data["planted"], data["caught"], f"{100 * data['caught_rate']:.1f}%")
        survivors = [(s["tool"], s["kind"], s["line"], s["before"], s["after"]) for s in data["survivors"]]
        return [
            *table(("kind", "planted", "caught", "rate"), [*kinds, total]),
            *(["", *table(("survivor", "kind", "line", "was", "is"), survivors)] if survivors else []),
        ]

    show(data, as_json, lines)


@app.command()
def runtime(
    rows: Annotated[
        list[int] | None, typer.Option("--rows", min=10, help="Rows of the initial state; may be given several times.")
    ] = None,
    seconds: Annotated[float, typer.Option("--seconds", min=0.05, help="Time for each measurement.")] = 1.0,
    as_json: Json = False,
) -> None:
    """Measure steps, resets and rewards per second in both runtimes."""
    from engine.bench.runtime import bench_runtime

    measured: list[dict[str, Any]] = []
    for size in rows or [1_000]:
        say(f"Measuring with {size} rows ...")
        measured.append(dict(bench_runtime(size, seconds=seconds)))
    names = list(measured[0])
    data = measured[0] if len(measured) == 1 else {**measured[0], "sizes": measured}
    show(
        data,
        as_json,
        lambda: table(("", *(str(each["rows"]) for each in measured)), [(n, *(m[n] for m in measured)) for n in names]),
    )


@app.command()
def synth(
    seed: Annotated[str, typer.Argument(help="A seed as `scaleenv synth` takes.")] = "job_seeking",
    tasks: Annotated[int, typer.Option("--tasks", "-n", min=1, help="Audited tasks to make.")] = 20,
    number: Annotated[int, typer.Option("--seed", help="Decides every random choice.")] = 7,
    workers: Workers = None,
    as_json: Json = False,
) -> None:
    """Measure verified tasks per second, and the time of each phase."""
    from engine.bench.synth import bench_synth
    from engine.commands.progress import RunDisplay
    from engine.executors.local import default_workers

    with RunDisplay() as display:
        data = bench_synth(
            seed, tasks=tasks, number=number, workers=workers or default_workers(), observe=display.update
        )
    show(data, as_json, lambda: table(("", "value"), [(name, value) for name, value in data.items()]))


@app.command()
def tokens(
    cassette: Annotated[
        Path | None,
        typer.Option("--cassette", help="Another recording of the same run than the one that ships with the engine."),
    ] = None,
    workers: Workers = None,
    as_json: Json = False,
) -> None:
    """Count the tokens of a foundation and of a task by role, replaying a recorded model; nobody is asked."""
    from engine.bench.tokens import (
        FOUNDATION_AIM,
        FOUNDATION_PAPER,
        TASK_AIM,
        TASK_PAPER,
        TASK_ROLES,
        TOOLS_OF_AIM,
        measure_tokens,
    )
    from engine.commands.progress import RunDisplay
    from engine.executors.local import default_workers

    with RunDisplay() as display:
        report = measure_tokens(cassette, workers=workers or default_workers(), observe=display.update)

    def lines() -> list[str]:
        by_role = [
            (
                role,
                each.calls,
                *(f"{n:,}" for n in (each.prompt, each.completion, each.total)),
                f"{each.total / max(1, report.tasks):,.0f} a task"
                if role in TASK_ROLES
                else f"{each.total / max(1, report.tools):,.0f} a tool",
            )
            for role, each in report.by_role.items()
        ]
        totals = [
            ("foundation", f"{report.per_foundation:,.0f}", f"{FOUNDATION_AIM:,}", f"{FOUNDATION_PAPER:,}"),
            ("task", f"{report.per_task:,.0f}", f"{TASK_AIM:,}", f"{TASK_PAPER:,}"),
        ]
        return [
            *table(("role", "calls", "prompt", "completion", "tokens", ""), by_role),
            "",
            *table((f"{TOOLS_OF_AIM} tools, 1 task", "tokens", "aim", "paper"), totals),
            "",
            f"Measured over {report.tools} tools and {report.tasks} tasks.",
        ]

    show(report.data(), as_json, lines)
    if report.per_foundation > FOUNDATION_AIM or report.per_task > TASK_AIM:
        raise Failed("More tokens than the aim.")


@app.command()
def studio(
    store: Annotated[
        Path | None,
        typer.Option(
            "--store", help="Where the large store is kept for further measurements; made where it is missing."
        ),
    ] = None,
    domains: Annotated[int, typer.Option("--domains", min=2, help="Domains of the store; each has 50 tools.")] = 20,
    tasks: Annotated[int, typer.Option("--tasks", min=100, help="Tasks of the store, over all domains.")] = 100_000,
    repeat: Annotated[int, typer.Option("--repeat", min=1, help="How often each thing is measured.")] = 5,
    page: Annotated[str | None, typer.Option("--page", help="One page only.")] = None,
    as_json: Json = False,
) -> None:
    """Measure the studio's pages in a real browser on a large store."""
    from engine.bench.studio import bench_studio

    data = bench_studio(store, domains=domains, tasks=tasks, repeat=repeat, page=page, say=say)

    def lines() -> list[str]:
        shown = [
            (
                each["page"],
                each["what"],
                *(("never drawn" if each[n] is None else each[n]) for n in ("median_ms", "max_ms")),
            )
            for each in data["measurements"]
        ]
        return table(("page", "what", "median ms", "max ms"), shown)

    show(data, as_json, lines)
    if any(each["median_ms"] is None for each in data["measurements"]):
        raise Failed("Something was never drawn.")
