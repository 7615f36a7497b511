"""What the pages read of requests to language models: lists, sums, and one call with what came of it."""

from __future__ import annotations

from typing import Any, NamedTuple

from engine.models.call import Answer, ModelCall
from engine.store import Store
from engine.store.call_log import CallFilter, CallPage, CallSums, SumsBy
from studio.queries.opened import opened

PER_PAGE = 25
"""Calls of one page of the list."""

SUBJECTS_JUDGED = ("tool_schema", "contract", "code", "test", "debug")
"""Roles whose calls are about tools."""


class Message(NamedTuple):
    """A message of a prompt: who speaks to the model, and what is said."""

    speaker: str
    text: str


class Verdict(NamedTuple):
    """A tool that a call was about, as it stands now.

    Attributes:
        admitted: `None` where it was not tested yet.
        reasons: What spoke against it.
        repairs: How often it was repaired.
    """

    tool: str
    admitted: bool | None
    reasons: tuple[str, ...]
    repairs: int
    made_by: str


class TaskOutcome(NamedTuple):
    """The task that a call was for, as it stands now: audited, or rejected with the reason."""

    id: str
    state: str
    reason: str


class CallView(NamedTuple):
    """One call in full.

    Attributes:
        messages: What was asked, in order.
        schema: What the answer had to be like, where it was JSON.
        answer: As it came; `None` where none did, or where it is not kept any more.
        around: What the same run asked the same role about the same, this call among it, oldest first.
        verdicts: The tools that it was about.
        tasks: The tasks that it was for.
        exists: Whether the domain is there.
    """

    call: ModelCall
    messages: tuple[Message, ...]
    schema: dict[str, Any] | None
    answer: Answer | None
    around: tuple[ModelCall, ...]
    verdicts: tuple[Verdict, ...]
    tasks: tuple[TaskOutcome, ...]
    exists: bool

    @property
    def asked_again(self) -> ModelCall | None:
        """The call that asked once more, after an answer that was of no use."""
        if self.call.outcome != "corrected":
            return None
        return next((each for each in self.around if each.seq > self.call.seq and each.round == self.call.round), None)


def page(chosen: CallFilter, number: int) -> CallPage:
    """A page of calls, newest first; pages count from 1."""
    with opened() as store, store.snapshot():
        return store.call_log.page(chosen, offset=(number - 1) * PER_PAGE, limit=PER_PAGE)


def sums(chosen: CallFilter) -> CallSums:
    """All calls that fit, added up."""
    with opened() as store:
        return store.call_log.sums(chosen)


def sums_by(by: SumsBy, chosen: CallFilter) -> list[CallSums]:
    """The same by role, task, model, domain or run."""
    with opened() as store:
        return store.call_log.sums_by(by, chosen)


def is_there(seq: int) -> bool:
    """Whether there is a call of that number, about whatever."""
    with opened() as store:
        return store.call_log.one(seq) is not None


def one(seq: int, scope: CallFilter) -> CallView | None:
    """One call among some; `None` where they have none of that number."""
    with opened() as store, store.snapshot():
        call = store.call_log.one(seq, scope)
        if call is None:
            return None
        answer = store.answers.get(call.key) if call.key else None
        request = answer.request if answer is not None else {}
        exists = store.domains.exists(call.domain)
        return CallView(
            call=call,
            messages=_messages(request),
            schema=request.get("schema"),
            answer=answer,
            around=tuple(store.call_log.around(call)),
            verdicts=_verdicts(store, call) if exists else (),
            tasks=_tasks(store, call) if exists else (),
            exists=exists,
        )


def _messages(request: dict[str, Any]) -> tuple[Message, ...]:
    """The messages of a request; what is not a text is shown as it is written."""
    return tuple(
        Message(str(each.get("role", "")), str(each.get("content", "")))
        for each in request.get("messages", [])
        if isinstance(each, dict)
    )


def _verdicts(store: Store, call: ModelCall) -> tuple[Verdict, ...]:
    if call.role not in SUBJECTS_JUDGED:
        return ()
    wanted = set(call.subject.split(", "))
    return tuple(
        Verdict(
            tool=each.tool.name,
            admitted=None if each.report is None else each.report.admitted,
            reasons=each.report.reasons if each.report is not None else (),
            repairs=each.report.repairs if each.report is not None else 0,
            made_by=each.tool.made_by,
        )
        for each in store.tools.all(call.domain)
        # Sketches are asked for by entity, everything later by tool.
        if each.tool.name in wanted or (call.role == "tool_schema" and each.tool.entity in wanted)
    )


def _tasks(store: Store, call: ModelCall) -> tuple[TaskOutcome, ...]:
    if call.role in SUBJECTS_JUDGED:
        return ()
    # A chain agent plans several tasks at once, and names them as its subject.
    ids = dict.fromkeys(filter(None, [call.task, *call.subject.split(", ")]))
    found = (store.tasks.find(id, (call.domain,)) for id in ids)
    return tuple(TaskOutcome(task.id, task.state, task.reason) for task in found if task is not None)
