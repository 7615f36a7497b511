"""What the page about the tool dependency graph reads."""

from __future__ import annotations

from engine.models.base import digest
from engine.models.graph import Edge, ToolGraph
from engine.models.tool import Tool
from engine.store.tools import StoredTool
from studio.queries.opened import opened


class GraphView:
    """A domain's graph with its tools, and a revision that changes exactly when the picture does."""

    def __init__(self, graph: ToolGraph, stored: list[StoredTool]) -> None:
        self.graph = graph
        self.tools = [entry.tool for entry in stored if entry.admitted]
        self.tool: dict[str, Tool] = {tool.name: tool for tool in self.tools}
        self.edge: dict[str, Edge] = {edge.id: edge for edge in graph.edges}
        self.revision = digest(graph.model_dump(mode="json"))[:16]


def graph(domain: str) -> GraphView:
    """A domain's tool dependency graph."""
    with opened() as store:
        return GraphView(store.graph(domain), store.tools.all(domain))
