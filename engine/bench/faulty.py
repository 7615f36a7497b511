"""Looks for faults in tools that were admitted: with cases that nobody tested them on, and with other judges than the contract."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.bench.planted import Planted
from engine.errors import ScaleEnvError, UsageError
from engine.foundation.build import Workbench
from engine.foundation.cases import Plan, plan_cases
from engine.foundation.testing import Runtimes, judge, run_plan
from engine.models.base import Model
from engine.models.domain import Domain, DomainSpec
from engine.models.tool import Tool
from engine.runtime.base import Runtime
from engine.runtime.inprocess import InProcessRuntime
from engine.runtime.records import CallRecord, Experiment

_SHOWN = 3
"""Most faults of one kind that are told of one tool."""


class Fault(Model):
    """Something that an admitted tool does wrong.

    Attributes:
        judge: Who says so: the `contract` on cases of another seed, the `reference` implementation, a `planted` state.
        detail: On which case, and what came out.
    """

    tool: str
    judge: str
    detail: str


class Inspection(Model):
    """What was looked at, and what was found.

    Attributes:
        cases: Runs of tools that were judged by the contract.
        compared: Runs that were compared with the reference implementation.
        planted: Planted calls that were made.
    """

    cases: int = 0
    compared: int = 0
    planted: int = 0
    faults: tuple[Fault, ...] = ()

    @property
    def faulty(self) -> tuple[str, ...]:
        """The tools with a fault, by name."""
        return tuple(sorted({fault.tool for fault in self.faults}))


def inspect_tools(
    spec: DomainSpec,
    tools: Sequence[Tool],
    *,
    seeds: Sequence[int | str],
    reference: Sequence[Tool] = (),
    planted: Planted | None = None,
) -> Inspection:
    """Tries admitted tools on what they were not admitted by.

    Args:
        spec: The domain.
        tools: Admitted tools; their code runs in the sandbox, and beside it.
        seeds: Decide the cases; others than that of the tests.
        reference: The same tools with contract and code from a hand that is trusted. Cases come from its contracts, so a
            contract that was weakened to fit its code shows.
        planted: States with what must come out, for tools of these names.

    Raises:
        SandboxError: The sandbox could not be run.
        UsageError: The planted rows are of another domain.
    """
    for table in planted.rows if planted is not None else ():
        if table not in spec.database.table:
            raise UsageError(f"The planted states are of another domain: `{spec.name}` has no table `{table}`.")
    trusted = {tool.name: tool for tool in reference}
    faults: list[Fault] = []
    cases = compared = calls = 0
    with Workbench(spec, tools) as bench, InProcessRuntime(Domain(spec=spec, tools=tuple(reference))) as beside:
        for tool in tools:
            other = trusted.get(tool.name)
            for seed in seeds:
                faults += _by_contract(spec, tool, seed, bench.runtimes)
                try:
                    plan = plan_cases(spec, other or tool, seed)
                except ScaleEnvError as error:
                    faults.append(Fault(tool=tool.name, judge="contract", detail=f"no cases: {error}"))
                    continue
                cases += len(plan.cases)
                if other is not None:
                    compared += len(plan.cases)
                    faults += _by_reference(tool, plan, bench.runtimes, beside)
        if planted is not None:
            names = {tool.name for tool in tools}
            for number, case in enumerate(planted.cases):
                if case.tool not in names:
                    continue
                calls += 1
                done = _run(bench.runtimes, [case.experiment(planted)])[0][0]
                faults += [
                    Fault(tool=case.tool, judge="planted", detail=f"case {number} with {case.call}: {problem}")
                    for problem in case.faults(done)
                ]
    return Inspection(cases=cases, compared=compared, planted=calls, faults=tuple(faults))


def _by_contract(spec: DomainSpec, tool: Tool, seed: int | str, runtimes: Runtimes) -> list[Fault]:
    try:
        plan = plan_cases(spec, tool, seed)
    except ScaleEnvError as error:
        return [Fault(tool=tool.name, judge="contract", detail=f"no cases could be planned with seed {seed}: {error}")]
    records, differing = run_plan(plan, runtimes)
    faults: list[Fault] = []
    for number, (case, record, others) in enumerate(zip(plan.cases, records, differing, strict=True)):
        problems = judge(tool, case, record) + others
        if problems and len(faults) < _SHOWN:
            detail = f"seed {seed}, case {number} ({case.note}): {'; '.join(problems[:_SHOWN])}"
            faults.append(Fault(tool=tool.name, judge="contract", detail=detail))
    return faults


def _by_reference(tool: Tool, plan: Plan, runtimes: Runtimes, beside: Runtime) -> list[Fault]:
    batch = [Experiment(case.rows, case.now, case.calls) for case in plan.cases]
    expected = [record.records for record in beside.experiments(batch)]
    faults: list[Fault] = []
    for number, (mine, right) in enumerate(zip(_run(runtimes, batch), expected, strict=True)):
        for problem in _apart(mine, right):
            if len(faults) < _SHOWN:
                detail = f"case {number} ({plan.cases[number].note}): {problem}"
                faults.append(Fault(tool=tool.name, judge="reference", detail=detail))
    return faults


def _run(runtimes: Runtimes, batch: Sequence[Experiment]) -> list[list[CallRecord]]:
    runtime = runtimes.sandbox or runtimes.inprocess
    return [record.records for record in runtime.experiments(batch)]


def _apart(mine: Sequence[CallRecord], right: Sequence[CallRecord]) -> Iterator[str]:
    """Where a tool and its reference end differently; words of messages and the order of reads and writes are free."""
    for done, expected in zip(mine, right, strict=True):
        one, other = _end(done), _end(expected)
        if one != other:
            yield f"expected {other}, found {one}"
        elif done.result != expected.result:
            yield f"expected the answer {expected.result}, found {done.result}"
        elif done.diff != expected.diff:
            yield f"expected the changes {expected.diff}, found {done.diff}"


def _end(record: CallRecord) -> str:
    return record.problem["code"] if record.problem is not None else "success"
