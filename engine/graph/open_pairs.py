"""Pairs of tools that inference leaves open: an output that could be what a parameter means, as no contract says.

Where a parameter carries an entity, the contract says so, and inference finds everything that feeds it. An amount, a code
or a date may as well come out of an answer (the total of a quote is what is paid); that takes somebody who understands
the words, the dependency agent. What it accepts becomes an edge like all others, and has to be proven by execution.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple, get_args

from engine.agents.roles.foundation import OpenPair
from engine.graph.analysis import carried
from engine.graph.footprint import Footprint
from engine.graph.infer import Output, filtered_by, repeats
from engine.graph.knowledge import locate, root
from engine.models.database import ColumnType, DatabaseSchema, Role
from engine.models.domain import Domain
from engine.models.graph import Edge
from engine.models.tool import Parameter, Tool
from engine.states.arguments import parameter_column

MOST_PAIRS = 60
"""Pairs of a domain that are worth asking for."""
MOST_SOURCES = 4
"""Outputs that are considered for one parameter."""

_TYPES = frozenset(get_args(ColumnType))
_FED: frozenset[Role] = frozenset(
    {"id", "code", "reference", "email", "phone", "username", "url", "money", "quantity", "number", "percent",
     "duration", "date", "datetime", "time"}
)  # fmt: skip
"""Roles of values that tools find out; titles, notes, choices and cities are the user's own to say."""
_NOISE = frozenset({"the", "of", "in", "at", "on", "to", "for", "new", "is", "id"})
_ENOUGH = 1.0


class _Plain(NamedTuple):
    """An output with the type and role of its value; no role where it is computed."""

    output: Output
    type: str
    role: str


def plain_outputs(tool: Tool, database: DatabaseSchema) -> tuple[Output, ...]:
    """Everything a tool answers that is a plain value, but what only repeats an argument.

    Returns:
        Outputs whose `place` is the column that holds the value, or empty where it is computed.
    """
    return tuple(plain.output for plain in _plain(tool, database))


def open_pairs(domain: Domain, edges: Iterable[Edge], most: int = MOST_PAIRS) -> tuple[OpenPair, ...]:
    """The pairs that only understanding can judge, the likeliest first.

    Args:
        domain: The admitted tools.
        edges: What inference found: a parameter that some output feeds is not open.
        most: How many at most.
    """
    fed = {(edge.target, carried(edge)[1]) for edge in edges if edge.kind == "data_flow"}
    sources = [(tool, _plain(tool, domain.database)) for tool in domain.tools]
    found: list[tuple[float, OpenPair]] = []
    for target in domain.tools:
        for parameter in target.parameters:
            if (target.name, parameter.name) not in fed and _is_open(parameter, domain):
                found += _sources_of(target, parameter, sources, domain)
    found.sort(key=lambda item: (-item[0], item[1].target, item[1].parameter, item[1].source, item[1].output))
    return tuple(pair for _, pair in found[:most])


def edge_of(pair: OpenPair) -> Edge:
    """The candidate edge that an accepted pair becomes."""
    return Edge(
        source=pair.source, target=pair.target, kind="data_flow", via=f"{pair.output} -> {pair.parameter}"
    )  # fmt: skip


def still_open(domain: Domain, inferred: Iterable[Edge], stored: Iterable[Edge]) -> tuple[Edge, ...]:
    """Those of the stored edges that were accepted pairs, and whose output and parameter are still there.

    So that tools can change without anybody being asked again; what has come to be wrong is found by proving.
    """
    known = {edge.id for edge in inferred}
    kept: list[Edge] = []
    for edge in stored:
        source, target = domain.tool.get(edge.source), domain.tool.get(edge.target)
        if edge.kind != "data_flow" or edge.id in known or source is None or target is None:
            continue
        field, name = carried(edge)
        parameter = target.parameter.get(name)
        types = {plain.output.text: plain.type for plain in _plain(source, domain.database)}
        if parameter is not None and parameter.refers_to is None and types.get(field) == parameter.type:
            kept.append(edge_of(OpenPair(source=source.name, output=field, target=target.name, parameter=name)))
    return tuple(kept)


