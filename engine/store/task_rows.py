"""What the store says of tasks: the outcome that is stored, a task in one line, figures over many."""

from __future__ import annotations

from engine.models.base import Model
from engine.models.review import ReviewState
from engine.models.task import Difficulty, Task
from engine.store.task_filter import TaskState


class TaskOutcome(Model):
    """What came of one attempt at a task.

    Attributes:
        position: Number of the attempt within the domain, from 0; it decides the task's seed and id.
        task: The candidate with its audits, or null where none came about.
        cause: Why it was rejected, in few words that other attempts share, or empty.
        reason: The same in full.
    """

    position: int
    id: str
    state: TaskState
    difficulty: Difficulty
    cause: str = ""
    reason: str = ""
    task: Task | None = None


class TaskSummary(Model):
    """A task in one line.

    Attributes:
        number: Its row in the store; never changes.
        cause: Why an attempt was rejected, in few words.
        reason: The same in full.
        tools: Names of the chain's tools, in order.
        reviewers: Curators whose decision stands.
        agreed: Whether they decide alike; null below two.
        rating: Mean of the standing ratings, 1 to 5.
        reviewed_at: When a curator last acted on it, in seconds since 1970.
        edits: How often its words were changed.
        stale: Why its audits have to be run again; empty where they count.
    """

    number: int
    domain: str
    position: int
    id: str
    state: TaskState
    review: ReviewState
    cause: str
    reason: str
    difficulty: Difficulty
    steps: int
    instruction: str
    tools: tuple[str, ...]
    reviewers: int
    agreed: bool | None
    rating: float | None
    tags: tuple[str, ...]
    reviewed_at: float | None
    edits: int
    stale: str


class TaskFigures(Model):
    """How many audited tasks are in which state, and how many attempts were rejected."""

    open: int = 0
    approved: int = 0
    rejected: int = 0
    needs_edit: int = 0
    disagreed: int = 0
    stale: int = 0
    attempts: int = 0

    @property
    def audited(self) -> int:
        """All audited tasks."""
        return self.open + self.approved + self.rejected + self.needs_edit
