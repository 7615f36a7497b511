"""Asks a model one tiny question, in the way in which roles ask: does it answer, in what form, how fast, at what price."""

from __future__ import annotations

from engine.agents.llm.ask.endpoint import Endpoint
from engine.agents.llm.ask.prompt import fill
from engine.agents.llm.ask.question import NoAnswer, ProviderError, Question
from engine.agents.llm.ask.structured import json_answer, schema_of
from engine.models.base import Model
from engine.models.call import Answer, ModelCall, Spent
from engine.models.run import Budget
from engine.pipeline.keys import key_state, read_key
from engine.pipeline.waiting import Waiter

WORD = "bicycle"
MOST_SECONDS = 60.0
"""A person waits for it."""

_FORMS = {
    "json_schema": "held to JSON schemas",
    "schema_object": "held to JSON schemas (sent beside `json_object`)",
    "json_object": "held to JSON, but not to a schema",
    "none": "held to no form; answers are checked all the same",
}


class Trial(Model):
    """What came of it.

    Attributes:
        ok: Whether an answer came that can be used.
        form: How the model could be held to a JSON schema; see `engine.agents.llm.ask.forms`.
        answer: What it said.
        problem: Why it can't be used, without any key.
        seconds: How long it took, retries included; with a server that loads models on demand mostly that.
        cost: In US dollars, or `None` where no price is known.
    """

    model: str
    ok: bool
    form: str = ""
    answer: str = ""
    problem: str = ""
    seconds: float = 0.0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float | None = None

    @property
    def words(self) -> str:
        """For people."""
        if not self.ok:
            return f"can't be used: {self.problem}"
        cost = "price unknown" if self.cost is None else f"${self.cost:.6f}"
        return (
            f"answers in {self.seconds:.1f} s, {_FORMS.get(self.form, self.form)}; "
            f"{self.prompt_tokens} tokens read, {self.completion_tokens} written, {cost}"
        )


class _Reply(Model):
    word: str


class _Nowhere:
    """Keeps nothing: a trial that is answered from memory tries nothing."""

    def get(self, key: str) -> Answer | None:
        return None

    def put(self, answer: Answer) -> Answer:
        return answer


def try_model(endpoint: Endpoint) -> Trial:
    """Asks a model one tiny question. Never raises for what a model, a provider or the settings may cause."""
    from engine.agents.llm.ask.client import ModelClient
    from engine.agents.llm.ask.forms import form_of

    calls: list[ModelCall] = []
    hasty = endpoint.model_copy(update={"timeout": min(endpoint.timeout, MOST_SECONDS), "retries": 1})
    client = ModelClient(
        lambda _role: hasty,
        _Nowhere(),
        read_key=read_key,
        budget=Budget(),
        spent=Spent(),
        log=calls.append,
        run="",
        domain="",
    )
    system, user = fill("trial", word=WORD)
    question = Question(
        role="domain",
        system=system,
        user=user,
        parse=json_answer(_Reply),
        schema=schema_of(_Reply),
        schema_name="trial",
        subject="trial",
        most_tokens=1_000,
    )
    waiter = Waiter()
    try:
        reply = waiter.wait(client.ask(question))
    except (NoAnswer, ProviderError) as error:
        state = key_state(endpoint)
        hint = f" (The key is read from {state.variable}, which is empty.)" if state.status == "absent" else ""
        return Trial(model=endpoint.model, ok=False, problem=f"{error}{hint}", seconds=sum(c.seconds for c in calls))
    finally:
        waiter.wait(client.close())
        waiter.close()
    costs = [call.cost for call in calls if call.cost is not None]
    return Trial(
        model=endpoint.model,
        ok=True,
        form=form_of(hasty),
        answer=reply.word,
        seconds=sum(call.seconds for call in calls),
        prompt_tokens=sum(call.prompt_tokens for call in calls),
        completion_tokens=sum(call.completion_tokens for call in calls),
        cost=sum(costs) if len(costs) == len(calls) else None,
    )
