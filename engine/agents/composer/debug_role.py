"""The debug role, played by the composer: it takes a tool over whose code somebody else did not get right."""

from __future__ import annotations

from engine.agents.roles.foundation import RepairAnswer, RepairRequest
from engine.contracts.source import write_source
from engine.errors import ContractError, ExpressionError


class ComposerDebug:
    """Writes the code anew from the contract; see `engine.agents.roles.foundation.DebugAgent`."""

    async def repair(self, request: RepairRequest) -> RepairAnswer | None:
        """The composer's own code, or `None` where that is what failed, or where no code follows from the contract.

        A disputed case is taken back: the composer has no opinion beside the contract.
        """
        if request.case is not None and "instance" in request.allowed:
            return RepairAnswer(kind="instance", reason="the contract says otherwise")
        if "tool" not in request.allowed:
            return None
        try:
            source = write_source(request.tool, request.database)
        except (ContractError, ExpressionError):
            return None
        if source == request.tool.source:
            return None
        return RepairAnswer(kind="tool", source=source, reason="written from the contract by the composer")
