"""A cast whose models are scripted: the roles of an idea, each played by the composer or by a model."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine
from typing import Any, TypeVar

from engine.agents.composer.contract_role import ComposerContract
from engine.agents.composer.database_role import ComposerDatabase
from engine.agents.composer.domain_role import ComposerDomain
from engine.agents.composer.tool_schema_role import ComposerToolSchema
from engine.agents.llm.ask.question import Question
from engine.agents.llm.roles.contract import ModelContract
from engine.agents.llm.roles.database import ModelDatabase
from engine.agents.llm.roles.domain import ModelDomain
from engine.agents.llm.roles.tool_schema import ModelToolSchema
from engine.models.role import COMPOSER
from tests.fakes.asker import ScriptedAsker

T = TypeVar("T")
IDEA_ROLES = ("domain", "tool_schema", "database", "contract")
_BACK_ENDS: dict[str, tuple[Callable[[Any], Any], Callable[[], Any]]] = {
    "domain": (ModelDomain, ComposerDomain),
    "tool_schema": (ModelToolSchema, ComposerToolSchema),
    "database": (ModelDatabase, ComposerDatabase),
    "contract": (ModelContract, ComposerContract),
}


class Players:
    """As `engine.pipeline.cast.Cast`, with no provider behind it.

    Args:
        asker: The model.
        models: The roles that it plays.
        batch: Tools that it is asked for at once.
    """

    def __init__(self, asker: ScriptedAsker, models: Collection[str] = IDEA_ROLES, batch: int = 5) -> None:
        self._models = models
        self._batch = batch
        for role, (model, composer) in _BACK_ENDS.items():
            setattr(self, role, model(asker) if role in models else composer())

    def is_model(self, role: str) -> bool:
        """Whether the model plays it."""
        return role in self._models

    def player(self, role: str) -> str:
        """Who plays it."""
        return "test/model" if role in self._models else COMPOSER

    def batch(self, _role: str) -> int:
        """The same for all."""
        return self._batch

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """In a loop of its own."""
        return asyncio.run(work)


class LateAsker(ScriptedAsker):
    """Answers after a while that only the question and `salt` decide."""

    def __init__(self, says: Callable[[Question[Any], int], str], salt: int) -> None:
        super().__init__(says)
        self._salt = salt

    async def ask(self, question: Question[T]) -> T:
        """As the scripted one, late."""
        for _ in range((len(question.user) * (self._salt + 1)) % 17):
            await asyncio.sleep(0)
        return await super().ask(question)
