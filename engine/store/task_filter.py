"""Which tasks somebody means, in what order: a filter as data, and the SQL that it comes to."""

from __future__ import annotations

import re
from typing import Any, Literal

from engine.models.base import Model
from engine.models.review import ReviewState
from engine.models.task import Difficulty
from engine.store.codec import to_text

TaskState = Literal["audited", "rejected"]

TaskSort = Literal["position", "difficulty", "steps", "review", "rating", "reviewed_at", "reviewers"]
"""What a list of tasks is sorted by; ties are in order of domain and position."""

_RANK = {
    "difficulty": "case difficulty when 'easy' then 0 when 'medium' then 1 else 2 end",
    "review": "case review when 'open' then 0 when 'needs_edit' then 1 when 'rejected' then 2 else 3 end",
}
"""Columns whose words have an order of their own."""


class TaskFilter(Model):
    """Which tasks; what is left out does not matter.

    Attributes:
        domain: One domain.
        domains: Any of these domains; empty for all.
        text: Words that the id, the instruction or the names of the chain's tools must hold, whatever their case and
            accents; the last one may be the beginning of a word.
        tool: A tool of the reference chain.
        tag: A curator's tag.
        least_steps: Fewest steps of the chain, inclusive.
        most_steps: Most steps of the chain, inclusive.
        disagreed: Whether curators decided differently.
        stale: Whether its audits have to be run again.
        edited: Whether its words were changed.
        least_rating: Least mean rating, 1 to 5; tasks without a rating are left out.
        ids: Any of these ids; empty for all.
    """

    domain: str | None = None
    domains: tuple[str, ...] = ()
    state: TaskState | None = None
    review: ReviewState | None = None
    difficulty: Difficulty | None = None
    text: str | None = None
    tool: str | None = None
    tag: str | None = None
    least_steps: int | None = None
    most_steps: int | None = None
    disagreed: bool | None = None
    stale: bool | None = None
    edited: bool | None = None
    least_rating: float | None = None
    ids: tuple[str, ...] = ()

    def where(self) -> tuple[str, dict[str, Any]]:
        """The SQL condition on the table `task`, with its parameters."""
        terms = list(self.conditions())
        if self.text:
            terms.append(SEARCHED if search_words(self.text) else "0")
        return " and ".join(terms) or "1", self.parameters()

    def conditions(self) -> list[str]:
        """The SQL conditions but the full-text search."""
        terms = [f"{name} = :{name}" for name in ("domain", "state", "review", "difficulty") if getattr(self, name)]
        if self.domains:
            terms.append("domain in (select value from json_each(:domains))")
        if self.ids:
            terms.append("id in (select value from json_each(:ids))")
        if self.tool is not None:
            terms.append("number in (select number from task_tool where tool = :tool)")
        if self.tag is not None:
            terms.append("number in (select number from task_tag where tag = :tag)")
        if self.least_steps is not None:
            terms.append("steps >= :least_steps")
        if self.most_steps is not None:
            terms.append("steps <= :most_steps")
        if self.least_rating is not None:
            terms.append("rating >= :least_rating")
        if self.disagreed is not None:
            terms.append("agreed = 0" if self.disagreed else "(agreed is null or agreed = 1)")
        if self.stale is not None:
            terms.append("stale != ''" if self.stale else "stale = ''")
        if self.edited is not None:
            terms.append("edits > 0" if self.edited else "edits = 0")
        return terms

    def parameters(self) -> dict[str, Any]:
        """The values of the conditions' parameters."""
        simple = self.model_dump(exclude={"domains", "ids", "text"})
        return simple | {
            "domains": to_text(list(self.domains)),
            "ids": to_text(list(self.ids)),
            "words": search_words(self.text or ""),
        }


SEARCHED = "number in (select rowid from task_search where task_search match :words)"
"""The condition that a task has the words looked for."""


def search_words(text: str) -> str:
    """What a user typed, as a query of the full-text index: every word must be there, the last one as a beginning.

    Each word is quoted, so none of the query language's own words and signs is read as such. Empty where there is no
    word in the text at all: then nothing is found.
    """
    # A lone half of a surrogate pair can't be stored, and SQLite reads a text up to its first NUL.
    plain = text.encode("utf-8", "ignore").decode().replace("\0", " ")
    words = [word for word in plain.split() if re.search(r"[^\W_]", word)]
    quoted = ['"' + word.replace('"', '""') + '"' for word in words]
    return " ".join(quoted) + "*" if quoted else ""


def order_by(sort: TaskSort, *, descending: bool = False, backwards: bool = False) -> str:
    """The SQL terms to sort by.

    Args:
        sort: The chief term.
        descending: Greatest first; ties stay in their order. Tasks without a value come last either way.
        backwards: The whole of that order from its end.
    """
    if sort == "position":
        terms = [("domain", descending), ("position", descending)]
    else:
        terms = [(rank_of(sort), descending), ("domain", False), ("position", False)]
        if sort in ("rating", "reviewed_at"):
            terms.insert(0, (f"{sort} is null", False))
    return ", ".join(f"{term} {'desc' if down != backwards else 'asc'}" for term, down in terms)


def before(sort: TaskSort, value: object, *, descending: bool = False) -> str:
    """The SQL condition of the tasks that come before one, whose domain and position are `:at_domain` and `:at_position`.

    Args:
        sort: The chief term.
        value: What that one has there, ranked as the term ranks it: the parameter `:at_value`.
        descending: As for `order_by`.
    """
    earlier = "(domain, position) < (:at_domain, :at_position)"
    if sort == "position":
        return earlier.replace("<", ">") if descending else earlier
    term = rank_of(sort)
    if value is None:
        return f"({term} is not null or {earlier})"
    return f"({term} {'>' if descending else '<'} :at_value or ({term} = :at_value and {earlier}))"


def rank_of(sort: TaskSort) -> str:
    """The SQL term by which a sort compares tasks."""
    return _RANK.get(sort, sort)
