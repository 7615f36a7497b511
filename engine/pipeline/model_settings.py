"""Which language model plays which role, where it is, and what may be spent: from flags, environment and `studio.toml`.

Three places, the later ones winning: the file, the environment, the command's flags. A model that a later place names for
all roles also replaces what an earlier one said of single roles. Keys are in none of them: see `engine.pipeline.keys`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from engine.agents.llm.ask.endpoint import Endpoint
from engine.errors import UsageError
from engine.models.base import Model
from engine.models.role import COMPOSER, ROLES, RoleName
from engine.models.run import Budget, RunOptions
from engine.pipeline.addresses import checked_address
from engine.pipeline.settings_file import read_settings_file
from engine.seeds.problems import nearest

FILE_NAME = "studio.toml"
CONFIG_VARIABLE = "SCALEENV_CONFIG"
MODEL_VARIABLE = "SCALEENV_MODEL"
BASE_URL_VARIABLE = "SCALEENV_BASE_URL"
OFFLINE_VARIABLE = "SCALEENV_OFFLINE"
BUDGET_VARIABLES = {"cost": "SCALEENV_MAX_COST", "tokens": "SCALEENV_MAX_TOKENS", "calls": "SCALEENV_MAX_CALLS"}

SEED_ROLES: tuple[RoleName, ...] = ("domain", "tool_schema", "database", "contract")
"""Roles whose work a blueprint or an SQL schema has done already."""

LONGEST_MODEL_NAME = 200


def role_variable(role: RoleName) -> str:
    """The environment variable that names the model of one role."""
    return f"{MODEL_VARIABLE}_{role.upper()}"


class Choice(Model):
    """What one place says.

    Attributes:
        default: The model that plays all roles, `composer` for none, or empty where the place does not say.
        roles: What it says of single roles.
        base_url: Address of an OpenAI-compatible server for all models, or empty.
        budget: What may be spent; bounds that are `None` are left to earlier places.
    """

    default: str = ""
    roles: dict[RoleName, str] = {}
    base_url: str = ""
    budget: Budget = Budget()

    @property
    def names_a_model(self) -> bool:
        """Whether any role is given to a language model."""
        return any(name not in ("", COMPOSER) for name in (self.default, *self.roles.values()))


class ModelSettings(Model):
    """All that is configured, flags included where a command gave some.

    Attributes:
        models: Role -> the model that plays it; the composer plays those that are missing.
        base_url: Address of a server for all models, or empty for what `endpoints` and litellm know.
        known: Model -> what the file says of it.
        budget: What a run may spend, where nothing else is said.
        offline: Answer from the store alone, and ask nobody.
        file: The file that was read, or empty.
    """

    models: dict[RoleName, str] = {}
    base_url: str = ""
    known: dict[str, Endpoint] = {}
    budget: Budget = Budget()
    offline: bool = False
    file: str = ""

    def under(self, choice: Choice) -> ModelSettings:
        """These settings with what a later place says on top."""
        models: dict[RoleName, str] = dict(self.models)
        if choice.default:
            models = dict.fromkeys(ROLES, choice.default)
        models |= choice.roles
        limits = {name: value for name, value in choice.budget.model_dump().items() if value is not None}
        return self.model_copy(
            update={
                "models": {role: models[role] for role in ROLES if models.get(role, COMPOSER) != COMPOSER},
                "base_url": choice.base_url or self.base_url,
                "budget": self.budget.model_copy(update=limits),
            }
        )

    def of_run(self, options: RunOptions) -> ModelSettings:
        """These settings for a run: who plays what, the address and the budget are the run's own."""
        update = {"models": options.models, "base_url": options.base_url, "budget": options.budget}
        return self.model_copy(update=update)

    def endpoint(self, model: str) -> Endpoint:
        """Where a model is and how to talk to it."""
        found = self.known.get(model) or Endpoint(model=model)
        if not self.base_url or self.base_url == found.base_url:
            return found
        # The file's key belongs to the file's address, and goes nowhere else.
        elsewhere = {"key_variable": ""} if found.base_url else {}
        return found.model_copy(update={"base_url": self.base_url, **elsewhere})

    def endpoints(self, role: RoleName) -> Endpoint:
        """The endpoint of the model that plays a role.

        Raises:
            UsageError: The composer plays it.
        """
        if role not in self.models:
            raise UsageError(f"No language model plays the role `{role}`.")
        return self.endpoint(self.models[role])


