"""Which names the parts of a contract use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.contracts.expression import Place, parse, parse_each, parse_message
from engine.models.tool import Effect, Requirement, ReturnField


def names_used(
    requires: Iterable[Requirement],
    effects: Iterable[Effect],
    returns: Iterable[ReturnField],
    texts: Iterable[str] = (),
) -> set[str]:
    """Every free name of the expressions in these parts of a contract."""
    found: set[str] = set()
    for text in (*_of_requirements(requires), *_of_effects(effects), *_of_returns(returns), *texts):
        found |= parse(text).names
    return found


def _of_requirements(requires: Iterable[Requirement]) -> Iterator[str]:
    for requirement in requires:
        yield requirement.condition
        for part in parse_message(requirement.message):
            if isinstance(part, Place):
                yield part.expression.text


def _of_effects(effects: Iterable[Effect]) -> Iterator[str]:
    for effect in effects:
        if effect.each is not None:
            yield parse_each(effect.each).items.text
        yield from (text for text in (effect.when, effect.key, *effect.values.values()) if text is not None)


def _of_returns(returns: Iterable[ReturnField]) -> Iterator[str]:
    for item in returns:
        if item.value is not None:
            yield item.value
        if item.query is not None:
            query = item.query
            yield from (text for text in (query.where, query.limit, *query.fields.values()) if text is not None)
            yield from (order.expression for order in query.order)
