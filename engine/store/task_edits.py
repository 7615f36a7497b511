"""Changes of tasks' words, each with what it was before."""

from __future__ import annotations

import time
from collections.abc import Callable

from engine.errors import UsageError
from engine.models.task import Task
from engine.models.task_edit import TaskEdit, TaskWords
from engine.models.trace import Trace
from engine.store.codec import pack, read_model, unpack
from engine.store.connection import Connection
from engine.store.tasks import Tasks
from engine.store.traces import Traces


class TaskEdits:
    """The edits of a store's tasks."""

    def __init__(
        self, connection: Connection, tasks: Tasks, traces: Traces, clock: Callable[[], float] = time.time
    ) -> None:
        self._connection = connection
        self._tasks = tasks
        self._traces = traces
        self._clock = clock

    def of(self, domain: str, task_id: str) -> list[TaskEdit]:
        """All edits of a task, oldest first; those of an earlier making of the domain too."""
        rows = self._connection.all(
            "select * from task_edit where domain = ? and task_id = ? order by seq", (domain, task_id)
        )
        return [
            TaskEdit(
                **{
                    name: row[name]
                    for name in ("seq", "domain", "task_id", "curator", "at", "note", "digest_before", "digest_after")
                },
                before=read_model(TaskWords, unpack(row["before"], "edit"), "edit"),
                after=read_model(TaskWords, unpack(row["after"], "edit"), "edit"),
            )
            for row in rows
        ]

    def get(self, domain: str, task_id: str, seq: int) -> TaskEdit:
        """One edit.

        Raises:
            UsageError: The task has no such edit.
        """
        found = next((edit for edit in self.of(domain, task_id) if edit.seq == seq), None)
        if found is None:
            raise UsageError(f"The task `{task_id}` has no edit number {seq}.")
        return found

    def relatives(self, domain: str, task_id: str) -> tuple[list[Task], str]:
        """The domain's tasks with the same chain of tools, in order, and a mark that changes when one of them does."""
        tasks = self._tasks.with_same_chain(domain, task_id)
        return tasks, self._tasks.mark_of_same_chain(domain, task_id)

    def save(
        self,
        task: Task,
        traces: tuple[Trace, ...],
        others: tuple[Task, ...],
        *,
        curator: str,
        note: str,
        started_from: str,
        mark: str,
    ) -> str:
        """Puts an edited task that passed its audits in place of the old one, with its new evidence: all or nothing.

        Args:
            task: The task with its new words and audits.
            traces: The executions of its audits.
            others: Tasks whose audit `not_duplicate` comes out differently now.
            curator: Who changed it.
            note: Why.
            started_from: Digest of the task that the curator read.
            mark: What `relatives` gave; others may have changed meanwhile.

        Returns:
            The digest of the new content.

        Raises:
            UsageError: An audit failed, nobody is named, the words are those that are stored, or somebody else
                changed the task or one that it is compared with.
        """
        if not task.audited:
            raise UsageError(f"The task `{task.id}` did not pass its audits: {task.reason or 'none was run'}.")
        if not curator.strip():
            raise UsageError("An edit needs the curator's name.")
        domain = task.domain
        with self._connection.transaction():
            require_unchanged(self._tasks, domain, task.id, started_from)
            if self._tasks.mark_of_same_chain(domain, task.id) != mark:
                raise UsageError(
                    f"Tasks that `{task.id}` is compared with changed while it was audited, so nothing was saved; "
                    "save again."
                )
            before = TaskWords.of(self._tasks.get(domain, task.id))
            after = TaskWords.of(task)
            if before == after:
                raise UsageError("Nothing was changed: these are the words that the task has.")
            self._tasks.replace(domain, task)
            self._traces.replace(domain, "audit", task.id, traces)
            self._tasks.recheck(domain, others)
            digest_after = self._tasks.digest(domain, task.id)
            self._connection.write("update task set edits = edits + 1 where domain = ? and id = ?", (domain, task.id))
            self._connection.write(
                "insert into task_edit (domain, task_id, curator, at, note, digest_before, digest_after, before, after) "
                "values (?,?,?,?,?,?,?,?,?)",
                (
                    *(domain, task.id, curator.strip(), self._clock(), note.strip(), started_from, digest_after),
                    *(pack(before.model_dump_json()), pack(after.model_dump_json())),
                ),
            )
        return digest_after


def require_unchanged(tasks: Tasks, domain: str, id: str, started_from: str) -> None:
    """Makes sure that a task is still the one that somebody read.

    Raises:
        UsageError: It was changed since, or is not there any more.
    """
    if tasks.digest(domain, id) != started_from:
        raise UsageError(
            f"Somebody else changed the task `{id}` since you opened it, so your words were not saved over theirs. "
            "They are still in the editor: read the task as it is now, then save again."
        )
