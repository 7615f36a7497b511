"""What a role asks a model, and who answers: the seam between prompts and providers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from engine.agents.roles import CannotAnswer
from engine.errors import ScaleEnvError
from engine.models.role import RoleName

T = TypeVar("T")


class NoAnswer(CannotAnswer):
    """A model gave no usable answer, corrective turn included; the message says what was wrong with the last one."""


class BudgetReached(ScaleEnvError):
    """The run may not ask any more; it stops, and goes on with a larger budget."""


class ProviderError(ScaleEnvError):
    """The provider can't be used at all (key, model name, address); the message says what to configure."""


class Unusable(ValueError):
    """An answer is not what was asked for.

    Attributes:
        problems: Every mistake, in words that help the model to mend it.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(self.problems))


@dataclass(frozen=True)
class Question(Generic[T]):
    """One question to a model.

    Attributes:
        role: Who asks; decides the model.
        system: Instructions, from a prompt file of the package; never holds anything that a model, a file or a user wrote.
        user: The request, with all data delimited; see `engine.agents.llm.ask.prompt`.
        parse: Makes the answer's text into what is wanted, or raises `Unusable`. Runs again on a cached answer, so it
            must be a function of the text alone.
        schema: JSON schema of the answer, where it is JSON: sent along where the provider can be held to it.
        subject: The tools, entities or task that it is about, for the log.
        task: Id of the task, or empty.
        most_tokens: Length of the answer at most.
        temperature: 0 for what has one right answer.
        round: 0, or the number of the repair, for the log.
        sample: Another number asks for another answer to the same words.
    """

    role: RoleName
    system: str
    user: str
    parse: Callable[[str], T]
    schema: dict[str, Any] | None = None
    subject: str = ""
    task: str = ""
    most_tokens: int = 4_000
    temperature: float = 0.0
    round: int = 0
    sample: int = 0
    schema_name: str = field(default="answer")


class Asker(Protocol):
    """Answers questions; `engine.agents.llm.ask.client.ModelClient` does so through litellm."""

    async def ask(self, question: Question[T]) -> T:
        """The parsed answer, after one corrective turn at most.

        Raises:
            NoAnswer: No usable answer came.
            BudgetReached: The run may not ask any more.
            ProviderError: The provider can't be used.
        """
        ...

    def model_of(self, role: RoleName) -> str:
        """The name of the model that plays a role."""
        ...
