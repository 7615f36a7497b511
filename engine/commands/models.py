"""`scaleenv models`: who plays which role, where they are, and whether they answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.commands.console import DEFAULT_DB, Db, Failed, Json, say, show, table
from engine.commands.model_options import BaseUrl, Config, ModelFor, ModelName, chosen, money

if TYPE_CHECKING:
    from engine.agents.llm.ask.prices import Price
    from engine.pipeline.model_settings import ModelSettings
    from engine.pipeline.model_trial import Trial

app = typer.Typer(
    name="models",
    help="Language models: who plays which role, where they are, and whether they answer.",
    invoke_without_command=True,
)


@app.callback()
def list_models(
    context: typer.Context,
    model: ModelName = None,
    model_for: ModelFor = None,
    base_url: BaseUrl = None,
    config: Config = None,
    db: Db = DEFAULT_DB,
    as_json: Json = False,
) -> None:
    """List who plays which role of a domain that is made from a keyword."""
    if context.invoked_subcommand is not None:
        return
    from engine.models.role import COMPOSER, ROLES
    from engine.pipeline.keys import key_state
    from engine.pipeline.model_settings import FILE_NAME, MODEL_VARIABLE, read_settings
    from engine.pipeline.price_list import price_of

    choice = chosen(model=model, model_for=model_for, base_url=base_url)
    settings = read_settings(config, store=db).under(choice)
    price = price_of(settings)
    names = list(dict.fromkeys([*settings.models.values(), *settings.known]))
    endpoints = {name: settings.endpoint(name) for name in names}
    players = {role: settings.models.get(role, COMPOSER) for role in ROLES}
    data: dict[str, Any] = {
        "file": settings.file,
        "roles": players,
        "budget": settings.budget.model_dump(),
        "models": [
            {
                **endpoint.model_dump(exclude={"input_price", "output_price"}),
                "key": key_state(endpoint).model_dump(),
                "price": price(name),
            }
            for name, endpoint in endpoints.items()
        ],
    }

    def lines() -> list[str]:
        if not names:
            return [
                "No language model is configured; the composer plays all roles, from blueprints and schemas.",
                f'Name one with --model, in {FILE_NAME} ([models] default = "openai/gpt-5.1"), or in {MODEL_VARIABLE}.',
            ]
        return [
            *table(("role", "player"), list(players.items())),
            "",
            *table(
                ("model", "address", "key", "per million read, written"),
                [
                    (
                        name,
                        endpoint.base_url or "the provider's own",
                        key_state(endpoint).words,
                        price_in_words(price(name)),
                    )
                    for name, endpoint in endpoints.items()
                ],
            ),
            "",
            f"Settings: {settings.file or 'no file'}. Budget of a run: {_budget_in_words(settings)}.",
        ]

    show(data, as_json, lines)


@app.command("test")
def try_models(
    model: Annotated[str | None, typer.Argument(help="A model; all that are configured where left out.")] = None,
    base_url: BaseUrl = None,
    config: Config = None,
    db: Db = DEFAULT_DB,
    as_json: Json = False,
) -> None:
    """Ask a model one tiny question, and say what came back."""
    from engine.errors import UsageError
    from engine.pipeline.model_settings import checked_model, read_settings
    from engine.pipeline.model_trial import try_model

    settings = read_settings(config, store=db).under(chosen(base_url=base_url))
    names = (
        [checked_model(model, "MODEL")] if model else list(dict.fromkeys([*settings.models.values(), *settings.known]))
    )
    if not names:
        raise UsageError("No language model is configured; name one, as in `scaleenv models test openai/gpt-5.1`.")
    trials: list[Trial] = []
    for name in names:
        say(f"Asking `{name}` ...")
        trials.append(try_model(settings.endpoint(name)))
    show(
        {"ok": all(trial.ok for trial in trials), "trials": [trial.model_dump() for trial in trials]},
        as_json,
        lambda: [f"{trial.model}: {trial.words}" for trial in trials],
    )
    if not all(trial.ok for trial in trials):
        raise Failed("Not every model can be used.")


def price_in_words(price: Price | None) -> str:
    """A price for people."""
    return "price unknown" if price is None else f"{money(price[0])}, {money(price[1])}"


def _budget_in_words(settings: ModelSettings) -> str:
    budget = settings.budget
    bounds = [
        *([] if budget.cost is None else [money(budget.cost)]),
        *([] if budget.tokens is None else [f"{budget.tokens:,} tokens"]),
        *([] if budget.calls is None else [f"{budget.calls:,} calls"]),
    ]
    return ", ".join(bounds) or "no bound"