def _plain(tool: Tool, database: DatabaseSchema) -> tuple[_Plain, ...]:
    return tuple(_found(tool, database))


def _found(tool: Tool, database: DatabaseSchema) -> Iterator[_Plain]:
    footprint = Footprint(tool, database)
    for field in tool.contract.returns:
        if field.query is not None:
            for name in field.query.fields:
                shape = footprint.item(field.query, name)
                if name not in field.query.refers_to and shape is not None and not filtered_by(tool, field.query, name):
                    yield from _at(Output(field.name, name, f"{shape.table}.{shape.column}"), database)
        elif field.refers_to is None and not repeats(tool, field.value or ""):
            shape = footprint.value(field)
            if shape is not None and shape.kind == "value":
                yield from _at(Output(field.name, None, f"{shape.table}.{shape.column}"), database)
            elif shape is None and field.type in _TYPES:
                yield _Plain(Output(field.name, None, ""), field.type, "")


def _at(output: Output, database: DatabaseSchema) -> Iterator[_Plain]:
    """The output with what its column says, unless the column holds keys: those are inference's."""
    found = locate(database, output.place)
    if found is not None and root(database, output.place) == output.place and not found[1].generated:
        yield _Plain(output, found[1].type, found[1].role)


def _is_open(parameter: Parameter, domain: Domain) -> bool:
    """Whether a parameter may take what a tool answers, and is not the user's own to say."""
    if not parameter.required or parameter.array or parameter.enum or parameter.refers_to is not None:
        return False
    column = parameter_column(parameter, domain.database)
    actor, source = domain.spec.actor, locate(domain.database, parameter.source)
    told = (
        actor is not None and source is not None and source[0].name == actor.table and source[1].name in actor.profile
    )
    return column.role in _FED and column.enum is None and not told


def _sources_of(
    target: Tool, parameter: Parameter, sources: Iterable[tuple[Tool, tuple[_Plain, ...]]], domain: Domain
) -> list[tuple[float, OpenPair]]:
    role = parameter_column(parameter, domain.database).role
    written = {
        f"{effect.table}.{name}"
        for effect in target.contract.effects
        for name, text in effect.values.items()
        if text == parameter.name
    }
    rated: list[tuple[float, OpenPair]] = []
    for source, plains in sources:
        if source.name == target.name:
            continue
        for plain in plains:
            if plain.type != parameter.type or plain.output.place in written:  # a row's value, written back into it
                continue
            rating = _rating(source, plain, target, parameter, role)
            if rating >= _ENOUGH:
                pair = OpenPair(
                    source=source.name, output=plain.output.text, target=target.name, parameter=parameter.name
                )
                rated.append((rating, pair))
    rated.sort(key=lambda item: (-item[0], item[1].source, item[1].output))
    return rated[:MOST_SOURCES]


def _rating(source: Tool, plain: _Plain, target: Tool, parameter: Parameter, role: str) -> float:
    """How likely an output is what a parameter means: the same column, like names, a like role, the same kind of row."""
    rating = 2.0 if plain.output.place and plain.output.place == parameter.source else 0.0
    output, wanted = _words(plain.output.field or plain.output.path), _words(parameter.name)
    rating += 1.5 * len(output & wanted) / max(1, len(output | wanted))
    if plain.role == role:
        rating += 0.6 if role == "money" else 0.3  # one code is not another, and everything has a date
    elif not plain.role:
        rating += 0.3  # a computed value has no column that could say more
    about = {source.entity, *(other.refers_to.partition(".")[0] for other in source.parameters if other.refers_to)}
    taken = {target.entity, *(other.refers_to.partition(".")[0] for other in target.parameters if other.refers_to)}
    return rating + (0.5 if about & taken else 0.0)


@lru_cache(maxsize=4_096)
def _words(name: str) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z0-9]+", name.lower())) - _NOISE
