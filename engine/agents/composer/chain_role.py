"""The chain agent offline: a change by lot, and others that go with it, as task building picks its goals."""

from __future__ import annotations

import random

from engine.agents.roles import CannotAnswer
from engine.agents.roles.tasks import ChainAnswer, ChainRequest, PlannedChain, WantedChain, WishedCall

_RELATED = 0.75
"""How likely the next change is one that an earlier one makes possible."""
_SAME = 0.5
"""How likely it else is about the same kind of row."""


class ComposerChain:
    """Plans chains of which every argument is left to the engine."""

    async def plan(self, request: ChainRequest) -> ChainAnswer:
        """See `ChainAgent.plan`."""
        writes = list(request.changes)
        chains = {
            wanted.index: self._chain(request, wanted, writes) for wanted in request.wanted if wanted.first in writes
        }
        if not chains:
            raise CannotAnswer("The domain has none of the changes that are to be among the chains.")
        return ChainAnswer(chains=chains)

    def _chain(self, request: ChainRequest, wanted: WantedChain, writes: list[str]) -> PlannedChain:
        rng = random.Random(f"chain/{request.domain.name}/{wanted.index}/{wanted.first}")
        names = [wanted.first]
        for _ in range(rng.randint(*wanted.writes) - 1):
            last = request.domain.tool[rng.choice(names)]
            following = [name for name in request.follows.get(last.name, ()) if name in writes]
            same = [name for name in writes if request.domain.tool[name].entity == last.entity]
            if following and rng.random() < _RELATED:
                names.append(rng.choice(following))
            else:
                names.append(rng.choice(same if rng.random() < _SAME else writes))
        return PlannedChain(steps=tuple(WishedCall(tool=name) for name in names))
