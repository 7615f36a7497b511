"""Changes that curators made to the words of tasks."""

from __future__ import annotations

from engine.models.base import Model, Value
from engine.models.task import Task


class TaskWords(Model):
    """What of a task people may rewrite: everything else follows from executions.

    Attributes:
        instruction: What the user wants, as the user says it.
        profile: What the user knows about themselves.
    """

    instruction: str
    profile: dict[str, Value] = {}

    @classmethod
    def of(cls, task: Task) -> TaskWords:
        """The words of a task."""
        return cls(instruction=task.instruction, profile=task.user_profile)


class TaskEdit(Model):
    """One change that counts: the task was audited with it and passed.

    Attributes:
        seq: Number of the edit in the store.
        at: Seconds since 1970.
        note: Why, in the curator's words.
        digest_before: Digest of the task that was changed.
        digest_after: Digest of the task that came out.
    """

    seq: int
    domain: str
    task_id: str
    curator: str
    at: float
    note: str
    digest_before: str
    digest_after: str
    before: TaskWords
    after: TaskWords
