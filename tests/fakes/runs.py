"""Runs on the scripted server, through the whole pipeline."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from engine.agents.llm.ask.endpoint import Endpoint
from engine.models.role import ROLES, RoleName
from engine.models.run import Run, RunOptions
from engine.pipeline import keyword_seed_text, synthesize
from engine.pipeline.model_settings import ModelSettings
from engine.store import Store
from tests.fakes.material import KEYWORD, load

MODEL = "openai/scripted"
DOMAIN = "bicycle_workshop"
KEY_VARIABLE = "SCALEENV_TEST_KEY"


def settings(*, offline: bool = False, **endpoint: Any) -> ModelSettings:
    """How the model is talked to; its address is the run's."""
    usual = {"timeout": 20.0, "input_price": 1.0, "output_price": 4.0, "key_variable": KEY_VARIABLE}
    known = Endpoint(model=MODEL, **{**usual, **endpoint})
    return ModelSettings(known={MODEL: known}, offline=offline)


def options(
    base_url: str, *, tools: tuple[str, ...] = (), tasks: int = 0, seed: int = 1, roles: Iterable[RoleName] = ROLES
) -> RunOptions:
    """What is asked for."""
    return RunOptions(
        tasks=tasks,
        seed=seed,
        tools=len(load(tools).tools),
        models=dict.fromkeys(roles, MODEL),
        base_url=base_url,
    )


def make(
    path: Path, asked: RunOptions, told: ModelSettings, *, name: str = DOMAIN, workers: int = 1, force: bool = False
) -> Run:
    """Makes the workshop from its keyword, in a store."""
    with Store.open(path) as store:
        seed = keyword_seed_text(KEYWORD, name=name, tools=asked.tools)
        return synthesize(store, seed, asked, workers=workers, settings=told, force=force)[0]
