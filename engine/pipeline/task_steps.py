"""The steps of a task that language models take part in, as work for an executor: what can be a goal, build, audit.

The models are asked between them, by the process that owns the run; see `engine.pipeline.task_waves`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from engine.agents.roles.tasks import PlannedChain, StateAnswer
from engine.models.base import Model
from engine.models.role import RoleName
from engine.models.task import Difficulty, Task
from engine.pipeline.benches import Attempt, DomainBench, difficulty_of, task_id
from engine.tasks.audit import audit
from engine.tasks.build import Rejected
from engine.tasks.furnish import Furnishable, furnish, furnishable
from engine.tasks.wording_request import with_words


class Goals(Model):
    """What tasks of a domain can be about.

    Attributes:
        possible: The changes that can be a goal, in the order in which tasks begin with them.
        follows: Such a change -> those that it makes possible.
    """

    possible: tuple[str, ...]
    follows: dict[str, tuple[str, ...]]


class Wished(Model):
    """A task's number with what somebody wished for it; `None` for the engine's own choice."""

    position: int
    chain: PlannedChain | None = None


class Proposal(Model):
    """A built task that waits for furniture and words, or the reason why there is none.

    Attributes:
        wished: Whether it is the wished chain.
        room: What of its s0 may be furnished, where anything may.
        notes: What of the wish could not be had.
    """

    position: int
    id: str
    difficulty: Difficulty
    task: Task | None = None
    wished: bool = False
    room: Furnishable | None = None
    reason: str = ""
    notes: tuple[str, ...] = ()


class Finish(Model):
    """A built task with what the models made for it.

    Attributes:
        furniture: The state agent's answer.
        words: The instruction agent's, or empty.
        players: Role -> the model that plays it, of the roles whose work this is.
        notes: What could not be used, and why.
    """

    position: int
    task: Task
    furniture: StateAnswer | None = None
    words: str = ""
    players: dict[RoleName, str] = {}
    notes: tuple[str, ...] = ()


def find_goals(bench: DomainBench, _item: None) -> Goals:
    """Which changes can be goals at all, so that no model is asked in vain."""
    possible = bench.builder.possible()
    follows = bench.builder.follows
    return Goals(
        possible=possible,
        follows={name: tuple(other for other in follows.get(name, ()) if other in possible) for name in possible},
    )


def propose_task(bench: DomainBench, wished: Wished) -> Proposal:
    """Builds the candidate with this number; the same whatever was built before."""
    plan, position = bench.plan, wished.position
    difficulty, id = difficulty_of(plan, position), task_id(plan, position)
    candidate = bench.builder.propose(position, difficulty, wished.chain)
    if isinstance(candidate, Rejected):
        reason, _ = Counter(candidate.reasons).most_common(1)[0]
        return Proposal(position=position, id=id, difficulty=difficulty, reason=reason)
    notes: tuple[str, ...] = ()
    if wished.chain is not None and not candidate.wished:
        why = Counter(reason for reason in candidate.failures if reason.startswith("As wished: ")).most_common(1)
        words = why[0][0].removeprefix("As wished: ") if why else "It has none of the domain's changes."
        notes = (f"The chain is the engine's own; the wished one could not be built: {words}",)
    return Proposal(
        position=position,
        id=id,
        difficulty=difficulty,
        task=candidate.task,
        wished=candidate.wished,
        room=furnishable(candidate.task, plan.domain),
        notes=notes,
    )


def finish_task(bench: DomainBench, finish: Finish) -> Attempt:
    """Furnishes a task, gives it its words, and audits it: what does not pass gives way to what the composer made.

    So a model's furniture or words never cost a task that would be one without them.
    """
    notes = list(finish.notes)
    attempt: Attempt | None = None
    for task, refused in _variants(bench, finish, notes):
        audited, traces = audit(task, bench.plan.domain, bench.runtime)
        attempt = Attempt(
            position=finish.position,
            id=task.id,
            difficulty=task.difficulty,
            task=audited,
            traces=traces,
            notes=tuple(notes),
        )
        if audited.audited:
            break
        if refused:
            notes.append(f"{refused} was given up: {audited.reason}")
    assert attempt is not None
    return attempt


def _variants(bench: DomainBench, finish: Finish, notes: list[str]) -> Iterator[tuple[Task, str]]:
    """The task with all that the models made, then without the furniture, then without the words; what each would lose."""
    plain = finish.task
    chain = _players(finish, "chain")
    if finish.furniture is not None:
        done = furnish(plain, bench.plan.domain, finish.furniture)
        if done.left_out:
            notes.append(
                f"{done.left_out} of {done.left_out + done.pieces} pieces of the state's furniture were left out."
            )
        if done.pieces:
            made_by = {**chain, **_players(finish, "state")}
            if finish.words:
                made_by |= _players(finish, "instruction")
            task = with_words(done.task, finish.words) if finish.words else done.task
            yield task.model_copy(update={"made_by": made_by}), "The state's furniture"
    if finish.words:
        made_by = {**chain, **_players(finish, "instruction")}
        yield with_words(plain, finish.words).model_copy(update={"made_by": made_by}), "The instruction's words"
    yield plain.model_copy(update={"made_by": chain}), ""


def _players(finish: Finish, role: RoleName) -> dict[RoleName, str]:
    return {role: finish.players[role]} if role in finish.players else {}
