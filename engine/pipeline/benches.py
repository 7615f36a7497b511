"""What the pipeline's work runs on, inside whichever process does it: pure of the store, so any executor can take it."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING

from engine.agents.roles.foundation import ProposedCase
from engine.models.base import Model
from engine.models.domain import Domain, DomainSpec, TestCase, ToolReport
from engine.models.graph import Edge, ToolGraph
from engine.models.run import AskedDifficulty
from engine.models.task import Difficulty, Task
from engine.models.tool import Tool
from engine.models.trace import Trace

if TYPE_CHECKING:
    from engine.foundation.cases import Plan
    from engine.graph.plan import Plan as Experiment
    from engine.runtime.base import Runtime
    from engine.tasks.build import TaskBuilder

    Experiments = dict[str, Experiment | str]
    """Id of an edge -> the experiment that may prove it, or why there is none."""


NEEDED = ("engine.pipeline.benches", "engine.foundation.build", "engine.foundation.proposed", "engine.graph.prove")
"""What processes that work on a run need whatever it is; they import it while the run begins, or a language model is awaited."""


class FoundationPlan(Model):
    """What testing a tool needs.

    Attributes:
        cases: Tool -> cases on top of those that follow from its contract.
        refused: Tool -> what contract check and static admission have against it; `None` where that is to be found out.
    """

    spec: DomainSpec
    tools: tuple[Tool, ...]
    seed: int
    cases: dict[str, tuple[ProposedCase, ...]] = {}
    refused: dict[str, tuple[str, ...]] | None = None


class Judgement(Model):
    """A tested tool: as it stands after repair, with everything that was tried on it.

    Attributes:
        contract_fails: It is the contract that no code can satisfy.
    """

    tool: Tool
    report: ToolReport
    cases: tuple[TestCase, ...]
    traces: tuple[Trace, ...]
    contract_fails: bool = False


class DomainPlan(Model):
    """What proofs, tasks and audits need."""

    domain: Domain
    graph: ToolGraph
    seed: int
    difficulty: AskedDifficulty
    trusted: bool


class Proof(Model):
    """Edges that were tried, with their evidence."""

    edges: tuple[Edge, ...]
    traces: tuple[Trace, ...]


class Attempt(Model):
    """What came of one attempt at a task, before it is compared with other tasks.

    Attributes:
        notes: What of the models' work could not be used, and why.
    """

    position: int
    id: str
    difficulty: Difficulty
    task: Task | None = None
    traces: tuple[Trace, ...] = ()
    reason: str = ""
    notes: tuple[str, ...] = ()


class FoundationBench:
    """Tests tools, in the sandbox and beside it."""

    def __init__(self, plan: FoundationPlan) -> None:
        from engine.foundation.build import Workbench, screen

        self.plan = plan
        self.tools = {tool.name: tool for tool in plan.tools}
        if plan.refused is None:
            self.refused = screen(plan.spec, plan.tools)
        else:
            self.refused = {name: list(reasons) for name, reasons in plan.refused.items()}
        for tool in plan.tools:
            if not tool.source:
                self.refused[tool.name] = [f"no code came from {tool.made_by}"]
        sound = [tool for tool in plan.tools if not self.refused[tool.name]]
        self._bench = Workbench(plan.spec, sound)
        self.runtimes = self._bench.runtimes

    def close(self) -> None:
        """Ends the runtimes."""
        self._bench.__exit__()


def judge_tool(bench: FoundationBench, name: str, planned: Plan | None = None) -> Judgement:
    """Admits or rejects one tool; the same whatever else was tested before.

    Args:
        bench: Knows the tool.
        name: Which.
        planned: The cases that follow from its contract, where they are planned already.
    """
    from engine.foundation.build import refusal
    from engine.foundation.proposed import examine_cases
    from engine.foundation.testing import test_tool

    tool, plan = bench.tools[name], bench.plan
    reasons = bench.refused[name]
    if reasons:
        outcome = refusal(tool, reasons)
    else:
        extra = examine_cases(plan.spec, tool, plan.cases.get(name, ()), plan.seed).cases
        outcome = test_tool(plan.spec, tool, plan.seed, bench.runtimes, extra, planned)
    return Judgement(
        tool=tool,
        report=outcome.report,
        cases=outcome.cases,
        traces=outcome.traces,
        contract_fails=outcome.contract_fails,
    )


class DomainBench:
    """Proves edges, builds tasks and audits them."""

    def __init__(self, plan: DomainPlan) -> None:
        from engine.runtime.inprocess import InProcessRuntime
        from engine.runtime.sandbox import SandboxRuntime

        self.plan = plan
        self.runtime: Runtime = InProcessRuntime(plan.domain) if plan.trusted else SandboxRuntime(plan.domain)

    @cached_property
    def builder(self) -> TaskBuilder:
        """Builds the domain's tasks; what it works out once is kept."""
        from engine.tasks.build import TaskBuilder

        return TaskBuilder(self.plan.domain, self.plan.graph, self.plan.seed)

    def close(self) -> None:
        """Ends the runtime."""
        self.runtime.close_all()


def prove_edges(bench: DomainBench, edges: tuple[Edge, ...], planned: Experiments | None = None) -> Proof:
    """Tries to prove edges by execution.

    Args:
        bench: Runs the experiments.
        edges: The edges.
        planned: Their experiments, where they are planned already.
    """
    from engine.graph.prove import prove

    proven, traces = prove(bench.plan.domain, edges, bench.runtime, bench.plan.seed, planned)
    return Proof(edges=proven, traces=traces)


def attempt_task(bench: DomainBench, position: int) -> Attempt:
    """Builds the candidate with this number and audits it; the same whatever was built before."""
    from engine.tasks.audit import audit
    from engine.tasks.build import Rejected

    difficulty = difficulty_of(bench.plan, position)
    candidate = bench.builder.propose(position, difficulty)
    id = task_id(bench.plan, position)
    if isinstance(candidate, Rejected):
        reason, _ = Counter(candidate.reasons).most_common(1)[0]
        return Attempt(position=position, id=id, difficulty=difficulty, reason=reason)
    audited, traces = audit(candidate.task, bench.plan.domain, bench.runtime)
    return Attempt(position=position, id=id, difficulty=difficulty, task=audited, traces=traces)


def difficulty_of(plan: DomainPlan, position: int) -> Difficulty:
    """How difficult the candidate with this number shall be."""
    from engine.tasks.build import DIFFICULTIES

    return DIFFICULTIES[position % len(DIFFICULTIES)] if plan.difficulty == "mixed" else plan.difficulty


def task_id(plan: DomainPlan, position: int) -> str:
    """The id of the candidate with this number."""
    return f"{plan.domain.name}-{plan.seed}-{position:04d}"
