"""Plans while language models write tools' code: test cases and the experiments that may prove edges follow from contracts."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import takewhile
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, Self

from engine.errors import ScaleEnvError
from engine.executors.local import Executor
from engine.models.domain import Domain, DomainSpec
from engine.models.graph import Edge
from engine.models.tool import Tool
from engine.pipeline.benches import (
    DomainBench,
    FoundationBench,
    FoundationPlan,
    Judgement,
    Proof,
    judge_tool,
    prove_edges,
)

if TYPE_CHECKING:
    from engine.foundation.cases import Plan
    from engine.graph.plan import Planner
    from engine.pipeline.benches import Experiments


class PlannedTool(NamedTuple):
    """A tool with the cases that follow from its contract; `None` where they are not planned yet, or can't be."""

    name: str
    cases: Plan | None


class PlannedEdges(NamedTuple):
    """Edges with the experiments that are planned for some of them."""

    edges: tuple[Edge, ...]
    experiments: Experiments


class PlanningBench:
    """Knows the tools; nothing of it has to be given back."""

    def __init__(self, plan: FoundationPlan) -> None:
        self.plan = plan
        self.tools = {tool.name: tool for tool in plan.tools}

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        """What inference finds between the tools."""
        from engine.graph.infer import infer

        return infer(self._domain)

    @cached_property
    def planner(self) -> Planner:
        """Plans experiments."""
        from engine.graph.plan import Planner

        return Planner(self._domain, self.plan.seed)

    @cached_property
    def _domain(self) -> Domain:
        return Domain(spec=self.plan.spec, tools=self.plan.tools)

    def close(self) -> None:
        """There is nothing to close."""


def plan_tool(bench: PlanningBench, name: str) -> PlannedTool:
    """Plans the cases of a tool whose contract is sound, as testing it would."""
    from engine.contracts.check import check_contract
    from engine.foundation.cases import plan_cases

    spec, tool = bench.plan.spec, bench.tools[name]
    if check_contract(tool, spec.database):
        return PlannedTool(name, None)
    try:
        return PlannedTool(name, plan_cases(spec, tool, bench.plan.seed))
    except ScaleEnvError:
        return PlannedTool(name, None)


def plan_edges(bench: PlanningBench, source: str) -> Experiments:
    """Plans experiments for all edges from a tool, as proving them would."""
    return {edge.id: bench.planner.plan(edge) for edge in bench.edges if edge.source == source}


def screen_tools(bench: PlanningBench, names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """What contract check and static admission have against each of some tools; the same whatever tools it is asked with."""
    from engine.foundation.build import screen

    found = screen(bench.plan.spec, [bench.tools[name] for name in names])
    return {name: tuple(reasons) for name, reasons in found.items()}


def prove_planned(bench: DomainBench, planned: PlannedEdges) -> Proof:
    """Tries to prove edges by execution."""
    return prove_edges(bench, planned.edges, planned.experiments)


def judge_planned(bench: FoundationBench, tool: PlannedTool) -> Judgement:
    """Admits or rejects a tool."""
    return judge_tool(bench, tool.name, tool.cases)


class EarlyPlans:
    """What was planned before the tools had their code.

    Args:
        tools: The tools as they were.
        cases: Tool -> its cases.
        experiments: What may prove the edges between them.
    """

    def __init__(
        self,
        tools: Iterable[Tool] = (),
        cases: Mapping[str, Plan] | None = None,
        experiments: Experiments | None = None,
    ) -> None:
        self._tools = {tool.name: _without_code(tool) for tool in tools}
        self.cases = dict(cases or {})
        self._experiments = dict(experiments or {})

    def of_edges(self, edges: Sequence[Edge], domain: Domain) -> PlannedEdges:
        """The edges with those experiments that hold still: both tools are but for their code what they were."""
        same = {tool.name for tool in domain.tools if self._tools.get(tool.name) == _without_code(tool)}
        kept = {
            edge.id: self._experiments[edge.id]
            for edge in edges
            if edge.id in self._experiments and {edge.source, edge.target} <= same
        }
        return PlannedEdges(tuple(edges), kept)


def _without_code(tool: Tool) -> Tool:
    return tool.model_copy(update={"source": "", "made_by": ""})


class CasePlanning:
    """As a context: plans in an executor's other processes, from a thread, until the context ends.

    What is not planned by then is left out, and planned when the tool is tested or the edge proven, to the same end. Where the
    executor works in this process nothing is planned: it has other things to do.

    Args:
        executor: Does it; nobody else may use it meanwhile.
        spec: The domain's spec.
        tools: Its tools.
        seed: Decides the cases.

    Attributes:
        cases: Tool -> its cases; complete when the context has ended.
        experiments: What may prove the edges between tools whose contracts are sound; complete then, too.
    """

    def __init__(self, executor: Executor, spec: DomainSpec, tools: Sequence[Tool], seed: int) -> None:
        self.cases: dict[str, Plan] = {}
        self.experiments: Experiments = {}
        self._executor = executor
        self._plan = FoundationPlan(spec=spec, tools=tuple(tools), seed=seed)
        self._enough = threading.Event()
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._work, daemon=True, name="case-planning")

    def _work(self) -> None:
        try:
            for planned in self._executor.map(PlanningBench, self._plan, plan_tool, self._wanted(self._plan.tools)):
                if planned.cases is not None:
                    self.cases[planned.name] = planned.cases
            sound = tuple(tool for tool in self._plan.tools if tool.name in self.cases)
            plan = self._plan.model_copy(update={"tools": sound})
            for experiments in self._executor.map(PlanningBench, plan, plan_edges, self._wanted(sound)):
                self.experiments.update(experiments)
        except Exception as error:
            self._error = error

    def _wanted(self, tools: Iterable[Tool]) -> Iterable[str]:
        """Names of tools for as long as there is time."""
        return takewhile(lambda _: not self._enough.is_set(), (tool.name for tool in tools))

    def __enter__(self) -> Self:
        if self._executor.is_apart:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._enough.set()
        if self._executor.is_apart:
            self._thread.join()
        if self._error is not None and error is None:
            raise self._error
