"""What has to be verified again since a tool was edited: its edges, the tasks that offer it, and the tool itself until then."""

from __future__ import annotations

from collections.abc import Iterable

from engine.errors import UsageError
from engine.models.base import Model
from engine.models.graph import Edge
from engine.store.connection import Connection
from engine.store.tasks import TaskState


class StaleCounts(Model):
    """How much of a domain does not count until it is verified again."""

    tools: int
    edges: int
    tasks: int

    def __bool__(self) -> bool:
        return bool(self.tools or self.edges or self.tasks)


class TaskMark(Model):
    """A task with a body, as a revision goes through them.

    Attributes:
        stale: Why its audits don't count, or empty.
        digest: Of its content as stored.
        reason: Why it was rejected, as told to people.
    """

    id: str
    state: TaskState
    stale: str
    digest: str
    reason: str


class Staleness:
    """Marks what depends on an edited tool, and takes the marks back."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def mark(self, domain: str, tool: str, why: str, *, was_admitted: bool) -> None:
        """Marks a tool that was replaced, its edges, and the tasks that stand on it; belongs into that transaction.

        A task is offered the tools that its domain had when it was made. For a tool that was admitted, every task is
        marked: that can only be too many, and those lose nothing by being audited again.

        Args:
            domain: The domain.
            tool: The tool's name.
            why: What happened, in words that reasons can quote.
            was_admitted: Whether the tool could be in tasks. A tool that comes into the domain touches those tasks only
                whose texts happen to hold its name.
        """
        with self._connection.transaction():
            self._connection.write("update tool set stale = ? where domain = ? and name = ?", (why, domain, tool))
            self._connection.write(
                "update edge set stale = ? where domain = ? and (source = ? or target = ?)", (why, domain, tool, tool)
            )
            self._connection.write(
                "update task set stale = ? where domain = ? and body is not null and (? or instr(instruction, ?) > 0)",
                (why, domain, int(was_admitted), tool),
            )

    def mark_task(self, domain: str, id: str, why: str) -> None:
        """Marks one task."""
        self._connection.write("update task set stale = ? where domain = ? and id = ?", (why, domain, id))

    def settle_tools(self, domain: str) -> None:
        """Takes back the marks of tools: everything that stands on them is verified."""
        self._connection.write("update tool set stale = '' where domain = ? and stale != ''", (domain,))

    def counts(self, domain: str) -> StaleCounts:
        """How much is marked."""

        def count(table: str) -> int:
            return int(
                self._connection.value(f"select count(*) from {table} where domain = ? and stale != ''", (domain,))
            )

        return StaleCounts(tools=count("tool"), edges=count("edge"), tasks=count("task"))

    def refuse(self, domain: str) -> None:
        """Says that a domain has to be verified again before anything is built on it.

        Raises:
            UsageError: Something of it is marked.
        """
        counts = self.counts(domain)
        if counts:
            raise UsageError(
                f"A tool of `{domain}` was edited, and {counts.edges} edges and {counts.tasks} tasks are not verified again yet; "
                "go on with that run first (`scaleenv list` names it, `scaleenv resume RUN` goes on)."
            )

    def tools(self, domain: str) -> dict[str, str]:
        """Marked tool -> why."""
        rows = self._connection.all("select name, stale from tool where domain = ? and stale != ''", (domain,))
        return {row["name"]: row["stale"] for row in rows}

    def edges(self, domain: str) -> frozenset[str]:
        """Ids of the marked edges."""
        rows = self._connection.all("select id from edge where domain = ? and stale != ''", (domain,))
        return frozenset(row["id"] for row in rows)

    def tasks(self, domain: str) -> list[TaskMark]:
        """All tasks that have a body, in order, marked or not."""
        rows = self._connection.all(
            "select id, state, stale, digest, reason from task where domain = ? and body is not null order by position",
            (domain,),
        )
        return [TaskMark.model_validate(dict(row)) for row in rows]

    def explain(self, domain: str, id: str, reason: str) -> None:
        """Says to people why a task was rejected; the task's own reason, which audits give, stays."""
        self._connection.write("update task set reason = ? where domain = ? and id = ?", (reason, domain, id))

    def reconcile(self, domain: str, inferred: Iterable[Edge]) -> tuple[int, int]:
        """Brings a domain's edges in line with those that are inferred now; known ones keep their proofs.

        Args:
            domain: The domain.
            inferred: All edges, in their order.

        Returns:
            How many came, which nobody has tried yet, and how many went, with their traces.
        """
        edges = list(inferred)
        with self._connection.transaction():
            stored = {row["id"] for row in self._connection.all("select id from edge where domain = ?", (domain,))}
            wanted = {edge.id for edge in edges}
            gone = [(domain, id) for id in sorted(stored - wanted)]
            self._connection.write_many("delete from edge where domain = ? and id = ?", gone)
            self._connection.write_many(
                "delete from trace where domain = ? and kind = 'edge_proof' and subject = ?", gone
            )
            self._connection.write_many(
                "insert into edge (domain, position, id, kind, source, target, via, reason) values (?,?,?,?,?,?,?,'') "
                "on conflict (domain, id) do update set position = excluded.position",
                [
                    (domain, position, edge.id, edge.kind, edge.source, edge.target, edge.via)
                    for position, edge in enumerate(edges)
                ],
            )
        return len(wanted - stored), len(gone)
