"""What the pages read of language models: what is configured, who plays which role, and what was spent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from engine.agents.llm.ask.endpoint import Endpoint
from engine.models.role import COMPOSER, ROLES, RoleName
from engine.pipeline.keys import KeyState, key_state
from engine.pipeline.model_settings import ModelSettings, read_settings
from engine.store.call_log import CallFilter, CallSums
from studio.queries.opened import opened, store_path

if TYPE_CHECKING:
    from engine.pipeline.estimate import Estimate


class ModelLine(NamedTuple):
    """A model that is configured.

    Attributes:
        key: Whether there is a key for it; never the key.
        price: US dollars for a million tokens read, and written; `None` where nobody knows it.
        roles: Those that it plays, where nobody says otherwise.
    """

    endpoint: Endpoint
    key: KeyState
    price: tuple[float, float] | None
    roles: tuple[RoleName, ...]


class Setup(NamedTuple):
    """What is configured.

    Attributes:
        models: Every model that the settings name.
        players: Role -> who plays it.
    """

    settings: ModelSettings
    models: tuple[ModelLine, ...]
    players: dict[RoleName, str]

    @property
    def default(self) -> str:
        """The model that plays most roles, or the first that is known; empty where no model is configured."""
        named = [name for name in self.players.values() if name != COMPOSER]
        if named:
            return max(dict.fromkeys(named), key=named.count)
        return self.models[0].endpoint.model if self.models else ""


class Spending(NamedTuple):
    """What language models cost over all runs of the store."""

    total: CallSums
    by_model: list[CallSums]
    by_role: list[CallSums]
    by_domain: list[CallSums]


def setup() -> Setup:
    """What file and environment say; read anew each time, for both may change while the studio runs.

    Raises:
        UsageError: They say what can't be understood.
    """
    from engine.pipeline.price_list import price_of

    settings = read_settings(store=store_path())
    price = price_of(settings)
    players: dict[RoleName, str] = {role: settings.models.get(role, COMPOSER) for role in ROLES}
    names = dict.fromkeys([*settings.models.values(), *settings.known])
    return Setup(
        settings=settings,
        models=tuple(
            ModelLine(
                endpoint=(endpoint := settings.endpoint(name)),
                key=key_state(endpoint),
                price=price(name),
                roles=tuple(role for role, player in players.items() if player == name),
            )
            for name in names
        ),
        players=players,
    )


def spending() -> Spending:
    """What language models cost over all runs."""
    every = CallFilter()
    with opened() as store, store.snapshot():
        return Spending(
            total=store.call_log.sums(every),
            by_model=store.call_log.sums_by("model", every),
            by_role=store.call_log.sums_by("role", every),
            by_domain=store.call_log.sums_by("domain", every),
        )


def settings_text(default: str, roles: Mapping[RoleName, str]) -> str:
    """A `studio.toml` that says who plays what.

    Args:
        default: The model of all roles that are not named.
        roles: Role -> its model, or `composer`.
    """
    lines = ["[models]", f"default = {_quoted(default)}"]
    if roles:
        lines += ["", "[models.roles]", *(f"{role} = {_quoted(name)}" for role, name in roles.items())]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """A text as TOML writes it: JSON's quoting is one of TOML's."""
    return json.dumps(text, ensure_ascii=False)


def key_of(model: str, setup: Setup) -> KeyState:
    """Whether there is a key for a model, configured or not; never the key."""
    return key_state(setup.settings.endpoint(model))


def estimate_of(tools: int, tasks: int, models: dict[RoleName, str], setup: Setup) -> Estimate:
    """What a domain is likely to take, with the prices of the settings or, where those say none, of litellm's list.

    Args:
        tools: How many it shall have.
        tasks: How many audited tasks.
        models: Role -> the model that plays it.
        setup: What is configured.
    """
    from engine.pipeline.estimate import estimate
    from engine.pipeline.price_list import price_of

    return estimate(tools, tasks, models, price_of(setup.settings))
