"""Runs procedural tests and judges them (paper, section 4.1, step 5).

Every run ends as a success, an anticipated rejection or an unexpected failure. What must come out is the contract's
word, never the code's: outcome, rejection code, exact net row changes and the answer are all compared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine.contracts.evaluate import Expectation, matches, matches_changes
from engine.errors import ScaleEnvError
from engine.foundation.cases import Case, Plan, plan_cases
from engine.models.domain import DomainSpec, RequirementCoverage, TestCase, ToolReport
from engine.models.tool import Tool
from engine.models.trace import Trace
from engine.runtime.base import Runtime
from engine.runtime.differential import differences
from engine.runtime.records import CallRecord, Experiment, ExperimentRecord

_REASONS = 5
"""Most failed cases that a report's reasons quote; all failures are in the cases."""


@dataclass(frozen=True, slots=True)
class Runtimes:
    """Where a tool is tested.

    Attributes:
        inprocess: Runs statically admitted code in this process.
        sandbox: Runs it sandboxed, before and beside that; `None` only for code that is trusted anyway.
    """

    inprocess: Runtime
    sandbox: Runtime | None = None


@dataclass(frozen=True, slots=True)
class ToolOutcome:
    """What testing one tool brought.

    Attributes:
        cases: Every case as it ran.
        traces: Those of all failures, and one of each kind of case.
        contract_fails: It is the contract that no code can satisfy: it never accepts, or does not say what must come out.
    """

    report: ToolReport
    cases: tuple[TestCase, ...]
    traces: tuple[Trace, ...]
    contract_fails: bool = False


def test_tool(
    spec: DomainSpec,
    tool: Tool,
    seed: int | str,
    runtimes: Runtimes,
    extra: Sequence[Case] = (),  # noqa: PT028 - no test
    planned: Plan | None = None,  # noqa: PT028
) -> ToolOutcome:
    """Tests one tool, apart from all others.

    The outcome follows from the domain, the tool and the seed alone, so tools can be tested in any order and in
    any number of processes. The tool must have passed `check_contract` and static admission, and the runtimes'
    domain must hold it.

    Args:
        spec: The domain's spec.
        tool: The tool.
        seed: Decides the planned cases.
        runtimes: Where it runs.
        extra: Further cases, such as those of the test agent, with what the contract says of them.
        planned: What `plan_cases` gives for this tool, where that is known already.
    """
    try:
        plan = planned or plan_cases(spec, tool, seed)
    except ScaleEnvError as error:
        report = ToolReport(tool=tool.name, admitted=False, reasons=(f"no cases could be planned: {error}",))
        return ToolOutcome(report, (), (), contract_fails=True)
    plan = replace(plan, cases=(*plan.cases, *extra))
    records, differences = run_plan(plan, runtimes)
    return _conclude(tool, plan, records, differences)


test_tool.__test__ = False  # type: ignore[attr-defined]  # its name is the paper's word, not pytest's


def run_plan(plan: Plan, runtimes: Runtimes) -> tuple[list[ExperimentRecord], list[list[str]]]:
    """Runs all cases; with a sandbox, there first, and in process only if no call failed unexpectedly.

    Cases behind one in which the sandbox was lost are not run: code that never ends, or takes all memory, would cost minutes,
    and one such case refuses the tool already.

    Returns:
        A record for each case that was run, in order, and for each of them how the two runtimes differ (empty if they agree).
    """
    batch = [Experiment(case.rows, case.now, case.calls) for case in plan.cases]
    if runtimes.sandbox is None:
        return list(runtimes.inprocess.experiments(batch)), [[] for _ in batch]
    sandboxed = list(runtimes.sandbox.experiments(batch, until_lost=True))
    if any(record.outcome == "failure" for experiment in sandboxed for record in experiment.records):
        return sandboxed, [[] for _ in sandboxed]
    native = list(runtimes.inprocess.experiments(batch))
    return sandboxed, [_differences(one, other) for one, other in zip(sandboxed, native, strict=True)]


