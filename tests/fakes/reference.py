"""The bicycle workshop without faults: its contracts, the hand-written code that holds them, and mutants of that code."""

from __future__ import annotations

import asyncio
from functools import cache
from typing import Any

from engine.agents.composer.compose import Composition, compose
from engine.foundation.mutations import mutants_of
from engine.models.role import ROLES
from engine.models.tool import Tool
from engine.pipeline.cast import Cast
from engine.pipeline.conceive import Conception, conceive
from engine.seeds.keyword import read_keyword
from tests.fakes.asker import ScriptedAsker
from tests.fakes.faults import Mutants
from tests.fakes.material import KEYWORD, load
from tests.fakes.script import Script


def scripted_asker(tools: tuple[str, ...] = ()) -> ScriptedAsker:
    """A model that answers from the material with no network between."""
    script = Script(load(tools))
    return ScriptedAsker(lambda question, _turn: script.answer(question.role, question.user))


@cache
def conception(tools: tuple[str, ...] = ()) -> Conception:
    """What the roles make of the keyword when every answer is a good one."""
    asker: Any = scripted_asker(tools)
    cast = Cast(dict.fromkeys(ROLES, "scripted"), make_client=lambda: asker, tools_per_call=lambda _: 5)
    wanted = len(load(tools).tools)
    return asyncio.run(conceive(cast, read_keyword(KEYWORD, tools=wanted), told=lambda _: None))


@cache
def composition(tools: tuple[str, ...] = ()) -> Composition:
    """Schema and contracts, with the composer's code."""
    return compose(conception(tools).blueprint)


@cache
def written(tools: tuple[str, ...] = ()) -> tuple[Tool, ...]:
    """The tools with the code that was written by hand."""
    sources = load(tools).sources
    return tuple(tool.model_copy(update={"source": sources[tool.name]}) for tool in composition(tools).tools)


def mutants(tools: tuple[str, ...] = ()) -> Mutants:
    """A tool's name -> its code with one fault planted, each in another way."""

    @cache
    def of(name: str) -> list[str]:
        tool = next((tool for tool in written(tools) if tool.name == name), None)
        database = composition(tools).spec.database
        return [mutant.tool.source for mutant in mutants_of(tool, database)] if tool is not None else []

    return of
