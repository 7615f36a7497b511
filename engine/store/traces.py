"""Traces: the evidence behind every claim, by the thing they are evidence for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

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


class TraceFilter(Model):
    """Which traces of a domain; what is left out does not matter.

    Attributes:
        subject: The tool, edge or task that they are evidence for.
        words: Each must stand in the id, the title or the subject, whatever its case.
    """

    domain: str
    kind: TraceKind | None = None
    passed: bool | None = None
    subject: str | None = None
    words: tuple[str, ...] = ()

    def where(self) -> tuple[str, dict[str, Any]]:
        """The SQL condition with its parameters."""
        named: dict[str, Any] = {"domain": self.domain}
        terms = ["domain = :domain"]
        for name, value in (("kind", self.kind), ("passed", self.passed), ("subject", self.subject)):
            if value is not None:
                terms.append(f"{name} = :{name}")
                named[name] = value
        for number, word in enumerate(self.words):
            escaped = word.replace("!", "!!").replace("%", "!%").replace("_", "!_")
            named[f"word{number}"] = f"%{escaped}%"
            like = f"like :word{number} escape '!'"
            terms.append(f"(id {like} or title {like} or subject {like})")
        return " and ".join(terms), named


_LINE = "select id, kind, subject, title, passed, steps from trace"
_ORDER = "passed, kind, subject, id"
"""Failures first; the index `trace_list` holds this order and everything that a line shows."""


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

    def put(self, domain: str, subject: str, trace: Trace) -> None:
        """Stores a trace in place of the one with its id, if there is one."""
        with self._connection.transaction():
            self._connection.write("delete from trace where domain = ? and id = ?", (domain, trace.id))
            self.add(domain, subject, [trace])

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

    def page(self, chosen: TraceFilter, *, offset: int = 0, limit: int = 50) -> list[TraceSummary]:
        """Some of the traces that a filter lets through, failures first."""
        where, named = chosen.where()
        rows = self._connection.all(
            f"{_LINE} where {where} order by {_ORDER} limit :limit offset :offset",
            {**named, "limit": limit, "offset": offset},
        )
        return [TraceSummary.model_validate(dict(row)) for row in rows]

    def number(self, chosen: TraceFilter) -> int:
        """How many traces a filter lets through."""
        where, named = chosen.where()
        return int(self._connection.value(f"select count(*) from trace where {where}", named))

    def summary(self, domain: str, id: str) -> TraceSummary | None:
        """One trace in one line, if the domain has it."""
        row = self._connection.one(f"{_LINE} where domain = ? and id = ?", (domain, id))
        return None if row is None else TraceSummary.model_validate(dict(row))

    def place(self, chosen: TraceFilter, id: str) -> int | None:
        """How many traces come before `id` among those that a filter lets through; null where it is not among them."""
        where, named = chosen.where()
        row = self._connection.one(f"{_LINE} where {where} and id = :id", {**named, "id": id})
        if row is None:
            return None
        named |= {"at_passed": row["passed"], "at_kind": row["kind"], "at_subject": row["subject"], "at_id": id}
        return int(
            self._connection.value(
                f"select count(*) from trace where {where} and ({_ORDER}) < (:at_passed, :at_kind, :at_subject, :at_id)",
                named,
            )
        )

    def kinds(self, domain: str) -> dict[tuple[TraceKind, bool], int]:
        """How many traces of each kind passed and failed."""
        rows = self._connection.all(
            "select kind, passed, count(*) as traces from trace where domain = ? group by passed, kind order by kind, passed",
            (domain,),
        )
        return {(row["kind"], bool(row["passed"])): row["traces"] for row in rows}

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
