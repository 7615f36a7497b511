"""The test role, played by the composer: nothing beyond what procedural testing plans by itself."""

from __future__ import annotations

from engine.agents.roles.foundation import TestAnswer, TestRequest


class ComposerTest:
    """Proposes no cases; see `engine.agents.roles.foundation.TestAgent`.

    Whatever follows from schema and contract (one violation of each precondition, boundaries, optional parameters, siblings)
    is planned by procedural testing for every tool, whoever plays this role. The composer knows nothing more.
    """

    __test__ = False

    async def propose(self, request: TestRequest) -> TestAnswer:
        """No cases."""
        return TestAnswer(cases=())
