"""Phase 1's last part: from tools with contracts and code to admitted tools (paper, section 4.1, steps 5 and 6).

A tool goes through the contract check, static admission and procedural tests in both runtimes. What fails is dropped
with its reasons, never silently.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from engine.contracts.check import check_contract
from engine.foundation.testing import Runtimes, ToolOutcome, test_tool
from engine.models.domain import Domain, DomainSpec, TestCase, ToolReport
from engine.models.tool import Tool
from engine.models.trace import Trace
from engine.runtime.admission import admit_all
from engine.runtime.base import Runtime
from engine.runtime.inprocess import InProcessRuntime
from engine.runtime.sandbox import SandboxRuntime

MakeRuntime = Callable[[Domain], Runtime]


@dataclass(frozen=True, slots=True)
class FoundationReport:
    """What became of the tools.

    Attributes:
        tools: The admitted tools, in the order in which they came, as given.
        reports: One for each tool, admitted or not, in the same order.
        cases: Every procedural test case.
        traces: Of all failures and of a few telling cases of each tool.
        stranded: What admitted tools can no longer get because the only tools that answered it were dropped, a
            sentence each.
    """

    tools: tuple[Tool, ...]
    reports: tuple[ToolReport, ...]
    cases: tuple[TestCase, ...]
    traces: tuple[Trace, ...]
    stranded: tuple[str, ...] = ()


def verify_tools(
    spec: DomainSpec,
    tools: Sequence[Tool],
    *,
    seed: int | str,
    sandbox: MakeRuntime | None = SandboxRuntime,
    inprocess: MakeRuntime = InProcessRuntime,
    on_event: Callable[[ToolReport], None] | None = None,
) -> FoundationReport:
    """Tests all tools of a domain and admits those that hold what their contracts promise.

    Args:
        spec: The domain's spec; its database is what the tools are tested over.
        tools: The tools with contracts and code.
        seed: Decides the cases; the same seed gives the same report.
        sandbox: Makes the sandboxed runtime; `None` only for code that is trusted anyway.
        inprocess: Makes the runtime in this process; it gets statically admitted code only.
        on_event: Told each tool's report as soon as it stands.

    Raises:
        SandboxError: The sandbox or its type checker could not be run.
    """
    refused = screen(spec, tools)
    passed = [tool for tool in tools if not refused[tool.name]]
    outcomes: dict[str, ToolOutcome] = {}
    with Workbench(spec, passed, sandbox, inprocess) as bench:
        for tool in tools:
            reasons = refused[tool.name]
            outcome = refusal(tool, reasons) if reasons else test_tool(spec, tool, seed, bench.runtimes)
            outcomes[tool.name] = outcome
            if on_event is not None:
                on_event(outcome.report)
    return conclude(tools, outcomes)


class Workbench:
    """Both runtimes over a set of statically admitted tools, closed on leaving.

    Args:
        spec: The domain's spec.
        tools: Tools that `screen` has nothing against.
        sandbox: Makes the sandboxed runtime, if there is to be one.
        inprocess: Makes the runtime in this process.
    """

    def __init__(
        self,
        spec: DomainSpec,
        tools: Sequence[Tool],
        sandbox: MakeRuntime | None = SandboxRuntime,
        inprocess: MakeRuntime = InProcessRuntime,
    ) -> None:
        domain = Domain(spec=spec, tools=tuple(tools))
        self.runtimes = Runtimes(inprocess(domain), sandbox(domain) if sandbox is not None else None)

    def __enter__(self) -> Workbench:
        return self

    def __exit__(self, *_: object) -> None:
        if self.runtimes.sandbox is not None:
            self.runtimes.sandbox.close_all()
        self.runtimes.inprocess.close_all()


def screen(spec: DomainSpec, tools: Sequence[Tool]) -> dict[str, list[str]]:
    """What the contract check and static admission have against each tool; nothing is executed.

    Raises:
        SandboxError: The type checker could not be run.
    """
    found: dict[str, list[str]] = {}
    for tool in tools:
        if tool.name in found:
            found[tool.name].append(f"two tools are called `{tool.name}`")
        else:
            found[tool.name] = check_contract(tool, spec.database)
    sound = [tool for tool in tools if not found[tool.name]]
    for name, refusals in admit_all(sound, spec.database).items():
        found[name].extend(str(refusal) for refusal in refusals)
    return found


def refusal(tool: Tool, reasons: Iterable[str]) -> ToolOutcome:
    """The outcome of a tool that was refused before anything ran."""
    return ToolOutcome(ToolReport(tool=tool.name, admitted=False, reasons=tuple(reasons)), (), ())


def conclude(tools: Sequence[Tool], outcomes: Mapping[str, ToolOutcome]) -> FoundationReport:
    """Puts the outcomes of all tools together; for those who test tools in several processes."""
    ordered = [outcomes[tool.name] for tool in tools]
    admitted = tuple(tool for tool in tools if outcomes[tool.name].report.admitted)
    dropped = [tool for tool in tools if not outcomes[tool.name].report.admitted]
    return FoundationReport(
        tools=admitted,
        reports=tuple(outcome.report for outcome in ordered),
        cases=tuple(case for outcome in ordered for case in outcome.cases),
        traces=tuple(trace for outcome in ordered for trace in outcome.traces),
        stranded=tuple(stranded(admitted, dropped)),
    )


def stranded(admitted: Sequence[Tool], dropped: Sequence[Tool]) -> list[str]:
    """Parameters of admitted tools whose entity only dropped tools answered, a sentence each."""
    lost = {place: tool.name for tool in dropped for place in _answers(tool)}
    kept = {place for tool in admitted for place in _answers(tool)}
    return [
        f"`{tool.name}` takes `{parameter.refers_to}` as `{parameter.name}`, which only the dropped "
        f"`{lost[parameter.refers_to]}` answered"
        for tool in admitted
        for parameter in tool.parameters
        if parameter.refers_to is not None and parameter.refers_to in lost and parameter.refers_to not in kept
    ]


def _answers(tool: Tool) -> list[str]:
    """The `table.column` places whose values the tool answers."""
    places: list[str] = []
    for field in tool.contract.returns:
        if field.refers_to is not None:
            places.append(field.refers_to)
        if field.query is not None:
            places.extend(field.query.refers_to.values())
    return places
