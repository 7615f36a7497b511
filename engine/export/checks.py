"""What no export may hold, whatever its format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.errors import ExportError
from engine.models.domain import Domain
from engine.models.task import Task
from engine.runtime.matching import Matcher
from engine.runtime.records import to_diff
from engine.runtime.reward import policies


def checked(domain: Domain, tasks: Iterable[Task]) -> Iterator[Task]:
    """The tasks one after the other; refuses those that can't be run in the domain, and those that pay for nothing.

    Raises:
        ExportError: A task is of another domain, uses a tool that the domain lacks, or would pay for doing nothing.
    """
    matcher = Matcher(policies(domain.database))
    for task in tasks:
        missing = [name for name in task.tools if name not in domain.tool]
        if task.domain != domain.name or missing:
            what = f"uses {missing[0]}, which the domain does not have" if missing else f"belongs to {task.domain}"
            raise ExportError(f"task {task.id} {what}; export domain {domain.name} with its own tasks")
        if not task.communicate and matcher.score(to_diff(task.gold_diff), [])["reward"]:
            raise ExportError(f"task {task.id} would let agents earn the reward by doing nothing; leave it out")
        yield task
