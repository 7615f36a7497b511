"""Whether tools in words make sense beside each other: known entities and states, verbs for names, nothing twice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rapidfuzz.fuzz import token_sort_ratio

from engine.agents.checks.names import plain_name
from engine.agents.roles.foundation import ToolSchemaRequest
from engine.seeds.idea import DomainIdea, ToolSketch

SAME_NAME = 92.0
SAME_WORDS = 90.0
"""Similarity, from 0 to 100, from which on two names or two descriptions say the same."""

_FREE = frozenset({"compute", "action"})
_TO_A_STATE = frozenset({"transition", "batch"})
_NOT_VERBS = frozenset({"the", "a", "an", "my", "new", "all"})


def check_sketches(sketches: Sequence[ToolSketch], request: ToolSchemaRequest) -> list[str]:
    """What is wrong with tools, in words that begin with the tool's name; nothing where all are usable."""
    return sift(sketches, request.idea, request.known)[1]


def sift(
    sketches: Iterable[ToolSketch], idea: DomainIdea, known: Sequence[ToolSketch] = ()
) -> tuple[tuple[ToolSketch, ...], list[str]]:
    """The usable tools in their order, and why the others are not; of two that say the same the first stays."""
    kept: list[ToolSketch] = []
    problems: list[str] = []
    for sketch in sketches:
        found = _problems(sketch, idea)
        twin = next(
            (other for other in (*known, *kept) if other.name == sketch.name or says_the_same(sketch, other)), None
        )
        if twin is not None:
            found.append(f"{sketch.name}: `{twin.name}` does that already" if twin.name != sketch.name else f"{sketch.name}: there is a tool of that name already")  # fmt: skip
        if found:
            problems += found
        else:
            kept.append(sketch)
    return tuple(kept), problems


def says_the_same(one: ToolSketch, other: ToolSketch) -> bool:
    """Whether two tools are the same under other names."""
    if one.entity != other.entity or one.kind != other.kind:
        return False
    if one.kind in _FREE:
        words = token_sort_ratio(one.description, other.description) if one.description and other.description else 0.0
        return token_sort_ratio(_spaced(one), _spaced(other)) >= SAME_NAME or words >= SAME_WORDS
    if one.kind in _TO_A_STATE:
        return one.to_state == other.to_state and set(one.from_states) == set(other.from_states)
    if one.kind == "update" and not (one.parameters and other.parameters):
        return token_sort_ratio(_spaced(one), _spaced(other)) >= SAME_NAME
    if {rule.code for rule in one.preconditions} != {rule.code for rule in other.preconditions}:
        return False
    return set(one.parameters) == set(other.parameters)


def _spaced(sketch: ToolSketch) -> str:
    return sketch.name.replace("_", " ")


def _problems(sketch: ToolSketch, idea: DomainIdea) -> list[str]:
    name, problems = sketch.name, list[str]()
    entity = next((entity for entity in idea.entities if entity.name == sketch.entity), None)
    if plain_name(name) != name or name.partition("_")[0] in _NOT_VERBS:
        problems.append(f"{name}: a tool's name is a verb and its object, such as `renew_loan`")
    if entity is None:
        return [*problems, f"{name}: there is no entity `{sketch.entity}`"]
    if not sketch.description:
        problems.append(f"{name}: say in a sentence what it does")
    states = entity.states
    named = [*sketch.from_states, *([sketch.to_state] if sketch.to_state else [])]
    problems += [
        f"{name}: `{state}` is no state of `{entity.name}`" + (f"; there are {', '.join(states)}" if states else "")
        for state in named
        if state not in states
    ]
    if sketch.kind in _TO_A_STATE and not sketch.to_state:
        problems.append(f"{name}: a {sketch.kind} says to which state it leads (`to`)")
    if sketch.to_state is not None and sketch.to_state in sketch.from_states:
        problems.append(f"{name}: it leads from `{sketch.to_state}` to the same state")
    if sketch.kind in ("assign", "unassign") and not entity.belongs_to:
        problems.append(f"{name}: a `{entity.name}` belongs to nothing that could be {sketch.kind}ed")
    codes = [condition.code for condition in sketch.preconditions]
    problems += [
        f"{name}: two preconditions have the code `{code}`" for code in dict.fromkeys(codes) if codes.count(code) > 1
    ]
    return problems
