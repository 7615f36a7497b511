"""Small graphs with tools that say as little as possible."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from engine.models.database import Column, DatabaseSchema, Table
from engine.models.domain import Domain, DomainSpec
from engine.models.graph import Edge, ToolGraph
from engine.models.tool import Contract, Effect, Tool
from studio.queries.graph import GraphView


def tool_of(name: str, *, description: str = "") -> Tool:
    """A tool on the table that its name ends with; it writes unless it gets or lists."""
    verb, _, table = name.partition("_")
    writes = verb not in ("get", "list")
    effects = (Effect(table=table or name, operation="delete", key="id"),) if writes else ()
    return Tool(
        name=name,
        description=description or f"Does {name}.",
        category="delete" if writes else "get",
        entity=table or name,
        parameters=(),
        contract=Contract(effects=effects),
        source="def tool(db):\n    return {}\n",
    )


def view_of(names: Sequence[str], edges: Iterable[Edge], *, description: str = "") -> GraphView:
    """A domain of such tools with these edges."""
    tools = tuple(tool_of(name, description=description) for name in names)
    columns = (Column(name="id", type="text", role="id", generated=True, policy="exempt"),)
    tables = tuple(
        Table(name=name, columns=columns, primary_key=("id",), id_prefix="T")
        for name in dict.fromkeys(tool.entity for tool in tools)
    )
    spec = DomainSpec(
        name="small",
        title="Small",
        description="",
        seed_kind="sql",
        seed_digest="0" * 64,
        database=DatabaseSchema(tables=tables),
    )
    graph = ToolGraph(tools=tuple(names), edges=tuple(edges))
    return GraphView(Domain(spec=spec, tools=tools), graph, "1")
