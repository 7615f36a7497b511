"""What a run will spend, and who does not know a price."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.agents.llm.ask.endpoint import Endpoint
from engine.models.role import ROLES, RoleName
from engine.pipeline.estimate import USUAL, estimate
from engine.pipeline.model_settings import ModelSettings
from engine.pipeline.price_list import price_of

PRICES = {"dear": (3.0, 15.0), "cheap": (0.5, 1.0)}
CASTS = st.dictionaries(st.sampled_from(ROLES), st.sampled_from(["dear", "cheap", "unknown"]))


@given(models=CASTS, tools=st.integers(1, 200), tasks=st.integers(0, 500))
def test_shares_add_up(models: dict[RoleName, str], tools: int, tasks: int) -> None:
    about = estimate(tools, tasks, models, PRICES.get)
    assert set(about.by_role) == models.keys() & USUAL.keys()
    assert about.tokens == sum(share.tokens_in + share.tokens_out for share in about.by_role.values())
    if any(share.model == "unknown" for share in about.by_role.values()):
        assert about.cost is None
    else:
        assert about.cost == pytest.approx(sum(share.cost or 0 for share in about.by_role.values()))
    more = estimate(tools + 1, tasks + 1, models, PRICES.get)
    assert more.tokens_in >= about.tokens_in
    assert more.tokens_out >= about.tokens_out


def test_the_composer_costs_nothing() -> None:
    about = estimate(50, 20, {}, PRICES.get)
    assert (about.tokens, about.cost, about.by_role) == (0, 0, {})


def test_prices_come_from_the_settings_and_then_from_the_table_of_litellm() -> None:
    own = {"openai/gpt-5.1": Endpoint(model="openai/gpt-5.1", input_price=7, output_price=8)}
    assert price_of(ModelSettings(known=own))("openai/gpt-5.1") == (7, 8)
    listed = price_of(ModelSettings())
    table = listed("openai/gpt-5.1")
    assert table is not None
    assert table[0] > 0
    assert listed("openai/nobody-knows-this") is None
