"""Plans tools' test cases while language models write the tools' code: the cases follow from the contracts alone."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from itertools import takewhile
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, Self

from engine.errors import ScaleEnvError
from engine.executors.local import Executor
from engine.models.domain import DomainSpec
from engine.models.tool import Tool
from engine.pipeline.benches import FoundationBench, FoundationPlan, Judgement, judge_tool

if TYPE_CHECKING:
    from engine.foundation.cases import Plan


class PlannedTool(NamedTuple):
    """A tool with the cases that follow from its contract; `None` where they are not planned yet, or can't be."""

    name: str
    cases: Plan | None


class PlanningBench:
    """Knows the tools; nothing of it has to be given back."""

    def __init__(self, plan: FoundationPlan) -> None:
        self.plan = plan
        self.tools = {tool.name: tool for tool in plan.tools}

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


def judge_planned(bench: FoundationBench, tool: PlannedTool) -> Judgement:
    """Admits or rejects a tool."""
    return judge_tool(bench, tool.name, tool.cases)


class CasePlanning:
    """As a context: plans in an executor's other processes, from a thread, until the context ends.

    What is not planned by then is left out, and planned when the tool is tested, to the same end. Where the executor works in
    this process nothing is planned: it has other things to do.

    Args:
        executor: Does it; nobody else may use it meanwhile.
        spec: The domain's spec.
        tools: Its tools.
        seed: Decides the cases.

    Attributes:
        cases: Tool -> its cases; complete when the context has ended.
    """

    def __init__(self, executor: Executor, spec: DomainSpec, tools: Sequence[Tool], seed: int) -> None:
        self.cases: dict[str, Plan] = {}
        self._executor = executor
        self._plan = FoundationPlan(spec=spec, tools=tuple(tools), seed=seed)
        self._enough = threading.Event()
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._work, daemon=True, name="case-planning")

    def _work(self) -> None:
        names = takewhile(lambda _: not self._enough.is_set(), (tool.name for tool in self._plan.tools))
        try:
            for planned in self._executor.map(PlanningBench, self._plan, plan_tool, names):
                if planned.cases is not None:
                    self.cases[planned.name] = planned.cases
        except Exception as error:
            self._error = error

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