def judge(tool: Tool, case: Case, record: ExperimentRecord) -> list[str]:
    """What is wrong with a run, in words; empty if it did what the contract says."""
    problems: list[str] = []
    for number, (expected, said, done) in enumerate(zip(case.expected, case.said, record.records, strict=True)):
        prefix = f"call {number + 1}: " if len(case.expected) > 1 else ""
        problems.extend(prefix + problem for problem in judge_call(tool, expected, said, done))
    return problems


def judge_call(tool: Tool, expected: Expectation, said: Sequence[str], done: CallRecord) -> list[str]:
    """The same for one call.

    Args:
        tool: The tool, for its contract.
        expected: What must come out.
        said: What the message of a rejection must name, whatever its wording.
        done: What came out.
    """
    if expected.defect is not None:
        return [f"the contract does not say what must come out: {expected.defect}"]
    code = done.problem["code"] if done.problem is not None else None
    if done.outcome == "failure":
        details = (done.problem or {}).get("details", {})
        return [f"unexpected failure: {details.get('error', code)}: {details.get('text', '')}"]
    if expected.code is not None:
        if done.outcome != "rejection":
            return [f"expected the rejection {expected.code}, but the call succeeded"]
        if code != expected.code:
            return [f"expected the rejection {expected.code}, found {code}"]
        message = str((done.problem or {}).get("message", ""))
        problems = [f"the message {message!r} does not name {value!r}" for value in said if value not in message]
        return problems + ([f"the rejected call changed {len(done.diff)} rows"] if done.diff else [])
    if done.outcome != "success":
        return [f"expected success, found the rejection {code}"]
    return (
        matches_changes(expected.changes, done.diff)
        + matches(expected.result, done.result)
        + _surplus_writes(tool, expected, done)
    )


def _surplus_writes(tool: Tool, expected: Expectation, done: CallRecord) -> list[str]:
    """Writes beyond those that the contract declares, where the net changes don't show it: a row updated twice.

    Fewer are fine (two declared updates of a row may be one write), and so is an operation that the contract does
    not name as long as its net changes are the declared ones.
    """
    declared: Counter[tuple[str, str]] = Counter()
    for effect, rows in zip(tool.contract.effects, expected.seen, strict=True):
        declared[effect.operation, effect.table] += rows
    made = Counter((operation, table) for operation, table, _ in done.writes)
    return [
        f"{made[place]} rows of `{place[1]}` were written by {place[0]}, the contract declares {declared[place]}"
        for place in sorted(declared)
        if made[place] > declared[place]
    ]


def _differences(sandboxed: ExperimentRecord, native: ExperimentRecord) -> list[str]:
    """Where the sandbox (named first) and this process did not do the same."""
    found = differences(sandboxed.records, native.records)
    if not found and sandboxed.diff != native.diff:
        found.append("the net changes of the sandbox and of the process differ")
    return [f"the two interpreters differ: {difference}" for difference in found]


def _conclude(
    tool: Tool, plan: Plan, records: Sequence[ExperimentRecord], differences: Sequence[list[str]]
) -> ToolOutcome:
    cases: list[TestCase] = []
    traces: list[Trace] = []
    shown: set[tuple[str, str]] = set()
    reasons: list[str] = []
    failures = 0
    left = len(plan.cases) - len(records)
    plan = replace(plan, cases=plan.cases[: len(records)])
    for index, (case, record, differing) in enumerate(zip(plan.cases, records, differences, strict=True)):
        problems = judge(tool, case, record) + differing
        passed = not problems
        failures += not passed
        kind = (case.kind, case.target)
        keep = not passed or (kind not in shown and case.kind != "boundary")
        tested = TestCase(
            tool=tool.name,
            index=index,
            kind=case.kind,
            target=case.target,
            verdict=record.records[-1].outcome,
            passed=passed,
            detail=case.note if passed else f"{case.note}: {'; '.join(problems[:3])}",
        )
        if keep:
            shown.add(kind)
            trace = _trace(tool, index, case, record, problems)
            traces.append(trace)
            tested = tested.model_copy(update={"trace": trace.id})
        if not passed and len(reasons) < _REASONS:
            reasons.append(f"case {index} ({case.kind}, {case.note}): {'; '.join(problems[:3])}")
        cases.append(tested)
    if failures > len(reasons):
        reasons.append(f"{failures - len(reasons)} further cases failed")
    coverage = tuple(_coverage(tool, plan, cases))
    seen = _effects_seen(tool, plan, cases)
    if left:
        reasons.append(f"the other {left} cases were not run, because the call did not come to its end")
    else:
        reasons.extend(_gaps(tool, plan, coverage, seen))
    report = ToolReport(
        tool=tool.name,
        admitted=not reasons,
        reasons=tuple(reasons),
        cases=len(cases),
        failures=failures,
        coverage=coverage,
        effects_seen=seen,
    )
    undefined = any(expected.defect is not None for case in plan.cases for expected in case.expected)
    return ToolOutcome(report, tuple(cases), tuple(traces), contract_fails=undefined or -1 in plan.unreachable)


