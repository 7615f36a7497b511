"""The map of tools: the same places each time, and alike tools near each other."""

from __future__ import annotations

import math

import pytest

from engine.graph.tool_map import CROWD, Place, map_tools, words_of
from engine.models.tool import Contract, Parameter, Tool

NOUNS = ("invoice", "orchard", "violin", "glacier", "passport", "tractor", "lantern", "harbour")
VERBS = ("create", "cancel", "list", "rename", "inspect")


def tool(name: str, description: str, parameter: str = "note") -> Tool:
    return Tool(
        name=name,
        description=description,
        category="get",
        entity=parameter,
        parameters=(Parameter(name=f"{parameter}_id", type="text"),),
        contract=Contract(),
        source="",
    )


@pytest.fixture(scope="module")
def tools() -> list[Tool]:
    return [
        tool(f"{verb}_{noun}", f"This will {verb} one {noun} of the {noun} register.", noun)
        for noun in NOUNS
        for verb in VERBS
    ]


def test_the_same_tools_get_the_same_places(tools: list[Tool]) -> None:
    assert map_tools(tools) == map_tools(list(tools))


def test_every_tool_has_a_place_of_its_own_on_the_map(tools: list[Tool]) -> None:
    places = map_tools([*tools, *tools])
    assert len(places) == 2 * len(tools)
    assert len(set(places)) == len(places)
    assert all(0 <= place.x <= 1 and 0 <= place.y <= 1 for place in places)


def test_tools_about_one_thing_lie_nearer_than_others(tools: list[Tool]) -> None:
    places = map_tools(tools)
    kept = len(VERBS) - 1
    same = [
        sum(tools[other].entity == each.entity for other in _nearest(places, at)[:kept])
        for at, each in enumerate(tools)
    ]
    assert sum(same) / len(same) > 0.7 * kept  # by chance it would be less than half of one
    assert min(same) >= 1


def _nearest(places: list[Place], at: int) -> list[int]:
    others = (other for other in range(len(places)) if other != at)
    return sorted(others, key=lambda other: math.dist(places[at], places[other]))


def test_nearly_the_same_tools_lie_next_to_each_other(tools: list[Tool]) -> None:
    twin = tools[7].model_copy(update={"description": tools[7].description + " Politely."})
    places = map_tools([*tools, twin])
    nearest = min(range(len(tools)), key=lambda other: math.dist(places[-1], places[other]))
    assert tools[nearest].entity == tools[7].entity
    assert math.dist(places[-1], places[7]) < 0.12


def test_the_same_tool_in_two_domains_lies_beside_itself(tools: list[Tool]) -> None:
    places = map_tools([*tools, tools[3]])
    assert math.dist(places[3], places[-1]) == pytest.approx(CROWD, abs=1e-4)


@pytest.mark.parametrize("count", range(5))
def test_a_few_tools_are_drawn_too(count: int, tools: list[Tool]) -> None:
    places = map_tools(tools[:count])
    assert len(set(places)) == count
    assert not any(math.isnan(value) for place in places for value in place)


def test_tools_without_any_words_are_drawn_too() -> None:
    empty = tool("x", "").model_copy(update={"parameters": ()})
    assert words_of(empty) == []
    assert map_tools([empty, empty])[0] != map_tools([empty, empty])[1]
    assert isinstance(map_tools([empty])[0], Place)


def test_words_that_differ_by_their_ending_are_one() -> None:
    assert words_of(tool("list_queries", ""))[:2] == words_of(tool("lists_query", ""))[:2]
