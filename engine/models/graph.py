"""The tool dependency graph G (paper, section 4.1) as data; its analysis is in `engine.graph`."""

from __future__ import annotations

from typing import Literal

from engine.models.base import Model

EdgeKind = Literal["data_flow", "precondition", "state"]


class Edge(Model):
    """`source` helps `target`.

    Attributes:
        kind: `data_flow`: an output of the source feeds a parameter of the target. `precondition`: the target
            is rejected until the source has run. `state`: what the source writes changes what the target answers.
        via: What carries the edge: `field -> parameter`, a rejection code, or a table.
        proven: Whether an execution showed it.
        reason: Why it is unproven, where it is.
        evidence: Id of the trace that was run, proven or not.
    """

    source: str
    target: str
    kind: EdgeKind
    via: str
    proven: bool = False
    reason: str = ""
    evidence: str | None = None

    @property
    def id(self) -> str:
        """Stable id within the domain."""
        return f"{self.kind}:{self.source}>{self.target}:{self.via}"


class ToolGraph(Model):
    """All edges between the admitted tools of a domain."""

    tools: tuple[str, ...]
    edges: tuple[Edge, ...] = ()

    @property
    def proven(self) -> tuple[Edge, ...]:
        """The edges that an execution showed."""
        return tuple(edge for edge in self.edges if edge.proven)
