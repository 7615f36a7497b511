"""The real model on loopback, and the players that ask it; what is marked `local_model` is skipped where none answers."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.models.role import ROLES
from engine.models.run import RunOptions
from engine.pipeline import read_seed_text, request
from engine.pipeline.cast import Cast, make_cast
from engine.pipeline.model_settings import ModelSettings, make_choice, read_settings
from engine.store import Store

HERE = Path(__file__).parent
MODEL = "openai/qwen2.5-coder-1.5b"
VARIABLE = "SCALEENV_LOCAL_MODEL"
DEFAULT_ADDRESS = "http://127.0.0.1:8090/v1"


@pytest.fixture(scope="session")
def address() -> str:
    """Where the model is."""
    found = os.environ.get(VARIABLE, DEFAULT_ADDRESS)
    try:
        with urllib.request.urlopen(f"{found}/models", timeout=60) as answer:
            json.load(answer)
    except (OSError, urllib.error.URLError, ValueError) as error:
        pytest.skip(f"no language model answers at {found} ({error}); start one, or name another in {VARIABLE}")
    return found


@pytest.fixture(scope="session")
def settings(address: str) -> ModelSettings:
    """The model in every role."""
    choice = make_choice("the suite", model=MODEL, base_url=address)
    return read_settings(HERE / "studio.toml", environment={}).under(choice)


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Keeps answers for the session: what two tests ask alike is asked once."""
    with Store.open(tmp_path_factory.mktemp("local-model") / "studio.db") as opened:
        yield opened


@pytest.fixture(scope="session")
def cast(store: Store, settings: ModelSettings) -> Iterator[Cast]:
    """A run's players, every one of them the model."""
    options = RunOptions(tasks=0, models=dict.fromkeys(ROLES, MODEL), base_url=settings.base_url)
    run = request(store, read_seed_text(str(HERE / "tool_library.yaml")), options).run
    players = make_cast(store, run, settings)
    yield players
    players.close()
