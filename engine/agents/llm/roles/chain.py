"""The chain agent as a language model: several chains in one request, so that the domain's tools are told once for all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from engine.agents.llm.ask.prompt import fill
from engine.agents.llm.ask.question import Asker, NoAnswer, Question
from engine.agents.llm.ask.structured import json_answer, schema_of
from engine.agents.roles.tasks import ChainAnswer, ChainRequest, PlannedChain, WantedChain, WishedCall
from engine.models.base import Model
from engine.models.domain import Domain
from engine.models.tool import Parameter, Tool

_NEXT = 3
"""So many changes that may come next are told for each; more cost tokens and bring little."""
_AVOIDED = 12
LONGEST_STORY = 300


class _Step(Model):
    tool: str
    values: tuple[str, ...]
    about: int


class _Chain(Model):
    number: int
    story: str
    steps: tuple[_Step, ...]


class _Chains(Model):
    chains: tuple[_Chain, ...]


class ModelChain:
    """Thinks up chains through a language model."""

    def __init__(self, asker: Asker) -> None:
        self._asker = asker

    async def plan(self, request: ChainRequest) -> ChainAnswer:
        """See `ChainAgent.plan`."""
        domain, wanted, changes = request.domain, request.wanted, request.changes
        if not wanted:
            raise NoAnswer("No chain was asked for.")

        def check(answer: _Chains) -> Sequence[str]:
            return list(_problems(answer, changes, wanted))

        system, user = fill(
            "chain",
            service=domain.spec.title,
            tools="\n".join(_line(domain.tool[name], request.follows, domain) for name in changes),
            now=domain.spec.now,
            avoid="\n".join(" > ".join(chain) for chain in request.avoid[-_AVOIDED:]),
            wishes="\n".join(_wish(number, each) for number, each in enumerate(wanted, start=1)),
        )
        question = Question(
            role="chain",
            system=system,
            user=user,
            parse=json_answer(_Chains, check),
            schema=schema_of(_Chains),
            schema_name="chain",
            subject=", ".join(each.task for each in wanted if each.task),
            task=wanted[0].task if len(wanted) == 1 else "",
            most_tokens=200 + 350 * len(wanted),
            temperature=0.8,
            # Other tasks may be asked for in the same words; they are to get other chains.
            sample=wanted[0].index,
        )
        answer = await self._asker.ask(question)
        chains: dict[int, PlannedChain] = {}
        for chain in answer.chains:
            if 1 <= chain.number <= len(wanted) and not list(_wrong(chain, changes, wanted[chain.number - 1])):
                chains.setdefault(wanted[chain.number - 1].index, _planned(chain, changes, domain))
        if not chains:
            raise NoAnswer("Not one of the chains can be used.")
        return ChainAnswer(chains=chains)


def _wish(number: int, wanted: WantedChain) -> str:
    low, high = wanted.writes
    steps = f"{low} step{'s' * (low != 1)}" if low == high else f"{low} to {high} steps"
    return f"{number}. {steps}, must have {wanted.first}"


def _line(tool: Tool, follows: dict[str, tuple[str, ...]], domain: Domain) -> str:
    takes = ", ".join(_parameter(parameter) for parameter in tool.parameters if plain(parameter, domain))
    after = ", ".join(follows.get(tool.name, ())[:_NEXT])
    summary = tool.summary or tool.name.replace("_", " ")
    return f"{tool.name}({takes}): {summary}" + (f" > {after}" if after else "")


def _parameter(parameter: Parameter) -> str:
    kind = (
        f"[{'|'.join(parameter.enum)}]" if parameter.enum else "" if parameter.type == "text" else f": {parameter.type}"
    )
    bounds = [str(bound) for bound in (parameter.minimum, parameter.maximum) if bound is not None]
    told = f" {'..'.join(bounds)}" if bounds and parameter.type in ("integer", "real") else ""
    return f"{parameter.name}{kind}{told}"


def plain(parameter: Parameter, domain: Domain) -> bool:
    """Whether a parameter takes a value that people say, and not a row's key."""
    return parameter.refers_to is None and _place(parameter.source, domain) not in _keys(domain)


def _place(source: str | None, domain: Domain) -> tuple[str, str]:
    table, _, column = (source or "").partition(".")
    return (table, column) if table in domain.database.table else ("", "")


def _keys(domain: Domain) -> set[tuple[str, str]]:
    return {(table.name, name) for table in domain.database.tables for name in table.primary_key}


def _problems(answer: _Chains, changes: tuple[str, ...], wanted: tuple[WantedChain, ...]) -> Iterator[str]:
    """What is wrong where not a single chain can be used; one is reason enough to go on, the engine makes the others."""
    found: list[str] = []
    for chain in answer.chains:
        if not 1 <= chain.number <= len(wanted):
            found.append(f"there is no wish {chain.number}; they go from 1 to {len(wanted)}")
            continue
        wrong = list(_wrong(chain, changes, wanted[chain.number - 1]))
        if not wrong:
            return
        found += [f"chain {chain.number}: {problem}" for problem in wrong]
    yield from found or ["chains: there is none"]


def _wrong(chain: _Chain, changes: tuple[str, ...], wanted: WantedChain) -> Iterator[str]:
    """Why a chain can't be used; steps that are no changes are only left out."""
    names = [step.tool for step in chain.steps]
    usable = [name for name in names if name in changes]
    if wanted.first not in usable:
        for name in dict.fromkeys(names):
            if name not in changes:
                yield f"there is no tool `{name[:80]}` in the list"
        yield f"it must have a step `{wanted.first}`"
    if len(usable) > max(wanted.writes[1], 1):
        yield f"it has {len(usable)} steps, not {wanted.writes[0]} to {wanted.writes[1]}"


def _planned(chain: _Chain, changes: tuple[str, ...], domain: Domain) -> PlannedChain:
    steps: list[WishedCall] = []
    places: dict[int, int] = {}
    for number, step in enumerate(chain.steps, start=1):
        if step.tool not in changes:
            continue
        tool = domain.tool[step.tool]
        arguments = dict(_valued(step.values, tool))
        if step.about in places:
            place = places[step.about]
            arguments |= _related(tool, domain.tool[steps[place - 1].tool], place, domain)
        steps.append(WishedCall(tool=step.tool, arguments=arguments))
        places[number] = len(steps)
    return PlannedChain(story=" ".join(chain.story.split())[:LONGEST_STORY], steps=tuple(steps))


def _valued(values: Sequence[str], tool: Tool) -> Iterator[tuple[str, Any]]:
    """The values by parameter, as text: what they are worth is found out where they are used."""
    for text in values:
        name, separator, value = text.partition("=")
        if separator and name.strip() in tool.parameter and value.strip():
            yield name.strip(), value.strip()


def _related(tool: Tool, earlier: Tool, number: int, domain: Domain) -> dict[str, Any]:
    """References to the earlier step for the parameters that take what it was about."""
    actor = domain.spec.actor.table if domain.spec.actor is not None else ""
    about = {earlier.entity, *(_entity(parameter) for parameter in earlier.parameters)} - {actor, ""}
    return {
        parameter.name: f"${number}.{parameter.name}" for parameter in tool.parameters if _entity(parameter) in about
    }


def _entity(parameter: Parameter) -> str:
    return (parameter.refers_to or "").partition(".")[0]
