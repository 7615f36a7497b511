"""What a whole store comes to: open questions, what went wrong, what happened last, and how much room it takes."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Literal, NamedTuple

from engine.errors import StoreError
from engine.store.connection import Connection

EventKind = Literal["review", "task_edit", "tool_edit", "attempt", "dataset"]


class Happened(NamedTuple):
    """Something that a person did.

    Attributes:
        what: The action of a review, the state of an edit, `open` or `finished` of an attempt, or empty.
        who: The curator or agent.
        subject: The task, the tool, or a dataset's name and version.
        tasks: How many tasks one action was about.
        at: Seconds since 1970.
    """

    kind: EventKind
    what: str
    who: str
    domain: str
    subject: str
    tasks: int
    at: float


class RejectedTool(NamedTuple):
    """A tool that its procedural tests refused, with the first reason."""

    domain: str
    name: str
    reason: str


class Cause(NamedTuple):
    """Why attempts at tasks of a domain came to nothing, and how many that stopped."""

    domain: str
    cause: str
    tasks: int


class Storage(NamedTuple):
    """The room that the store's file takes.

    Attributes:
        file: Bytes of the file.
        waiting: Bytes of the write-ahead log beside it, which SQLite folds in by itself.
        free: Bytes within the file that hold nothing.
    """

    file: int
    waiting: int
    free: int


PARTS: dict[str, tuple[str, ...]] = {
    "Traces": ("trace", "test_case"),
    "Tasks": ("task", "audit", "task_chain", "task_feature", "task_tag"),
    "Search": ("task_search",),
    "Tools and graphs": ("domain", "tool", "edge"),
    "Runs and logs": ("run", "checkpoint", "event"),
    "Models' answers": ("answer", "model_call"),
    "Reviews, edits, attempts": ("review", "task_edit", "tool_edit", "trajectory"),
    "Datasets": ("dataset",),
}
"""What tables belong to; a table that is not named itself belongs where its name begins like one."""

_ACTIVITY = """
select * from (select 'review' as kind, action as what, curator as who, min(domain) as domain, min(task_id) as subject, count(*) as tasks,
    max(at) as at
  from (select *, case batch when '' then cast(seq as text) else batch end as together from review order by seq desc limit :deep)
  group by together)
union all
select * from (select 'task_edit', '', curator, domain, task_id, 1, at from task_edit order by seq desc limit :limit)
union all
select * from (select 'tool_edit', state, curator, domain, tool, 1, at from tool_edit order by seq desc limit :limit)
union all
select * from (select 'attempt', state, agent, domain, task_id, 1, started_at from trajectory order by started_at desc limit :limit)
union all
select * from (select 'dataset', '', curator, '', name || ' ' || version, tasks, created_at from dataset order by created_at desc limit :limit)
order by at desc limit :limit
"""
DEEP = 2_000
"""Entries of the review log that are looked at: a bulk action has one for each task."""


class Overview:
    """Figures over all of a store's domains."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def disputed(self) -> dict[str, int]:
        """Audited tasks on which two curators decide differently, by domain."""
        rows = self._connection.all("select domain, count(*) as count from task where agreed = 0 group by domain")
        return {row["domain"]: row["count"] for row in rows}

    def rejected_tools(self, limit: int = 8) -> list[RejectedTool]:
        """Tools that were refused, by domain and name."""
        rows = self._connection.all(
            "select domain, name, report from tool where admitted = 0 order by domain, name limit ?", (limit,)
        )
        return [RejectedTool(row["domain"], row["name"], _first_reason(row["report"])) for row in rows]

    def causes(self, limit: int = 8) -> list[Cause]:
        """Why attempts at tasks were rejected, the most frequent first."""
        rows = self._connection.all(
            "select domain, cause, count(*) as tasks from task where state = 'rejected' "
            "group by domain, cause order by tasks desc, domain, cause limit ?",
            (limit,),
        )
        return [Cause(**dict(row)) for row in rows]

    def activity(self, limit: int = 12) -> list[Happened]:
        """What people did last, newest first; a bulk action is one line."""
        rows = self._connection.all(_ACTIVITY, {"limit": limit, "deep": DEEP})
        return [Happened(**dict(row)) for row in rows]

    def has_dataset(self) -> bool:
        """Whether a dataset was ever frozen and is still there."""
        return self._connection.one("select 1 from dataset limit 1") is not None

    def storage(self) -> Storage:
        """The room that the file takes, without looking into it."""
        size = int(self._connection.value("pragma page_size"))
        waiting = 0
        with suppress(OSError):  # there is none where the file system allows no write-ahead log
            waiting = self._connection.path.with_name(self._connection.path.name + "-wal").stat().st_size
        pages, free = (int(self._connection.value(f"pragma {name}")) for name in ("page_count", "freelist_count"))
        return Storage(pages * size, waiting, free * size)

    def storage_by_part(self) -> dict[str, int]:
        """Bytes of each of `PARTS` with its indexes, the largest first; reads every page, so about 0.5 s a gigabyte.

        Empty where this SQLite can't tell.
        """
        try:
            rows = self._connection.all(
                "select coalesce(m.tbl_name, s.name) as name, sum(s.pgsize) as bytes from dbstat s "
                "left join sqlite_master m on m.name = s.name where s.aggregate = 1 group by 1"
            )
        except StoreError:
            return {}
        found: dict[str, int] = {}
        for row in rows:
            part = _part_of(row["name"])
            found[part] = found.get(part, 0) + int(row["bytes"])
        return dict(sorted(found.items(), key=lambda item: -item[1]))


def _part_of(table: str) -> str:
    named = {name: part for part, names in PARTS.items() for name in names}
    fitting = [name for name in named if table == name or table.startswith(f"{name}_")]
    return named[max(fitting, key=len)] if fitting else "Other"


def _first_reason(report: str | None) -> str:
    if not report:
        return ""
    reasons = json.loads(report).get("reasons") or [""]
    return str(reasons[0])
