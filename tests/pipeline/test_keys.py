"""Keys: found when they are needed, sent only where they belong, and nowhere to be seen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.agents.llm.ask.endpoint import Endpoint
from engine.pipeline import keys
from engine.pipeline.keys import PLACEHOLDER, key_state, keys_present, provider_of, read_key

OPENAI = Endpoint(model="openai/gpt-5.1")
LOCAL = Endpoint(model="openai/qwen", base_url="http://127.0.0.1:8000/v1")
REMOTE = Endpoint(model="openai/qwen", base_url="https://models.example.org/v1")


@pytest.fixture(autouse=True)
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """No keys but those of the test, and a home of its own."""
    for name in (*keys_present(), keys.SECRETS_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def secrets(folder: Path, text: str) -> Path:
    file = folder / ".streamlit" / "secrets.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
    return file


def test_a_provider_is_given_its_own_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_key(OPENAI) is None
    assert key_state(OPENAI).words == "OPENAI_API_KEY absent"
    monkeypatch.setenv("OPENAI_API_KEY", " one ")
    assert read_key(OPENAI) == "one"
    assert read_key(Endpoint(model="gpt-5.1")) == "one"
    assert read_key(Endpoint(model="anthropic/claude-sonnet-4-5")) is None
    assert key_state(OPENAI).words == "OPENAI_API_KEY present"


@pytest.mark.parametrize("endpoint", [LOCAL, REMOTE])
def test_a_providers_key_never_goes_to_another_address(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "one")
    assert read_key(endpoint) == PLACEHOLDER
    assert key_state(endpoint).status == ("placeholder" if endpoint is LOCAL else "absent")
    monkeypatch.setenv("SCALEENV_API_KEY", "mine")
    assert read_key(endpoint) == "mine"
    assert key_state(endpoint).words == "SCALEENV_API_KEY present"


def test_a_named_variable_is_the_only_one(monkeypatch: pytest.MonkeyPatch) -> None:
    named = LOCAL.model_copy(update={"key_variable": "MY_KEY"})
    monkeypatch.setenv("SCALEENV_API_KEY", "mine")
    assert (read_key(named), key_state(named).words) == (PLACEHOLDER, "MY_KEY absent")
    monkeypatch.setenv("MY_KEY", "own")
    assert (read_key(named), key_state(named).words) == ("own", "MY_KEY present")


def test_streamlits_secrets_are_read_after_the_environment(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets(bare, 'OPENAI_API_KEY = "of secrets"\nTOGETHERAI_API_KEY = "t"\nport = 1\n[auth]\ncookie_secret = "x"\n')
    assert read_key(OPENAI) == "of secrets"
    assert keys_present() == ["OPENAI_API_KEY", "TOGETHERAI_API_KEY"]
    monkeypatch.setenv("OPENAI_API_KEY", "of environment")
    assert read_key(OPENAI) == "of environment"


def test_the_nearer_secrets_win_and_a_variable_names_others(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets(bare, 'OPENAI_API_KEY = "home"')
    (bare / "work").mkdir()
    monkeypatch.chdir(bare / "work")
    assert read_key(OPENAI) == "home"
    secrets(bare / "work", 'OPENAI_API_KEY = "work"')
    assert read_key(OPENAI) == "work"
    other = secrets(bare / "other", 'OPENAI_API_KEY = "other"')
    monkeypatch.setenv(keys.SECRETS_VARIABLE, f"{bare / 'none.toml'}:{other}")
    assert read_key(OPENAI) == "other"


def test_secrets_that_can_not_be_read_are_none(bare: Path) -> None:
    secrets(bare, "= no toml")
    assert read_key(OPENAI) is None
    (bare / ".streamlit" / "secrets.toml").write_bytes(b"\xff\xfe")
    assert read_key(OPENAI) is None
    secrets(bare, f"a = {'[' * 10_000}")
    assert read_key(OPENAI) is None


@pytest.mark.parametrize(
    "model, provider, words",
    [
        ("ollama_chat/qwen3", "ollama_chat", "not needed"),
        ("bedrock/anthropic.claude", "bedrock", "unknown"),
        ("claude-sonnet-4-5", "anthropic", "ANTHROPIC_API_KEY absent"),
        ("my-own", "", "unknown"),
        ("Gemini/x", "gemini", "GEMINI_API_KEY absent"),
    ],
)
def test_providers(model: str, provider: str, words: str) -> None:
    assert provider_of(model) == provider
    assert key_state(Endpoint(model=model)).words == words
