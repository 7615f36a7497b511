"""A store with a domain of as many tools as a test wants, without running the pipeline."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from random import Random

from engine.models.database import Column, DatabaseSchema, Table
from engine.models.domain import DomainSpec, ToolReport
from engine.models.graph import Edge
from engine.models.run import RunOptions
from engine.models.tool import Contract, Effect, Parameter, Tool
from engine.models.trace import Call, Trace, TraceStep
from engine.store import Store

LARGE = "large"
VERBS = ("find", "list", "get", "create", "update", "archive", "restore", "check", "count", "move")


def fill_large(path: Path, count: int = 300) -> Path:
    """Writes a store with `count` tools on a tenth as many tables, and about nine edges a tool."""
    tables = [f"thing_{number:02d}" for number in range(count // len(VERBS))]
    tools = [_tool(verb, table) for table, verb in product(tables, VERBS)]
    edges = _edges(tools)
    with Store.open(path) as store:
        store.domains.save(_spec(tables), RunOptions(tasks=0))
        store.tools.save(LARGE, tools)
        for tool in tools:
            store.tools.judge(LARGE, tool, ToolReport(tool=tool.name, admitted=True, cases=0), [])
        store.traces.add(LARGE, "edges", [_trace()])
        store.edges.save(LARGE, edges)
        store.edges.judge(LARGE, edges)
    return path


def _spec(tables: list[str]) -> DomainSpec:
    columns = (Column(name="id", type="text", role="id", generated=True, policy="exempt"),)
    return DomainSpec(
        name=LARGE,
        title="Large",
        description="Many tools.",
        seed_kind="sql",
        seed_digest="0" * 64,
        database=DatabaseSchema(
            tables=tuple(Table(name=name, columns=columns, primary_key=("id",), id_prefix="T") for name in tables)
        ),
    )


def _tool(verb: str, table: str) -> Tool:
    writes = verb in ("create", "update", "archive", "restore", "move")
    effects = (Effect(table=table, operation="update", key="id", values={"id": "id"}),) if writes else ()
    return Tool(
        name=f"{verb}_{table}",
        description=f"Does {verb} to a {table}.",
        category="update" if writes else "get",
        entity=table,
        parameters=(Parameter(name="id", type="text", refers_to=f"{table}.id"),),
        contract=Contract(effects=effects),
        source="def tool(db, id):\n    return {}\n",
    )


def _edges(tools: list[Tool]) -> list[Edge]:
    random = Random(1)
    found: dict[str, Edge] = {}
    for at, tool in enumerate(tools):
        for near in range(9):
            reach = 12 if near < 7 else len(tools)
            other = tools[(at + random.randint(1, reach)) % len(tools)]
            kind = "state" if tool.mutates_state and near % 3 == 0 else "precondition" if near % 4 == 0 else "data_flow"
            proven = random.random() < 0.85
            edge = Edge(
                source=tool.name,
                target=other.name,
                kind=kind,
                via=f"field_{near} -> id",
                proven=proven,
                reason="" if proven else "no state was found",
                evidence="proof" if proven else None,
            )
            found[edge.id] = edge
    return list(found.values())


def _trace() -> Trace:
    step = TraceStep(index=0, call=Call(name="find_thing_00", arguments={"id": "T-1"}), outcome="success", result={})
    return Trace(id="proof", kind="edge_proof", title="find_thing_00", rows={}, steps=(step,), passed=True)
