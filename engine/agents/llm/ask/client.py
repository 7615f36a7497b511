"""Asks language models: from the store where it can, else through litellm, within the budget, with one corrective turn.

An answer is kept as soon as it comes, usable or not, under the digest of everything that determines it. So a run that is
repeated or resumed asks nothing twice, and reads the same.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from engine.agents.llm.ask.budget import Purse
from engine.agents.llm.ask.conversation import asked_anew, corrected, is_silent, read, request_of
from engine.agents.llm.ask.endpoint import AnswerCache, Endpoint, Endpoints, ReadKey
from engine.agents.llm.ask.forms import form_of
from engine.agents.llm.ask.limiter import Now, Sleep
from engine.agents.llm.ask.line import Line, Lost, answer_room
from engine.agents.llm.ask.prices import limits_of, price_of
from engine.agents.llm.ask.provider import Provider
from engine.agents.llm.ask.question import NoAnswer, ProviderError, Question
from engine.agents.llm.ask.request import Request
from engine.errors import ScaleEnvError
from engine.models.call import Answer, CallOutcome, ModelCall, Spent
from engine.models.role import RoleName
from engine.models.run import Budget

T = TypeVar("T")


class _Got(NamedTuple):
    """An answer for one turn, and what it took."""

    answer: Answer
    cached: bool
    seconds: float
    retries: int
    cost: float | None


class _Turn(NamedTuple):
    question: Question[Any]
    endpoint: Endpoint
    request: Request
    number: int


class ModelClient:
    """Answers questions through language models; implements `engine.agents.llm.ask.question.Asker`.

    Belongs to one event loop, and to the thread of the store that is behind `cache` and `log`. Questions that are asked at
    once are answered at once. Somebody who stops waiting does not stop what was paid for: it is kept when it comes.

    Args:
        endpoints: Role -> who plays it.
        cache: Keeps answers.
        read_key: Reads a provider's key, for each request anew.
        budget: What the run may spend.
        spent: What it has spent in earlier processes.
        log: Is told of each use of an answer, and of each request that brought none.
        run: The run's id.
        domain: The domain's name.
        offline: Ask nobody: what the cache does not answer is an error.
        now: Seconds of a clock that only goes forward.
        sleep: Waits for some of its seconds.
    """

    def __init__(
        self,
        endpoints: Endpoints,
        cache: AnswerCache,
        *,
        read_key: ReadKey,
        budget: Budget,
        spent: Spent,
        log: Callable[[ModelCall], object],
        run: str,
        domain: str,
        offline: bool = False,
        now: Now = time.monotonic,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._endpoints = endpoints
        self._cache = cache
        self._read_key = read_key
        self._purse = Purse(budget, spent, run)
        self._log = log
        self._run = run
        self._domain = domain
        self._offline = offline
        self._now = now
        self._sleep = sleep
        self._provider = Provider()
        self._lines: dict[Endpoint, Line] = {}
        self._talks: set[asyncio.Task[Any]] = set()
        self._under_way: dict[str, asyncio.Future[Answer]] = {}

    @property
    def spent(self) -> Spent:
        """What the run has spent, requests under way not counted."""
        return self._purse.spent

    @property
    def has_asked(self) -> bool:
        """Whether a provider was asked for anything."""
        return bool(self._lines)

    def model_of(self, role: RoleName) -> str:
        """The name of the model that plays a role."""
        return self._endpoints(role).model

    async def ask(self, question: Question[T]) -> T:
        """The parsed answer, after one corrective turn at most.

        Raises:
            NoAnswer: No usable answer came.
            BudgetReached: The run may not ask any more.
            ProviderError: The provider can't be used, or may not be asked.
        """
        talk = asyncio.get_running_loop().create_task(self._talk(question))
        self._talks.add(talk)
        talk.add_done_callback(self._ended)
        return await asyncio.shield(talk)

    def _ended(self, talk: asyncio.Task[Any]) -> None:
        self._talks.discard(talk)
        if not talk.cancelled():
            talk.exception()  # whoever asked may be gone, and then nobody would have looked at it

    async def _talk(self, question: Question[T]) -> T:
        """The question; once more where nothing was said; once more, with its mistakes, where it can't be used."""
        endpoint = self._endpoints(question.role)
        turn = _Turn(question, endpoint, request_of(endpoint.model, question), 1)
        anew = False
        while True:
            got = await self._get(turn)
            value, problems = read(question, got.answer)
            if not problems:
                self._tell(turn, got, "accepted")
                return value
            silent = is_silent(got.answer)
            if silent and not anew:
                anew = True
                following = turn._replace(request=asked_anew(turn.request, got.answer))
            elif not silent and turn.number == 1:
                following = turn._replace(request=corrected(turn.request, got.answer, problems), number=2)
            else:
                self._tell(turn, got, "refused", problems)
                raise NoAnswer(f"`{endpoint.model}` gave no usable answer: {'; '.join(problems)}")
            self._tell(turn, got, "corrected", problems)
            turn = following

    async def _get(self, turn: _Turn) -> _Got:
        """The answer to a request: of the store, of somebody who is asking the same right now, or of the provider."""
        key, began = turn.request.key, self._now()
        if (asking := self._under_way.get(key)) is not None:
            try:
                answer = await asyncio.shield(asking)
            except (NoAnswer, ProviderError) as error:
                self._tell_failed(turn, error, cached=True, seconds=self._now() - began)
                raise
            return _Got(answer, True, self._now() - began, 0, 0.0)
        if (kept := self._cache.get(key)) is not None:
            return _Got(kept, True, 0.0, 0, 0.0)
        promise = self._under_way[key] = asyncio.get_running_loop().create_future()
        try:
            got = await self._buy(turn, began)
        except BaseException as error:
            if isinstance(error, ScaleEnvError):
                promise.set_exception(error)
                promise.exception()  # nobody else may be waiting for it
            else:
                promise.cancel()
            raise
        else:
            promise.set_result(got.answer)
            return got
        finally:
            del self._under_way[key]

    async def _buy(self, turn: _Turn, began: float) -> _Got:
        """The provider's answer, kept."""
        endpoint, request = turn.endpoint, turn.request
        self._refuse(turn)
        await self._provider.load()
        form = form_of(endpoint)
        # Only where it matters: loading a tokenizer would hold up the first request.
        is_counted = self._purse.bounds_size or limits_of(endpoint).context is not None
        prompt_tokens = self._provider.prompt_tokens(request, form) if is_counted else 0
        try:
            most_tokens = answer_room(endpoint, request, prompt_tokens)
        except NoAnswer as error:
            self._tell_failed(turn, error)
            raise
        price = price_of(endpoint)
        reserved = await self._purse.reserve(
            prompt_tokens + most_tokens, 0.0 if price is None else price.of(prompt_tokens, most_tokens)
        )
        tokens, cost = 0, None
        try:
            name = turn.question.role if turn.question.schema_name == "answer" else turn.question.schema_name
            sent = await self._line(endpoint).send(request, name=name, most_tokens=most_tokens)
            if not isinstance(sent, Lost):
                tokens, cost = sent.reply.prompt_tokens + sent.reply.completion_tokens, sent.reply.cost
        finally:
            self._purse.settle(reserved, tokens=tokens, cost=cost)
        seconds = self._now() - began
        if isinstance(sent, Lost):
            self._tell_failed(turn, sent.error, seconds=seconds, retries=sent.retries)
            raise sent.error
        reply = sent.reply
        answer = self._cache.put(
            Answer(
                key=request.key,
                model=endpoint.model,
                request=request.content,
                text=reply.text,
                finish=reply.finish,
                prompt_tokens=reply.prompt_tokens,
                completion_tokens=reply.completion_tokens,
                cost=reply.cost,
                seconds=round(seconds, 3),
            )
        )
        return _Got(answer, False, seconds, sent.retries, reply.cost)

    def _refuse(self, turn: _Turn) -> None:
        """Raises what forbids a request, before litellm is even loaded."""
        endpoint, question = turn.endpoint, turn.question
        about = f" on `{question.subject}`" if question.subject else ""
        if self._offline:
            raise ProviderError(
                f"There is no kept answer to what the {question.role.replace('_', ' ')} agent asks `{endpoint.model}`"
                f"{about}, and nobody may be asked. Import the cassette of a run with the same seed, models and options, or "
                "allow requests."
            )
        self._purse.check()
        if self._purse.bounds_cost and price_of(endpoint) is None:
            raise ProviderError(
                f"The run's cost is bounded, but the price of `{endpoint.model}` is not known. Give `input_price` and "
                "`output_price` (US dollars for a million tokens; 0 for a model of your own) to its endpoint in studio.toml, "
                "or bound tokens or calls instead."
            )

    def _line(self, endpoint: Endpoint) -> Line:
        if endpoint not in self._lines:
            self._lines[endpoint] = Line(endpoint, self._provider, self._read_key, now=self._now, sleep=self._sleep)
        return self._lines[endpoint]

    def _tell(self, turn: _Turn, got: _Got, outcome: CallOutcome, problems: tuple[str, ...] = ()) -> None:
        self._log(
            self._call(turn).model_copy(
                update={
                    "key": got.answer.key,
                    "cached": got.cached,
                    "outcome": outcome,
                    "problem": "; ".join(problems),
                    "prompt_tokens": got.answer.prompt_tokens,
                    "completion_tokens": got.answer.completion_tokens,
                    "cost": got.cost,
                    "seconds": round(got.seconds, 3),
                    "retries": got.retries,
                }
            )
        )

    def _tell_failed(
        self, turn: _Turn, error: ScaleEnvError, *, cached: bool = False, seconds: float = 0.0, retries: int = 0
    ) -> None:
        self._log(
            self._call(turn).model_copy(
                update={
                    "cached": cached,
                    "outcome": "failed",
                    "problem": str(error),
                    "cost": 0.0,
                    "seconds": round(seconds, 3),
                    "retries": retries,
                }
            )
        )

    def _call(self, turn: _Turn) -> ModelCall:
        question = turn.question
        return ModelCall(
            run=self._run,
            domain=self._domain,
            role=question.role,
            subject=question.subject,
            task=question.task,
            model=turn.endpoint.model,
            turn=turn.number,
            round=question.round,
        )

    async def close(self) -> None:
        """Ends all connections. What is under way is cut off, except where the budget ended the run: that was paid for."""
        talks = set(self._talks)
        if talks and not self._purse.reached:
            for talk in talks:
                talk.cancel()
        if talks:
            await asyncio.wait(talks)
        for line in self._lines.values():
            line.close()
        await self._provider.close()
