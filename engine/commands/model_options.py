"""Options that commands share which may ask language models."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.models.run import Run, RunOptions
    from engine.pipeline.model_settings import Choice
    from engine.store import Store
    from engine.store.call_log import CallSums

ModelName = Annotated[
    str | None,
    typer.Option(
        "--model",
        "-m",
        metavar="MODEL",
        help="The language model that plays all roles, as litellm names it: openai/gpt-5.1, anthropic/claude-sonnet-4-5, ollama_chat/qwen3.",
    ),
]
ModelFor = Annotated[
    list[str] | None,
    typer.Option(
        "--model-for", metavar="ROLE=MODEL", help="The model of one role (repeatable); ROLE=composer keeps it offline."
    ),
]
BaseUrl = Annotated[
    str | None,
    typer.Option(
        "--base-url", metavar="URL", help="Address of an OpenAI-compatible server, such as http://127.0.0.1:8000/v1."
    ),
]
Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="Settings of language models.",
        show_default="studio.toml here or beside the store",
    ),
]
MaxCost = Annotated[
    float | None, typer.Option("--max-cost", metavar="USD", min=0, help="Most US dollars for language models.")
]
MaxTokens = Annotated[int | None, typer.Option("--max-tokens", min=0, help="Most tokens, read and written.")]
MaxCalls = Annotated[int | None, typer.Option("--max-calls", min=0, help="Most requests to language models.")]


def chosen(
    *,
    model: str | None = None,
    model_for: list[str] | None = None,
    base_url: str | None = None,
    max_cost: float | None = None,
    max_tokens: int | None = None,
    max_calls: int | None = None,
) -> Choice:
    """What the flags say.

    Raises:
        UsageError: One says what can't be understood.
    """
    from engine.pipeline.model_settings import make_choice, parse_roles

    return make_choice(
        "command line",
        model=model or "",
        roles=parse_roles(model_for or ()),
        base_url=base_url or "",
        budget={"cost": max_cost, "tokens": max_tokens, "calls": max_calls},
    )


def with_larger(options: RunOptions, choice: Choice) -> RunOptions:
    """A run's options with the bounds and the address that the flags name; neither changes what a domain holds."""
    given = {name: value for name, value in choice.budget.model_dump().items() if value is not None}
    update = {"budget": options.budget.model_copy(update=given), "base_url": choice.base_url or options.base_url}
    return options.model_copy(update=update)


def stopped_words(run: Run) -> str:
    """How to go on with a run that was stopped on its way; empty for one that came to its end."""
    if run.status == "exhausted":
        return f"{run.error} Everything up to here is kept."
    return (
        "" if run.status in ("done", "short") else f"The run was {run.status}; go on with `scaleenv resume {run.id}`."
    )


def spending_of(store: Store, run: Run) -> Callable[[], CallSums] | None:
    """Says what a run has spent on language models at the moment; `None` for one that asks none."""
    from engine.store.call_log import CallFilter

    return (lambda: store.call_log.sums(CallFilter(run=run.id))) if run.options.models else None


def spent_in_words(sums: CallSums) -> str:
    """What was spent, in one line."""
    cached = f" ({sums.cached:,} answered from the store)" if sums.cached else ""
    paid = sums.calls - sums.cached
    return f"{sums.tokens:,} tokens in {paid:,} {'call' if paid == 1 else 'calls'}{cached}, {cost_in_words(sums)}"


def known_cost(sums: CallSums) -> float | None:
    """What was paid in US dollars; `None` where no price at all is known."""
    return None if sums.unpriced and not sums.cost else sums.cost


def cost_in_words(sums: CallSums) -> str:
    """What was paid, for people."""
    cost = money(known_cost(sums))
    return f"{cost} and {sums.unpriced:,} calls of unknown price" if sums.unpriced and sums.cost else cost


def money(cost: float | None) -> str:
    """US dollars for people; small sums keep two digits that say something."""
    if cost is None:
        return "price unknown"
    return f"${cost:.2f}" if cost >= 0.1 or cost == 0 else f"${cost:.2g}"
