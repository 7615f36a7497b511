"""Requests to language models, as they are kept: what was asked, what was answered, what it cost and what came of it."""

from __future__ import annotations

from typing import Any, Literal

from engine.models.base import Model
from engine.models.role import RoleName

CallOutcome = Literal["accepted", "corrected", "refused", "failed"]
"""`accepted`: the answer was usable. `corrected`: it was not, and was asked for once more with its errors.
`refused`: it was not, and that was the last word. `failed`: no answer came at all."""


class Answer(Model):
    """What a model answered to one request; kept for ever, by the digest of everything that determines it.

    Attributes:
        key: SHA-256 of `request` in canonical JSON.
        request: Model, messages, schema and sampling parameters; never a key, never an address.
        text: The answer as it came.
        finish: Why the model stopped (`stop`, `length`, `content_filter`, ...), as the provider says.
        prompt_tokens: Tokens read; counted by us where the provider does not say.
        completion_tokens: Tokens written.
        cost: In US dollars, or `None` where no price is known.
        seconds: How long it took.
    """

    key: str
    model: str
    request: dict[str, Any]
    text: str
    finish: str = "stop"
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float | None = None
    seconds: float = 0.0


class ModelCall(Model):
    """One use of an answer in a run, or a request that brought none.

    Attributes:
        seq: Its number in the store.
        run: Id of the run.
        subject: The tools, entities or tables that it is about, separated by `, `; a task's id for the roles of a task.
        task: Id of the task, or empty.
        key: The answer's key; empty where none came.
        model: The model's name as given.
        turn: 1 for the question, 2 for the corrective turn.
        round: 0, or the number of the repair.
        cached: Whether it was answered from the store and cost nothing.
        problem: What was wrong with the answer, in the words that the model was told, or why none came.
        cost: In US dollars, paid now; `None` where no price is known.
        seconds: Wall-clock time, retries included.
        retries: How often the provider had to be asked again.
    """

    seq: int = 0
    run: str
    domain: str
    role: RoleName
    subject: str = ""
    task: str = ""
    key: str = ""
    model: str
    turn: int = 1
    round: int = 0
    cached: bool = False
    outcome: CallOutcome = "accepted"
    problem: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float | None = None
    seconds: float = 0.0
    retries: int = 0
    at: float = 0.0


class Spent(Model):
    """What requests have cost; answers from the store cost nothing.

    Attributes:
        cost: In US dollars, as far as prices are known.
        tokens: Read and written.
        calls: Requests; one that had to be made again, since the provider was busy, counts once.
    """

    cost: float = 0.0
    tokens: int = 0
    calls: int = 0
