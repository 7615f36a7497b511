"""What models cost, as the settings or else litellm's own table say it; litellm itself is not imported for that."""

from __future__ import annotations

from collections.abc import Callable

from engine.agents.llm.ask import prices
from engine.agents.llm.ask.prices import Price
from engine.pipeline.model_settings import ModelSettings

PriceOf = Callable[[str], Price | None]
"""Model -> US dollars for a million tokens read, and written; `None` where nobody knows."""


def price_of(settings: ModelSettings) -> PriceOf:
    """Prices by model, under these settings."""
    return lambda model: prices.price_of(settings.endpoint(model))
