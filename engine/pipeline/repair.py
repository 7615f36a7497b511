"""The test phase: code is written, tested, and repaired in bounded rounds (paper, section 4.1, steps 5 and 6).

In a round all tools that failed are repaired at once and then tested again. Every verdict is the engine's, whoever wrote what.
A tool's last judgement is committed once; a process that is killed in between begins with the first round again, and since
answers are kept, it comes to the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace

from engine.agents.roles import CannotAnswer
from engine.agents.roles.foundation import PatchKind, ProposedCase, RepairAnswer, RepairRequest
from engine.executors.local import Executor
from engine.models.domain import DomainSpec
from engine.models.role import COMPOSER
from engine.models.run import RunEvent
from engine.models.tool import Tool
from engine.pipeline.benches import NEEDED, FoundationBench, FoundationPlan, Judgement
from engine.pipeline.case_planning import (
    CasePlanning,
    EarlyPlans,
    PlannedTool,
    PlanningBench,
    judge_planned,
    screen_tools,
)
from engine.pipeline.cast import Cast
from engine.pipeline.coding import Proposed, Written, propose_cases, together, write_sources
from engine.pipeline.disputes import Settled, settle
from engine.pipeline.judge_pairs import judge_early
from engine.pipeline.kept_cases import JudgedPairs, kept_of_run
from engine.pipeline.ledger import Ledger

MOST_ROUNDS = 3
"""Repairs of one tool: what three patches with the exact failures did not mend is a tool that the model can't write."""
REPAIRS_A_TOOL = 2
"""Repairs of a whole domain for each of its tools: a model that needs more gets nothing right, and would only cost."""

SCREENED_AT_ONCE = 8
"""Tools that one process looks at in one go: the type checker is started for each go, and all processes shall have some."""

CODE_STEP = "code"
"""The step in which language models write code and propose cases, before the first test."""


@dataclass(frozen=True, slots=True)
class _Failing:
    """A tool on its way through the rounds.

    Attributes:
        judgement: The last one.
        asked: How often a repair was asked for.
        is_patched: Its contract is not the first one.
        notes: What else the debug agent must know: why its last patch did not come so far as to be tested.
    """

    judgement: Judgement
    asked: int = 0
    is_patched: bool = False
    notes: tuple[str, ...] = ()

    @property
    def tool(self) -> Tool:
        return self.judgement.tool


@dataclass(frozen=True, slots=True)
class _Patch:
    """What a repair came to.

    Attributes:
        tool: The tool to be tested again; `None` where there is nothing new to test.
        problem: Why there is nothing new.
        gives_up: The debug agent has no patch.
    """

    tool: Tool | None = None
    problem: str = ""
    gives_up: bool = False
    is_patched: bool = False


@dataclass(slots=True)
class _Prepared:
    tools: tuple[Tool, ...]
    cases: dict[str, tuple[ProposedCase, ...]] = field(default_factory=dict[str, tuple[ProposedCase, ...]])
    patched: set[str] = field(default_factory=set[str])


