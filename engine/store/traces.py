"""Traces: the evidence behind every claim, by the thing they are evidence for."""

from __future__ import annotations

from collections.abc import Iterable

from engine.errors import UsageError
from engine.models.base import Model
from engine.models.trace import Trace, TraceKind
from engine.store.codec import digest_of, pack, read_model, unpack
from engine.store.connection import Connection


class TraceSummary(Model):
    """A trace in one line."""

    id: str
    kind: TraceKind
    subject: str
    title: str
    passed: bool
    steps: int


class Traces:
    """The traces of a store's domains."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, domain: str, subject: str, traces: Iterable[Trace]) -> None:
        """Adds traces as evidence for `subject`: a tool's name, an edge's or a task's id."""

        def cells(trace: Trace) -> tuple[object, ...]:
            text = trace.model_dump_json()
            return (
                *(domain, trace.id, trace.kind, subject, trace.title, int(trace.passed), len(trace.steps)),
                *(pack(text), digest_of(text)),
            )

        self._connection.write_many(
            "insert into trace (domain, id, kind, subject, title, passed, steps, body, digest) values (?,?,?,?,?,?,?,?,?)",
            [cells(trace) for trace in traces],
        )

    def replace(self, domain: str, kind: TraceKind, subject: str, traces: Iterable[Trace]) -> None:
        """Puts new evidence of a kind for `subject` in place of the old."""
        with self._connection.transaction():
            self._connection.write(
                "delete from trace where domain = ? and kind = ? and subject = ?", (domain, kind, subject)
            )
            self.add(domain, subject, traces)

    def get(self, domain: str, id: str) -> Trace:
        """One trace.

        Raises:
            UsageError: The domain has no such trace.
        """
        row = self._connection.one("select body from trace where domain = ? and id = ?", (domain, id))
        if row is None:
            raise UsageError(f"The domain `{domain}` has no trace `{id}`.")
        return read_model(Trace, unpack(row["body"], f"trace `{id}`"), f"trace `{id}`")

    def of(self, domain: str, kind: TraceKind | None = None, subject: str | None = None) -> list[TraceSummary]:
        """Traces of a kind or a subject, in the order they were stored."""
        rows = self._connection.all(
            "select id, kind, subject, title, passed, steps from trace where domain = :domain "
            "and (:kind is null or kind = :kind) and (:subject is null or subject = :subject) order by rowid",
            {"domain": domain, "kind": kind, "subject": subject},
        )
        return [TraceSummary.model_validate(dict(row)) for row in rows]

    def digests(self, domain: str, kind: TraceKind, subject: str) -> dict[str, str]:
        """Trace id -> digest of its stored text, recomputed from the text itself."""
        rows = self._connection.all(
            "select id, body from trace where domain = ? and kind = ? and subject = ? order by rowid",
            (domain, kind, subject),
        )
        return {row["id"]: digest_of(unpack(row["body"], f"trace `{row['id']}`")) for row in rows}

    def damaged(self, domain: str) -> list[str]:
        """Traces whose stored text is not what was written."""
        return [
            row["id"]
            for row in self._connection.all("select id, body, digest from trace where domain = ?", (domain,))
            if digest_of(unpack(row["body"], f"trace `{row['id']}`")) != row["digest"]
        ]

    def count(self, domain: str) -> int:
        """How many traces a domain has."""
        return int(self._connection.value("select count(*) from trace where domain = ?", (domain,)))
