"""The composer as the domain agent: it has no imagination, only what a blueprint says."""

from __future__ import annotations

from engine.agents.composer.blueprint_sketches import idea_of
from engine.agents.roles import CannotAnswer
from engine.agents.roles.foundation import DomainAnswer, DomainRequest
from engine.seeds.blueprint import Blueprint


class ComposerDomain:
    """Answers from a blueprint.

    Args:
        blueprint: The domain; `None` where there is only a keyword.
    """

    def __init__(self, blueprint: Blueprint | None = None) -> None:
        self._blueprint = blueprint

    async def conceive(self, request: DomainRequest) -> DomainAnswer:
        """The idea of the blueprint.

        Raises:
            CannotAnswer: There is none: what a keyword stands for only a language model knows.
        """
        if self._blueprint is None:
            raise CannotAnswer(
                f"What `{request.keyword}` is about only a language model can say; name one with --model."
            )
        return DomainAnswer(idea=idea_of(self._blueprint))
