"""Never more requests at once than allowed, nobody forgotten, and as many as the provider bears."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.agents.llm.ask.limiter import Limiter
from tests.agents.llm.virtual_time import now, run


@dataclass(frozen=True)
class Job:
    begins: float
    takes: float
    congested: bool = False
    gives_up_after: float | None = None
    pauses: float = 0.0


_SECONDS = st.integers(0, 40).map(lambda tenths: tenths / 10)
_JOBS = st.lists(
    st.builds(
        Job,
        begins=_SECONDS,
        takes=_SECONDS,
        congested=st.booleans(),
        gives_up_after=st.none() | _SECONDS,
        pauses=st.just(0.0) | _SECONDS,
    ),
    max_size=30,
)


@settings(max_examples=50)
@given(_JOBS, st.integers(1, 6))
def test_never_too_many_never_in_a_pause_and_nobody_is_forgotten(jobs: list[Job], most: int) -> None:
    async def work() -> None:
        limiter = Limiter(most, now=now)
        active, open_at, said_at = 0, 0.0, 0.0

        async def do(job: Job) -> None:
            nonlocal active, open_at, said_at
            await asyncio.sleep(job.begins)
            ticket = await limiter.enter()
            active += 1
            try:
                assert now() >= open_at or now() == said_at  # let in a moment before it was said
                assert active <= limiter.active <= most
                if job.pauses:
                    limiter.pause(job.pauses)
                    open_at, said_at = max(open_at, now() + job.pauses), now()
                await asyncio.sleep(job.takes)
            finally:
                active -= 1
                limiter.leave(ticket, congested=job.congested, fine=not job.congested)
            assert 1 <= limiter.bound <= most

        async def patiently(job: Job) -> None:
            if job.gives_up_after is None:
                await do(job)
            else:
                try:
                    await asyncio.wait_for(do(job), job.gives_up_after)
                except TimeoutError:
                    return

        async with asyncio.TaskGroup() as group:
            for job in jobs:
                group.create_task(patiently(job))
        assert limiter.active == 0
        limiter.leave(await asyncio.wait_for(limiter.enter(), 1_000))
        limiter.close()

    run(work())


@given(st.integers(1, 5), st.integers(1, 20))
def test_they_come_in_the_order_in_which_they_asked(most: int, count: int) -> None:
    async def work() -> list[int]:
        limiter, order = Limiter(most, now=now), []

        async def do(number: int) -> None:
            ticket = await limiter.enter()
            order.append(number)
            await asyncio.sleep(1)
            limiter.leave(ticket, fine=True)

        await asyncio.gather(*(do(number) for number in range(count)))
        return order

    assert run(work()) == list(range(count))


def test_what_is_made_again_goes_first() -> None:
    async def work() -> list[str]:
        limiter, order = Limiter(1, now=now), []

        async def do(name: str, again: bool) -> None:
            ticket = await limiter.enter(again=again)
            order.append(name)
            limiter.leave(ticket)

        ticket = await limiter.enter()
        waiting = [asyncio.create_task(do("first", False)), asyncio.create_task(do("again", True))]
        await asyncio.sleep(0)
        limiter.leave(ticket)
        await asyncio.gather(*waiting)
        return order

    assert run(work()) == ["again", "first"]


def test_congestion_halves_once_for_all_that_were_under_way_and_success_raises_slowly() -> None:
    async def work() -> None:
        limiter = Limiter(16, now=now)
        tickets = [await limiter.enter() for _ in range(16)]
        for ticket in tickets:
            limiter.leave(ticket, congested=True)
        assert limiter.bound == 8
        limiter.leave(await limiter.enter(), congested=True)
        assert limiter.bound == 4
        for _ in range(9):
            limiter.leave(await limiter.enter(), fine=True)
        assert limiter.bound == 5

    run(work())


@pytest.mark.parametrize("capacity", [1, 3, 8, 20])
def test_it_finds_what_the_provider_bears(capacity: int) -> None:
    """A provider that refuses at once what is too much, and takes a second for the rest."""

    async def work() -> tuple[float, int]:
        limiter, busy, refused = Limiter(16, now=now), 0, 0

        async def ask() -> None:
            nonlocal busy, refused
            again = False
            while True:
                ticket = await limiter.enter(again=again)
                if busy >= capacity:
                    refused += 1
                    limiter.leave(ticket, congested=True)
                    again = True
                    await asyncio.sleep(0.5)
                    continue
                busy += 1
                await asyncio.sleep(1)
                busy -= 1
                limiter.leave(ticket, fine=True)
                return

        await asyncio.gather(*(ask() for _ in range(200)))
        return now(), refused

    seconds, refused = run(work())
    assert seconds <= 200 / min(capacity, 16) * 1.5
    assert refused <= 130