def _coverage(tool: Tool, plan: Plan, cases: Sequence[TestCase]) -> list[RequirementCoverage]:
    found: list[RequirementCoverage] = []
    for index, requirement in enumerate(tool.contract.requires):
        satisfied = violated = False
        for case, tested in zip(plan.cases, cases, strict=True):
            for expected in case.expected if tested.passed else ():
                truths = [truth.holds for truth in expected.truths]
                satisfied |= truths[index] is True
                violated |= truths[index] is False and False not in truths[:index]
        found.append(
            RequirementCoverage(
                code=requirement.code,
                condition=requirement.condition,
                satisfied=satisfied,
                violated=violated,
                unreachable="" if violated else plan.unreachable.get(index, ""),
            )
        )
    return found


def _effects_seen(tool: Tool, plan: Plan, cases: Sequence[TestCase]) -> tuple[bool, ...]:
    seen = [False] * len(tool.contract.effects)
    for case, tested in zip(plan.cases, cases, strict=True):
        for expected in case.expected if tested.passed else ():
            for index, rows in enumerate(expected.seen):
                seen[index] |= rows > 0
    return tuple(seen)


def _gaps(tool: Tool, plan: Plan, coverage: Sequence[RequirementCoverage], seen: Sequence[bool]) -> list[str]:
    """What admission asks for and was not seen."""
    gaps: list[str] = []
    if -1 in plan.unreachable:
        gaps.append(f"no accepted call was ever seen: {plan.unreachable[-1]}")
    for entry in coverage:
        if not entry.satisfied and -1 not in plan.unreachable:
            gaps.append(f"the requirement of `{entry.code}` was never seen to hold")
        if not entry.violated and not entry.unreachable:
            gaps.append(f"the rejection `{entry.code}` was never seen")
    for index, shown in enumerate(seen):
        if not shown and -1 not in plan.unreachable:
            effect = tool.contract.effects[index]
            gaps.append(f"effect {index + 1} ({effect.operation} of `{effect.table}`) was never seen")
    return gaps


def _trace(tool: Tool, index: int, case: Case, record: ExperimentRecord, problems: Sequence[str]) -> Trace:
    steps = [
        done.to_step(number, call, conditions=expected.truths)
        for number, (call, done, expected) in enumerate(zip(case.calls, record.records, case.expected, strict=True))
    ]
    aim = f"only {case.target} fails" if case.kind == "reject" and case.alone else case.note
    return Trace(
        id=f"test:{tool.name}:{index}",
        kind="procedural_test",
        title=f"{tool.name}: {aim}",
        rows=case.rows,
        now=case.now,
        steps=tuple(steps),
        passed=not problems,
        verdict="; ".join(problems[:3]) if problems else _verdict(case),
    )


def _verdict(case: Case) -> str:
    codes = [f"rejected with {expected.code}" if expected.code else "accepted" for expected in case.expected]
    return f"as the contract says: {', then '.join(codes)}"
