"""How many requests go to one provider at once: more while all is well, half as many where it can't keep up."""

from __future__ import annotations

import asyncio
import heapq
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

Sleep = Callable[[float], Awaitable[object]]
Now = Callable[[], float]


@dataclass(frozen=True)
class Ticket:
    """The right to have one request under way.

    Attributes:
        epoch: How often the bound had been lowered when it was given.
    """

    epoch: int


@dataclass(order=True)
class _Waiter:
    late: bool
    number: int
    turn: asyncio.Future[Ticket] = field(compare=False)


class Limiter:
    """Lets requests through, in the order in which they came; those that are made again go first.

    The bound begins at `most`. When all requests that may be under way have succeeded twice, it is one more; congestion
    halves it, once for all requests that were under way together.

    Args:
        most: Requests at once at most.
        now: Seconds of a clock that only goes forward.
        sleep: Waits for some of its seconds.
    """

    def __init__(self, most: int, *, now: Now = time.monotonic, sleep: Sleep = asyncio.sleep) -> None:
        self._most = most
        self._now = now
        self._sleep = sleep
        self._bound = float(most)
        self._epoch = 0
        self._active = 0
        self._count = 0
        self._open_at = float("-inf")
        self._queue: list[_Waiter] = []
        self._timer: asyncio.Task[None] | None = None

    @property
    def bound(self) -> int:
        """Requests that may be under way now, from 1 to `most`."""
        return int(self._bound)

    @property
    def active(self) -> int:
        """Requests that are under way."""
        return self._active

    async def enter(self, *, again: bool = False) -> Ticket:
        """Waits until a request may be made; every ticket goes back to `leave`.

        Args:
            again: The request was made before, and failed.
        """
        self._count += 1
        waiter = _Waiter(not again, self._count, asyncio.get_running_loop().create_future())
        heapq.heappush(self._queue, waiter)
        self._let_in()
        try:
            return await waiter.turn
        except asyncio.CancelledError:
            if waiter.turn.done() and not waiter.turn.cancelled():
                self._active -= 1  # its turn had come in the same moment
            elif waiter in self._queue:  # else it was passed over since
                self._queue.remove(waiter)
                heapq.heapify(self._queue)
            self._let_in()
            raise

    def leave(self, ticket: Ticket, *, congested: bool = False, fine: bool = False) -> None:
        """A request has ended.

        Args:
            ticket: Its ticket.
            congested: The provider could not keep up.
            fine: It was answered.
        """
        self._active -= 1
        if congested and ticket.epoch == self._epoch:
            self._bound = max(1.0, self._bound / 2)
            self._epoch += 1
        elif fine:
            self._bound = min(float(self._most), self._bound + 0.5 / self._bound)
        self._let_in()

    def pause(self, seconds: float) -> None:
        """Lets no request in for some seconds, whoever waits."""
        self._open_at = max(self._open_at, self._now() + seconds)

    def close(self) -> None:
        """Stops the clock that ends a pause."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _let_in(self) -> None:
        if not self._queue:
            return
        if self._now() < self._open_at:
            if self._timer is None or self._timer.done():  # it may have been cancelled with all else
                self._timer = asyncio.get_running_loop().create_task(self._end_pause())
            return
        while self._queue and self._active < self.bound:
            waiter = heapq.heappop(self._queue)
            if not waiter.turn.done():
                self._active += 1
                waiter.turn.set_result(Ticket(self._epoch))

    async def _end_pause(self) -> None:
        while (rest := self._open_at - self._now()) > 0:
            await self._sleep(rest)
        self._timer = None
        self._let_in()
