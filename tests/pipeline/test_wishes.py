"""What somebody typed becomes a seed and options, or a clear word on what is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import SeedError, UsageError
from engine.models.role import ROLES
from engine.models.run import Budget, RunOptions
from engine.pipeline.model_settings import SEED_ROLES, ModelSettings, make_choice
from engine.pipeline.wishes import Wish, is_keyword, wish
from engine.seeds.keyword import KeywordSeed
from tests.pipeline import samples

CONFIGURED = ModelSettings(models=dict.fromkeys(ROLES, "openai/one"), base_url="http://one/v1", budget=Budget(calls=9))
LIBRARY = str(samples.LIBRARY)


def ask(seed: str, settings: ModelSettings = CONFIGURED, **given: object) -> Wish:
    more = {name: given.pop(name) for name in ("name", "tools", "hint") if name in given}
    return wish(seed, RunOptions(tasks=3), settings, make_choice("flags", **given), **more)  # type: ignore[arg-type]


def test_a_keyword_uses_what_is_configured() -> None:
    made = ask("bicycle  workshop", tools=12, hint=" with rentals ")
    assert (made.seed.name, made.seed.kind, made.tools) == ("bicycle_workshop", "keyword", 12)
    assert KeywordSeed.model_validate_json(made.seed.text).hint == made.options.hint == "with rentals"
    assert made.options.models == {role: "openai/one" for role in ROLES if role not in ("gate", "user")}
    assert (made.options.base_url, made.options.budget) == ("http://one/v1", Budget(calls=9))
    assert made.estimate().tokens > 0
    assert ask("自転車", name="bicycles").seed.name == "bicycles"


def test_the_wish_itself_has_the_last_word() -> None:
    made = ask("bicycle workshop", model="two", roles={"code": "composer"}, budget={"cost": 3})
    assert set(made.options.models.values()) == {"two"}
    assert "code" not in made.options.models
    assert made.options.budget == Budget(cost=3, calls=9)


def test_a_blueprint_uses_only_models_that_were_asked_for() -> None:
    plain = ask(LIBRARY)
    assert (plain.options.models, plain.options.base_url, plain.options.budget) == ({}, "", Budget())
    assert plain.estimate().tokens == 0
    mixed = ask(LIBRARY, roles={"code": "two", "instruction": "three"})
    assert mixed.options.models == {"code": "two", "instruction": "three"}
    assert (mixed.options.base_url, mixed.tools) == ("http://one/v1", 6)
    whole = ask(LIBRARY, model="two")
    assert set(whole.options.models) == set(ROLES) - set(SEED_ROLES) - {"gate", "user"}


def test_what_a_blueprint_leaves_nobody_to_do() -> None:
    with pytest.raises(UsageError, match="role `domain` is played by the seed of `library` itself"):
        ask(LIBRARY, roles={"domain": "two"})
    assert ask(LIBRARY, roles={"domain": "composer"}).options.models == {}
    for more in ({"tools": 5}, {"hint": "x"}):
        with pytest.raises(UsageError, match="--tools and --hint are for"):
            ask(LIBRARY, **more)


def test_a_keyword_without_a_model_is_told_three_ways_and_the_nearest_domain() -> None:
    with pytest.raises(SeedError) as told:
        ask("hospital", ModelSettings())
    words = str(told.value)
    for part in (
        *("no built-in domain `hospital`", "--model openai/gpt-5.1", "studio.toml", "SCALEENV_MODEL", "--base-url"),
        *("OPENAI_API_KEY", "scaleenv synth healthcare_telemedicine"),
    ):
        assert part in words
    with pytest.raises(SeedError, match=r"Built-in domains need no model: `healthcare_telemedicine`, `job_seeking`"):
        ask("bicycle workshop", ModelSettings())
    with pytest.raises(SeedError, match="--model-for domain=MODEL"):
        ask("bicycle workshop", ModelSettings(), roles={"code": "two"})


@pytest.mark.parametrize("settings", [CONFIGURED, ModelSettings()])
def test_a_slip_of_the_pen_costs_nothing(settings: ModelSettings) -> None:
    with pytest.raises(SeedError, match="did you mean `job_seeking`"):
        ask("job seking", settings)
    assert ask("job seking", name="mine").seed.kind == "keyword"


@pytest.mark.parametrize(
    "text, keyword",
    [
        ("bicycle workshop", True),
        ("v2.0 planning", True),
        ("x" * 5000, True),
        ("Job-Seeking", False),
        ("schema.sql", False),
        ("folder/none", False),
        ("  ", False),
        (LIBRARY, False),
    ],
)
def test_what_is_a_keyword(text: str, keyword: bool) -> None:
    assert is_keyword(text) is keyword


def test_a_file_that_is_not_there_is_no_keyword(tmp_path: Path) -> None:
    with pytest.raises(SeedError, match="there is no such file"):
        ask(str(tmp_path / "none.yaml"))
    with pytest.raises(SeedError, match="The seed is empty"):
        ask(" ")
