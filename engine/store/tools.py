"""Tools with their reports, and the procedural test cases they were judged by."""

from __future__ import annotations

import json
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


class ToolSummary(Model):
    """A tool in one line.

    Attributes:
        admitted: `None` until it was tested.
        rules: Preconditions.
        covered: Those of them that tests saw satisfied and violated.
        unreachable: Those of which a violation can't be brought about.
        codes: Their rejection codes, for searching.
        inputs: Proven edges that lead to it.
        outputs: Proven edges that lead from it.
        unproven: Edges to or from it that no execution showed.
        tasks: Audited tasks whose chain uses it.
    """

    name: str
    category: str
    entity: str
    mutates: bool
    admitted: bool | None
    stale: str
    cases: int
    failures: int
    rules: int
    covered: int
    unreachable: int
    codes: str
    inputs: int = 0
    outputs: int = 0
    unproven: int = 0
    tasks: int = 0


_SUMMARIES = """
select name, category, entity, mutates, admitted, stale,
  coalesce(json_extract(report, '$.cases'), 0) as cases, coalesce(json_extract(report, '$.failures'), 0) as failures,
  (select count(*) from json_each(report, '$.coverage')) as rules,
  (select coalesce(sum(json_extract(value, '$.satisfied') and json_extract(value, '$.violated')), 0)
    from json_each(report, '$.coverage')) as covered,
  (select coalesce(sum(json_extract(value, '$.unreachable') != ''), 0)
    from json_each(report, '$.coverage')) as unreachable,
  (select coalesce(group_concat(json_extract(value, '$.code'), ' '), '')
    from json_each(report, '$.coverage')) as codes
from tool where domain = ? order by position
"""


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

    def rewrite(self, domain: str, tools: Sequence[Tool]) -> None:
        """Puts other contracts and code in the place of candidates that were not tested yet."""
        self._connection.write_many(
            "update tool set mutates = ?, body = ?, digest = ? where domain = ? and name = ? and report is null",
            [
                (int(tool.mutates_state), pack(text := tool.model_dump_json()), digest_of(text), domain, tool.name)
                for tool in tools
            ],
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

    def summaries(self, domain: str) -> list[ToolSummary]:
        """A domain's tools in one line each, in the order they were composed."""
        found = {row["name"]: dict(row) for row in self._connection.all(_SUMMARIES, (domain,))}
        for row in self._connection.all("select source, target, proven from edge where domain = ?", (domain,)):
            for end, count in ((row["source"], "outputs"), (row["target"], "inputs")):
                if end in found:
                    count = count if row["proven"] else "unproven"
                    found[end][count] = found[end].get(count, 0) + 1
        for name, count in self.uses(domain).items():
            if name in found:
                found[name]["tasks"] = count
        return [ToolSummary.model_validate(entry) for entry in found.values()]

    def uses(self, domain: str) -> dict[str, int]:
        """Tool -> in how many audited tasks' chains it is."""
        rows = self._connection.all(
            "select tools, count(*) as n from task where domain = ? and state = 'audited' group by tools", (domain,)
        )
        counts: dict[str, int] = {}
        for row in rows:
            for name in dict.fromkeys(json.loads(row["tools"])):
                counts[name] = counts.get(name, 0) + row["n"]
        return counts

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
