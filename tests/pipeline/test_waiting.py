"""Waiting for asynchronous work: results, errors, and being told to stop."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator

import pytest

from engine.agents.llm.ask.question import BudgetReached
from engine.pipeline import waiting
from engine.pipeline.waiting import Waiter, gravest


class Stop(Exception):
    """What `poll` raises."""


@pytest.fixture
def waiter() -> Iterator[Waiter]:
    made = Waiter()
    yield made
    made.close()


async def value(number: int) -> int:
    await asyncio.sleep(0)
    return number


def test_results_come_back_again_and_again(waiter: Waiter) -> None:
    assert [waiter.wait(value(number)) for number in range(3)] == [0, 1, 2]


def test_it_waits_within_another_loop_too(waiter: Waiter) -> None:
    async def notebook() -> int:
        outer = asyncio.get_running_loop()
        result = waiter.wait(value(3))
        assert asyncio.get_running_loop() is outer
        return result + await value(4)

    assert asyncio.run(notebook()) == 7


def test_what_is_under_way_goes_on_with_the_next_wait(waiter: Waiter) -> None:
    done: list[str] = []

    async def slow(event: asyncio.Event) -> None:
        await event.wait()
        done.append("slow")

    async def fails(event: asyncio.Event) -> None:
        tasks.append(asyncio.create_task(slow(event)))
        await asyncio.sleep(0)
        raise BudgetReached("enough")

    async def finish(event: asyncio.Event) -> None:
        event.set()
        await tasks[0]

    tasks: list[asyncio.Task[None]] = []
    event = asyncio.Event()
    with pytest.raises(BudgetReached, match="enough"):
        waiter.wait(fails(event))
    assert done == []
    waiter.wait(finish(event))
    assert done == ["slow"]


@pytest.mark.parametrize("error", [Stop, KeyboardInterrupt])
def test_being_told_to_stop_cuts_everything_off(error: type[BaseException], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "POLL_SECONDS", 0.001)
    left: list[str] = []

    async def endless(name: str) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            left.append(name)

    async def both() -> None:
        await asyncio.gather(endless("one"), endless("two"))

    def poll() -> None:
        raise error

    waiter = Waiter(poll)
    with pytest.raises(error):
        waiter.wait(both())
    assert sorted(left) == ["one", "two"]
    assert waiter.wait(value(3)) == 3
    waiter.close()


def test_an_interrupt_within_the_work_is_one_and_nothing_more_is_said(
    waiter: Waiter, caplog: pytest.LogCaptureFixture
) -> None:
    async def interrupted() -> None:
        await asyncio.sleep(0)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        waiter.wait(interrupted())
    gc.collect()
    assert caplog.records == []


def test_of_several_errors_the_gravest_is_told(waiter: Waiter) -> None:
    async def fails(error: BaseException) -> None:
        raise error

    async def all_of(*errors: BaseException) -> None:
        async with asyncio.TaskGroup() as group:
            for error in errors:
                group.create_task(fails(error))

    with pytest.raises(TypeError, match="ours"):
        waiter.wait(all_of(BudgetReached("enough"), TypeError("ours")))
    with pytest.raises(BudgetReached):
        waiter.wait(all_of(BudgetReached("enough"), BudgetReached("more")))
    nested = BaseExceptionGroup("", [ExceptionGroup("", [ValueError()]), KeyboardInterrupt()])
    assert isinstance(gravest(nested), KeyboardInterrupt)
