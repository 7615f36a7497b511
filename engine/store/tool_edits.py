"""Edits of tools: who proposed what, the verdict, and what was there before."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from engine.errors import UsageError
from engine.models.domain import ToolReport
from engine.models.tool import Tool
from engine.models.tool_edit import EditState, Evidence, ToolEdit
from engine.store.codec import pack, read_model, unpack
from engine.store.connection import Connection


class ToolEdits:
    """The edits of a store's tools.

    Args:
        connection: Where they are.
        clock: Seconds since 1970.
    """

    def __init__(self, connection: Connection, clock: Callable[[], float] = time.time) -> None:
        self._connection = connection
        self._clock = clock

    def add(self, domain: str, before: Tool, after: Tool, *, curator: str, note: str, run: str) -> ToolEdit:
        """Stores a proposal that waits for its test; one of the same tool that still waits is superseded."""
        with self._connection.transaction():
            self._connection.write(
                "update tool_edit set state = 'superseded' where domain = ? and tool = ? and state = 'waiting'",
                (domain, before.name),
            )
            self._connection.write(
                "insert into tool_edit (domain, tool, curator, at, note, state, before, after, run) "
                "values (?,?,?,?,?,'waiting',?,?,?)",
                (
                    *(domain, before.name, curator, self._clock(), note),
                    *(pack(before.model_dump_json()), pack(after.model_dump_json()), run),
                ),
            )
            return self.of_run(run)

    def fill(self, seq: int, after: Tool) -> None:
        """Stores what is proposed, where that was not known when the proposal was made."""
        self._connection.write(
            "update tool_edit set after = ? where seq = ? and state = 'waiting'", (pack(after.model_dump_json()), seq)
        )

    def refuse(self, seq: int, report: ToolReport, evidence: Evidence) -> None:
        """Stores that a proposal was refused, with everything that was tried on it."""
        self._connection.write(
            "update tool_edit set state = 'refused', report = ?, evidence = ? where seq = ?",
            (report.model_dump_json(), pack(evidence.model_dump_json()), seq),
        )

    def accept(self, seq: int, report: ToolReport) -> None:
        """Stores that a proposal counts from now on; the one that counted before is superseded."""
        with self._connection.transaction():
            self._connection.write(
                "update tool_edit set state = 'superseded' where state = 'counts' and (domain, tool) = "
                "(select domain, tool from tool_edit where seq = ?)",
                (seq,),
            )
            self._connection.write(
                "update tool_edit set state = 'counts', report = ? where seq = ?", (report.model_dump_json(), seq)
            )

    def drop(self, run: str) -> None:
        """Gives up a proposal that was never tested.

        Raises:
            UsageError: There is none of that run that still waits.
        """
        touched = self._connection.write(
            "update tool_edit set state = 'superseded' where run = ? and state = 'waiting'", (run,)
        )
        if touched != 1:
            raise UsageError(f"The run `{run}` has no edit that waits; there is nothing to drop.")

    def of_run(self, run: str) -> ToolEdit:
        """The edit that a run tests.

        Raises:
            UsageError: It tests none.
        """
        row = self._connection.one("select * from tool_edit where run = ?", (run,))
        if row is None:
            raise UsageError(f"The run `{run}` tests no edit of a tool.")
        return self._read(row)

    def of(self, domain: str, tool: str, *, limit: int = 50) -> list[ToolEdit]:
        """The edits of a tool, newest first."""
        rows = self._connection.all(
            "select * from tool_edit where domain = ? and tool = ? order by seq desc limit ?", (domain, tool, limit)
        )
        return [self._read(row) for row in rows]

    def states(self, domain: str) -> dict[str, tuple[EditState, int]]:
        """Tool -> state of its last edit and how many there are, for the tools that were ever edited."""
        rows = self._connection.all(
            "select tool, state, count(*) as n, max(seq) from tool_edit where domain = ? group by tool", (domain,)
        )
        return {row["tool"]: (row["state"], row["n"]) for row in rows}

    def evidence(self, seq: int) -> Evidence:
        """What was tried on a refused proposal; empty where there is nothing."""
        body = self._connection.value("select evidence from tool_edit where seq = ?", (seq,))
        if body is None:
            return Evidence()
        return read_model(Evidence, unpack(body, f"evidence of edit {seq}"), f"evidence of edit {seq}")

    def _read(self, row: Any) -> ToolEdit:
        what = f"edit {row['seq']} of the tool `{row['tool']}`"
        return ToolEdit(
            **{name: row[name] for name in ("seq", "domain", "tool", "curator", "at", "note", "state", "run")},
            before=read_model(Tool, unpack(row["before"], what), what),
            after=read_model(Tool, unpack(row["after"], what), what),
            report=read_model(ToolReport, row["report"], what) if row["report"] else None,
        )
