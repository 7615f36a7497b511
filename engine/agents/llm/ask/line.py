"""The line to one model: as many requests at once as it bears, made again after faults that pass, given up where they don't."""

from __future__ import annotations

import asyncio
import time
from hashlib import sha256
from typing import NamedTuple

from engine.agents.llm.ask import forms
from engine.agents.llm.ask.endpoint import Endpoint, ReadKey
from engine.agents.llm.ask.faults import CONGESTION, PASSING, Fault
from engine.agents.llm.ask.limiter import Limiter, Now, Sleep
from engine.agents.llm.ask.prices import limits_of
from engine.agents.llm.ask.provider import Provider, Reply
from engine.agents.llm.ask.question import NoAnswer, ProviderError
from engine.agents.llm.ask.request import Request

FIRST_WAIT = 0.25
LONGEST_WAIT = 30.0
LONGEST_WISH = 300.0
"""A provider that wants us to wait longer has no more for us today."""

MOST_FAILURES = 3
"""Requests in a row that may come to nothing, each with all its retries, before the provider counts as gone."""

MOST_SHORTER = 2
"""How often a request that is too long is made again with half the room for its answer."""

LEAST_ANSWER = 64
"""Tokens that an answer needs at least; a model that has no room for them is not asked."""


class Sent(NamedTuple):
    """A reply, and how often the provider had to be asked again for it."""

    reply: Reply
    retries: int


class Lost(NamedTuple):
    """Why no reply came: what is raised, and how often the provider was asked again."""

    error: NoAnswer | ProviderError
    retries: int


