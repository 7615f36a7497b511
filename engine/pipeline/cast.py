"""Who plays which role in a run: the composer, or a language model."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

from engine.models.call import ModelCall, Spent
from engine.models.role import COMPOSER, RoleName
from engine.models.run import Run
from engine.pipeline.keys import read_key
from engine.pipeline.ledger import Cancelled
from engine.pipeline.model_settings import ModelSettings
from engine.pipeline.waiting import Waiter, nothing
from engine.seeds.blueprint import Blueprint
from engine.store import Store

if TYPE_CHECKING:
    from engine.agents.llm.ask.client import ModelClient
    from engine.agents.roles.foundation import (
        CodeAgent,
        ContractAgent,
        DatabaseAgent,
        DebugAgent,
        DependencyAgent,
        DomainAgent,
        TestAgent,
        ToolSchemaAgent,
    )
    from engine.agents.roles.tasks import ChainAgent, GateAgent, InstructionAgent, StateAgent, UserAgent

T = TypeVar("T")

COMPOSER_BATCH = 5
"""Tools that the composer is asked for at once; it minds no number, so this one only keeps progress visible."""


class Cast:
    """The players of one run. A role's back end is loaded when it is first called for, so that a run without language models
    loads nothing of theirs.

    Args:
        models: Role -> the model that plays it; the composer plays the others.
        make_client: Makes what asks the models, when the first of them is called for.
        tools_per_call: Role -> how many tools its model is asked for at once.
        blueprint: What the composer answers the roles of an idea from; `None` where there is only a keyword.
        poll: Called every second while a model is awaited; whatever it raises ends the waiting.
    """

    def __init__(
        self,
        models: dict[RoleName, str],
        *,
        make_client: Callable[[], ModelClient],
        tools_per_call: Callable[[RoleName], int],
        blueprint: Blueprint | None = None,
        poll: Callable[[], None] = nothing,
    ) -> None:
        self._models = models
        self._make_client = make_client
        self._tools_per_call = tools_per_call
        self._blueprint = blueprint
        self._client: ModelClient | None = None
        self._waiter = Waiter(poll)

    # The roles

    @cached_property
    def domain(self) -> DomainAgent:
        """Thinks a domain through from its name."""
        return self._play("domain", self._blueprint)

    @cached_property
    def tool_schema(self) -> ToolSchemaAgent:
        """Conceives tools."""
        return self._play("tool_schema", self._blueprint)

    @cached_property
    def database(self) -> DatabaseAgent:
        """Works out the database."""
        return self._play("database", self._blueprint)

    @cached_property
    def contract(self) -> ContractAgent:
        """Makes contracts formal."""
        return self._play("contract", self._blueprint)

    @cached_property
    def code(self) -> CodeAgent:
        """Writes tools' code."""
        return self._play("code")

    @cached_property
    def test(self) -> TestAgent:
        """Thinks up test cases."""
        return self._play("test")

    @cached_property
    def debug(self) -> DebugAgent:
        """Repairs what failed."""
        return self._play("debug")

    @cached_property
    def dependency(self) -> DependencyAgent:
        """Judges what inference leaves open."""
        return self._play("dependency")

    @cached_property
    def chain(self) -> ChainAgent:
        """Thinks up what users want."""
        return self._play("chain")

    @cached_property
    def state(self) -> StateAgent:
        """Furnishes states."""
        return self._play("state")

    @cached_property
    def instruction(self) -> InstructionAgent:
        """Puts chains into a user's words."""
        return self._play("instruction")

    @cached_property
    def gate(self) -> GateAgent:
        """Decides whether another chain pays."""
        return self._play("gate")

    @cached_property
    def user(self) -> UserAgent:
        """Plays the user."""
        return self._play("user")

    def _play(self, role: RoleName, *composer_takes: Any) -> Any:
        if self.is_model(role):
            module = import_module(f"engine.agents.llm.roles.{role}")
            return getattr(module, f"Model{_class_name(role)}")(self._asker())
        module = import_module(f"engine.agents.composer.{role}_role")
        return getattr(module, f"Composer{_class_name(role)}")(*composer_takes)

    def _asker(self) -> ModelClient:
        if self._client is None:
            self._client = self._make_client()
        return self._client

    # Who they are

    def player(self, role: RoleName) -> str:
        """Who plays a role: a model's name, or `composer`."""
        return self._models.get(role, COMPOSER)

    def is_model(self, role: RoleName) -> bool:
        """Whether a language model plays a role."""
        return role in self._models

    def batch(self, role: RoleName) -> int:
        """How many tools a role's player is asked for at once."""
        return self._tools_per_call(role)

    @property
    def has_asked(self) -> bool:
        """Whether a provider was asked for anything, by this process."""
        return self._client is not None and self._client.has_asked

    # Asking them

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Does asynchronous work in this thread.

        Raises:
            Cancelled: Somebody asked the run to stop.
            BudgetReached: The run may not ask any more.
            ProviderError: A provider can't be used.
            CannotAnswer: What the work itself lets through.
            KeyboardInterrupt: The user stopped it.
        """
        return self._waiter.wait(work)

    def close(self) -> None:
        """Ends all connections; what was asked for and paid before a budget was reached is still answered, and kept."""
        if self._client is not None:
            client, self._client = self._client, None
            self._waiter.wait(client.close())
        self._waiter.close()


def make_cast(
    store: Store,
    run: Run,
    settings: ModelSettings,
    *,
    blueprint: Blueprint | None = None,
    tick: Callable[[], None] = nothing,
) -> Cast:
    """The players of a run, as its options say.

    Args:
        store: Keeps answers and the log of calls.
        run: The run.
        settings: Where the models are; what they say of roles, address and budget gives way to the run's own.
        blueprint: What the composer answers the roles of an idea from.
        tick: Called every second while a model is awaited, for displays.
    """
    own = settings.of_run(run.options)

    def poll() -> None:
        if store.runs.cancel_asked(run.id):
            raise Cancelled
        tick()

    def make_client() -> ModelClient:
        from engine.agents.llm.ask.client import ModelClient

        def log(call: ModelCall) -> None:
            store.calls.add(call)

        spent: Spent = store.calls.spent(run.id)
        return ModelClient(
            own.endpoints,
            store.answers,
            read_key=read_key,
            budget=run.options.budget,
            spent=spent,
            log=log,
            run=run.id,
            domain=run.domain,
            offline=own.offline,
        )

    return Cast(
        own.models,
        make_client=make_client,
        tools_per_call=lambda role: own.endpoints(role).tools_per_call if role in own.models else COMPOSER_BATCH,
        blueprint=blueprint,
        poll=poll,
    )


def is_exhausted(error: BaseException) -> bool:
    """Whether an error says that the run's budget is used up."""
    from engine.agents.llm.ask.question import BudgetReached

    return isinstance(error, BudgetReached)


def _class_name(role: RoleName) -> str:
    return "".join(part.capitalize() for part in role.split("_"))
