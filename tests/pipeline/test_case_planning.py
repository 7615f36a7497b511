"""What is planned beside everything else is what testing a tool or proving an edge would plan itself."""

from __future__ import annotations

import threading
from collections.abc import Generator
from typing import Any

import pytest

from engine.executors.local import InlineExecutor, ProcessExecutor
from engine.foundation.build import screen
from engine.foundation.cases import plan_cases
from engine.graph.infer import infer
from engine.graph.plan import Planner
from engine.models.domain import Domain
from engine.models.graph import ToolGraph
from engine.pipeline.benches import DomainBench, DomainPlan, FoundationPlan
from engine.pipeline.case_planning import (
    CasePlanning,
    EarlyPlans,
    PlannedEdges,
    PlanningBench,
    prove_planned,
    screen_tools,
)
from tests.fakes.bookings import bookings_domain

DOMAIN = bookings_domain()


class Watched(ProcessExecutor):
    """Says when all answers of the work are there: of cases, and then of experiments."""

    def __init__(self) -> None:
        super().__init__(1)
        self.all_there = threading.Event()
        self._rounds = 0

    def map(self, *args: Any, **more: Any) -> Generator[Any, None, None]:
        yield from super().map(*args, **more)
        self._rounds += 1
        if self._rounds == 2:
            self.all_there.set()


def test_what_is_planned_elsewhere_is_what_testing_would_plan() -> None:
    tools = DOMAIN.tools[:4]
    with Watched() as executor, CasePlanning(executor, DOMAIN.spec, tools, seed=3) as planning:
        assert executor.all_there.wait(60)
    domain = Domain(spec=DOMAIN.spec, tools=tools)
    planner = Planner(domain, 3)
    assert planning.cases == {tool.name: plan_cases(DOMAIN.spec, tool, 3) for tool in tools}
    assert planning.experiments == {edge.id: planner.plan(edge) for edge in infer(domain)}
    assert planning.experiments


def test_nobody_waits_for_cases_when_the_waiting_for_models_is_over() -> None:
    with ProcessExecutor(1) as executor, CasePlanning(executor, DOMAIN.spec, DOMAIN.tools * 50, seed=3) as planning:
        pass
    assert len(planning.cases) < len(DOMAIN.tools)


def test_an_unsound_contract_has_no_cases_and_ends_nothing() -> None:
    tool, other = DOMAIN.tools[:2]
    requirement = tool.contract.requires[0].model_copy(update={"condition": "nothing_like_it > 1"})
    unsound = tool.model_copy(update={"contract": tool.contract.model_copy(update={"requires": (requirement,)})})
    with Watched() as executor, CasePlanning(executor, DOMAIN.spec, (unsound, other), seed=3) as planning:
        assert executor.all_there.wait(60)
    assert list(planning.cases) == [other.name]
    assert all(tool.name not in edge for edge in planning.experiments)


def test_planned_edges_are_proven_as_others_are() -> None:
    domain = Domain(spec=DOMAIN.spec, tools=DOMAIN.tools[:6])
    edges = infer(domain)
    planner = Planner(domain, 3)
    plans = EarlyPlans(domain.tools, {}, {edge.id: planner.plan(edge) for edge in edges[::2]})
    graph = ToolGraph(tools=tuple(tool.name for tool in domain.tools), edges=edges)
    bench = DomainBench(DomainPlan(domain=domain, graph=graph, seed=3, difficulty="mixed", trusted=True))
    planned = plans.of_edges(edges, domain)
    assert list(planned.experiments) == [edge.id for edge in edges[::2]]
    assert prove_planned(bench, planned) == prove_planned(bench, PlannedEdges(edges, {}))
    bench.close()


def test_a_plan_holds_while_both_contracts_do() -> None:
    edge = infer(DOMAIN)[0]
    plans = EarlyPlans(DOMAIN.tools, {}, {edge.id: "as planned"})

    def kept(**changes: Any) -> bool:
        tools = tuple(tool.model_copy(update=changes) if tool.name == edge.target else tool for tool in DOMAIN.tools)
        return edge.id in plans.of_edges([edge], Domain(spec=DOMAIN.spec, tools=tools)).experiments

    contract = DOMAIN.tool[edge.target].contract
    assert kept(source="written by somebody else", made_by="test/model")
    assert not kept(contract=contract.model_copy(update={"requires": ()}))
    assert not kept(parameters=())


def test_tools_are_refused_for_the_same_reasons_whoever_is_looked_at_with_them() -> None:
    first, second = DOMAIN.tools[:2]
    broken = first.model_copy(update={"source": first.source + "    import os\n"})
    mistyped = second.model_copy(update={"source": second.source.replace("return ", "return 1 + ", 1)})
    tools = (broken, mistyped, *DOMAIN.tools[2:5])
    bench = PlanningBench(FoundationPlan(spec=DOMAIN.spec, tools=tools, seed=3))
    apart = [screen_tools(bench, [tool.name]) for tool in tools]
    together = {name: tuple(reasons) for name, reasons in screen(DOMAIN.spec, tools).items()}
    assert {name: reasons for each in apart for name, reasons in each.items()} == together
    assert [name for name, reasons in together.items() if reasons] == [broken.name, mistyped.name]


def test_one_process_has_other_things_to_do() -> None:
    with CasePlanning(InlineExecutor(), DOMAIN.spec, DOMAIN.tools, seed=3) as planning:
        pass
    assert planning.cases == {}


def test_an_error_of_the_work_is_told_when_the_waiting_is_over() -> None:
    class Broken(ProcessExecutor):
        def map(self, *_: Any, **__: Any) -> Generator[Any, None, None]:
            raise RuntimeError("the processes are gone")

    with (
        Broken(1) as executor,
        pytest.raises(RuntimeError, match="gone"),
        CasePlanning(executor, DOMAIN.spec, DOMAIN.tools, seed=3),
    ):
        pass
