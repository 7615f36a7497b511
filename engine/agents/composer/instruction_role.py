"""The instruction agent offline: the draft, which task building writes from templates, as it is."""

from __future__ import annotations

from engine.agents.roles import CannotAnswer
from engine.agents.roles.tasks import InstructionAnswer, InstructionRequest


class ComposerInstruction:
    """Answers with the draft; it has no other words than those."""

    async def write(self, request: InstructionRequest) -> InstructionAnswer:
        """See `InstructionAgent.write`."""
        if not request.draft.strip() or (request.complaints and request.refused == request.draft):
            raise CannotAnswer("There is no other draft than the one that was refused.")
        return InstructionAnswer(instruction=request.draft)
