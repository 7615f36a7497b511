"""What somebody wants made, from words and settings: a seed with the options of its run, or a clear word on what is missing."""

from __future__ import annotations

import re
from pathlib import Path

from engine.errors import SeedError, UsageError
from engine.models.base import Model
from engine.models.role import COMPOSER, UNASKED, RoleName
from engine.models.run import RunOptions
from engine.pipeline.estimate import Estimate, estimate
from engine.pipeline.model_settings import (
    BASE_URL_VARIABLE,
    FILE_NAME,
    MODEL_VARIABLE,
    SEED_ROLES,
    Choice,
    ModelSettings,
)
from engine.pipeline.price_list import PriceOf, price_of
from engine.pipeline.requests import SeedText
from engine.pipeline.seeds import composed_of, keyword_seed_text, read_seed_text
from engine.seeds import built_in, names_built_in
from engine.seeds.keyword import KeywordSeed, domain_name
from engine.seeds.near import near_built_ins, nearest_name

DEFAULT_TOOLS = 40
"""Tools of a domain that is made from a keyword, where nobody says how many."""


class Wish(Model):
    """What is to be made.

    Attributes:
        seed: From what.
        options: How.
        settings: Where its models are, with whatever the wish itself says of them.
    """

    seed: SeedText
    options: RunOptions
    settings: ModelSettings

    @property
    def tools(self) -> int:
        """How many tools the domain will have, about."""
        return self.options.tools if self.seed.kind == "keyword" else len(composed_of(self.seed.text).tools)

    def estimate(self, price: PriceOf | None = None) -> Estimate:
        """What it will spend on language models."""
        return estimate(self.tools, self.options.tasks, self.options.models, price or price_of(self.settings))


def wish(
    seed: str,
    options: RunOptions,
    settings: ModelSettings,
    choice: Choice | None = None,
    *,
    name: str | None = None,
    tools: int | None = None,
    hint: str = "",
) -> Wish:
    """Makes a wish out of what somebody typed.

    Args:
        seed: A built-in domain's name, a file's path, or a keyword.
        options: Number of tasks, seed number and the like; what it says of models is replaced.
        settings: What file and environment say. A keyword uses their models. A blueprint or a schema uses only those that
            `choice` names: the composer makes it for nothing, and nobody shall pay without having asked to.
        choice: What the wish itself says of models, address and budget.
        name: The domain's name, where not the seed's own.
        tools: How many tools a keyword's domain shall have.
        hint: Further wishes for a keyword's domain.

    Raises:
        SeedError: The seed can't be used, or is a keyword and no language model is configured.
        UsageError: The wish contradicts itself.
    """
    if is_keyword(seed):
        _refuse_slip(seed, name)
        return keyword_wish(seed, options, settings, choice, name=name, tools=tools or DEFAULT_TOOLS, hint=hint)
    found = seed_wish(seed, options, settings, choice, name=name)
    if tools is not None or hint.strip():
        raise UsageError(
            f"`{found.seed.name}` has its tools already; --tools and --hint are for domains that are made from a keyword."
        )
    return found


def keyword_wish(
    keyword: str,
    options: RunOptions,
    settings: ModelSettings,
    choice: Choice | None = None,
    *,
    name: str | None = None,
    tools: int = DEFAULT_TOOLS,
    hint: str = "",
) -> Wish:
    """Makes a wish out of what is a keyword whatever it says; see `wish`.

    Raises:
        SeedError: The keyword is none, or no language model is configured that could think it through.
    """
    told = settings.under(choice or Choice())
    if "domain" not in told.models:
        raise SeedError(keyless_words(keyword, bool(told.models)))
    text = keyword_seed_text(keyword, name=name, hint=hint, tools=tools)
    kept = KeywordSeed.model_validate_json(text.text)
    made = options.model_copy(update={"tools": kept.tools, "hint": kept.hint})
    return _wish(text, made, told, _asked(told.models))


