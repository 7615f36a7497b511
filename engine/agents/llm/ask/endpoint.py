"""Where a model is and how to talk to it: everything but the key, which is read when it is needed and kept nowhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol

from pydantic import Field

from engine.models.base import Model
from engine.models.call import Answer
from engine.models.role import RoleName

Structured = Literal["auto", "json_schema", "json_object", "none"]
"""How a model is held to a JSON schema. `auto`: the strongest way that the provider accepts, found out on the first request.
`json_schema`: as OpenAI has it, or not at all. `json_object`: a JSON object, with the schema beside it where the provider takes
that (llama.cpp), else in words. `none`: in words only."""


class Endpoint(Model):
    """A model at a provider.

    Attributes:
        model: As litellm names it: `openai/gpt-5.1`, `anthropic/claude-sonnet-4-5`, `ollama/qwen3`.
        base_url: Address of an OpenAI-compatible server; empty for the provider's own.
        key_variable: Environment variable that holds the key; empty for the one that litellm knows for the provider.
        timeout: Seconds for one request.
        retries: How often a request is made again after a fault that may pass.
        concurrency: Most requests at once. A domain of 50 tools has about 20 that need not wait for each other; a provider to
            which that is too much says so, and gets fewer.
        input_price: US dollars for a million tokens read; `None` for what litellm knows.
        output_price: The same for a million tokens written.
        context: Tokens that prompt and answer may have together; `None` for what litellm knows.
        tools_per_call: Tools that are asked for in one request where a role can batch; 1 for small models.
    """

    model: str
    base_url: str = ""
    key_variable: str = ""
    structured: Structured = "auto"
    timeout: float = Field(default=120.0, gt=0)
    retries: int = Field(default=5, ge=0, le=20)
    concurrency: int = Field(default=24, ge=1, le=256)
    input_price: float | None = Field(default=None, ge=0)
    output_price: float | None = Field(default=None, ge=0)
    context: int | None = Field(default=None, ge=512)
    tools_per_call: int = Field(default=5, ge=1, le=20)


Endpoints = Callable[[RoleName], Endpoint]
"""Role -> the endpoint of the model that plays it."""

ReadKey = Callable[[Endpoint], str | None]
"""Endpoint -> its key, or `None` for what litellm finds by itself. Called for each request; the answer is never stored."""


class AnswerCache(Protocol):
    """Keeps answers for ever, by key; the store implements it."""

    def get(self, key: str) -> Answer | None:
        """The answer, if there is one."""
        ...

    def put(self, answer: Answer) -> Answer:
        """Keeps an answer and returns the one that is kept: the first, where two runs asked the same at once."""
        ...
