"""What models cost, without importing litellm: from the settings, or from the list that litellm ships as a file."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

from engine.pipeline.keys import provider_of
from engine.pipeline.model_settings import ModelSettings

Price = tuple[float, float]
"""US dollars for a million tokens read, and written."""

PriceOf = Callable[[str], Price | None]
"""Model -> its price, or `None` where nobody knows it."""

_LIST = "model_prices_and_context_window_backup.json"


def price_of(settings: ModelSettings) -> PriceOf:
    """Prices as the settings say them, and otherwise as litellm's list does."""

    def price(model: str) -> Price | None:
        endpoint = settings.endpoint(model)
        if endpoint.input_price is not None and endpoint.output_price is not None:
            return endpoint.input_price, endpoint.output_price
        return listed_price(model)

    return price


def listed_price(model: str) -> Price | None:
    """A model's price in litellm's list, which is looked up by full name first, then without the provider."""
    entry = _listed().get(model)
    if entry is None and "/" in model:
        short = _listed().get(model.split("/", 1)[1])
        if short is not None and short[2] == provider_of(model):
            entry = short
    return None if entry is None else (entry[0], entry[1])


@cache
def _listed() -> dict[str, tuple[float, float, str]]:
    """Model -> price for a million tokens read and written, and provider; empty without litellm, or with another form of list."""
    found = find_spec("litellm")
    try:
        path = Path(found.submodule_search_locations[0]) / _LIST if found and found.submodule_search_locations else None
        data = cast("dict[str, dict[str, Any]]", json.loads(path.read_text("utf-8"))) if path else {}
        return {
            name: (
                round(entry["input_cost_per_token"] * 1e6, 6),
                round(entry["output_cost_per_token"] * 1e6, 6),
                str(entry.get("litellm_provider", "")),
            )
            for name, entry in data.items()
            if {"input_cost_per_token", "output_cost_per_token"} <= entry.keys()
        }
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
