"""Reads a wished chain (paper, section 4.2, step 1) into goals: what of it this domain can do, and nothing else.

Whoever wished may have written anything. Changes become goals in their order; reads are found by the engine; a value
counts where the parameter can have it and a person can say it; `$N.FIELD` means the row that step N is about.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from engine.agents.roles.tasks import PlannedChain, WishedCall
from engine.graph.knowledge import OPAQUE_ROLES, entity_of, locate
from engine.models.base import items_of
from engine.models.database import Column
from engine.models.domain import Domain
from engine.models.tool import Parameter, Tool
from engine.states.arguments import accepts, parameter_column
from engine.states.told import told_value

MOST_GOALS = 5
_MOST_ITEMS = 4
_REFERENCE = re.compile(r"\s*\$(\d{1,3})\b")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


class Wish(NamedTuple):
    """What is wished of one goal's arguments.

    Attributes:
        values: Parameter -> the value that the user wants (a list for an array).
        about: Parameter -> number of the step whose row it takes.
        firm: Whether the values must stay as they are; else they may give way to what is accepted.
    """

    values: dict[str, Any]
    about: dict[str, int]
    firm: bool = True


class WishedGoal(NamedTuple):
    """A change that is wished.

    Attributes:
        number: Its number among the steps of the wish, from 1.
    """

    tool: Tool
    number: int
    wish: Wish


def read_wish(domain: Domain, chain: PlannedChain) -> tuple[WishedGoal, ...]:
    """The goals that a wished chain comes to, in order; empty where there is none."""
    goals: list[WishedGoal] = []
    for number, step in enumerate(chain.steps, start=1):
        tool = domain.tool.get(step.tool)
        if tool is None or not tool.mutates_state or len(goals) >= MOST_GOALS:
            continue
        goals.append(
            WishedGoal(tool, number, Wish(dict(_values(step, tool, domain)), dict(_about(step, tool, number))))
        )
    return tuple(goals)


def _about(step: WishedCall, tool: Tool, number: int) -> Iterator[tuple[str, int]]:
    for name, raw in step.arguments.items():
        found = _REFERENCE.match(raw) if isinstance(raw, str) else None
        if found is not None and name in tool.parameter and 1 <= int(found[1]) < number:
            yield name, int(found[1])


def _values(step: WishedCall, tool: Tool, domain: Domain) -> Iterator[tuple[str, Any]]:
    for name, raw in step.arguments.items():
        parameter = tool.parameter.get(name)
        if parameter is None or (isinstance(raw, str) and _REFERENCE.match(raw)):
            continue
        place = locate(domain.database, entity_of(domain.database, parameter))
        source = locate(domain.database, parameter.source)
        if place is not None or (source is not None and source[1].role in OPAQUE_ROLES):
            continue
        value = _value(parameter, parameter_column(parameter, domain.database), raw, domain.spec.now)
        if value is not None and accepts(parameter, value):
            yield name, value


def _value(parameter: Parameter, column: Column, raw: Any, now: str) -> Any:
    if not parameter.array:
        return _one(column, raw, now)
    items = [_one(column, item, now) for item in _items(raw)[:_MOST_ITEMS]]
    return list(dict.fromkeys(items)) if items and None not in items else None


def _items(raw: Any) -> list[Any]:
    if isinstance(raw, str) and raw.lstrip().startswith("["):
        try:
            return items_of(json.loads(raw))
        except (ValueError, RecursionError):
            return []
    return raw.split(",") if isinstance(raw, str) else items_of(raw)


def _one(column: Column, raw: Any, now: str) -> Any:
    value = told_value(column, raw, now)
    if not isinstance(value, str) or column.type != "text":
        return value
    if '"' in value or (column.role == "email" and not _MAIL.fullmatch(value)):
        return None
    return value
