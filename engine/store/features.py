"""What splits and balance look at in each task, kept beside the tasks and worked out once for each content."""

from __future__ import annotations

import json
import time
from functools import lru_cache
from typing import NamedTuple

from engine.errors import StoreError
from engine.models.task import Task
from engine.store.codec import read_model, to_text, unpack
from engine.store.connection import Connection
from engine.tasks.features import Features, features, tools_of

CHUNK = 200
"""Tasks that are worked out between two looks at the clock."""


class Chain(NamedTuple):
    """The tools of a chain, in order."""

    domain: str
    tools: tuple[str, ...]


class TaskFeatures:
    """The features of a store's audited tasks; a trigger forgets those of a task whose content changes."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def save(self, task: Task) -> None:
        """Stores the features of a task that the store holds, in place of earlier ones."""
        number = self._connection.value("select number from task where domain = ? and id = ?", (task.domain, task.id))
        if number is not None:
            self._save([(number, task, features(task))])

    def _save(self, found: list[tuple[int, Task, Features]]) -> None:
        with self._connection.transaction():
            # A task may have been deleted since it was read.
            self._connection.write_many(
                "insert or replace into task_feature (number, structure, wording, entities, chain) "
                "select ?1, ?2, ?3, ?4, ?5 where exists (select 1 from task where number = ?1 and id = ?6)",
                [(number, *known, task.id) for number, task, known in found],
            )
            chains = {known.chain: (known.chain, task.domain, to_text(tools_of(task))) for _, task, known in found}
            self._connection.write_many(
                "insert or ignore into task_chain (chain, domain, tools) values (?,?,?)", chains.values()
            )

    def missing(self) -> list[int]:
        """Numbers of the audited tasks that have none yet."""
        rows = self._connection.all(
            "select t.number from task t left join task_feature f on f.number = t.number "
            "where t.state = 'audited' and f.number is null"
        )
        return sorted(row[0] for row in rows)

    def fill(self, seconds: float | None = None) -> int:
        """Works out what is missing.

        Args:
            seconds: Stops after about so long; goes on to the end where left out.

        Returns:
            How many are still missing.

        Raises:
            StoreError: A stored task is damaged.
        """
        end = None if seconds is None else time.monotonic() + seconds
        numbers = self.missing()
        for start in range(0, len(numbers), CHUNK):
            if end is not None and time.monotonic() > end:
                return len(numbers) - start
            self._save([self._worked_out(number) for number in numbers[start : start + CHUNK]])
        return 0

    def _worked_out(self, number: int) -> tuple[int, Task, Features]:
        row = self._connection.one("select id, body from task where number = ?", (number,))
        if row is None:
            raise StoreError("A task was deleted while it was read; try again.")
        what = f"task `{row['id']}`"
        task = read_model(Task, unpack(row["body"], what), what)
        return number, task, features(task)

    def chains(self) -> dict[int, Chain]:
        """The tools of every chain, by its number."""
        return {
            row["chain"]: Chain(row["domain"], tuple(json.loads(row["tools"])))
            for row in self._connection.all("select chain, domain, tools from task_chain")
        }

    def rules(self, domain: str) -> dict[str, tuple[str, ...]]:
        """The kinds of business rules among each tool's preconditions."""
        return {
            row["name"]: _rules(row["digest"], bytes(row["body"]))
            for row in self._connection.all("select name, digest, body from tool where domain = ?", (domain,))
        }


@lru_cache(4096)
def _rules(digest: str, body: bytes) -> tuple[str, ...]:
    tool = json.loads(unpack(body, "tool"))
    return tuple(dict.fromkeys(each["rule"] for each in tool["contract"]["requires"] if each.get("rule")))
