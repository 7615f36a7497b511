"""`scaleenv list` and `scaleenv show`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.commands.console import DEFAULT_DB, Db, Json, say, show, table

if TYPE_CHECKING:
    from engine.store import Store


def list_domains(db: Db = DEFAULT_DB, as_json: Json = False) -> None:
    """List the domains with their sizes, and unfinished runs."""
    from engine.store import Store

    if not db.exists():
        say(f"There is no store at `{db}` yet; make one with `scaleenv synth job_seeking`.")
        show({"domains": [], "runs": []}, as_json, list)
        return
    with Store.open(db, create=False) as store, store.snapshot():
        domains = store.domains.summaries()
        runs = [run for run in store.runs.all() if run.status not in ("done", "short")]

    def lines() -> list[str]:
        head = ("domain", "seed", "tables", "tools", "rejected", "edges", "unproven", "tasks", "approved")
        text = table(
            head,
            [
                (
                    *(each.name, each.seed_kind, each.tables, each.tools_admitted, each.tools_rejected),
                    *(each.edges_proven, each.edges_unproven, each.tasks_audited, each.tasks_approved),
                )
                for each in domains
            ],
        )
        if not domains:
            text = ["No domains yet; make one with `scaleenv synth job_seeking`."]
        if runs:
            text += [
                "",
                *table(
                    ("run", "status", "phase", "done", "of"), [(r.id, r.status, r.phase, r.done, r.total) for r in runs]
                ),
            ]
        return text

    show(
        {
            "domains": [each.model_dump() for each in domains],
            "runs": [
                {"run": run.id, "domain": run.domain, "status": run.status, "phase": run.phase, "error": run.error}
                for run in runs
            ],
        },
        as_json,
        lines,
    )


def show_domain(
    domain: Annotated[str, typer.Argument(help="The domain's name.")],
    blueprint: Annotated[
        bool,
        typer.Option("--blueprint", help="The blueprint that a keyword became, as YAML to edit and use as a seed."),
    ] = False,
    db: Db = DEFAULT_DB,
    as_json: Json = False,
) -> None:
    """Show a domain: its tools, rules, graph, tasks and rejections."""
    from engine.errors import UsageError
    from engine.store import Store

    with Store.open(db, create=False) as store, store.snapshot():
        if blueprint:
            text = store.domains.blueprint(domain)
            if text is None:
                kind = store.domains.get(domain).seed_kind
                raise UsageError(f"`{domain}` was made from a {kind} seed; only a keyword becomes a blueprint.")
            show({"domain": domain, "blueprint": text}, as_json, lambda: text.splitlines())
            return
        data = describe(store, domain)
    show(data, as_json, lambda: _lines(data))


def describe(store: Store, name: str) -> dict[str, Any]:
    """A domain as plain data.

    Raises:
        UsageError: There is no such domain.
    """
    from engine.graph.analysis import density
    from engine.models.run import PHASES
    from engine.store.tasks import TaskFilter

    summary = store.domains.summary(name)
    spec = store.domains.get(name)
    tools = store.tools.all(name)
    graph = store.graph(name)
    kinds = {
        kind: [edge for edge in graph.edges if edge.kind == kind] for kind in ("data_flow", "precondition", "state")
    }
    rules: dict[str, list[str]] = {}
    for stored in tools:
        for requirement in stored.tool.contract.requires:
            if requirement.rule:
                rules.setdefault(requirement.rule, []).append(f"{stored.tool.name}: {requirement.code}")
    tasks = store.tasks.page(TaskFilter(domain=name, state="audited"), limit=1_000_000)
    run = store.runs.latest(name)
    return {
        **summary.model_dump(),
        "description": spec.description,
        "warnings": list(spec.warnings),
        "run": None
        if run is None
        else {"run": run.id, "status": run.status, "phase": run.phase, "phases": list(PHASES)},
        "table_names": [table.name for table in spec.database.tables],
        "tools": [
            {
                "name": stored.tool.name,
                "category": stored.tool.category,
                "description": stored.tool.description,
                "admitted": stored.admitted,
                "cases": stored.report.cases if stored.report else 0,
                "reasons": list(stored.report.reasons) if stored.report else [],
                "unreachable": [
                    {"code": each.code, "condition": each.condition, "why": each.unreachable}
                    for each in (stored.report.coverage if stored.report else ())
                    if each.unreachable
                ],
            }
            for stored in tools
        ],
        "rules": {rule: sorted(set(places)) for rule, places in sorted(rules.items())},
        "graph": {
            "density": round(density(graph), 4),
            "kinds": {
                kind: {"proven": sum(e.proven for e in edges), "all": len(edges)} for kind, edges in kinds.items()
            },
            "unproven": [{"edge": edge.id, "reason": edge.reason} for edge in graph.edges if not edge.proven],
        },
        "tasks": [
            {
                "task_id": task.id,
                "difficulty": task.difficulty,
                "steps": task.steps,
                "review": task.review,
                "tools": list(task.tools),
                "instruction": task.instruction,
            }
            for task in tasks
        ],
        "task_rejections": store.tasks.rejections(name),
        "traces": store.traces.count(name),
    }


def _lines(data: dict[str, Any]) -> list[str]:
    graph = data["graph"]
    return [
        f"{data['title']} ({data['name']}), from {data['seed_kind']}",
        *([data["description"]] if data["description"] else []),
        *(f"warning: {warning}" for warning in data["warnings"]),
        "",
        f"Tools: {data['tools_admitted']} admitted, {data['tools_rejected']} rejected; {data['tables']} tables",
        *table(
            ("tool", "kind", "cases", "state"),
            [
                (
                    *(tool["name"], tool["category"], tool["cases"]),
                    _state(tool),
                )
                for tool in data["tools"]
            ],
        ),
        "",
        "Rules: " + (", ".join(f"{rule} ({len(places)})" for rule, places in data["rules"].items()) or "none"),
        "",
        f"Graph: {data['edges_proven']} edges proven, {data['edges_unproven']} unproven, density {graph['density']}",
        *(f"  {kind}: {n['proven']} of {n['all']} proven" for kind, n in graph["kinds"].items()),
        *(f"  unproven {edge['edge']}: {edge['reason']}" for edge in graph["unproven"][:12]),
        *([f"  ... and {len(graph['unproven']) - 12} more (--json)"] if len(graph["unproven"]) > 12 else []),
        "",
        f"Tasks: {data['tasks_audited']} audited, {data['tasks_rejected']} attempts rejected",
        *table(
            ("task", "difficulty", "steps", "review", "instruction"),
            [
                (t["task_id"], t["difficulty"], t["steps"], t["review"], _cut(t["instruction"], 90))
                for t in data["tasks"]
            ],
        ),
        *(f"  {count} x {reason}" for reason, count in data["task_rejections"].items()),
    ]


def _state(tool: dict[str, Any]) -> str:
    if tool["admitted"]:
        return "admitted"
    return _cut("rejected: " + "; ".join(tool["reasons"]), 120) if tool["reasons"] else "not tested yet"


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
