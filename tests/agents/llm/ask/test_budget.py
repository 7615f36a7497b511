"""Whatever is asked at once, a run never spends more than it may; and nothing is refused that would have fitted."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.agents.llm.ask.budget import Purse
from engine.agents.llm.ask.question import BudgetReached
from engine.models.call import Spent
from engine.models.run import Budget
from tests.agents.llm.virtual_time import run


class Wish(NamedTuple):
    at_most: int
    share: float
    seconds: int


_WISHES = st.lists(st.builds(Wish, st.integers(0, 50), st.floats(0, 1), st.integers(0, 5)), max_size=25)
_BUDGETS = st.builds(
    Budget,
    cost=st.none() | st.floats(0, 20),
    tokens=st.none() | st.integers(0, 300),
    calls=st.none() | st.integers(0, 20),
)
_SPENT = st.builds(Spent, cost=st.floats(0, 5), tokens=st.integers(0, 50), calls=st.integers(0, 5))


@settings(max_examples=100)
@given(_WISHES, _BUDGETS, _SPENT)
def test_a_budget_is_never_exceeded(wishes: list[Wish], budget: Budget, before: Spent) -> None:
    async def work() -> None:
        purse = Purse(budget, before, "notes-1")
        refused: list[Wish] = []

        async def want(wish: Wish) -> None:
            try:
                reserved = await purse.reserve(wish.at_most, wish.at_most / 10)
            except BudgetReached:
                refused.append(wish)
                return
            await asyncio.sleep(wish.seconds)
            used = int(wish.at_most * wish.share)
            purse.settle(reserved, tokens=used, cost=used / 10)

        await asyncio.wait_for(asyncio.gather(*(want(wish) for wish in wishes)), 1_000)
        spent = purse.spent
        assert spent.calls == before.calls + len(wishes) - len(refused)
        assert budget.calls is None or spent.calls <= max(budget.calls, before.calls)
        assert budget.tokens is None or spent.tokens <= max(budget.tokens, before.tokens)
        assert budget.cost is None or spent.cost <= max(budget.cost, before.cost) + 1e-9
        assert purse.reached == bool(refused)
        if refused:  # then it was true of one of them, with nothing else under way
            assert any(
                (budget.calls is not None and spent.calls + 1 > budget.calls)
                or (budget.tokens is not None and before.tokens + sum(w.at_most for w in wishes) >= budget.tokens)
                or (budget.cost is not None and before.cost + sum(w.at_most for w in wishes) / 10 >= budget.cost - 1e-9)
                for _ in refused
            )

    run(work())


def test_sizes_matter_where_tokens_or_cost_are_bounded() -> None:
    nothing = Spent(cost=0.0, tokens=0, calls=0)
    assert not Purse(Budget(calls=5), nothing).bounds_size
    assert Purse(Budget(tokens=5), nothing).bounds_size
    assert Purse(Budget(cost=5.0), nothing).bounds_size


def test_what_may_fit_later_waits_for_what_is_under_way() -> None:
    async def work() -> None:
        purse = Purse(Budget(tokens=100), Spent())
        first = await purse.reserve(90)
        second = asyncio.create_task(purse.reserve(90))
        await asyncio.sleep(1)
        assert not second.done()
        purse.settle(first, tokens=10)
        assert await second == (90, 0.0)

    run(work())


def test_what_does_not_fit_at_all_ends_it_for_everybody() -> None:
    async def work() -> None:
        purse = Purse(Budget(tokens=100), Spent(tokens=40), "bakery-2")
        first = await purse.reserve(50)
        waiting = asyncio.create_task(purse.reserve(30))
        await asyncio.sleep(0)
        with pytest.raises(
            BudgetReached, match=r"used 40 of 100 tokens, and the next request may need 61; .*bakery-2 --max-tokens N"
        ):
            await purse.reserve(61)
        with pytest.raises(BudgetReached):
            await waiting
        with pytest.raises(BudgetReached):
            purse.check()
        purse.settle(first, tokens=50)
        assert purse.spent == Spent(tokens=90, calls=1)

    run(work())


@pytest.mark.parametrize(
    "budget, spent, words",
    [
        (
            Budget(calls=12),
            Spent(calls=12),
            r"used 12 of 12 calls; go on with `scaleenv resume bakery-2 --max-calls N`",
        ),
        (Budget(tokens=10_000), Spent(tokens=10_000), "used 10,000 of 10,000 tokens; go on"),
        (Budget(cost=0.5), Spent(cost=0.51), r"used \$0\.5100 of \$0\.5000; go on with .*--max-cost N"),
    ],
)
def test_it_says_what_was_used_and_how_to_go_on(budget: Budget, spent: Spent, words: str) -> None:
    with pytest.raises(BudgetReached, match=words):
        Purse(budget, spent, "bakery-2").check()