class ToolSmith:
    """Brings a domain's tools to their verdicts.

    Args:
        ledger: Commits the steps.
        executor: Tests tools.
        cast: Writes, proposes and repairs.

    Attributes:
        plans: What was planned while code was written.
    """

    def __init__(self, ledger: Ledger, executor: Executor, cast: Cast) -> None:
        self._ledger = ledger
        self._executor = executor
        self._cast = cast
        self._store = ledger.store
        self._name = ledger.run.domain
        self._seed = ledger.run.options.seed
        self.plans = EarlyPlans()

    def work(self) -> None:
        """Does what is left of the phase."""
        ledger = self._ledger
        stored = self._store.tools.all(self._name)
        spec = self._store.domains.get(self._name)
        asks = [CODE_STEP] if self._cast.is_model("code") or self._cast.is_model("test") else []
        ledger.begin("test", [*asks, *(f"test:{each.tool.name}" for each in stored)])
        tools = tuple(each.tool for each in stored)
        prepared = self._prepare(spec, tools) if asks else _Prepared(tools)
        left = [tool.name for tool in prepared.tools if not ledger.is_done(f"test:{tool.name}")]
        failing = self._judge(spec, prepared.tools, left, prepared, {})
        for number in range(1, MOST_ROUNDS + 1):
            if not failing:
                return
            failing = self._round(spec, prepared, failing, number)
        for each in failing:
            self._store_verdict(each)

    # Writing and proposing

    def _prepare(self, spec: DomainSpec, tools: tuple[Tool, ...]) -> _Prepared:
        """Code and cases, asked for at once; contracts on which a dispute was decided are settled before any code is tested."""
        ledger, cast = self._ledger, self._cast
        if ledger.is_done(CODE_STEP):
            return self._prepared_before(tools)
        self._executor.prepare(NEEDED)
        with CasePlanning(self._executor, spec, tools, self._seed) as planning:
            written, proposed, pairs = cast.wait(self._first_answers(spec, tools))
            settled = cast.wait(settle(cast, spec, written.tools, proposed.cases, self._seed)) if proposed.cases else {}
            patched = [each.tool for each in settled.values() if each.is_patched]
            again = {tool.name: tool for tool in self._written_again(spec, patched)}
        self.plans = EarlyPlans(tools, planning.cases, planning.experiments)
        done = tuple(again.get(tool.name, tool) for tool in written.tools)
        cases = {name: each.cases for name, each in settled.items() if each.cases}
        ledger.commit(
            CODE_STEP,
            lambda: self._store.tools.rewrite(self._name, done),
            [
                *self._problems_of(written, proposed),
                *self._words_of(done, settled, cases, list(again), pairs),
            ],
        )
        return _Prepared(done, cases, set(again))

    def _written_again(self, spec: DomainSpec, patched: list[Tool]) -> tuple[Tool, ...]:
        """The code of tools whose contract is another one now."""
        return self._cast.wait(write_sources(self._cast, patched, spec.database)).tools if patched else ()

    async def _first_answers(self, spec: DomainSpec, tools: tuple[Tool, ...]) -> tuple[Written, Proposed, JudgedPairs]:
        cast = self._cast

        async def code() -> Written:
            return await write_sources(cast, tools, spec.database) if cast.is_model("code") else Written(tools, {})

        async def cases() -> Proposed:
            return await propose_cases(cast, spec, tools) if cast.is_model("test") else Proposed({}, {})

        async def pairs() -> JudgedPairs:
            return await judge_early(cast, spec, tools) if cast.is_model("dependency") else JudgedPairs()

        return await asyncio.gather(code(), cases(), pairs())

    def _problems_of(self, written: Written, proposed: Proposed) -> list[RunEvent]:
        event = self._ledger.event
        return [
            *(event("warning", f"No code of `{name}`: {why}", subject=name) for name, why in written.problems.items()),
            *(event("warning", f"No test cases of {names}: {why}") for names, why in proposed.problems.items()),
            *(event("warning", f"A test case is left out: {why}") for why in proposed.left_out),
        ]

    def _words_of(
        self,
        tools: Sequence[Tool],
        settled: dict[str, Settled],
        cases: dict[str, tuple[ProposedCase, ...]],
        patched: list[str],
        pairs: JudgedPairs,
    ) -> list[RunEvent]:
        ledger, cast = self._ledger, self._cast
        events = [
            ledger.event("warning", f"`{name}`: {note}", subject=name)
            for name, each in settled.items()
            for note in each.notes
        ]
        words: list[str] = []
        if cast.is_model("code"):
            count = sum(bool(tool.source) for tool in tools)
            words.append(f"Code of {count} of {len(tools)} tools by {cast.player('code')}.")
        if cast.is_model("test"):
            count = sum(len(each) for each in cases.values())
            words.append(f"{count} further test cases by {cast.player('test')}.")
        data = {name: [case.model_dump(mode="json") for case in each] for name, each in cases.items()}
        judged = pairs.model_dump(mode="json")
        return [*events, ledger.event("step", " ".join(words), cases=data, patched=patched, pairs=judged)]

    def _prepared_before(self, tools: tuple[Tool, ...]) -> _Prepared:
        """What an earlier process of this run was answered: code is in the store, cases are in the log."""
        kept = kept_of_run(self._store, self._ledger.run.id)
        return _Prepared(tools, kept.cases, set(kept.patched))

    # Judging

    def _judge(
        self,
        spec: DomainSpec,
        tools: Sequence[Tool],
        names: Sequence[str],
        prepared: _Prepared,
        before: dict[str, _Failing],
    ) -> list[_Failing]:
        """Tests tools and stores the verdict on those that it is the last on; gives the others."""
        if not names:
            return []
        plan = FoundationPlan(spec=spec, tools=tuple(tools), seed=self._seed, cases=prepared.cases)
        plan = plan.model_copy(update={"refused": self._screened(plan)})
        patched = prepared.patched | {name for name, each in before.items() if each.is_patched}
        items = [PlannedTool(name, None if name in patched else self.plans.cases.get(name)) for name in names]
        failing: list[_Failing] = []
        with closing(self._executor.map(FoundationBench, plan, judge_planned, items)) as judgements:
            for judgement in judgements:
                name = judgement.tool.name
                each = before.get(name, _Failing(judgement, is_patched=name in prepared.patched))
                each = replace(each, judgement=judgement, notes=())
                if judgement.report.admitted or not self._can_repair(each):
                    self._store_verdict(each)
                else:
                    failing.append(each)
        return failing

    def _screened(self, plan: FoundationPlan) -> dict[str, tuple[str, ...]]:
        """What speaks against each tool before it runs: found out once, by all processes together."""
        names = [tool.name for tool in plan.tools]
        chunks = [names[start : start + SCREENED_AT_ONCE] for start in range(0, len(names), SCREENED_AT_ONCE)]
        with closing(self._executor.map(PlanningBench, plan, screen_tools, chunks)) as found:
            return {name: reasons for each in found for name, reasons in each.items()}

    def _can_repair(self, each: _Failing) -> bool:
        """Whether asking the debug agent can be of any use; the composer would only write its own code once more."""
        if each.judgement.contract_fails and each.is_patched:
            return False
        return self._cast.is_model("debug") or each.tool.made_by != COMPOSER

    # Repairing

    def _round(self, spec: DomainSpec, prepared: _Prepared, failing: list[_Failing], number: int) -> list[_Failing]:
        """Repairs what failed and tests it again; gives what fails still."""
        slots = max(0, REPAIRS_A_TOOL * len(prepared.tools) - self._asked_before(failing, number))
        asked, beyond = failing[:slots], failing[slots:]
        for each in beyond:
            self._store_verdict(each, "the domain's repairs are used up")
        patches = self._cast.wait(self._patches(spec, asked, number))
        events: list[RunEvent] = []
        left: list[_Failing] = []
        fresh: dict[str, _Failing] = {}
        for each, patch in zip(asked, patches, strict=True):
            now = replace(each, asked=number, is_patched=each.is_patched or patch.is_patched)
            if patch.tool is not None:
                fresh[each.tool.name] = replace(now, judgement=each.judgement.model_copy(update={"tool": patch.tool}))
            elif patch.gives_up:
                self._store_verdict(now, patch.problem)
            else:
                left.append(replace(now, notes=(*each.notes, patch.problem)))
                events.append(self._tried(number, each.tool.name, patch.problem))
        still = self._judge(spec, [each.tool for each in fresh.values()], list(fresh), prepared, fresh) if fresh else []
        events += [self._tried(number, each.tool.name, "; ".join(each.judgement.report.reasons)) for each in still]
        step = f"repair:{number}"
        if events and not self._ledger.is_done(step):
            self._ledger.commit(step, _nothing, events, behind=self._ledger.progress().done)
        order = [tool.name for tool in prepared.tools]
        return sorted([*left, *still], key=lambda each: order.index(each.tool.name))

    def _asked_before(self, failing: Iterable[_Failing], number: int) -> int:
        """Repairs in earlier rounds, and in this one by tools whose verdict an earlier process of this run has stored."""
        stored = [each.report.repairs for each in self._store.tools.all(self._name) if each.report is not None]
        return (
            sum(min(repairs, number - 1) for repairs in stored)
            + sum(each.asked for each in failing)
            + (sum(repairs >= number for repairs in stored))
        )

    async def _patches(self, spec: DomainSpec, failing: Sequence[_Failing], number: int) -> list[_Patch]:
        answers = await together(self._patch(spec, each, number) for each in failing)
        return [_Patch(problem=str(each)) if isinstance(each, CannotAnswer) else each for each in answers]

    async def _patch(self, spec: DomainSpec, each: _Failing, number: int) -> _Patch:
        judgement = each.judgement
        contract_only = judgement.contract_fails and not each.is_patched
        allowed: tuple[PatchKind, ...] = ("contract",) if contract_only else ("tool",)
        answer = await self._cast.debug.repair(
            RepairRequest(
                tool=each.tool,
                database=spec.database,
                failures=(*each.notes, *judgement.report.reasons),
                trace=next((trace for trace in judgement.traces if not trace.passed), None),
                allowed=allowed,
                round=number,
            )
        )
        if answer is None or answer.kind not in allowed:
            return _Patch(problem="the debug agent has no repair", gives_up=True)
        return await self._applied(spec, each.tool, answer)

    async def _applied(self, spec: DomainSpec, tool: Tool, answer: RepairAnswer) -> _Patch:
        cast = self._cast
        if answer.kind == "tool":
            made_by = tool.made_by if cast.is_model("debug") else COMPOSER
            return _Patch(tool.model_copy(update={"source": answer.source, "made_by": made_by}))
        from engine.foundation.patches import patch_problems

        if answer.contract is None:
            return _Patch(problem="the debug agent has no repair", gives_up=True)
        if problems := patch_problems(spec, tool, answer.contract, self._seed):
            return _Patch(problem=f"the contract that was proposed is refused: {'; '.join(problems)}")
        patched = tool.model_copy(update={"contract": answer.contract})
        written = await write_sources(cast, [patched], spec.database)
        return _Patch(written.tools[0], is_patched=True)

    def _tried(self, number: int, name: str, problem: str) -> RunEvent:
        words = f"Repair {number} of `{name}` by {self._cast.player('debug')} did not do: {problem}"
        return self._ledger.event("warning", words, subject=name, round=number)

    # Verdicts

    def _store_verdict(self, each: _Failing, further: str = "") -> None:
        ledger, judgement = self._ledger, each.judgement
        name, report = judgement.tool.name, judgement.report.model_copy(update={"repairs": each.asked})
        if further:
            report = report.model_copy(update={"reasons": (*report.reasons, further)})

        def write() -> None:
            self._store.tools.judge(self._name, judgement.tool, report, judgement.cases)
            self._store.traces.add(self._name, name, judgement.traces)

        if report.admitted:
            repaired = f" and {each.asked} repair{'s' if each.asked > 1 else ''}" if each.asked else ""
            words = f"Tool `{name}` admitted after {report.cases} cases{repaired}."
            event = ledger.event("step", words, subject=name)
            counts = {"tools_admitted": ledger.counts.tools_admitted + 1}
        else:
            event = ledger.event("rejection", f"Tool `{name}` rejected: {'; '.join(report.reasons)}", subject=name)
            counts = {"tools_rejected": ledger.counts.tools_rejected + 1}
        ledger.commit(f"test:{name}", write, [event], **counts)


def _nothing() -> None:
    """The events are all there is to store."""
