"""Tools in words become tools in the blueprint language: what is plain is computed, the rest is asked for in batches."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from engine.agents.checks.databases import blueprint_of
from engine.agents.checks.entries import check_entry
from engine.agents.checks.words import sentence
from engine.agents.composer.contract_role import ComposerContract
from engine.agents.composer.schema import compose_database
from engine.agents.roles import CannotAnswer
from engine.agents.roles.foundation import ContractAgent, ContractRequest, DatabaseAnswer
from engine.models.base import Model
from engine.pipeline.cast import Cast
from engine.seeds.blueprint import Blueprint
from engine.seeds.idea import DomainIdea, ToolSketch
from engine.seeds.tool_entry import ToolEntry

_LONGEST_DESCRIPTION = 800


class _Formal(Model):
    """Entries of some tools, why others have none, and what was left out of them."""

    entries: dict[str, ToolEntry] = {}
    refusals: dict[str, str] = {}
    left_out: dict[str, tuple[str, ...]] = {}


async def formal_tools(
    cast: Cast, idea: DomainIdea, sketches: Sequence[ToolSketch], answer: DatabaseAnswer
) -> tuple[Blueprint, list[str]]:
    """The blueprint with every tool that can be composed, and what was left out, in words.

    A tool that the contract agent has no word for is still made of what its kind, columns and states say, without its
    rules, where that makes a tool at all.

    Args:
        cast: Who plays the contract agent.
        idea: The domain.
        sketches: Its tools in words.
        answer: Its database.
    """
    bare = blueprint_of(idea, answer)
    by_model = cast.is_model("contract")
    asked = [sketch for sketch in sketches if by_model and not sketch.is_plain]
    plain = [sketch for sketch in sketches if sketch not in asked]
    size = max(1, cast.batch("contract"))
    batches = [asked[start : start + size] for start in range(0, len(asked), size)]
    composer = ComposerContract() if by_model else cast.contract
    first, *others = await asyncio.gather(
        _formal(composer, plain, bare), *(_formal(cast.contract, batch, bare) for batch in batches)
    )
    entries, refusals, left_out = dict(first.entries), dict(first.refusals), dict(first.left_out)
    # An answer that never came, or a request that was too long, costs a batch; each of its tools gets a request of its own.
    alone = [
        [one]
        for batch in batches
        if len(batch) > 1
        for one in batch
        if not any(one.name in made.entries for made in others)
    ]
    others += await asyncio.gather(*(_formal(cast.contract, batch, bare) for batch in alone))
    for formal in others:
        entries |= formal.entries
        refusals |= formal.refusals
        left_out |= formal.left_out
    left = [sketch for sketch in asked if sketch.name not in entries]
    entries |= (await _formal(ComposerContract(), left, bare)).entries
    warnings: list[str] = []
    database = compose_database(bare)
    for sketch in sketches:
        entry = entries.get(sketch.name)
        if entry is None:
            why = refusals.get(sketch.name, "nothing usable was said of it")
            warnings.append(f"Tool `{sketch.name}` is left out: {why}")
            continue
        if by_model and sketch in asked:
            entry = entries[sketch.name] = _described(entry, sketch, left_out.get(sketch.name, ()))
            problems = check_entry(sketch.name, sketch.entity, entry, bare, database)
            if problems:
                del entries[sketch.name]
                warnings.append(f"Tool `{sketch.name}` is left out: {problems[0]}.")
                continue
        warnings += _what_is_missing(entry, sketch, left_out.get(sketch.name, ()))
    return _with_entries(bare, sketches, entries), warnings


async def _formal(agent: ContractAgent, sketches: Sequence[ToolSketch], blueprint: Blueprint) -> _Formal:
    """What an agent makes of some tools."""
    if not sketches:
        return _Formal()
    try:
        answer = await agent.formalise(ContractRequest(tools=tuple(sketches), blueprint=blueprint))
    except CannotAnswer as error:
        return _Formal(refusals={sketch.name: str(error) for sketch in sketches})
    return _Formal(entries=answer.tools, left_out=answer.left_out)


def _described(entry: ToolEntry, sketch: ToolSketch, left_out: Sequence[str]) -> ToolEntry:
    """The entry with a description that promises just what became of the sketch's words.

    Changes and answers are promised in one sentence each, so a part of them that was left out takes the sentence with it.
    """
    codes = {rule.code for rule in entry.rules}
    lost = {_code_of(words) for words in left_out} - {one.code for one in sketch.preconditions}
    parts = [sketch.description, *(one.words for one in sketch.preconditions if one.code in codes)]
    if sketch.effects and (entry.effects or entry.set) and not lost and sketch.effects != sketch.description:
        parts.append(sketch.effects)
    if sketch.answers and entry.returns and not lost and sketch.answers != sketch.description:
        parts.append(f"Answers {sketch.answers[:1].lower()}{sketch.answers[1:]}")
    description = " ".join(sentence(part) for part in parts if part)
    return entry.model_copy(update={"description": description[:_LONGEST_DESCRIPTION]})


def _what_is_missing(entry: ToolEntry, sketch: ToolSketch, left_out: Sequence[str]) -> list[str]:
    """What a tool was to do, and its contract does not say; with the reason where the contract agent's words had one."""
    found = [f"Tool `{sketch.name}` does without {words}." for words in left_out]
    codes = {rule.code for rule in entry.rules} | {_code_of(words) for words in left_out}
    lost = [f"`{one.code}`" for one in sketch.preconditions if one.code not in codes]
    if lost:
        found.append(f"Tool `{sketch.name}` does without {', '.join(lost)}: it could not be made executable.")
    if sketch.effects and not (entry.effects or entry.set or entry.cascade) and sketch.kind != "action":
        found.append(f"Tool `{sketch.name}` does without a further change: {sketch.effects}")
    return found


def _code_of(words: str) -> str:
    """The code of a rule that was left out, or whatever else was, as its reason begins."""
    return words.partition(": ")[0].strip("`")


def _with_entries(blueprint: Blueprint, sketches: Sequence[ToolSketch], entries: Mapping[str, ToolEntry]) -> Blueprint:
    """The blueprint with its tools, in the order in which they were conceived."""
    entities = {
        name: entity.model_copy(
            update={
                "tools": {
                    sketch.name: entries[sketch.name]
                    for sketch in sketches
                    if sketch.entity == name and sketch.name in entries
                }
            }
        )
        for name, entity in blueprint.entities.items()
    }
    return blueprint.model_copy(update={"entities": entities})
