"""From a keyword to a blueprint (paper, section 4.1, steps 1 to 3): idea, tools in words, database, contracts.

Independent questions are asked at once; their answers are merged in the order of the questions, so that the same answers
give the same blueprint whichever came first. What a role can't answer costs a tool or a rule, never the run: only a
domain of which nothing can be made ends it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from itertools import pairwise

from engine.agents.checks.sketches import sift
from engine.agents.composer.database_role import ComposerDatabase
from engine.agents.composer.tool_schema_role import ComposerToolSchema
from engine.agents.roles import CannotAnswer
from engine.agents.roles.foundation import (
    DatabaseAnswer,
    DatabaseRequest,
    DomainRequest,
    ToolSchemaRequest,
)
from engine.errors import SeedError
from engine.models.base import Model
from engine.models.role import RoleName
from engine.pipeline.cast import Cast
from engine.pipeline.conceive_contracts import formal_tools
from engine.seeds.blueprint import Blueprint
from engine.seeds.idea import DomainIdea, ToolSketch
from engine.seeds.keyword import KeywordSeed

SKETCHES_OF_A_TOOL = 2
"""A tool in words is short: so many are asked for where one with code would be."""
FEWEST_A_CALL = 3
ENOUGH = 0.75
"""Share of the wanted tools from which on the composer adds none of its own: a small model runs out of ideas early."""

Told = Callable[[str], None]


class Conception(Model):
    """What came of a keyword.

    Attributes:
        blueprint: The domain with its tools, each of which can be composed by itself.
        warnings: What was left out or made otherwise than asked, in words.
        fallen_back: Roles that a model was to play and the composer had to.
    """

    blueprint: Blueprint
    warnings: tuple[str, ...] = ()
    fallen_back: tuple[RoleName, ...] = ()


async def conceive(cast: Cast, seed: KeywordSeed, *, told: Told) -> Conception:
    """Thinks a keyword through.

    Args:
        cast: Who plays the roles.
        seed: The keyword.
        told: Hears of each step, in words.

    Raises:
        SeedError: Nothing can be made of it; the message says why.
        BudgetReached: The run may not ask any more.
        ProviderError: A provider can't be used.
    """
    return await _Conceiving(cast, seed, told).work()


class _Conceiving:
    """One keyword on its way."""

    def __init__(self, cast: Cast, seed: KeywordSeed, told: Told) -> None:
        self.cast = cast
        self.seed = seed
        self.told = told
        self.warnings: list[str] = []
        self.fallen_back: list[RoleName] = []

    async def work(self) -> Conception:
        idea = await self._idea()
        self.told(f"{idea.title}: {len(idea.entities)} entities, {len(idea.rules)} rules conceived.")
        sketches = await self._sketches(idea)
        self.told(f"{len(sketches)} tools conceived.")
        database = await self._database(idea, sketches)
        self.told(f"{len(database.entities)} tables worked out.")
        blueprint, warnings = await formal_tools(self.cast, idea, sketches, database)
        self.warnings += warnings
        if not blueprint.tools:
            why = f" {self.warnings[0]}" if self.warnings else ""
            raise SeedError(f"No tool could be made for `{self.seed.keyword}`.{why}")
        self.told(f"{len(blueprint.tools)} contracts made.")
        return Conception(
            blueprint=blueprint, warnings=tuple(dict.fromkeys(self.warnings)), fallen_back=tuple(self.fallen_back)
        )

    async def _idea(self) -> DomainIdea:
        request = DomainRequest(keyword=self.seed.keyword, tools=self.seed.tools, hint=self.seed.hint)
        try:
            return (await self.cast.domain.conceive(request)).idea
        except CannotAnswer as error:
            raise SeedError(f"No domain could be made of `{self.seed.keyword}`: {error}") from None

    # Tools in words

    async def _sketches(self, idea: DomainIdea) -> tuple[ToolSketch, ...]:
        wanted = self.seed.tools
        sketches = await self._batch(idea, idea.entity_names, (), wanted)
        missing = wanted - len(sketches)
        if missing > 0 and sketches:
            fewest = _fewest_tools_first(idea, sketches)
            sketches += await self._batch(idea, fewest, sketches, missing)
        if not sketches:
            self._fall_back("tool_schema", "no usable tool came")
        if len(sketches) < ENOUGH * wanted:
            sketches += await self._usual_tools(idea, sketches, wanted - len(sketches))
        if not sketches:
            raise SeedError(f"No tool could be conceived for `{self.seed.keyword}`.")
        return _trimmed(_with_lookup(sketches, idea), wanted, idea)

    async def _batch(
        self, idea: DomainIdea, entities: Sequence[str], known: tuple[ToolSketch, ...], wanted: int
    ) -> tuple[ToolSketch, ...]:
        """Tools for some entities, asked for in groups at once."""
        size = max(FEWEST_A_CALL, SKETCHES_OF_A_TOOL * self.cast.batch("tool_schema"))
        requests = [
            ToolSchemaRequest(
                idea=idea,
                entities=tuple(group),
                known=tuple(sketch for sketch in known if sketch.entity in group),
                wanted=count,
                hint=self.seed.hint,
            )
            for group, count in groups(entities, wanted, size)
        ]
        answers = await asyncio.gather(*(self._designed(request) for request in requests))
        kept, problems = sift((sketch for answer in answers for sketch in answer), idea, known)
        self.warnings += [f"Tool left out: {problem}." for problem in problems]
        return kept

    async def _usual_tools(
        self, idea: DomainIdea, known: tuple[ToolSketch, ...], missing: int
    ) -> tuple[ToolSketch, ...]:
        """Tools that every service over such entities has, in place of those that nobody conceived."""
        request = ToolSchemaRequest(idea=idea, entities=idea.entity_names, known=known, wanted=missing)
        try:
            found = (await ComposerToolSchema().design(request)).tools
        except CannotAnswer:
            return ()
        if known and self.cast.is_model("tool_schema"):
            names = ", ".join(sketch.name for sketch in found)
            self.warnings.append(f"Only {len(known)} tools were conceived; the composer added {names}.")
        return found

    async def _designed(self, request: ToolSchemaRequest) -> tuple[ToolSketch, ...]:
        try:
            return (await self.cast.tool_schema.design(request)).tools
        except CannotAnswer as error:
            if self.cast.is_model("tool_schema"):
                self.warnings.append(f"A request for tools of {', '.join(request.entities)} brought none: {error}")
            return ()

    # The database

    async def _database(self, idea: DomainIdea, sketches: tuple[ToolSketch, ...]) -> DatabaseAnswer:
        request = DatabaseRequest(idea=idea, tools=sketches)
        try:
            return await self.cast.database.derive(request)
        except CannotAnswer as error:
            if self.cast.is_model("database"):
                self._fall_back("database", str(error))
        try:
            return await ComposerDatabase().derive(request)
        except CannotAnswer as error:
            raise SeedError(f"No database could be made for `{self.seed.keyword}`: {error}") from None

    def _fall_back(self, role: RoleName, why: str) -> None:
        self.fallen_back.append(role)
        self.warnings.append(f"The composer played the {role.replace('_', ' ')} agent: {why}")


def groups(entities: Sequence[str], wanted: int, size: int) -> list[tuple[list[str], int]]:
    """Entities in groups of neighbours, each with its share of the wanted tools, which is `size` at most where that is possible."""
    count = max(1, min(len(entities), -(-wanted // size)))
    bounds = [round(number * len(entities) / count) for number in range(count + 1)]
    shares = [round(wanted * bound / len(entities)) for bound in bounds]
    found = [
        (list(entities[start:end]), after - before)
        for (start, end), (before, after) in zip(pairwise(bounds), pairwise(shares), strict=True)
    ]
    return [(group, share) for group, share in found if group and share > 0]


def _fewest_tools_first(idea: DomainIdea, sketches: Sequence[ToolSketch]) -> list[str]:
    """The entities, those with the fewest tools first."""
    counts = {name: sum(sketch.entity == name for sketch in sketches) for name in idea.entity_names}
    return sorted(idea.entity_names, key=lambda name: (counts[name], idea.entity_names.index(name)))


def _with_lookup(sketches: Sequence[ToolSketch], idea: DomainIdea) -> tuple[ToolSketch, ...]:
    """The tools with one by which the user is found: tools take ids, and people know none."""
    if any(sketch.kind == "lookup" and sketch.entity == idea.user for sketch in sketches):
        return tuple(sketches)
    name = f"find_{idea.user}_by_email"
    words = idea.user.replace("_", " ")
    lookup = ToolSketch(
        name=name,
        entity=idea.user,
        kind="lookup",
        description=f"Finds the {words} with an e-mail address.",
        summary=f"find my {words} record",
        parameters=("email",),
    )
    return (lookup, *(sketch for sketch in sketches if sketch.name != name))


def _trimmed(sketches: Sequence[ToolSketch], wanted: int, idea: DomainIdea) -> tuple[ToolSketch, ...]:
    """As many tools as wanted, the last ones of the entities with the most taken off; the user's lookup stays."""
    kept = list(sketches)
    while len(kept) > max(1, wanted):
        counts = {name: sum(sketch.entity == name for sketch in kept) for name in idea.entity_names}
        fair = [sketch for sketch in kept if not (sketch.kind == "lookup" and sketch.entity == idea.user)]
        if not fair:
            break
        most = max(counts[sketch.entity] for sketch in fair)
        kept.remove([sketch for sketch in fair if counts[sketch.entity] == most][-1])
    return tuple(kept)
