"""Costs, tokens and models' names as people read them."""

from __future__ import annotations

from markupsafe import Markup

from engine.models.call import ModelCall
from engine.store.call_log import CallSums

UNKNOWN = "price unknown"


def dollars(cost: float | None) -> str:
    """An amount of US dollars with as many digits as say something."""
    if cost is None:
        return UNKNOWN
    if cost == 0:
        return "$0"
    return f"${cost:,.2f}" if cost >= 1 else f"${cost:.3f}" if cost >= 0.01 else f"${cost:.5f}"


def total_cost(sums: CallSums) -> str:
    """What calls cost; says so where some of them have no known price."""
    if not sums.unpriced:
        return dollars(sums.cost)
    return f"{dollars(sums.cost)} + {UNKNOWN}" if sums.cost else UNKNOWN


def call_cost(call: ModelCall) -> str:
    """What one call cost."""
    if call.cached:
        return "free"
    return dollars(call.cost) if call.prompt_tokens or call.completion_tokens or call.cost else "–"


def in_short(sums: CallSums) -> str:
    """Calls, tokens and cost in one line."""
    if not sums.calls:
        return "no call yet"
    cached = f" ({sums.cached:,} from memory)" if sums.cached else ""
    return (
        f"{sums.calls:,} {'call' if sums.calls == 1 else 'calls'}{cached} · {sums.tokens:,} tokens · {total_cost(sums)}"
    )


def named(*names: str) -> Markup:
    """Models, or other players, by name; each on a line of its own that does not break."""
    return Markup("<br>").join(Markup('<code class="se-name" title="{0}">{0}</code>').format(name) for name in names)
