"""The code role, played by the composer: code that follows from the contract."""

from __future__ import annotations

from engine.agents.roles import CannotAnswer
from engine.agents.roles.foundation import CodeAnswer, CodeRequest
from engine.contracts.source import write_source
from engine.errors import ContractError, ExpressionError


class ComposerCode:
    """Writes tools' code from their contracts; see `engine.agents.roles.foundation.CodeAgent`."""

    async def write(self, request: CodeRequest) -> CodeAnswer:
        """The code for some tools; a wish changes nothing, since the contract leaves no choice.

        Raises:
            CannotAnswer: From none of the contracts code follows.
        """
        sources: dict[str, str] = {}
        problems: list[str] = []
        for tool in request.tools:
            try:
                sources[tool.name] = write_source(tool, request.database)
            except (ContractError, ExpressionError) as error:
                problems.append(str(error))
        if not sources:
            raise CannotAnswer("; ".join(problems) or "no tool was asked for")
        return CodeAnswer(sources=sources)
