"""The tasks that a dataset could hold: those of a choice, with what splits and balance look at."""

from __future__ import annotations

from itertools import groupby, islice
from typing import Any, NamedTuple, get_args

from engine.models.dataset import ChosenReview, DatasetChoice
from engine.models.review import ReviewState
from engine.models.task import Difficulty
from engine.store.codec import to_text
from engine.store.connection import Connection
from engine.store.task_filter import TaskFilter


class Candidate(NamedTuple):
    """A task as numbers; the last four are null until they were worked out, see `engine.tasks.features`."""

    number: int
    domain: str
    difficulty: Difficulty
    steps: int
    review: ReviewState
    structure: int
    wording: int
    entities: int
    chain: int


class Choices:
    """What choices come to in a store."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def candidates(self, choice: DatasetChoice) -> list[Candidate]:
        """The tasks of a choice in order of domain and position; rejected and stale ones are never among them."""
        where, parameters = _where(choice)
        rows = self._connection.each(
            "select t.number, t.domain, t.difficulty, t.steps, t.review, f.structure, f.wording, f.entities, f.chain from "
            f"(select number, domain, position, difficulty, steps, review from task where {where}) t "
            "left join task_feature f on f.number = t.number order by t.domain, t.position",
            parameters,
        )
        found = map(Candidate._make, rows)
        if choice.limit is None:
            return list(found)
        return [each for _, own in groupby(found, key=lambda each: each.domain) for each in islice(own, choice.limit)]

    def identities(self, choice: DatasetChoice) -> dict[int, tuple[str, str]]:
        """Number -> id and content's digest of the tasks of a choice."""
        where, parameters = _where(choice)
        rows = self._connection.all(f"select number, id, digest from task where {where}", parameters)
        return {row[0]: (row[1], row[2]) for row in rows}

    def tags(self) -> list[tuple[int, str]]:
        """Every tag with the number of the task that has it."""
        return [(row[0], row[1]) for row in self._connection.all("select number, tag from task_tag order by tag")]

    def tag_names(self, limit: int = 500) -> list[str]:
        """The tags in use, in alphabetical order."""
        return [
            row[0] for row in self._connection.all("select distinct tag from task_tag order by tag limit ?", (limit,))
        ]

    def count_by_review(self, domains: tuple[str, ...] = ()) -> dict[ChosenReview, int]:
        """How many tasks that are neither stale nor rejected are in which review state."""
        where, parameters = _where(DatasetChoice(domains=domains, reviews=get_args(ChosenReview)))
        rows = self._connection.all(f"select review, count(*) from task where {where} group by review", parameters)
        counts = {row[0]: row[1] for row in rows}
        return {state: counts.get(state, 0) for state in get_args(ChosenReview)}

    def stamp(self) -> tuple[Any, ...]:
        """Differs whenever the tasks, their reviews or their tags have changed; costs next to nothing."""
        row = self._connection.one(
            "select (select max(number) from task), (select max(seq) from review), (select max(seq) from task_edit), "
            "(select max(rowid) from checkpoint), (select max(updated_at) from run), (select count(*) from domain), "
            "(select max(seq) from tool_edit), (select count(*) from task where stale != '')"
        )
        return tuple(row or ())


def _where(choice: DatasetChoice) -> tuple[str, dict[str, Any]]:
    base = TaskFilter(
        domains=choice.domains,
        state="audited",
        stale=False,
        text=choice.text.strip() or None,
        tool=choice.tool or None,
        least_steps=choice.least_steps,
        most_steps=choice.most_steps,
        least_rating=choice.least_rating,
        ids=choice.ids,
    )
    where, parameters = base.where()
    terms = [where]
    for column, wanted in (("review", choice.reviews), ("difficulty", choice.difficulties)):
        if wanted:
            terms.append(f"{column} in ({', '.join(f':{column}_{at}' for at in range(len(wanted)))})")
            parameters |= {f"{column}_{at}": value for at, value in enumerate(wanted)}
    if choice.tags:
        terms.append("number in (select number from task_tag where tag in (select value from json_each(:with_tags)))")
    if choice.without_tags:
        terms.append("number not in (select number from task_tag where tag in (select value from json_each(:no_tags)))")
    parameters |= {"with_tags": to_text(list(choice.tags)), "no_tags": to_text(list(choice.without_tags))}
    return " and ".join(terms), parameters
