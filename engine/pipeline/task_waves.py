"""Tasks whose chains, states or words language models make (paper, section 4.2), in waves: ask, build, ask, audit.

A wave is a fixed number of positions for which chains are asked in one request. What a request says depends on the domain,
the seed, its positions and tasks that lie waves behind, never on how many tasks are still wanted, on what else is asked at
the same time, or on which answers come first. So the same answers give the same bytes for any number of processes,
and a run that was interrupted asks for the same again, which costs nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Generator, Sequence
from itertools import islice
from typing import Any, TypeVar

from engine.agents.roles import CannotAnswer
from engine.agents.roles.tasks import (
    ChainRequest,
    PlannedChain,
    StateAnswer,
    StateRequest,
    WantedChain,
)
from engine.executors.local import Executor
from engine.models.role import RoleName
from engine.models.task import Task
from engine.pipeline.benches import Attempt, DomainBench, DomainPlan, difficulty_of, task_id
from engine.pipeline.cast import Cast
from engine.pipeline.task_steps import Finish, Goals, Proposal, Wished, find_goals, finish_task, propose_task
from engine.tasks.build import writes_wanted
from engine.tasks.wording_request import complaints, instruction_request, with_words

WAVES_AHEAD = 4
"""Waves whose chains are asked for at once; a request knows of no task that is less than so many waves behind it."""
AVOIDED = 12
"""Earlier chains that a request names, so that others are thought up."""

T = TypeVar("T")

Earlier = Callable[[int], Sequence[tuple[str, ...]]]
"""Position -> the changes of the audited tasks before it, as tool names, in order."""


class TaskWaves:
    """Makes attempts at tasks with the help of language models.

    Args:
        cast: Plays the roles.
        executor: Builds and audits.
        plan: The domain and its graph.
        earlier: Looks up what there is.
    """

    def __init__(self, cast: Cast, executor: Executor, plan: DomainPlan, earlier: Earlier) -> None:
        self._cast = cast
        self._executor = executor
        self._plan = plan
        self._earlier = earlier
        self._size = max(1, cast.batch("chain"))
        self._goals = Goals(possible=(), follows={})
        roles: tuple[RoleName, ...] = ("chain", "state", "instruction")
        self._players: dict[RoleName, str] = {role: cast.player(role) for role in roles if cast.is_model(role)}

    def attempts(self, first: int, last: int, needed: Callable[[], int]) -> Generator[Attempt, None, None]:
        """The attempts from one position to another (which is not among them), in order.

        Args:
            first: The next position.
            last: The one at which to give up.
            needed: How many tasks are still wanted, now; that many attempts are worked on at once.
        """
        if "chain" in self._players:
            (self._goals,) = self._executor.map(DomainBench, self._plan, find_goals, [None], keep=True)
        while first < last and needed() > 0:
            start = first - first % self._size
            waves = min(WAVES_AHEAD, -(-needed() // self._size))
            stop = min(last, start + waves * self._size)
            wishes, notes = self._wish(start, waves)
            while first < stop and needed() > 0:
                part = range(first, min(stop, first + needed()))
                for attempt in self._work(part, wishes):
                    yield attempt.model_copy(update={"notes": (*notes.get(attempt.position, ()), *attempt.notes)})
                first = part.stop

    # chains

    def _wish(self, start: int, waves: int) -> tuple[dict[int, PlannedChain], dict[int, tuple[str, ...]]]:
        """The chains of some waves by position, and why some are missing."""
        if "chain" not in self._players or not self._goals.possible:
            return {}, {}
        requests = [self._request(start + wave * self._size) for wave in range(waves)]
        answers = self._gather([self._plan_chains(request) for request in requests])
        wishes: dict[int, PlannedChain] = {}
        notes: dict[int, tuple[str, ...]] = {}
        for request, answer in zip(requests, answers, strict=True):
            for wanted in request.wanted:
                if isinstance(answer, str):
                    notes[wanted.index] = (f"The chain is the engine's own: {answer}",)
                elif wanted.index in answer:
                    wishes[wanted.index] = answer[wanted.index]
                else:
                    notes[wanted.index] = ("The chain is the engine's own; the answer had no usable one for it.",)
        return wishes, notes

    async def _plan_chains(self, request: ChainRequest) -> dict[int, PlannedChain] | str:
        try:
            return (await self._cast.chain.plan(request)).chains
        except CannotAnswer as error:
            return str(error)

    def _request(self, start: int) -> ChainRequest:
        name, seed, possible = self._plan.domain.name, self._plan.seed, self._goals.possible
        positions = range(start, start + self._size)
        counts = [writes_wanted(difficulty_of(self._plan, at), name, at, seed) for at in positions]
        return ChainRequest(
            domain=self._plan.domain,
            wanted=tuple(
                WantedChain(
                    index=at,
                    task=task_id(self._plan, at),
                    writes=(count, count),
                    first=possible[at % len(possible)],
                )
                for at, count in zip(positions, counts, strict=True)
            ),
            possible=possible,
            follows=self._goals.follows,
            avoid=tuple(self._earlier(start - WAVES_AHEAD * self._size)[-AVOIDED:]),
        )

    # states and words

    def _work(self, positions: range, wishes: dict[int, PlannedChain]) -> Generator[Attempt, None, None]:
        items = [Wished(position=at, chain=wishes.get(at)) for at in positions]
        proposals = list(self._executor.map(DomainBench, self._plan, propose_task, items, keep=True))
        built = [proposal for proposal in proposals if proposal.task is not None]
        finishes = self._gather([self._finish(proposal, wishes.get(proposal.position)) for proposal in built])
        attempts = self._executor.map(DomainBench, self._plan, finish_task, finishes, keep=True)
        for proposal in proposals:
            if proposal.task is not None:
                yield from islice(attempts, 1)
                continue
            yield Attempt(
                position=proposal.position,
                id=proposal.id,
                difficulty=proposal.difficulty,
                reason=proposal.reason,
                notes=proposal.notes,
            )
        list(attempts)  # lets it end in order, so that the benches are kept

    async def _finish(self, proposal: Proposal, wish: PlannedChain | None) -> Finish:
        """Asks for furniture and words at once: neither changes what the other is about."""
        task = proposal.task
        assert task is not None
        story = wish.story if wish is not None and proposal.wished else ""
        (furniture, state_note), (words, word_notes) = await asyncio.gather(
            self._furnish(proposal, task, story), self._say(task, story)
        )
        players: dict[RoleName, str] = {
            role: name for role, name in self._players.items() if role != "chain" or proposal.wished
        }
        return Finish(
            position=proposal.position,
            task=task,
            furniture=furniture,
            words=words,
            players=players,
            notes=(*proposal.notes, *state_note, *word_notes),
        )

    async def _furnish(self, proposal: Proposal, task: Task, story: str) -> tuple[StateAnswer | None, tuple[str, ...]]:
        room = proposal.room
        if "state" not in self._players or room is None:
            return None, ()
        request = StateRequest(domain=self._plan.domain, task=task.id, story=story, **dict(room))
        try:
            return await self._cast.state.furnish(request), ()
        except CannotAnswer as error:
            return None, (f"The state was not furnished: {error}",)

    async def _say(self, task: Task, story: str) -> tuple[str, tuple[str, ...]]:
        """A model's words that the audits will accept, after one corrective turn, or none."""
        if "instruction" not in self._players:
            return "", ()
        request = instruction_request(task, self._plan.domain, story)
        problem = ""
        for _ in range(2):
            try:
                words = (await self._cast.instruction.write(request)).instruction
            except CannotAnswer as error:
                return "", (f"The instruction is the composer's: {error}",)
            problems = complaints(with_words(task, words), self._plan.domain)
            if not problems:
                return words, ()
            problem = problems[0]
            request = request.model_copy(update={"refused": words, "complaints": problems})
        return "", (f"The instruction is the composer's; the model's was refused: {problem}",)

    def _gather(self, work: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
        """Does it all at once; the results in the order of the work."""

        async def all_of() -> list[T]:
            return list(await asyncio.gather(*work))

        return self._cast.wait(all_of()) if work else []
