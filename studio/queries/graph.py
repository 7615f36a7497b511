"""What the page about the tool dependency graph reads, and which part of it is drawn."""

from __future__ import annotations

from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Literal, NamedTuple

from engine.errors import ScaleEnvError
from engine.graph.analysis import expand
from engine.graph.measures import Measures, measure, neighbourhood
from engine.models.domain import Domain
from engine.models.graph import Edge, ToolGraph
from engine.models.task import Task
from engine.models.tool import Tool
from engine.store.tasks import TaskFilter
from studio.queries.opened import opened, store_path

View = Literal["all", "near", "task", "tables"]
Way = Literal["both", "in", "out"]

LARGE = 120
"""Tools above which not all are drawn at first."""

USUAL = ("data_flow", "precondition")
"""The kinds of edges drawn at first: state edges join most writes with most reads of a table and hide the others."""


class Choice(NamedTuple):
    """Which part of a graph is drawn.

    Attributes:
        view: All tools, the neighbourhood of one, the tools of a task, or tables in place of their tools.
        kinds: Kinds of edges.
        unproven: Whether unproven edges are drawn too.
        focus: The tool whose neighbourhood is drawn.
        steps: How many edges from it.
        way: Along the edges, against them, or both.
        task: Id of the task whose chain stands out.
        tables: Only tools on these; all where empty.
        categories: Only tools of these; all where empty.
        does: Only tools that read, or that write; both where empty.
        degree: Only tools joined to at least so many others by the drawn kinds.
    """

    view: View = "all"
    kinds: tuple[str, ...] = USUAL
    unproven: bool = False
    focus: str = ""
    steps: int = 1
    way: Way = "both"
    task: str = ""
    tables: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    does: Literal["", "reads", "writes"] = ""
    degree: int = 0


class TaskPart(NamedTuple):
    """A task's tools.

    Attributes:
        steps: Tool -> the numbers of its steps, from 1.
        links: Pairs of tools that follow each other in the chain.
        joined: Tools of the expansion beside those of the chain.
        offered: Tools that an agent is offered.
    """

    id: str
    steps: dict[str, tuple[int, ...]]
    links: tuple[tuple[str, str], ...]
    joined: tuple[str, ...]
    offered: tuple[str, ...]


class Part(NamedTuple):
    """What is drawn: these tools, in the graph's order, and these edges between them."""

    tools: tuple[str, ...]
    edges: tuple[Edge, ...]


class GraphView:
    """A domain's graph with its tools, and a revision that changes exactly when the picture may."""

    def __init__(self, domain: Domain, graph: ToolGraph, revision: str) -> None:
        self.domain = domain
        self.revision = revision
        self.tools = list(domain.tools)
        self.tool: dict[str, Tool] = {tool.name: tool for tool in domain.tools}
        # An edge of a tool that was refused later leads nowhere.
        known = set(graph.tools)
        edges = tuple(edge for edge in graph.edges if edge.source in known and edge.target in known)
        self.graph = ToolGraph(tools=graph.tools, edges=edges)
        self.edge: dict[str, Edge] = {edge.id: edge for edge in edges}

    @cached_property
    def measures(self) -> Measures:
        """The graph's figures."""
        return measure(self.domain, self.graph)

    @cached_property
    def tables(self) -> list[str]:
        """The tables that tools are on."""
        return sorted({tool.entity for tool in self.tools})

    @cached_property
    def categories(self) -> list[str]:
        """What kinds of tools there are."""
        return sorted({tool.category for tool in self.tools})

    def edges_of(self, tool: str) -> list[Edge]:
        """The edges from and to a tool, proven ones first."""
        return sorted(
            (edge for edge in self.graph.edges if tool in (edge.source, edge.target)), key=lambda edge: not edge.proven
        )

    def between(self, one: str, other: str) -> list[Edge]:
        """All edges between two tools, in either direction."""
        return [edge for edge in self.graph.edges if {edge.source, edge.target} == {one, other}]

    def part(self, choice: Choice, task: TaskPart | None = None) -> Part:
        """The part of the graph that is drawn."""
        edges = tuple(
            edge for edge in self.graph.edges if edge.kind in choice.kinds and (edge.proven or choice.unproven)
        )
        kept = {tool.name for tool in self.tools if _matches(tool, choice)}
        if choice.degree:
            joined: dict[str, set[str]] = {tool: set() for tool in self.graph.tools}
            for edge in edges:
                joined[edge.source].add(edge.target)
                joined[edge.target].add(edge.source)
            kept = {tool for tool in kept if len(joined[tool]) >= choice.degree}
        if choice.view == "near":
            drawn = ToolGraph(tools=self.graph.tools, edges=edges)
            near = neighbourhood(drawn, choice.focus, choice.steps, choice.way)
            kept = {tool for tool in near if tool in kept or tool == choice.focus}
        elif choice.view == "task" and task is not None:
            kept = (kept & {*task.joined, *task.offered}) | set(task.steps)
        return Part(
            tuple(tool for tool in self.graph.tools if tool in kept),
            tuple(edge for edge in edges if edge.source in kept and edge.target in kept),
        )


def _matches(tool: Tool, choice: Choice) -> bool:
    return (
        (not choice.tables or tool.entity in choice.tables)
        and (not choice.categories or tool.category in choice.categories)
        and (not choice.does or tool.mutates_state == (choice.does == "writes"))
    )


def graph(domain: str) -> GraphView:
    """A domain's tool dependency graph; read anew only when something of it has changed."""
    with opened() as store, store.snapshot():
        revision = f"{store.revision(domain)}-{store.edges.mark(domain)}"
    return _read(str(store_path()), domain, revision)


@lru_cache(maxsize=12)
def _read(path: str, domain: str, revision: str) -> GraphView:
    """Keyed by everything that the graph depends on, so an entry never grows old."""
    with opened() as store, store.snapshot():
        return GraphView(store.domain(domain), store.graph(domain), revision)


def task_part(view: GraphView, id: str) -> TaskPart | None:
    """A task's chain and its expansion in the graph; `None` where the domain has no such task or it has no chain."""
    try:
        with opened() as store:
            task: Task = store.tasks.get(view.domain.spec.name, id)
    except ScaleEnvError:
        return None
    names = [step.tool for step in task.chain.steps]
    steps: dict[str, tuple[int, ...]] = {}
    for number, name in enumerate(names, 1):
        if name in view.tool:
            steps[name] = (*steps.get(name, ()), number)
    if not steps:
        return None
    grown = expand(view.domain, view.graph, steps)
    return TaskPart(
        id=id,
        steps=steps,
        links=tuple(dict.fromkeys(pair for pair in pairwise(names) if pair[0] != pair[1] and set(pair) <= set(steps))),
        joined=tuple(joined.tool for joined in grown.joined),
        offered=tuple(name for name in task.tools if name in view.tool),
    )


def some_tasks(domain: str, count: int = 50) -> list[str]:
    """Ids of a domain's first audited tasks, to choose from."""
    with opened() as store:
        chosen = TaskFilter(domain=domain, state="audited")
        return [task.id for task in store.tasks.summaries(store.tasks.numbers(chosen, limit=count))]
