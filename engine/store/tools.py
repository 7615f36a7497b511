"""Tools with their reports, and the procedural test cases they were judged by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.errors import UsageError
from engine.models.base import Model
from engine.models.domain import TestCase, ToolReport
from engine.models.tool import Tool
from engine.store.codec import digest_of, pack, read_model, unpack
from engine.store.connection import Connection


class StoredTool(Model):
    """A tool as stored.

    Attributes:
        report: The verdict on it; `None` until it was tested.
        stale: Why what stands on it has to be verified again, or empty.
        digest: Of its content; an edit says with it what it started from.
    """

    tool: Tool
    report: ToolReport | None = None
    stale: str = ""
    digest: str = ""

    @property
    def admitted(self) -> bool:
        """Whether the foundation has it."""
        return self.report is not None and self.report.admitted


class Tools:
    """The tools of a store's domains."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def save(self, domain: str, tools: Sequence[Tool]) -> None:
        """Adds a domain's candidates, none of them tested yet."""

        def cells(position: int, tool: Tool) -> tuple[object, ...]:
            text = tool.model_dump_json()
            return (
                *(domain, position, tool.name, tool.category, tool.entity, int(tool.mutates_state)),
                *(pack(text), digest_of(text)),
            )

        self._connection.write_many(
            "insert into tool (domain, position, name, category, entity, mutates, body, digest) values (?,?,?,?,?,?,?,?)",
            [cells(position, tool) for position, tool in enumerate(tools)],
        )

    def judge(self, domain: str, tool: Tool, report: ToolReport, cases: Sequence[TestCase]) -> None:
        """Stores the verdict on a tool in place of an earlier one.

        Args:
            domain: Its domain.
            tool: The tool as it stands after repair.
            report: The verdict.
            cases: Every case that was run.
        """
        text = tool.model_dump_json()
        with self._connection.transaction():
            self._connection.write(
                "update tool set category = ?, entity = ?, mutates = ?, body = ?, digest = ?, admitted = ?, report = ? "
                "where domain = ? and name = ?",
                (
                    *(tool.category, tool.entity, int(tool.mutates_state), pack(text), digest_of(text)),
                    *(int(report.admitted), report.model_dump_json(), domain, tool.name),
                ),
            )
            self._connection.write("delete from test_case where domain = ? and tool = ?", (domain, tool.name))
            self._connection.write_many(
                "insert into test_case values (?,?,?,?,?,?,?,?,?)",
                [
                    (
                        *(domain, case.tool, position, case.kind, case.target, case.verdict),
                        *(int(case.passed), case.detail, case.trace),
                    )
                    for position, case in enumerate(cases)
                ],
            )

    def all(self, domain: str) -> list[StoredTool]:
        """A domain's tools in the order they were composed."""
        rows = self._connection.all("select * from tool where domain = ? order by position", (domain,))
        return [self._read(row) for row in rows]

    def _read(self, row: Any) -> StoredTool:
        return StoredTool(
            tool=read_model(Tool, unpack(row["body"], f"tool `{row['name']}`"), f"tool `{row['name']}`"),
            report=read_model(ToolReport, row["report"], "report") if row["report"] else None,
            stale=row["stale"],
            digest=row["digest"],
        )

    def get(self, domain: str, name: str) -> StoredTool:
        """One tool.

        Raises:
            UsageError: The domain has no such tool.
        """
        row = self._connection.one("select * from tool where domain = ? and name = ?", (domain, name))
        if row is None:
            raise UsageError(f"The domain `{domain}` has no tool `{name}`.")
        return self._read(row)

    def cases(self, domain: str, tool: str | None = None) -> list[TestCase]:
        """The test cases of one tool or of all, in the order they ran."""
        rows = self._connection.all(
            "select test_case.* from test_case join tool on tool.domain = test_case.domain and tool.name = test_case.tool "
            "where test_case.domain = :domain and (:tool is null or test_case.tool = :tool) "
            "order by tool.position, test_case.position",
            {"domain": domain, "tool": tool},
        )
        return [
            TestCase(
                tool=row["tool"],
                index=row["position"],
                kind=row["kind"],
                target=row["target"],
                verdict=row["verdict"],
                passed=bool(row["passed"]),
                detail=row["detail"],
                trace=row["trace"],
            )
            for row in rows
        ]

    def damaged(self, domain: str) -> list[str]:
        """Tools whose stored text is not what was written."""
        return [
            row["name"]
            for row in self._connection.all("select name, body, digest from tool where domain = ?", (domain,))
            if digest_of(unpack(row["body"], f"tool `{row['name']}`")) != row["digest"]
        ]
