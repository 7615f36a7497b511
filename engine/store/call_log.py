"""What language models were asked, looked at from every side: a page at a time, added up, and around one call."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from engine.models.base import Model
from engine.models.call import CallOutcome, ModelCall
from engine.models.role import ROLES, RoleName
from engine.store.calls import read_call
from engine.store.connection import Connection

SumsBy = Literal["role", "task", "model", "domain", "run"]

MOST_AROUND = 60
"""Calls that are shown around one: a repair has a few rounds of two turns, and no person reads more."""

_PLACES = {role: place for place, role in enumerate(ROLES)}

_SUMS = """
  coalesce(group_concat(distinct model), '') as models,
  count(*) as calls,
  coalesce(sum(cached), 0) as cached,
  coalesce(sum(outcome = 'corrected'), 0) as corrected,
  coalesce(sum(outcome = 'refused'), 0) as refused,
  coalesce(sum(outcome = 'failed'), 0) as failed,
  coalesce(sum(round > 0 and turn = 1), 0) as repairs,
  coalesce(sum(case when cached then 0 else prompt_tokens end), 0) as prompt_tokens,
  coalesce(sum(case when cached then 0 else completion_tokens end), 0) as completion_tokens,
  coalesce(sum(case when cached then prompt_tokens + completion_tokens else 0 end), 0) as saved_tokens,
  coalesce(sum(case when cached then 0.0 else cost end), 0.0) as cost,
  coalesce(sum(not cached and cost is null and prompt_tokens + completion_tokens > 0), 0) as unpriced,
  coalesce(sum(seconds), 0.0) as seconds,
  coalesce(sum(retries), 0) as retries
"""


class CallFilter(Model):
    """Which calls.

    Attributes:
        run: Of this run; of all where empty.
        domain: Of this domain's runs; of all where empty.
        role: Of this role; of all where empty.
        outcome: That came to this; to anything where empty.
        subject: About this tool, entity or table; about anything where empty.
        task: Of this task; of all where empty.
        words: All of these words are in subject, task or problem, in any order and case.
    """

    run: str = ""
    domain: str = ""
    role: RoleName | Literal[""] = ""
    outcome: CallOutcome | Literal[""] = ""
    subject: str = ""
    task: str = ""
    words: str = ""


class CallPage(NamedTuple):
    """Some of the calls that fit a filter, newest first.

    Attributes:
        matching: How many fit in all.
    """

    calls: list[ModelCall]
    matching: int


class CallSums(Model):
    """Calls added up (the paper's Table 9 is this by role).

    Attributes:
        of: What they have in common: a role, a task, a model, a domain or a run; empty for all of them.
        models: Who was asked, separated by `,`.
        calls: How many there were, those answered from the store included.
        cached: Those answered from the store, at no cost.
        corrected: Those whose answer had to be asked for once more.
        refused: Those that came to nothing, though a model answered.
        failed: Those that no model answered.
        repairs: Those that asked for a repair, corrective turns not counted.
        prompt_tokens: Read, and paid for.
        completion_tokens: Written, and paid for.
        saved_tokens: Both, of answers from the store.
        cost: In US dollars, of the calls whose price is known.
        unpriced: Paid calls whose price is not known.
        seconds: Wall-clock time of all of them, one after the other.
        retries: How often a provider had to be asked again.
    """

    of: str = ""
    models: str = ""
    calls: int = 0
    cached: int = 0
    corrected: int = 0
    refused: int = 0
    failed: int = 0
    repairs: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    saved_tokens: int = 0
    cost: float = 0.0
    unpriced: int = 0
    seconds: float = 0.0
    retries: int = 0

    @property
    def tokens(self) -> int:
        """Read and written, and paid for."""
        return self.prompt_tokens + self.completion_tokens


class CallLog:
    """The calls of a store's runs, for those who look at them.

    Args:
        connection: Where they are.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def page(self, chosen: CallFilter, *, offset: int = 0, limit: int = 50) -> CallPage:
        """A page of calls, newest first.

        Args:
            chosen: Which calls.
            offset: How many of them to pass over.
            limit: How many to give.
        """
        where, values = _where(chosen)
        rows = self._connection.all(
            f"select * from model_call where {where} order by seq desc limit ? offset ?", (*values, limit, offset)
        )
        matching = self._connection.value(f"select count(*) from model_call where {where}", values)
        return CallPage([read_call(row) for row in rows], int(matching))

    def one(self, seq: int, chosen: CallFilter | None = None) -> ModelCall | None:
        """A call by its number, if there is one that fits."""
        where, values = _where(chosen or CallFilter())
        row = self._connection.one(f"select * from model_call where seq = ? and {where}", (seq, *values))
        return None if row is None else read_call(row)

    def any_of(self, run: str) -> bool:
        """Whether a run asked a language model anything."""
        return self._connection.one("select 1 from model_call where run = ? limit 1", (run,)) is not None

    def around(self, call: ModelCall) -> list[ModelCall]:
        """What a run asked the same role about the same, oldest first: both turns, and every round of a repair."""
        rows = self._connection.all(
            "select * from model_call where run = ? and role = ? and subject = ? and task = ? order by seq limit ?",
            (call.run, call.role, call.subject, call.task, MOST_AROUND),
        )
        return [read_call(row) for row in rows]

    def sums(self, chosen: CallFilter) -> CallSums:
        """All calls that fit, added up."""
        where, values = _where(chosen)
        return CallSums(**dict(self._connection.one(f"select {_SUMS} from model_call where {where}", values) or {}))

    def sums_by(self, by: SumsBy, chosen: CallFilter, *, limit: int = 500) -> list[CallSums]:
        """The same by role, task, model, domain or run, in the order in which each was first asked, and roles in the method's; calls that belong to none are left out.

        Args:
            by: What they are told apart by.
            chosen: Which calls.
            limit: Most groups.
        """
        where, values = _where(chosen)
        rows = self._connection.all(
            f"select {by} as [of], {_SUMS} from model_call where {where} and {by} != '' group by {by} order by min(seq) limit ?",
            (*values, limit),
        )
        found = [CallSums(**dict(row)) for row in rows]
        return sorted(found, key=lambda each: _PLACES[each.of]) if by == "role" else found


def _where(chosen: CallFilter) -> tuple[str, list[Any]]:
    parts: list[str] = ["1"]
    values: list[Any] = []
    for column in ("run", "domain", "role", "outcome", "task"):
        if wanted := getattr(chosen, column):
            parts.append(f"{column} = ?")
            values.append(wanted)
    if chosen.subject:
        # One call can be about several tools.
        parts.append("instr(', ' || subject || ', ', ', ' || ? || ', ') > 0")
        values.append(chosen.subject)
    for word in chosen.words.lower().split():
        parts.append("instr(lower(subject || ' ' || task || ' ' || problem), ?) > 0")
        values.append(word)
    return " and ".join(parts), values