def read_settings(
    config: Path | None = None, *, store: Path | None = None, environment: Mapping[str, str] | None = None
) -> ModelSettings:
    """What file and environment say.

    Args:
        config: The file; where left out, `SCALEENV_CONFIG`, `studio.toml` here, or `studio.toml` beside the store.
        store: The store's file.
        environment: Variables; those of this process where left out.

    Raises:
        UsageError: The file is missing though it was named, or says what can't be understood; or a variable does.
    """
    environment = os.environ if environment is None else environment
    settings = ModelSettings(offline=_switch(environment, OFFLINE_VARIABLE))
    path = find_settings(config, store=store, environment=environment)
    if path is not None:
        read = read_settings_file(path)
        choice = make_choice(
            str(path), model=read.models.default, roles=read.models.roles, budget=read.budget.model_dump()
        )
        settings = settings.model_copy(update={"known": read.models.endpoints, "file": str(path)}).under(choice)
    return settings.under(_of_environment(environment))


def make_choice(
    where: str,
    *,
    model: str = "",
    roles: Mapping[str, str] | Mapping[RoleName, str] | None = None,
    base_url: str = "",
    budget: Mapping[str, Any] | None = None,
) -> Choice:
    """Checks what one place says.

    Args:
        where: The place, for messages.
        model: For all roles, or empty.
        roles: Role -> model.
        base_url: For all models.
        budget: `cost`, `tokens` and `calls`.

    Raises:
        UsageError: A role does not exist, or a name, an address or a bound is none.
    """
    checked: dict[RoleName, str] = {}
    for role, name in (roles or {}).items():
        known: RoleName | None = next((each for each in ROLES if each == role), None)
        if known is None:
            raise UsageError(f"{where}: there is no role `{role}`; {nearest(role, ROLES, limit=len(ROLES))}")
        checked[known] = checked_model(name, f"{where}: role `{role}`")
    try:
        limits = Budget.model_validate(dict(budget or {}))
    except ValidationError as error:
        name = str(error.errors()[0]["loc"][0])
        raise UsageError(f"{where}: the bound of `{name}` is a number from 0.") from None
    if limits.cost is not None and limits.cost == float("inf"):
        raise UsageError(f"{where}: the bound of `cost` is a number; leave it out for no bound.")
    return Choice(
        default=checked_model(model, where) if model else "",
        roles=checked,
        base_url=checked_address(base_url, where),
        budget=limits,
    )


def checked_model(name: str, where: str) -> str:
    """A model's name without spaces around.

    Raises:
        UsageError: It can't be one.
    """
    name = name.strip()
    if not name or len(name) > LONGEST_MODEL_NAME or re.search(r"[\s\x00-\x1f\x7f\ud800-\udfff]", name):
        raise UsageError(
            f"{where}: that is no model's name; write it as litellm does, as in `openai/gpt-5.1`, or `{COMPOSER}`."
        )
    return name


def parse_roles(given: Iterable[str], where: str = "--model-for") -> dict[str, str]:
    """`ROLE=MODEL` texts as a mapping.

    Raises:
        UsageError: One has no `=`, or a role comes twice.
    """
    found: dict[str, str] = {}
    for text in given:
        role, sign, model = text.partition("=")
        role = role.strip()
        if not sign or not role:
            raise UsageError(f"{where}: write ROLE=MODEL, as in `code=openai/gpt-5.1`; roles are {', '.join(ROLES)}.")
        if role in found:
            raise UsageError(f"{where}: the role `{role}` is given twice.")
        found[role] = model
    return found


def _of_environment(environment: Mapping[str, str]) -> Choice:
    def given(name: str) -> str:
        return environment.get(name, "").strip()

    roles = {role: given(role_variable(role)) for role in ROLES if given(role_variable(role))}
    budget: dict[str, float | int] = {}
    for field, variable in BUDGET_VARIABLES.items():
        if text := given(variable):
            try:
                budget[field] = float(text) if field == "cost" else int(text)
            except ValueError:
                raise UsageError(f"{variable}: that is no number; {field} is bounded by one from 0.") from None
    try:
        return make_choice(
            "environment", model=given(MODEL_VARIABLE), roles=roles, base_url=given(BASE_URL_VARIABLE), budget=budget
        )
    except UsageError as error:
        raise UsageError(f"{error} (Variables that begin with SCALEENV_ say it.)") from None


def _switch(environment: Mapping[str, str], name: str) -> bool:
    return environment.get(name, "").strip().lower() in ("1", "true", "yes", "on")


def find_settings(
    config: Path | None = None, *, store: Path | None = None, environment: Mapping[str, str] | None = None
) -> Path | None:
    """The file that `read_settings` reads, if there is one.

    Raises:
        UsageError: It is missing though it was named.
    """
    environment = os.environ if environment is None else environment
    named = config or (Path(text) if (text := environment.get(CONFIG_VARIABLE, "").strip()) else None)
    if named is not None:
        if not named.is_file():
            origin = "--config" if config else CONFIG_VARIABLE
            raise UsageError(f"{named}: there is no such file; {origin} names it as the settings.")
        return named
    places = [Path(FILE_NAME), *([] if store is None else [store.resolve().parent / FILE_NAME])]
    return next((place for place in places if place.is_file()), None)
