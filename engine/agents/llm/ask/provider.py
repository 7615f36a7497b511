"""litellm, and nothing else of it than one request at a time: its retries, caches, logs and telemetry stay off.

Its import takes seconds, so it happens with the first request, in a thread, and never in a page of the studio.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import logging
import os
from collections.abc import Coroutine, Generator
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

from engine.agents.llm.ask import forms
from engine.agents.llm.ask.endpoint import Endpoint
from engine.agents.llm.ask.faults import Fault, fault_of, without_key
from engine.agents.llm.ask.prices import price_of
from engine.agents.llm.ask.question import ProviderError
from engine.agents.llm.ask.request import Request

LONGEST_ANSWER = 1_000_000
"""Characters of an answer that are taken, several times what the longest has room for: servers need not keep to what is asked."""

_MOST_TOKENS = 100_000_000
_LONGEST_FINISH = 40
_TOKENS_OF_A_MESSAGE = 6
_PATIENCE = 2
_PREPARATION = 30.0


class Reply(NamedTuple):
    """What came back; see `engine.models.call.Answer` for what its parts mean."""

    text: str
    finish: str
    prompt_tokens: int
    completion_tokens: int
    cost: float | None


class Provider:
    """Makes requests through litellm."""

    def __init__(self) -> None:
        self._litellm: Any = None
        self._loading: asyncio.Task[Any] | None = None

    async def load(self) -> None:
        """Imports litellm, once, while everything else goes on.

        Raises:
            ProviderError: It is not installed.
        """
        if self._litellm is None:
            if self._loading is None or self._loading.cancelled():
                self._loading = asyncio.create_task(asyncio.to_thread(_imported))
            try:
                self._litellm = await asyncio.shield(self._loading)
            except ImportError as error:
                raise ProviderError(
                    f"Language models are reached through litellm, which can't be imported ({error}); "
                    "install it with `pip install 'scaleenv-studio[llm]'`."
                ) from error

    def tokens_of(self, text: str) -> int:
        """How many tokens a text has, about: counted offline, by one tokenizer for all models."""
        return len(self._litellm.encoding.encode(text, disallowed_special=()))

    def prompt_tokens(self, request: Request, form: forms.Form) -> int:
        """How many tokens a request has, about."""
        return sum(
            self.tokens_of(message["content"]) + _TOKENS_OF_A_MESSAGE for message in forms.messages(form, request)
        )

    async def complete(
        self, endpoint: Endpoint, request: Request, *, key: str | None, form: forms.Form, name: str, most_tokens: int
    ) -> Reply:
        """Makes a request, once.

        Args:
            endpoint: Where.
            request: What.
            key: The provider's key, or `None` for what litellm finds.
            form: How the provider is held to the schema.
            name: The schema's name.
            most_tokens: Room for the answer; may be less than the request has.

        Raises:
            Fault: No answer came.
        """
        parameters: dict[str, Any] = {
            "model": endpoint.model,
            "messages": forms.messages(form, request),
            "temperature": request.temperature,
            "max_tokens": most_tokens,
            "timeout": endpoint.timeout,
            "max_retries": 0,
            "num_retries": 0,
            "drop_params": True,
            "stream": False,
        }
        if endpoint.base_url:
            parameters["api_base"] = endpoint.base_url
        if key is not None:
            parameters["api_key"] = key
        if (wanted := forms.response_format(form, request, name)) is not None:
            parameters["response_format"] = wanted
        try:
            # litellm's own limit is one for each piece of the answer, and leaves its first request's preparations out.
            async with asyncio.timeout(endpoint.timeout * _PATIENCE + _PREPARATION):
                response = await self._litellm.acompletion(**parameters)
        except Exception as error:
            raise fault_of(error, key=key) from None  # the error's own chain may hold the key
        return self._reply(endpoint, request, form, response, key)

    def _reply(self, endpoint: Endpoint, request: Request, form: forms.Form, response: Any, key: str | None) -> Reply:
        if response is None:
            # So ends litellm's own attempt to mend a request that was refused with 422.
            kind = "refused" if request.schema_ is None or form == "none" else "form"
            raise Fault(kind, "the provider could not process the request (422)")
        choices = getattr(response, "choices", None)
        if not choices:
            raise Fault("broken", "the provider sent an answer without any text")
        said = str(getattr(getattr(choices[0], "message", None), "content", None) or "")
        text = without_key(said[:LONGEST_ANSWER], key)
        finish = "length" if len(said) > LONGEST_ANSWER else str(getattr(choices[0], "finish_reason", None) or "stop")
        usage = getattr(response, "usage", None)
        read = _count(getattr(usage, "prompt_tokens", 0)) or self.prompt_tokens(request, form)
        written = _count(getattr(usage, "completion_tokens", 0)) or self.tokens_of(text)
        return Reply(
            text=text.encode("utf-8", "replace").decode(),
            finish=without_key(finish, key)[:_LONGEST_FINISH],
            prompt_tokens=read,
            completion_tokens=written,
            cost=_cost(endpoint, response, read, written),
        )

    async def close(self) -> None:
        """Ends all connections."""
        if self._litellm is not None:
            with suppress(AttributeError):  # of its own inner workings, which other versions may name otherwise
                await self._litellm.close_litellm_async_clients()
                self._litellm.in_memory_llm_clients_cache.flush_cache()  # it would hand out closed ones


def _count(tokens: Any) -> int:
    """What a provider says of its tokens; 0 where that can't be, so that no budget is filled up or emptied by it."""
    return int(tokens) if isinstance(tokens, int | float) and 0 < tokens <= _MOST_TOKENS else 0


def _cost(endpoint: Endpoint, response: Any, read: int, written: int) -> float | None:
    """By the endpoint's own prices; else as litellm has worked it out, which knows of cheaper tokens; else by its table."""
    hidden: Any = getattr(response, "_hidden_params", None) or {}
    known: Any = hidden.get("response_cost")
    if endpoint.input_price is None and endpoint.output_price is None and isinstance(known, int | float):
        return round(float(known), 10)
    price = price_of(endpoint)
    return None if price is None else round(price.of(read, written), 10)


def _imported() -> Any:
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # it would ask the network for prices
    with _no_collection():
        litellm: Any = importlib.import_module("litellm")
    litellm.suppress_debug_info = True
    litellm.set_verbose = False
    litellm.telemetry = False
    litellm.turn_off_message_logging = True
    litellm.cache = None
    litellm.num_retries = 0
    litellm.disable_aiohttp_transport = True  # connections of aiohttp outlive their event loop
    for callbacks in (
        "success_callback",
        "failure_callback",
        "callbacks",
        "_async_success_callback",
        "_async_failure_callback",
    ):
        setattr(litellm, callbacks, [])
    for name in ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy", "httpx", "openai", "openai._base_client"):
        logger = logging.getLogger(name)
        logger.setLevel(logging.CRITICAL)
        logger.propagate = False
    with suppress(ImportError, AttributeError):
        # For callbacks that we have none of, it would start a task without end in every event loop.
        module: Any = importlib.import_module("litellm.litellm_core_utils.logging_worker")
        module.GLOBAL_LOGGING_WORKER.ensure_initialized_and_enqueue = _drop
    return litellm


@contextmanager
def _no_collection() -> Generator[None, None, None]:
    """Looks for no garbage: an import makes none, but so many objects that the search takes a quarter of its time.

    Nor does any later search look at what was imported: the first one would hold up the first request by half a second.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()


def _drop(async_coroutine: Coroutine[Any, Any, Any], **_: Any) -> None:
    async_coroutine.close()
