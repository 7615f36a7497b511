"""The built-in domains with a few audited tasks each, built once for all tests of this folder, and the calls of a
curious agent on them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from engine.agents.composer.compose import compose
from engine.graph.infer import infer
from engine.models.base import Rows
from engine.models.domain import Domain
from engine.models.graph import ToolGraph
from engine.models.task import Task
from engine.models.tool import Parameter, Tool
from engine.models.trace import Call
from engine.runtime.inprocess import InProcessRuntime
from engine.seeds import built_in, read_seed
from engine.tasks.audit import audit_all
from engine.tasks.build import Candidate, TaskBuilder
from engine.tasks.duplicates import mark_duplicates

DOMAINS = built_in()
TASKS = 6
SEED = 5


class World(NamedTuple):
    """A domain with its audited tasks."""

    domain: Domain
    tasks: tuple[Task, ...]


@cache
def world(name: str) -> World:
    """A built-in domain; its inferred graph is taken as proven, for what counts here is what tasks and tools do."""
    composition = compose(read_seed(name).blueprint)
    domain = Domain(spec=composition.spec, tools=composition.tools)
    edges = tuple(edge.model_copy(update={"proven": True}) for edge in infer(domain))
    builder = TaskBuilder(domain, ToolGraph(tools=tuple(tool.name for tool in domain.tools), edges=edges), SEED)
    built = [builder.propose(index) for index in range(2 * TASKS)]
    tasks = [candidate.task for candidate in built if isinstance(candidate, Candidate)]
    with InProcessRuntime(domain) as runtime:
        audited = mark_duplicates(entry.task for entry in audit_all(tasks, domain, runtime))
    offered = tuple(task for task in audited if task.audited)[:TASKS]
    assert len(offered) == TASKS, [task.reason for task in audited]
    return World(domain, offered)


PROBES: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    2**63 - 1,
    -(2**63),
    10**400,
    -0.0,
    1e308,
    float("nan"),
    float("inf"),
    "",
    "x" * 200_001,
    'O\'Neil "quoted"\n\\ \u2028 𝒳 \x00',
    "\ud800",
    "2026-02-29",
    "2024-02-29",
    "2026-03-02T24:00:00",
    "2026-03-02T09:00:00Z",
    "9999-12-31",
    "0001-01-01T00:00:00",
    "9999-12-31T23:59:59",
    "23:59",
    "db",
    "__class__",
    "__import__('os').system('true')",
    "{db.rejection}",
    [],
    [None],
    [[["deep"]]],
    ["x"] * 1_001,
    {},
    {"$ne": None},
    {"<=": "z"},
)
"""Values of every kind, for every parameter."""

_EXTREMES: dict[str, tuple[Any, ...]] = {
    "text": ("", "x" * 100_000, "O'Neil \"\n\\ {0} %s 𝒳", "__class__"),
    "integer": (0, 1, -1, 2**63 - 1, -(2**63)),
    "real": (0.0, -0.0, 0.005, 1e308, -1e308, 2**63 - 1, 5e-324),
    "boolean": (True, False),
    "date": ("0001-01-01", "2024-02-29", "9999-12-31"),
    "datetime": ("0001-01-01T00:00:00", "2024-02-29T23:59:59", "9999-12-31T23:59:59"),
    "time": ("00:00", "23:59"),
}


class Knowledge:
    """What a curious agent may have seen of a database: every value, and which rows belong together."""

    def __init__(self, domain: Domain, rows: Rows) -> None:
        self._database = domain.database
        self._rows = [(table, row) for table, content in sorted(rows.items()) for row in content]
        self._at = {(table, domain.database.table[table].key_of(row)): row for table, row in self._rows}
        self.values: dict[str, list[Any]] = {}
        for table, row in self._rows:
            for column, value in row.items():
                if value is not None:
                    self.values.setdefault(f"{table}.{column}", []).append(value)

    def family(self, rng: random.Random) -> dict[str, Any]:
        """`table.column` -> value of one row and the rows it points to, directly or not."""
        found: dict[str, Any] = {}
        left = [rng.choice(self._rows)]
        while left:
            table, row = left.pop()
            found = {**{f"{table}.{column}": value for column, value in row.items() if value is not None}, **found}
            for link in self._database.table[table].foreign_keys:
                parent = self._at.get((link.table, row[link.columns[0]]))
                if parent is not None and f"{link.table}.{link.references[0]}" not in found:
                    left.append((link.table, parent))
        return found


def valid_value(parameter: Parameter, known: Knowledge, family: dict[str, Any], rng: random.Random) -> Any:
    """A value that the parameter's schema allows: one of the database's, or as extreme as it may be."""
    if parameter.array:
        item = parameter.model_copy(update={"array": False})
        return [valid_value(item, known, family, rng) for _ in range(rng.choice((0, 1, 1, 2, 3)))]
    if parameter.enum:
        return rng.choice(parameter.enum)
    place = parameter.refers_to or parameter.source
    if parameter.refers_to and rng.random() < 0.9 and place in family:
        return family[place]
    if place in known.values and rng.random() < (0.8 if parameter.refers_to else 0.5):
        return rng.choice(known.values[place])
    low, high = parameter.minimum, parameter.maximum
    allowed = [
        value
        for value in (*_EXTREMES[parameter.type], *(bound for bound in (low, high) if bound is not None))
        if (low is None or value >= low) and (high is None or value <= high)
    ]
    value = rng.choice(allowed)
    return int(value) if parameter.type == "integer" else value


def valid_call(tool: Tool, known: Knowledge, rng: random.Random) -> Call:
    """A call that the tool's schema allows, mostly about rows that belong together."""
    family = known.family(rng)
    chosen = [parameter for parameter in tool.parameters if parameter.required or rng.random() < 0.6]
    return Call(name=tool.name, arguments={item.name: valid_value(item, known, family, rng) for item in chosen})


def odd_calls(domain: Domain, known: Knowledge, rng: random.Random) -> Iterator[Call]:
    """For each tool: its schema broken at one place, and every kind of value at some parameter."""
    for tool in domain.tools:
        good = valid_call(tool, known, rng).arguments
        yield Call(name=tool.name, arguments={**good, "db": None})
        yield Call(name=tool.name, arguments={**good, "__class__": "x", "self": 1, "": 2})
        yield Call(name=f"{tool.name}.__globals__", arguments=good)
        if good:
            left_out = rng.choice(sorted(good))
            yield Call(name=tool.name, arguments={name: value for name, value in good.items() if name != left_out})
            yield Call(name=tool.name, arguments={f"{left_out}_": good[left_out]})
        for probe in PROBES:
            if tool.parameters:
                yield Call(name=tool.name, arguments={**good, rng.choice(tool.parameters).name: probe})


def exploration(domain: Domain, task: Task, rng: random.Random, rounds: int) -> list[Call]:
    """A curious agent: valid calls of all tools in random order, the reference calls in their midst, odd calls after."""
    known = Knowledge(domain, task.initial_state.rows)
    calls = [valid_call(tool, known, rng) for tool in domain.tools for _ in range(rounds)]
    rng.shuffle(calls)
    middle = len(calls) // 2
    return [*calls[:middle], *task.reference_calls, *calls[middle:], *odd_calls(domain, known, rng)]
