"""Turns the values of a status-like column into a lifecycle, where all of them are words whose order people know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from engine.models.base import Value
from engine.seeds.sql_names import words_of

Place = Literal["forward", "aside", "fallen"]

_RANKS: dict[int, str] = {
    0: "draft new created initial unstarted not_started todo to_do backlog planned planning prospect unverified idea",
    10: "open opened pending requested unpaid submitted applied waiting queued incoming available unassigned vacant free"
    " wishlist invited prospective lead upcoming in_stock unread not_paid proposed awaiting_payment awaiting",
    20: "scheduled booked reserved placed received registered accepted enrolled triaged ready contacted qualified preparing",
    25: "in_review reviewing under_review reviewed screening interview interviewing evaluating quoted proposal",
    30: "approved confirmed authorized authorised verified paid partially_paid invoiced assigned offered negotiation read",
    40: "active processing in_progress started running ongoing working in_process checked_in boarding enabled live doing"
    " prepared progress admitted hired employed unlocked online valid current partial answered testing in_treatment",
    45: "borrowed loaned on_loan checked_out rented issued occupied in_use sold leased packed boarded departed playing"
    " partially_shipped printed baking cooking adopted seated",
    50: "shipped dispatched sent in_transit out_for_delivery transit en_route in_flight deployed published served",
    60: "delivered landed arrived resolved fixed returned played posted won fulfilled picked_up fully_paid cleared settled",
    70: "completed complete done finished closed ended graduated discharged passed success succeeded successful processed"
    " repaid paid_off",
    80: "archived retired",
}
_ASIDE = (
    "on_hold hold paused suspended inactive blocked locked disabled maintenance under_maintenance on_leave overdue late"
    " delayed deferred unavailable hidden out_of_service damaged in_repair repair offline postponed frozen snoozed private"
)
_FALLEN = (
    "cancelled canceled cancel rejected declined denied failed failure expired withdrawn void voided no_show lost banned deleted"
    " terminated dropped abandoned refunded removed revoked aborted disputed unsubscribed resigned fired spam error"
    " trashed trash closed_lost out_of_stock discontinued refused missed wont_fix won_t_fix invalid duplicate deceased"
)
RANK = {word: rank for rank, words in _RANKS.items() for word in words.split()}
ASIDE = frozenset(_ASIDE.split())
FALLEN = frozenset(_FALLEN.split())
_EARLY_ONLY = frozenset(["rejected", "declined", "denied", "refused"])
_LATE = frozenset(["refunded"])
_FROM_ANYWHERE = frozenset(["closed", "archived", "completed", "done", "resolved", "retired", "complete", "finished"])
_CIRCULAR = frozenset(["available", "vacant", "free", "in_stock", "ready"])
_AWAY_WORDS = """
borrowed loaned on_loan checked_out rented issued occupied in_use reserved maintenance under_maintenance in_repair repair
booked out_of_service damaged unavailable leased out_of_stock
"""
_AWAY = frozenset(_AWAY_WORDS.split())
_CANCELS = frozenset(["cancelled", "canceled", "cancel", "withdrawn"])

_VERBS = {
    "draft": "redraft", "open": "reopen", "submitted": "submit", "requested": "request", "scheduled": "schedule", "booked": "book",
    "reserved": "reserve", "placed": "place", "received": "receive", "registered": "register", "accepted": "accept",
    "enrolled": "enroll", "approved": "approve", "confirmed": "confirm", "authorized": "authorize", "verified": "verify",
    "paid": "pay", "invoiced": "invoice", "assigned": "assign", "active": "activate", "processing": "process",
    "in_progress": "start", "started": "start", "running": "run", "ongoing": "start", "checked_in": "check_in",
    "enabled": "enable", "hired": "hire", "admitted": "admit", "borrowed": "lend", "loaned": "lend", "on_loan": "lend",
    "checked_out": "check_out", "rented": "rent_out", "issued": "issue", "sold": "sell", "packed": "pack", "shipped": "ship",
    "dispatched": "dispatch", "sent": "send", "published": "publish", "delivered": "deliver", "resolved": "resolve",
    "fixed": "fix", "returned": "return", "completed": "complete", "complete": "complete", "done": "finish",
    "finished": "finish", "closed": "close", "ended": "end", "graduated": "graduate", "discharged": "discharge",
    "archived": "archive", "retired": "retire", "on_hold": "hold", "hold": "hold", "paused": "pause", "suspended": "suspend",
    "inactive": "deactivate", "blocked": "block", "locked": "lock", "disabled": "disable", "cancelled": "cancel",
    "canceled": "cancel", "rejected": "reject", "declined": "decline", "denied": "deny", "failed": "fail", "expired": "expire",
    "withdrawn": "withdraw", "void": "void", "voided": "void", "banned": "ban", "terminated": "terminate",
    "dropped": "drop", "abandoned": "abandon", "refunded": "refund", "revoked": "revoke",
    "available": "release", "unavailable": "withdraw", "deferred": "defer", "postponed": "postpone", "hidden": "hide",
    "in_review": "review", "under_review": "review", "reviewed": "review", "qualified": "qualify", "contacted": "contact",
    "adopted": "adopt", "fulfilled": "fulfill", "settled": "settle", "refused": "refuse", "landed": "land", "departed": "depart",
}  # fmt: skip


@dataclass(frozen=True)
class Transition:
    """One move: `verb` names the tool."""

    verb: str
    to: str
    sources: tuple[str, ...]


@dataclass(frozen=True)
class StateMachine:
    """States in their order, the first one, and the moves between them."""

    states: tuple[str, ...]
    initial: str
    transitions: tuple[Transition, ...]


def state_word(value: str) -> str:
    """A state as its knowledge is filed: `In Progress` and `in-progress` are `in_progress`."""
    return "_".join(words_of(value))


def state_machine(values: Sequence[str], default: Value = None) -> StateMachine | None:
    """The lifecycle that these states make up, or `None` where their order is not known.

    Args:
        values: The allowed states.
        default: The column's default, which is the first state where it is one of them.
    """
    words = {value: state_word(value) for value in values}
    if not 2 <= len(values) <= 14 or len(set(words.values())) != len(values):
        return None
    if any(word not in RANK and word not in ASIDE and word not in FALLEN for word in words.values()):
        return None
    forward = sorted((value for value in values if words[value] in RANK), key=lambda value: RANK[words[value]])
    if not forward:
        return None
    initial = default if isinstance(default, str) and default in values else forward[0]
    aside = [value for value in values if words[value] in ASIDE]
    fallen = [value for value in values if words[value] in FALLEN]
    states = (*forward, *aside, *fallen)
    transitions = [
        Transition(verb_for(words[target]), target, sources)
        for target in states
        if (sources := _sources(target, words, forward, aside))
    ]
    return StateMachine(states, initial, tuple(transitions)) if transitions else None


def verb_for(word: str) -> str:
    """The verb that brings a row into a state, or `""` where there is none but `mark as`."""
    return _VERBS.get(word, "")


def _sources(target: str, words: dict[str, str], forward: list[str], aside: list[str]) -> tuple[str, ...]:
    """The states from which a state is reached."""
    word = words[target]
    ranks = {value: RANK[words[value]] for value in forward}
    last = max(ranks.values())
    moving = [value for value in forward if ranks[value] < max(60, last) and ranks[value] < 70] or forward[:1]
    if word in FALLEN:
        early = [value for value in moving if ranks[value] < 30]
        late = [value for value in forward if 30 <= ranks[value] < 80]
        chosen = early if word in _EARLY_ONLY and early else late if word in _LATE and late else [*moving, *aside]
        if word in _CANCELS:
            chosen = [value for value in chosen if ranks.get(value, 0) < 50] or chosen
    elif word in ASIDE:
        chosen = [value for value in moving if ranks[value] >= 40 or len(forward) < 3] or moving
    else:
        chosen = _forward_sources(target, words, ranks, forward, aside)
    return tuple(value for value in chosen if value != target)


def _forward_sources(
    target: str, words: dict[str, str], ranks: dict[str, int], forward: list[str], aside: list[str]
) -> list[str]:
    """The states before a state, and those from which one comes back to it."""
    rank, word = ranks[target], words[target]
    before = [value for value in forward if ranks[value] < rank]
    if word in _FROM_ANYWHERE:
        chosen = before
    else:
        nearest = max((ranks[value] for value in before), default=None)
        chosen = [value for value in before if ranks[value] == nearest]
    if word in _AWAY:
        chosen = [*chosen, *(value for value in before if words[value] in _CIRCULAR and value not in chosen)]
    if word in _CIRCULAR:
        chosen = [*chosen, *(value for value in words if words[value] in _AWAY)]
    elif aside and _resumes(target, ranks, forward):
        chosen = [*chosen, *(value for value in aside if value not in chosen)]
    if word == "open" and not chosen:
        chosen = [value for value in forward if words[value] in ("closed", "resolved")]
    return chosen


def _resumes(target: str, ranks: dict[str, int], forward: list[str]) -> bool:
    """Whether a paused row goes on in this state: the one for running rows, or the only open one."""
    running = [value for value in forward if 40 <= ranks[value] < 60]
    return target == (running[0] if running else forward[0])
