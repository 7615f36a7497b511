"""Counts how much of the contracts is stated and how much is left open as `any`."""

from __future__ import annotations

from collections.abc import Iterable

from engine.contracts.evaluate import STATED_ANY
from engine.models.tool import Tool


def any_share(tools: Iterable[Tool]) -> tuple[int, int]:
    """How many values are stated as `any`, and how many are stated at all.

    A value is a column that an effect writes, a returned value, or a field of a query.
    """
    open_values = total = 0
    for tool in tools:
        for text in _values(tool):
            total += 1
            open_values += text.strip() == STATED_ANY
    return open_values, total


def _values(tool: Tool) -> Iterable[str]:
    for effect in tool.contract.effects:
        yield from effect.values.values()
    for field in tool.contract.returns:
        if field.query is not None:
            yield from field.query.fields.values()
        elif field.value is not None:
            yield field.value
