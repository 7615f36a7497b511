"""What models cost and hold, from the endpoint's own settings or from the table that litellm brings along.

The table is read as a file: litellm itself takes seconds to import, and is not needed to look up a price.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from engine.agents.llm.ask.endpoint import Endpoint

_TABLE = "model_prices_and_context_window_backup.json"
_MILLION = 1_000_000


class Price(NamedTuple):
    """US dollars for a million tokens read, and written."""

    input: float
    output: float

    def of(self, prompt_tokens: int, completion_tokens: int) -> float:
        """The cost of a request in US dollars."""
        return (prompt_tokens * self.input + completion_tokens * self.output) / _MILLION


class Limits(NamedTuple):
    """Tokens that a model takes at most; `None` where that is not known.

    Attributes:
        context: Prompt and answer together.
        answer: The answer alone.
    """

    context: int | None
    answer: int | None


def price_of(endpoint: Endpoint) -> Price | None:
    """The price of an endpoint's model; `None` where none is known."""
    known = known_price(endpoint.model)
    if endpoint.input_price is None and endpoint.output_price is None:
        return known
    if (endpoint.input_price is None or endpoint.output_price is None) and known is None:
        return None  # half a price is none
    return Price(
        endpoint.input_price if endpoint.input_price is not None else (known or Price(0, 0)).input,
        endpoint.output_price if endpoint.output_price is not None else (known or Price(0, 0)).output,
    )


def known_price(model: str) -> Price | None:
    """The price that litellm's table has for a model, by its name as litellm writes it."""
    entry = _entry(model)
    try:
        return Price(
            round(float(entry["input_cost_per_token"]) * _MILLION, 9),
            round(float(entry["output_cost_per_token"]) * _MILLION, 9),
        )
    except (KeyError, TypeError, ValueError):
        return None


def limits_of(endpoint: Endpoint) -> Limits:
    """How many tokens an endpoint's model takes."""
    entry = _entry(endpoint.model)
    answer = _count(entry.get("max_output_tokens"))
    # `max_input_tokens` is the prompt alone with some providers; that it is the whole with others costs nothing here.
    read = _count(entry.get("max_input_tokens"))
    if endpoint.context is not None:
        return Limits(endpoint.context, answer)
    return Limits(read, answer)


def _count(value: Any) -> int | None:
    return int(value) if isinstance(value, int | float) and value > 0 else None


def _entry(model: str) -> dict[str, Any]:
    provider, slash, name = model.partition("/")
    table = _table()
    if entry := table.get(model):
        return entry
    entry = table.get(name, {}) if slash else {}
    return entry if entry.get("litellm_provider") == provider else {}


@cache
def _table() -> dict[str, dict[str, Any]]:
    spec = find_spec("litellm")
    for folder in (spec.submodule_search_locations or ()) if spec is not None else ():
        try:
            return json.loads((Path(folder) / _TABLE).read_text("utf-8"))
        except (OSError, ValueError):
            continue
    return {}
