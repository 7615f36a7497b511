"""Measures a blueprint: tools, tables and business rules by kind."""

from __future__ import annotations

from collections import Counter

from engine.agents.composer.compose import compose
from engine.contracts.measure import any_share
from engine.models.base import Model
from engine.seeds.blueprint import Blueprint


class Description(Model):
    """What a blueprint amounts to.

    Attributes:
        rules: Kind of business rule -> how many requirements come from it.
        categories: Category of tool -> how many.
        any_values: How many values contracts leave open as `any`, and out of how many.
    """

    tools: int
    tables: int
    writes: int
    rules: dict[str, int]
    categories: dict[str, int]
    any_values: tuple[int, int]


def describe(blueprint: Blueprint) -> Description:
    """Composes and counts.

    Raises:
        BlueprintError: The blueprint can't be composed.
    """
    composition = compose(blueprint)
    rules = Counter(item.rule for tool in composition.tools for item in tool.contract.requires if item.rule)
    categories = Counter(tool.category for tool in composition.tools)
    return Description(
        tools=len(composition.tools),
        tables=len(composition.spec.database.tables),
        writes=sum(tool.mutates_state for tool in composition.tools),
        rules=dict(sorted(rules.items())),
        categories=dict(sorted(categories.items())),
        any_values=any_share(composition.tools),
    )