class Line:
    """Requests to one endpoint.

    Args:
        endpoint: Where.
        provider: Makes each request.
        read_key: Reads the key, for each request anew.
        now: Seconds of a clock that only goes forward.
        sleep: Waits for some of its seconds.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        provider: Provider,
        read_key: ReadKey,
        *,
        now: Now = time.monotonic,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._endpoint = endpoint
        self._provider = provider
        self._read_key = read_key
        self._sleep = sleep
        self._limiter = Limiter(endpoint.concurrency, now=now, sleep=sleep)
        self._replies = 0
        self._failures = 0
        self.broken: ProviderError | None = None

    async def send(self, request: Request, *, name: str, most_tokens: int) -> Sent | Lost:
        """Makes a request, again and again if need be.

        Args:
            request: What is asked.
            name: The schema's name.
            most_tokens: Room for the answer.
        """
        retries = again = shorter = 0
        others, others_now = -1, -1
        while True:
            form = forms.form_of(self._endpoint)
            try:
                reply = await self._once(request, form, name=name, most_tokens=most_tokens, again=again > 0)
            except ProviderError as error:
                return Lost(error, again)
            except Fault as fault:
                others, others_now = others_now, self._replies
                if fault.kind == "form" and request.schema_ is not None and self._step_down(form):
                    again += 1
                    continue
                if fault.kind == "too_long" and most_tokens // 2 >= LEAST_ANSWER and shorter < MOST_SHORTER:
                    # The provider adds the room for the answer to the prompt, and most answers need less than they may.
                    most_tokens //= 2
                    shorter += 1
                    again += 1
                    continue
                if fault.kind in PASSING and retries < self._endpoint.retries and not self._is_dismissal(fault):
                    await self._wait(request, fault, retries)
                    retries += 1
                    again += 1
                    continue
                return Lost(self._lost(fault, alone=others in (-1, self._replies)), again)
            self._replies += 1
            self._failures = 0
            if request.schema_ is not None:
                forms.remember(self._endpoint, form)
            return Sent(reply, again)

    async def _once(self, request: Request, form: forms.Form, *, name: str, most_tokens: int, again: bool) -> Reply:
        ticket = await self._limiter.enter(again=again)
        congested = fine = False
        try:
            if self.broken is not None:
                raise self.broken  # it was found out while this request waited for its turn
            reply = await self._provider.complete(
                self._endpoint,
                request,
                key=self._read_key(self._endpoint),
                form=form,
                name=name,
                most_tokens=most_tokens,
            )
            fine = True
            return reply
        except Fault as fault:
            congested = fault.kind in CONGESTION
            if fault.retry_after is not None and not self._is_dismissal(fault):
                self._limiter.pause(fault.retry_after)
            raise
        finally:
            self._limiter.leave(ticket, congested=congested, fine=fine)

    def _step_down(self, form: forms.Form) -> bool:
        """Takes a weaker form from now on; others may have done so already."""
        if forms.form_of(self._endpoint) != form:
            return True
        weaker = forms.weaker(self._endpoint, form)
        if weaker is not None:
            forms.remember(self._endpoint, weaker)
        return weaker is not None

    async def _wait(self, request: Request, fault: Fault, retries: int) -> None:
        """Waits as long as the provider wants; else twice as long each time, and not all to the same moment."""
        if fault.retry_after is not None:
            return  # the limiter lets nobody in before
        spread = int(sha256(f"{request.key} {retries}".encode()).hexdigest()[:8], 16) / 0xFFFFFFFF
        await self._sleep(min(LONGEST_WAIT, FIRST_WAIT * 2**retries) * (0.75 + spread / 2))

    def _is_dismissal(self, fault: Fault) -> bool:
        return fault.retry_after is not None and fault.retry_after > LONGEST_WISH

    def _lost(self, fault: Fault, *, alone: bool) -> NoAnswer | ProviderError:
        """What a fault means that no retry has mended.

        Args:
            fault: The last one.
            alone: Nobody else was answered since the one before.
        """
        model, at = self._endpoint.model, self._endpoint.base_url or "its provider"
        words = fault.words.rstrip(".")
        if fault.kind == "setup":
            self.broken = ProviderError(
                f"The model `{model}` at {at} can't be used: {words}. Check the model's name, its base URL and the "
                f"environment variable with its key{self._variable()}."
            )
            return self.broken
        if fault.kind == "form" and self._endpoint.structured == "json_schema":
            self.broken = ProviderError(
                f"The model `{model}` at {at} does not take a JSON schema in the way that the settings ask for: {words}. "
                "Set `structured` of its endpoint to `auto`."
            )
            return self.broken
        if fault.kind == "too_long":
            return NoAnswer(f"The request is too long for `{model}`: {words}.")
        if fault.kind == "filtered":
            return NoAnswer(f"`{model}` refused to answer: {words}.")
        if self._is_dismissal(fault):
            self.broken = ProviderError(
                f"The model `{model}` at {at} wants us to wait for {fault.retry_after or 0:,.0f} seconds: {words}. "
                "Go on with `scaleenv resume` then; what was answered is kept."
            )
            return self.broken
        self._failures += 1
        # A server that is gone, or takes no more, must not cost a run what it asked for in vain. A request that is too much for
        # a server looks different, and costs itself alone.
        if (fault.kind in ("unreachable", "busy") and alone) or self._failures >= MOST_FAILURES:
            self.broken = ProviderError(
                f"The model `{model}` at {at} does not answer: {words}. Check that the server runs, that its base URL is "
                "right and that it takes requests; then go on with `scaleenv resume`, what was answered is kept."
            )
            return self.broken
        return NoAnswer(f"`{model}` at {at} gave no answer: {words}.")

    def _variable(self) -> str:
        return f" (`{self._endpoint.key_variable}`)" if self._endpoint.key_variable else ""

    def close(self) -> None:
        """Stops its clocks."""
        self._limiter.close()


def answer_room(endpoint: Endpoint, request: Request, prompt_tokens: int) -> int:
    """Tokens that the answer may have, in what the model takes.

    Raises:
        NoAnswer: The request alone is too long.
    """
    limits = limits_of(endpoint)
    room = min(request.most_tokens, limits.answer or request.most_tokens)
    if limits.context is not None:
        room = min(room, limits.context - prompt_tokens)
        if room < min(LEAST_ANSWER, request.most_tokens):
            raise NoAnswer(
                f"The request is too long for `{endpoint.model}`: about {prompt_tokens:,} of {limits.context:,} tokens, which "
                "leaves no room for an answer."
            )
    return room
