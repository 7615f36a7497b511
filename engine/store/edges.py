"""The edges of the tool dependency graphs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from engine.models.graph import Edge
from engine.store.codec import digest_of
from engine.store.connection import Connection


class Edges:
    """The edges of a store's domains."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def save(self, domain: str, edges: Iterable[Edge]) -> None:
        """Adds the inferred edges, none of them tried yet."""
        self._connection.write_many(
            "insert into edge (domain, position, id, kind, source, target, via, reason) values (?,?,?,?,?,?,?,'')",
            [
                (domain, position, edge.id, edge.kind, edge.source, edge.target, edge.via)
                for position, edge in enumerate(edges)
            ],
        )

    def judge(self, domain: str, edges: Iterable[Edge]) -> None:
        """Stores what came of trying to prove these edges; they are not stale any more."""
        self._connection.write_many(
            "update edge set proven = ?, reason = ?, evidence = ?, stale = '' where domain = ? and id = ?",
            [(int(edge.proven), edge.reason, edge.evidence, domain, edge.id) for edge in edges],
        )

    def mark(self, domain: str) -> str:
        """Changes whenever anything about a domain's edges does; cheap enough to be asked for each page."""
        rows = self._connection.all(
            "select id, proven, reason, evidence, stale from edge where domain = ? order by position", (domain,)
        )
        return digest_of("\n".join(repr(tuple(row)) for row in rows))

    def untried(self, domain: str) -> frozenset[str]:
        """Ids of the edges that no run has tried to prove yet; `all` tells them as unproven."""
        rows = self._connection.all("select id from edge where domain = ? and proven is null", (domain,))
        return frozenset(row["id"] for row in rows)

    def of_tool(self, domain: str, tool: str) -> list[Edge]:
        """The edges from and to a tool, in the order they were inferred."""
        rows = self._connection.all(
            "select * from edge where domain = :domain and (source = :tool or target = :tool) order by position",
            {"domain": domain, "tool": tool},
        )
        return [self._read(row) for row in rows]

    def all(self, domain: str) -> list[Edge]:
        """A domain's edges in the order they were inferred."""
        rows = self._connection.all("select * from edge where domain = ? order by position", (domain,))
        return [self._read(row) for row in rows]

    @staticmethod
    def _read(row: Any) -> Edge:
        return Edge(
            source=row["source"],
            target=row["target"],
            kind=row["kind"],
            via=row["via"],
            proven=bool(row["proven"]),
            reason=row["reason"],
            evidence=row["evidence"],
        )
