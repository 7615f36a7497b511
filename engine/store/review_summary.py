"""What a task's review log comes to."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from engine.errors import UsageError
from engine.models.base import Model
from engine.models.review import DECISIONS, ReviewEntry, ReviewState

NAME_LETTERS = 60
"""Longest name of a curator."""

TAG_LETTERS = 40
"""Longest tag."""

TAGS = 12
"""Most tags of one task."""

TEXT_LETTERS = 4000
"""Longest reason or note."""


class ReviewSummary(Model):
    """What the entries about one content of a task add up to.

    Attributes:
        state: The last decision that stands.
        decisions: Curator -> their last decision that stands, in order of those decisions.
        seqs: Curator -> the entry of that decision.
        rating: Mean of each curator's last rating that stands; null without one.
        tags: In alphabetical order.
        reviewed_at: When a curator last acted, in seconds since 1970.
    """

    state: ReviewState
    decisions: dict[str, ReviewState]
    seqs: dict[str, int]
    rating: float | None
    tags: tuple[str, ...]
    reviewed_at: float | None

    @property
    def reviewers(self) -> int:
        """How many curators' decision stands."""
        return len(self.decisions)

    @property
    def agreed(self) -> bool | None:
        """Whether these decide alike; null below two."""
        return None if len(self.decisions) < 2 else len(set(self.decisions.values())) == 1

    @property
    def decider(self) -> str | None:
        """The only curator whose decision stands; null for none or several."""
        return next(iter(self.decisions)) if len(self.decisions) == 1 else None


def standing(entries: Sequence[ReviewEntry]) -> list[ReviewEntry]:
    """The entries that were not taken back, in order."""
    undone = {entry.undoes for entry in entries if entry.action == "undo"}
    return [entry for entry in entries if entry.action != "undo" and entry.seq not in undone]


def review_state(entries: Sequence[ReviewEntry]) -> ReviewState:
    """The last decision that was not undone."""
    return summarize(entries).state


def summarize(entries: Sequence[ReviewEntry]) -> ReviewSummary:
    """What entries come to, which must be of one task and one content of it, in the log's order."""
    decisions: dict[str, ReviewState] = {}
    seqs: dict[str, int] = {}
    ratings: dict[str, int] = {}
    tags: set[str] = set()
    for entry in standing(entries):
        if entry.action in DECISIONS:
            decisions.pop(entry.curator, None)  # the order is that of the last decisions
            decisions[entry.curator] = DECISIONS[entry.action]
            seqs[entry.curator] = entry.seq
        elif entry.action == "rate" and entry.rating is not None:
            ratings[entry.curator] = entry.rating
        elif entry.action == "tag":
            tags.add(entry.text)
        elif entry.action == "untag":
            tags.discard(entry.text)
    return ReviewSummary(
        state=next(reversed(decisions.values())) if decisions else "open",
        decisions=decisions,
        seqs=seqs,
        rating=sum(ratings.values()) / len(ratings) if ratings else None,
        tags=tuple(sorted(tags)),
        reviewed_at=max((entry.at for entry in entries), default=None),
    )


def tidy_name(name: str) -> str:
    """A curator's name with single spaces, cut to its greatest length; empty where nothing readable is left."""
    readable = "".join(letter if letter.isprintable() else " " for letter in unicodedata.normalize("NFC", name))
    return " ".join(readable.split())[:NAME_LETTERS].strip()


def tidy_tag(text: str) -> str:
    """A tag as it is stored: lower case, with hyphens for spaces.

    Raises:
        UsageError: It is empty, too long, or has other characters than letters, digits, `-`, `_`, `.` and `+`.
    """
    tag = "-".join(unicodedata.normalize("NFKC", text).lower().split())
    if not tag:
        raise UsageError("A tag needs at least one letter.")
    if len(tag) > TAG_LETTERS:
        raise UsageError(f"A tag has at most {TAG_LETTERS} letters; `{tag[:TAG_LETTERS]}…` has {len(tag)}.")
    if not re.fullmatch(r"[\w.+-]+", tag):
        raise UsageError(f"The tag `{tag}` may have only letters, digits, `-`, `_`, `.` and `+`.")
    return tag


def tidy_text(text: str) -> str:
    """A reason or a note without spaces around it.

    Raises:
        UsageError: It is too long.
    """
    text = text.strip()
    if len(text) > TEXT_LETTERS:
        raise UsageError(f"A reason or note has at most {TEXT_LETTERS:,} letters; this one has {len(text):,}.")
    return text


def by_task(entries: Iterable[ReviewEntry]) -> dict[tuple[str, str], list[ReviewEntry]]:
    """Entries by domain and task, each list in the order given."""
    found: dict[tuple[str, str], list[ReviewEntry]] = {}
    for entry in entries:
        found.setdefault((entry.domain, entry.task_id), []).append(entry)
    return found
