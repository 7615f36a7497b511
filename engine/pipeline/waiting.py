"""Waits for asynchronous work from a thread that has other duties, and can be told to stop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar, cast

from engine.errors import ScaleEnvError

T = TypeVar("T")

POLL_SECONDS = 1.0
"""How often it is asked whether the work shall go on."""


def nothing() -> None:
    """Lets the work go on."""


def _run(loop: asyncio.AbstractEventLoop, work: Awaitable[Any]) -> None:
    """Runs a loop until some work is done, also where this thread is within another loop, as in a notebook.

    The other one rests meanwhile, as it does for any call that takes its time; all that stands against it is the note by which
    asyncio knows which loop is running.
    """
    outer = asyncio._get_running_loop()  # pyright: ignore[reportPrivateUsage]  # asyncio exports both of them
    asyncio._set_running_loop(None)  # pyright: ignore[reportPrivateUsage]
    try:
        loop.run_until_complete(work)
    finally:
        asyncio._set_running_loop(outer)  # pyright: ignore[reportPrivateUsage]


class Waiter:
    """An event loop of its own, for as long as it is needed.

    Args:
        poll: Called every second while something is awaited; whatever it raises ends the work.
    """

    def __init__(self, poll: Callable[[], None] = nothing) -> None:
        self._poll = poll
        self._loop: asyncio.AbstractEventLoop | None = None

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Does the work, and returns what it came to.

        What the work has set going and does not wait for itself rests when it ends, and goes on in the next `wait`. Only
        where `poll` or an interrupt ends it, all of that is cut off.

        Raises:
            BaseException: What the work or `poll` raised; of several errors at once the gravest.
        """
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
        task = self._loop.create_task(work)
        try:
            while not task.done():
                _run(self._loop, asyncio.wait({task}, timeout=POLL_SECONDS))
                if not task.done():
                    self._poll()
        except BaseException:
            self._cut_off()
            if not task.cancelled():
                task.exception()  # an interrupt within the work; asyncio would complain that nobody looked at it
            raise
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        if error is not None:
            raise gravest(error)
        return task.result()

    def close(self) -> None:
        """Gives the loop back."""
        if self._loop is None:
            return
        self._cut_off()
        _run(self._loop, self._loop.shutdown_asyncgens())
        _run(self._loop, self._loop.shutdown_default_executor())
        self._loop.close()
        self._loop = None

    def _cut_off(self) -> None:
        """Cancels whatever is under way, and lets it leave in order."""
        loop = self._loop
        assert loop is not None
        tasks = asyncio.all_tasks(loop)
        for task in tasks:
            task.cancel()
        if tasks:
            # What they say on leaving is of no interest any more: the error that ended them is told.
            _run(loop, asyncio.gather(*tasks, return_exceptions=True))


def gravest(error: BaseException) -> BaseException:
    """The one that is to be told of errors that came at once.

    An interrupt counts more than a defect of ours, and that more than an error with a message for people.
    """
    if not isinstance(error, BaseExceptionGroup):
        return error
    together = cast("BaseExceptionGroup[BaseException]", error)
    leaves = [gravest(each) for each in together.exceptions]

    def grave(leaf: BaseException) -> int:
        if not isinstance(leaf, Exception):
            return 0
        return 2 if isinstance(leaf, ScaleEnvError) else 1

    return min(leaves, key=grave)
