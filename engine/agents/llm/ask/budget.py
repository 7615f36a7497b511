"""What a run may still spend. A request is only made where it fits, whatever it turns out to need at most."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from engine.agents.llm.ask.question import BudgetReached
from engine.models.call import Spent
from engine.models.run import Budget

__all__ = ["Budget", "Purse", "Reservation", "Spent"]


class Reservation(NamedTuple):
    """What a request under way needs at most; `cost` is 0 where no price is known."""

    tokens: int
    cost: float


class Purse:
    """Keeps a run within its budget.

    A request that does not fit beside those under way waits for them, since most need less than they may; one that does not
    fit then ends the run's asking.

    Args:
        budget: The bounds.
        spent: What earlier processes of the run have spent.
        run: The run's id, for the message; empty for no run.
    """

    def __init__(self, budget: Budget, spent: Spent, run: str = "") -> None:
        self._budget = budget
        self._spent = spent
        self._run = run
        self._under_way: list[Reservation] = []
        self._settled: list[asyncio.Future[None]] = []
        self._reached: str = ""

    @property
    def spent(self) -> Spent:
        """What the run has spent, requests under way not counted."""
        return self._spent

    @property
    def reached(self) -> bool:
        """Whether a request was refused."""
        return bool(self._reached)

    @property
    def bounds_cost(self) -> bool:
        """Whether prices have to be known."""
        return self._budget.cost is not None

    @property
    def bounds_size(self) -> bool:
        """Whether it has to be known how large a request is."""
        return self._budget.cost is not None or self._budget.tokens is not None

    def check(self) -> None:
        """Refuses at once what can't fit, before a request's size is worked out.

        Raises:
            BudgetReached: Nothing fits any more.
        """
        if not self._reached and (words := self._no_room(Reservation(0, 0.0), [])):
            self._reached = words
        if self._reached:
            raise BudgetReached(self._reached)

    async def reserve(self, tokens: int, cost: float = 0.0) -> Reservation:
        """Makes room for one request; the reservation goes back to `settle`.

        Args:
            tokens: Read and written, at most.
            cost: The same in US dollars.

        Raises:
            BudgetReached: There is no room, and there will be none.
        """
        wanted = Reservation(tokens, cost)
        while True:
            self.check()
            words = self._no_room(wanted, self._under_way)
            if not words:
                self._under_way.append(wanted)
                return wanted
            if self._no_room(wanted, []) or not self._under_way or self._calls_full():
                self._reached = self._no_room(wanted, []) or words
                self._tell()
                raise BudgetReached(self._reached)
            settled = asyncio.get_running_loop().create_future()
            self._settled.append(settled)
            await settled

    def settle(self, reservation: Reservation, *, tokens: int = 0, cost: float | None = None) -> None:
        """A request has ended.

        Args:
            reservation: What was reserved for it.
            tokens: What it really needed.
            cost: The same in US dollars; `None` where no price is known.
        """
        self._under_way.remove(reservation)
        self._spent = Spent(
            cost=self._spent.cost + (cost or 0.0), tokens=self._spent.tokens + tokens, calls=self._spent.calls + 1
        )
        self._tell()

    def _tell(self) -> None:
        waiting, self._settled = self._settled, []
        for settled in waiting:
            if not settled.done():
                settled.set_result(None)

    def _calls_full(self) -> bool:
        """Whether those under way use up the calls: they never turn out to be fewer."""
        return self._budget.calls is not None and self._spent.calls + len(self._under_way) >= self._budget.calls

    def _no_room(self, wanted: Reservation, under_way: list[Reservation]) -> str:
        """Why a request does not fit; empty where it does."""
        calls = self._spent.calls + len(under_way)
        if self._budget.calls is not None and calls + 1 > self._budget.calls:
            return self._words("calls", f"{calls:,} of {self._budget.calls:,} calls", "")
        tokens = self._spent.tokens + sum(each.tokens for each in under_way)
        if self._budget.tokens is not None and not _fits(tokens, wanted.tokens, self._budget.tokens):
            return self._words(
                "tokens", f"{self._spent.tokens:,} of {self._budget.tokens:,} tokens", f"{wanted.tokens:,}"
            )
        cost = self._spent.cost + sum(each.cost for each in under_way)
        if self._budget.cost is not None and not _fits(cost, wanted.cost, self._budget.cost):
            return self._words("cost", f"${self._spent.cost:.4f} of ${self._budget.cost:.4f}", f"${wanted.cost:.4f}")
        return ""

    def _words(self, flag: str, used: str, needs: str) -> str:
        need = f", and the next request may need {needs}" if needs.strip("$0.") else ""
        further = f"`scaleenv resume {self._run} --max-{flag} N`" if self._run else "a larger budget"
        return f"The budget for language models is reached: used {used}{need}; go on with {further}."


def _fits(used: float, wanted: float, bound: float) -> bool:
    """Nothing fits into a bound that is reached, not even a request of size 0: that is how a run without prices ends too."""
    return used + wanted <= bound and used < bound
