"""The gate offline (paper, section 4.2, step 5): a formula for π(|D|, c(H), g(D)), which the paper leaves to a model."""

from __future__ import annotations

from engine.agents.roles.tasks import GateAnswer, GateRequest

SHORTEST = 2
"""Tools of the shortest chain: a read that finds a row, and a change of it."""


class ComposerGate:
    """Weighs an expansion by three shares, each of which alone can rule it out.

    π = (room · left · found) ^ (1/3), with

    - room = 1 - min(1, c(H)): how much of the complexity is not used up, c(H) = (|V_H| + 0.5 |E_H|) / 50. At 1 the
      graph is saturated, and another chain would only make it larger, not harder;
    - left = |D| / (|D| + 2): a chain needs two tools, so with two left over it is an even bet that there is one, and
      with many more their number hardly matters any longer;
    - found = g(D), the share of tries in which a solver found a chain within D.

    It is a product because a chain that can't be found, or for which there is no room, is no chain, whatever the other
    figures say; and its third root, the geometric mean, so that τ means for π what it means for each share: three
    shares of one half make one half. It falls as H grows, so expansion ends by itself.
    """

    async def weigh(self, request: GateRequest) -> GateAnswer:
        """See `GateAgent.weigh`."""
        room = 1 - min(1.0, max(0.0, request.complexity))
        left = max(0, request.unused) / (max(0, request.unused) + SHORTEST)
        found = min(1.0, max(0.0, request.feasibility))
        return GateAnswer(probability=round((room * left * found) ** (1 / 3), 6))
