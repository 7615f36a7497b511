"""Tasks with their audits, rejected candidates included."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from engine.errors import UsageError
from engine.models.task import Audit, Task
from engine.store.codec import digest_of, pack, read_model, to_text, unpack
from engine.store.connection import Connection
from engine.store.features import TaskFeatures
from engine.store.reviews import Reviews
from engine.store.similar_tasks import SimilarTask, similar_tasks
from engine.store.task_filter import TaskFilter, TaskSort, TaskState, before, order_by, rank_of
from engine.store.task_rows import TaskFigures, TaskOutcome, TaskSummary

__all__ = ["TaskFigures", "TaskFilter", "TaskOutcome", "TaskState", "TaskSummary", "Tasks"]


_SUMMARY = (
    "number, domain, position, id, state, review, cause, reason, difficulty, steps, instruction, tools, reviewers, agreed, "
    "rating, tags, reviewed_at, edits, stale"
)


class Tasks:
    """The tasks of a store's domains."""

    def __init__(self, connection: Connection, reviews: Reviews) -> None:
        self._connection = connection
        self._reviews = reviews
        self._features = TaskFeatures(connection)

    def add(self, domain: str, outcome: TaskOutcome) -> None:
        """Stores what came of an attempt; earlier reviews of a task of the very same content count again."""
        task = outcome.task
        text = None if task is None else task.model_copy(update={"audits": ()}).model_dump_json()
        digest = None if text is None else digest_of(text)
        review = self._reviews.state(domain, outcome.id, digest) if digest else "open"
        with self._connection.transaction():
            self._connection.write(
                "insert into task (domain, position, id, state, cause, reason, difficulty, steps, instruction, tools, review, body, "
                "digest) values (?,?,?,?,?,?,?,?,?,?,?,?,?)",
                (
                    *(
                        domain,
                        outcome.position,
                        outcome.id,
                        outcome.state,
                        outcome.cause,
                        outcome.reason,
                        outcome.difficulty,
                    ),
                    *(len(task.chain.steps) if task else 0, task.instruction if task else ""),
                    to_text([step.tool for step in task.chain.steps] if task else []),
                    *(review, None if text is None else pack(text), digest),
                ),
            )
            self._save_audits(domain, outcome.position, task.audits if task else ())
            if task is not None and outcome.state == "audited":
                self._features.save(task)
            self._reviews.settle(domain, outcome.id)

    def _save_audits(self, domain: str, position: int, audits: tuple[Audit, ...]) -> None:
        self._connection.write("delete from audit where domain = ? and task = ?", (domain, position))
        self._connection.write_many(
            "insert into audit values (?,?,?,?,?,?,?)",
            [
                (domain, position, index, audit.name, int(audit.passed), audit.detail, to_text(audit.traces))
                for index, audit in enumerate(audits)
            ],
        )

    def replace(self, domain: str, task: Task) -> None:
        """Puts a task that was audited again in place of what is stored under its id.

        Its state follows from its audits; it is no longer stale. Reviews count again only if its content is the same.

        Raises:
            UsageError: The domain has no such task.
        """
        text = task.model_copy(update={"audits": ()}).model_dump_json()
        digest = digest_of(text)
        failed = next((audit.name for audit in task.audits if not audit.passed), "")
        with self._connection.transaction():
            position = self._connection.value(
                "select position from task where domain = ? and id = ?", (domain, task.id)
            )
            if position is None:
                raise UsageError(f"The domain `{domain}` has no task `{task.id}`.")
            self._connection.write(
                "update task set state = ?, cause = ?, reason = ?, instruction = ?, tools = ?, steps = ?, review = ?, "
                "body = ?, digest = ?, stale = '' where domain = ? and id = ?",
                (
                    *("audited" if task.audited else "rejected", failed, task.reason, task.instruction),
                    *(to_text([step.tool for step in task.chain.steps]), len(task.chain.steps)),
                    *(self._reviews.state(domain, task.id, digest), pack(text), digest, domain, task.id),
                ),
            )
            self._save_audits(domain, position, task.audits)
            if task.audited:
                self._features.save(task)
            self._reviews.settle(domain, task.id)

    def mark_stale(self, domain: str, ids: Iterable[str], why: str) -> None:
        """Says of tasks that their audits don't count until they are run again; `replace` takes that back."""
        self._connection.write_many(
            "update task set stale = ? where domain = ? and id = ?", [(why, domain, id) for id in ids]
        )

    def stale(self, domain: str) -> list[str]:
        """Ids of the tasks whose audits have to be run again."""
        rows = self._connection.all("select id from task where domain = ? and stale != '' order by position", (domain,))
        return [row["id"] for row in rows]

    def _read(self, row: Any) -> Task:
        audits = tuple(
            Audit(
                name=audit["name"],
                passed=bool(audit["passed"]),
                detail=audit["detail"],
                traces=tuple(json.loads(audit["traces"])),
            )
            for audit in self._connection.all(
                "select * from audit where domain = ? and task = ? order by position", (row["domain"], row["position"])
            )
        )
        task = read_model(Task, unpack(row["body"], f"task `{row['id']}`"), f"task `{row['id']}`")
        return task.model_copy(update={"audits": audits})

    def get(self, domain: str, id: str) -> Task:
        """One task, audited or rejected.

        Raises:
            UsageError: The domain has no such task, or the attempt came to nothing.
        """
        row = self._connection.one("select * from task where domain = ? and id = ?", (domain, id))
        if row is None:
            raise UsageError(f"The domain `{domain}` has no task `{id}`.")
        if row["body"] is None:
            raise UsageError(f"The attempt `{id}` gave no task: {row['reason']}.")
        return self._read(row)

    def digest(self, domain: str, id: str) -> str:
        """Digest of a task's content, its audits aside.

        Raises:
            UsageError: The domain has no such task.
        """
        value = self._connection.value("select digest from task where domain = ? and id = ?", (domain, id))
        if value is None:
            raise UsageError(f"The domain `{domain}` has no task `{id}`.")
        return str(value)

    def iterate(self, domain: str, *, approved_only: bool = False) -> Iterator[Task]:
        """The audited tasks in order, one at a time."""
        positions = self._connection.all(
            "select position from task where domain = ? and state = 'audited' and (? = 0 or review = 'approved') "
            "order by position",
            (domain, int(approved_only)),
        )
        for position in positions:
            row = self._connection.one(
                "select * from task where domain = ? and position = ?", (domain, position["position"])
            )
            if row is not None:
                yield self._read(row)

    def with_bodies(self, domain: str) -> list[Task]:
        """All tasks in order, rejected candidates included; attempts that gave none are left out."""
        rows = self._connection.all(
            "select * from task where domain = ? and body is not null order by position", (domain,)
        )
        return [self._read(row) for row in rows]

    def with_same_chain(self, domain: str, id: str) -> list[Task]:
        """The domain's tasks that call the same tools in the same order, rejected candidates included, in order."""
        rows = self._connection.all(
            "select other.* from task as own join task as other on other.domain = own.domain and other.tools = own.tools "
            "where own.domain = ? and own.id = ? and other.body is not null order by other.position",
            (domain, id),
        )
        return [self._read(row) for row in rows]

    def mark_of_same_chain(self, domain: str, id: str) -> str:
        """A digest that changes when one of the tasks of `with_same_chain` does, or another joins them."""
        rows = self._connection.all(
            "select other.id, other.state, other.digest from task as own join task as other "
            "on other.domain = own.domain and other.tools = own.tools where own.domain = ? and own.id = ? "
            "order by other.position",
            (domain, id),
        )
        return digest_of(to_text([list(row) for row in rows]))

    def recheck(self, domain: str, tasks: Iterable[Task]) -> None:
        """Replaces tasks that came out differently beside another one's new words; what is stale stays stale."""
        for task in tasks:
            stale = self._connection.value("select stale from task where domain = ? and id = ?", (domain, task.id))
            self.replace(domain, task)
            if stale:
                self.mark_stale(domain, [task.id], stale)

    def page(
        self,
        chosen: TaskFilter,
        *,
        sort: TaskSort = "position",
        descending: bool = False,
        offset: int = 0,
        limit: int = 50,
        total: int | None = None,
    ) -> list[TaskSummary]:
        """Up to `limit` tasks in the order asked for, from the `offset`-th on; `total` as for `numbers`."""
        return self.summaries(
            self.numbers(chosen, sort=sort, descending=descending, offset=offset, limit=limit, total=total)
        )

    def numbers(
        self,
        chosen: TaskFilter,
        *,
        sort: TaskSort = "position",
        descending: bool = False,
        offset: int = 0,
        limit: int = -1,
        total: int | None = None,
    ) -> list[int]:
        """The tasks' numbers, in the order asked for.

        Args:
            chosen: Which tasks.
            sort: What they are sorted by.
            descending: Greatest first.
            offset: How many come before the first one.
            limit: How many at most; all of them where it is -1.
            total: How many the filter lets through, if that is known at this moment: a page of the second half is then
                sorted from the end, for sorting costs as much as there is before the page.
        """
        where, parameters = _scan(chosen)
        first, count, backwards = offset, limit, False
        if total is not None and limit >= 0 and offset > total // 2:
            first, count, backwards = max(total - offset - limit, 0), max(min(limit, total - offset), 0), True
        order = order_by(sort, descending=descending, backwards=backwards)
        rows = self._connection.all(
            f"select number from {where} order by {order} limit :limit offset :offset",
            parameters | {"limit": count, "offset": first},
        )
        found = [row["number"] for row in rows]
        return found[::-1] if backwards else found

    def summaries(self, numbers: Sequence[int]) -> list[TaskSummary]:
        """Tasks by their numbers, in that order; those that are gone are left out."""
        rows = self._connection.all(
            f"with wanted as (select key as at, value as wanted from json_each(?)) "
            f"select {_SUMMARY} from wanted join task on number = wanted order by at",
            (to_text(list(numbers)),),
        )
        return [
            TaskSummary.model_validate(
                {**dict(row), "tools": json.loads(row["tools"]), "tags": json.loads(row["tags"])}
            )
            for row in rows
        ]

    def count(self, chosen: TaskFilter) -> int:
        """How many tasks the filter lets through."""
        where, parameters = _scan(chosen)
        return int(self._connection.value(f"select count(*) from {where}", parameters))

    def figures(self, domains: Sequence[str] = ()) -> TaskFigures:
        """How many tasks of some domains (all where left out) are in which state."""
        chosen = TaskFilter(state="audited", domains=tuple(domains))
        where, parameters = _scan(chosen)
        rows = self._connection.all(
            f"select review, count(*) as tasks, sum(agreed is 0) as disagreed, sum(stale != '') as stale from {where} "
            "group by review",
            parameters,
        )
        return TaskFigures(
            **{row["review"]: row["tasks"] for row in rows},
            disagreed=sum(row["disagreed"] for row in rows),
            stale=sum(row["stale"] for row in rows),
            attempts=self.count(chosen.model_copy(update={"state": "rejected"})),
        )

    def place(
        self, chosen: TaskFilter, number: int, *, sort: TaskSort = "position", descending: bool = False
    ) -> int | None:
        """How many tasks come before one in the order asked for, or `None` where the filter leaves it out."""
        where, parameters = _scan(chosen)
        own = self._connection.one(
            f"select domain, position, {rank_of(sort)} as value from {where} and number = :number",
            parameters | {"number": number},
        )
        if own is None:
            return None
        at = {"at_domain": own["domain"], "at_position": own["position"], "at_value": own["value"]}
        condition = before(sort, own["value"], descending=descending)
        return int(self._connection.value(f"select count(*) from {where} and {condition}", parameters | at))

    def find(self, id: str, domains: Sequence[str] = ()) -> TaskSummary | None:
        """The task of that id, in the first of `domains` (all, by name, where left out) that has one."""
        names = domains or [row["name"] for row in self._connection.all("select name from domain order by name")]
        for name in names:
            number = self._connection.value("select number from task where domain = ? and id = ?", (name, id))
            if number is not None:
                return self.summaries([number])[0]
        return None

    def similar(self, domain: str, id: str, limit: int = 10) -> list[SimilarTask]:
        """Audited tasks of the domain with the same chain of tools or similar words, the nearest first."""
        return similar_tasks(self._connection, domain, id, limit)

    def tags(self) -> dict[str, int]:
        """Tag -> how many tasks have it, in order of the tags."""
        rows = self._connection.all("select tag, count(*) as n from task_tag group by tag order by tag")
        return {row["tag"]: row["n"] for row in rows}

    def tools_used(self) -> list[str]:
        """The tools that some task's chain uses, by name."""
        # Steps from one name to the next in the index, instead of over a row for each task and tool.
        rows = self._connection.all(
            "with recursive used (tool) as (select min(tool) from task_tool union all "
            "select (select min(task_tool.tool) from task_tool where task_tool.tool > used.tool) from used "
            "where used.tool is not null) select tool from used where tool is not null"
        )
        return [row["tool"] for row in rows]

    def next_position(self, domain: str) -> int:
        """The number of the next attempt."""
        return int(
            self._connection.value("select coalesce(max(position) + 1, 0) from task where domain = ?", (domain,))
        )

    def rejections(self, *domains: str) -> dict[str, int]:
        """Cause -> how many attempts of some domains (all where left out) it stopped, most frequent first."""
        rows = self._connection.all(
            "select cause, count(*) as n from task where state = 'rejected' "
            "and (? = '[]' or domain in (select value from json_each(?))) group by cause order by n desc, cause",
            (to_text(domains), to_text(domains)),
        )
        return {row["cause"]: row["n"] for row in rows}

    def damaged(self, domain: str) -> list[str]:
        """Tasks whose stored text is not what was written."""
        return [
            row["id"]
            for row in self._connection.all(
                "select id, body, digest from task where domain = ? and body is not null order by position", (domain,)
            )
            if digest_of(unpack(row["body"], f"task `{row['id']}`")) != row["digest"]
        ]


def _scan(chosen: TaskFilter) -> tuple[str, dict[str, Any]]:
    """The table with the filter's condition, as what follows `from`.

    The index `task_columns` holds all that filters and sorts look at, a hundredth of the table; the planner, which does
    not know how large bodies are, has to be told.
    """
    where, parameters = chosen.where()
    if chosen.state is None or chosen.ids:
        return f"task where {where}", parameters
    return f"task indexed by task_columns where {where.replace('number in', '+number in')}", parameters
