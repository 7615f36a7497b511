"""What curators decide about tasks: an append-only log from which a task's review state follows."""

from __future__ import annotations

from typing import Literal

from engine.models.base import Model

ReviewState = Literal["open", "approved", "rejected", "needs_edit"]
ReviewAction = Literal["approve", "reject", "needs_edit", "note", "tag", "untag", "rate", "undo"]

DECISIONS: dict[str, ReviewState] = {"approve": "approved", "reject": "rejected", "needs_edit": "needs_edit"}
"""The actions that decide a task, with the state they lead to."""


class ReviewEntry(Model):
    """One action of a curator; never changed nor deleted.

    Attributes:
        seq: Number of the entry in the log.
        task_digest: Digest of the task as the curator saw it. An action counts only for a task of that content.
        text: The reason, the note or the tag; empty where the action has none.
        rating: 1 to 5 with `rate`, otherwise null.
        undoes: The entry that an `undo` takes back.
        batch: Shared by the entries of one bulk action, otherwise empty.
        at: Seconds since 1970.
    """

    seq: int = 0
    domain: str
    task_id: str
    task_digest: str
    action: ReviewAction
    curator: str
    text: str = ""
    rating: int | None = None
    undoes: int | None = None
    batch: str = ""
    at: float = 0.0
