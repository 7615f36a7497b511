"""Keys of providers: read from the environment or Streamlit's secrets at the moment of a request, and kept nowhere.

A provider's own variable (`OPENAI_API_KEY`) is only ever read for the provider's own address. A server of one's own gets
the variable that `studio.toml` names for it, or `SCALEENV_API_KEY`, or a placeholder: so no base URL, whoever typed it, can
be used to collect somebody's key.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

from engine.agents.llm.ask.endpoint import Endpoint
from engine.models.base import Model
from engine.pipeline.addresses import is_local

OWN_VARIABLE = "SCALEENV_API_KEY"
"""The key of a server of one's own that is given by its base URL alone."""

SECRETS_VARIABLE = "SCALEENV_SECRETS"
"""Files of Streamlit's secrets, where not the usual two; set by `scaleenv studio` for the processes that it starts."""

PLACEHOLDER = "no-key-needed"
"""Sent to a server of one's own for which there is no key: clients insist on one, local servers ignore it."""

PROVIDER_VARIABLES: dict[str, tuple[str, ...]] = {
    "anthropic": ("ANTHROPIC_API_KEY",),
    "azure": ("AZURE_API_KEY",),
    "azure_ai": ("AZURE_AI_API_KEY",),
    "cerebras": ("CEREBRAS_API_KEY",),
    "cohere": ("COHERE_API_KEY", "CO_API_KEY"),
    "cohere_chat": ("COHERE_API_KEY", "CO_API_KEY"),
    "dashscope": ("DASHSCOPE_API_KEY",),
    "deepinfra": ("DEEPINFRA_API_KEY",),
    "deepseek": ("DEEPSEEK_API_KEY",),
    "fireworks_ai": ("FIREWORKS_AI_API_KEY", "FIREWORKS_API_KEY", "FIREWORKSAI_API_KEY", "FIREWORKS_AI_TOKEN"),
    "gemini": ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
    "groq": ("GROQ_API_KEY",),
    "huggingface": ("HF_TOKEN", "HUGGINGFACE_API_KEY"),
    "mistral": ("MISTRAL_API_KEY",),
    "moonshot": ("MOONSHOT_API_KEY",),
    "nvidia_nim": ("NVIDIA_NIM_API_KEY",),
    "openai": ("OPENAI_API_KEY",),
    "openrouter": ("OPENROUTER_API_KEY", "OR_API_KEY"),
    "perplexity": ("PERPLEXITYAI_API_KEY", "PERPLEXITY_API_KEY"),
    "replicate": ("REPLICATE_API_KEY", "REPLICATE_API_TOKEN"),
    "together_ai": ("TOGETHERAI_API_KEY", "TOGETHER_API_KEY", "TOGETHER_AI_API_KEY", "TOGETHER_AI_TOKEN"),
    "xai": ("XAI_API_KEY",),
}
"""Provider -> the variables in which litellm looks for its key, in order. Only for those that need one and nothing else."""

KEYLESS = frozenset({"ollama", "ollama_chat", "lm_studio", "llamafile", "hosted_vllm"})
"""Providers that are servers of one's own, and ask for no key."""

_BY_NAME = (
    ("gpt-", "openai"),
    ("chatgpt", "openai"),
    ("o1", "openai"),
    ("o3", "openai"),
    ("o4", "openai"),
    ("claude", "anthropic"),
)
"""How a model's name begins -> the provider that litellm takes where none is written."""

KeyStatus = Literal["present", "absent", "placeholder", "not needed", "unknown"]


class KeyState(Model):
    """Whether there is a key for an endpoint; never the key.

    Attributes:
        variable: The variable that holds it, or that should; empty where there is none to name.
        status: `placeholder`: a server of one's own is given a word that is no key. `unknown`: litellm has its own ways for
            this provider.
    """

    variable: str
    status: KeyStatus

    @property
    def words(self) -> str:
        """For people."""
        if self.status == "placeholder":
            return f"none ({OWN_VARIABLE} or `key_variable` where the server wants one)"
        return f"{self.variable} {self.status}" if self.variable else self.status


def provider_of(model: str) -> str:
    """The provider in a model's name, or the one that it is known by; empty where that is left to litellm."""
    if "/" in model:
        return model.split("/", 1)[0].lower()
    return next((provider for start, provider in _BY_NAME if model.lower().startswith(start)), "")


def read_key(endpoint: Endpoint) -> str | None:
    """An endpoint's key, for one request; `None` leaves it to litellm (see `engine.agents.llm.ask.endpoint.ReadKey`)."""
    known = _known(endpoint, os.environ)
    for variable in _variables(endpoint):
        if key := known.get(variable, ""):
            return key
    return PLACEHOLDER if endpoint.base_url else None


def key_state(endpoint: Endpoint) -> KeyState:
    """Whether an endpoint has a key, for displays."""
    variables = _variables(endpoint)
    known = _known(endpoint, os.environ)
    if found := next((variable for variable in variables if known.get(variable)), ""):
        return KeyState(variable=found, status="present")
    if endpoint.key_variable:
        return KeyState(variable=endpoint.key_variable, status="absent")
    if endpoint.base_url and is_local(endpoint.base_url):
        return KeyState(variable="", status="placeholder")
    if variables:
        return KeyState(variable=variables[0], status="absent")
    return KeyState(variable="", status="not needed" if provider_of(endpoint.model) in KEYLESS else "unknown")


def keys_present() -> list[str]:
    """Names of the variables of known providers, and of our own, that hold something."""
    known = {**_secrets(os.environ), **{name: value for name, value in os.environ.items() if value}}
    names = {OWN_VARIABLE, *(name for names in PROVIDER_VARIABLES.values() for name in names)}
    return sorted(name for name in names if known.get(name))


def _variables(endpoint: Endpoint) -> tuple[str, ...]:
    if endpoint.key_variable:
        return (endpoint.key_variable,)
    if endpoint.base_url:
        return (OWN_VARIABLE,)
    return PROVIDER_VARIABLES.get(provider_of(endpoint.model), ())


def _known(endpoint: Endpoint, environment: Mapping[str, str]) -> Mapping[str, str]:
    """The variables that may hold the endpoint's key; the environment wins over files."""
    wanted = _variables(endpoint)
    found = {name: environment[name].strip() for name in wanted if environment.get(name, "").strip()}
    return found if len(found) == len(wanted) else {**_secrets(environment), **found}


def _secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """Texts at the top of Streamlit's secrets; a file that can't be read is as good as none."""
    found: dict[str, str] = {}
    for file in secrets_files(environment):
        with suppress(OSError, ValueError, RecursionError):
            read: dict[str, Any] = tomllib.loads(file.read_text("utf-8"))
            found.update({name: value.strip() for name, value in read.items() if isinstance(value, str)})
    return found


def secrets_files(environment: Mapping[str, str]) -> list[Path]:
    """Where Streamlit's secrets are, the later ones winning."""
    if given := environment.get(SECRETS_VARIABLE, ""):
        return [Path(part) for part in given.split(os.pathsep) if part]
    with suppress(RuntimeError):  # nobody's home
        return [Path.home() / ".streamlit" / "secrets.toml", Path.cwd() / ".streamlit" / "secrets.toml"]
    return [Path.cwd() / ".streamlit" / "secrets.toml"]