def seed_wish(
    seed: str,
    options: RunOptions,
    settings: ModelSettings,
    choice: Choice | None = None,
    *,
    name: str | None = None,
) -> Wish:
    """Makes a wish out of a built-in domain's name or a file's path; see `wish`.

    Raises:
        SeedError: The seed can't be used.
        UsageError: A model shall play what the seed has done already.
    """
    choice = choice or Choice()
    text = read_seed_text(seed, name=name, with_rows=options.with_rows)
    return _wish(text, options, settings.under(choice), _beside_a_seed(choice, text))


def _wish(seed: SeedText, options: RunOptions, told: ModelSettings, models: dict[RoleName, str]) -> Wish:
    more = {"base_url": told.base_url, "budget": told.budget} if models else {}
    return Wish(seed=seed, options=options.model_copy(update={"models": models, **more}), settings=told)


def is_keyword(seed: str) -> bool:
    """Whether a text is a keyword: neither a built-in domain's name nor the path of a file, existing or not."""
    if not seed.strip() or names_built_in(seed):
        return False
    try:
        if Path(seed).exists():
            return False
    except (OSError, ValueError):  # too long for a path
        return True
    return not re.search(r"[/\\]|\.[A-Za-z0-9]{1,8}$", seed.strip())


def _refuse_slip(keyword: str, name: str | None) -> None:
    """A slip of the pen shall not cost what a language model does."""
    meant = nearest_name(keyword)
    if meant and not name:
        raise SeedError(
            f"There is no built-in domain `{keyword.strip()}`; did you mean `{meant}`? (To have a language model make "
            "a domain from these words all the same, give it a --name.)"
        )


def keyless_words(keyword: str, has_some: bool = False) -> str:
    """What to do where a keyword comes and no language model can think it through.

    Args:
        keyword: As given.
        has_some: Whether models play other roles.
    """
    try:
        known = near_built_ins(keyword)
        shown = f"`{' '.join(keyword.split())[:60]}`"
        named = f'"{" ".join(keyword.split())[:60]}"'
        domain_name(keyword)
    except SeedError:
        known, shown, named = [], "this", "KEYWORD"
    if has_some:
        return (
            f"{shown} is a keyword, so a language model has to play the role `domain`: the composer knows blueprints and "
            "schemas alone. Add `--model-for domain=MODEL`."
        )
    near = (
        "Nearest among the built-in domains, which need no model: "
        + ", ".join(f"`scaleenv synth {each}`" for each in known)
        if known
        else "Built-in domains need no model: " + ", ".join(f"`{each}`" for each in built_in())
    )
    return "\n".join(
        [
            f"There is no built-in domain {shown} and no such file. As a keyword it takes a language model; name one in any of these ways:",
            f"  on the command line   scaleenv synth {named} --model openai/gpt-5.1   (with its key in OPENAI_API_KEY)",
            f'  for always            {FILE_NAME}: [models] default = "openai/gpt-5.1"   (or the variable {MODEL_VARIABLE})',
            f"  a server of your own  --model openai/NAME --base-url http://127.0.0.1:8000/v1   (or {BASE_URL_VARIABLE})",
            f"{near}.",
        ]
    )


def _beside_a_seed(choice: Choice, seed: SeedText) -> dict[RoleName, str]:
    """The models that play beside a blueprint or a schema, which has played the roles of an idea already."""
    for role in SEED_ROLES:
        if choice.roles.get(role, COMPOSER) != COMPOSER:
            raise UsageError(
                f"The role `{role}` is played by the seed of `{seed.name}` itself; only a keyword leaves it to a model."
            )
    if not choice.names_a_model:
        return {}
    asked = ModelSettings().under(choice).models
    return {role: model for role, model in _asked(asked).items() if role not in SEED_ROLES}


def _asked(models: dict[RoleName, str]) -> dict[RoleName, str]:
    return {role: model for role, model in models.items() if role not in UNASKED}
