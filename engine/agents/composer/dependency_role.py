"""The dependency agent offline: an output is what a parameter means where their names and their columns agree."""

from __future__ import annotations

import re

from engine.agents.roles.foundation import DependencyAnswer, DependencyRequest, OpenPair
from engine.models.domain import Domain
from engine.models.tool import Tool

_NOISE = frozenset({"the", "a", "an", "new", "of", "to", "for", "in", "and", "or", "id", "results", "value"})


class ComposerDependency:
    """Judges open pairs by what stands in the contracts, and by nothing that has to be understood."""

    async def judge(self, request: DependencyRequest) -> DependencyAnswer:
        """See `DependencyAgent.judge`."""
        return DependencyAnswer(flows=tuple(pair for pair in request.pairs if _is_flow(request.domain, pair)))


def _is_flow(domain: Domain, pair: OpenPair) -> bool:
    """Whether the names say the same thing, about a kind of row that both tools are about.

    A name alone is not enough, since nearly everything has a price. And what a tool writes anew is the user's choice,
    whatever it was before; what it looks for is what another tool has answered.
    """
    source, target = domain.tool[pair.source], domain.tool[pair.target]
    if any(text == pair.parameter for effect in target.contract.effects for text in effect.values.values()):
        return False
    output, parameter = _words(pair.output.rpartition(".")[2]), _words(pair.parameter)
    inside = output < parameter and parameter - output <= _about(source)
    inside = inside or (parameter < output and output - parameter <= _about(target))
    return bool(parameter) and (output == parameter or inside) and bool(_about(source) & _about(target))


def _about(tool: Tool) -> frozenset[str]:
    """The words for the kinds of rows that a tool is given or is mainly about."""
    tables = [tool.entity, *((parameter.refers_to or "").partition(".")[0] for parameter in tool.parameters)]
    return frozenset(word for table in tables for word in _words(table))


def _words(name: str) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z0-9]+", name.lower())) - _NOISE
