"""Audits a task: every check is an experiment that is run, and whose trace is kept (paper leaves this open).

An audit that fails, fails the task; it is kept with its reason. `not_duplicate` looks at all tasks of a domain,
see `engine.tasks.duplicates`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from engine.contracts.evaluate import conditions
from engine.contracts.state import PlainState
from engine.errors import ScaleEnvError
from engine.models.base import Row, Rows
from engine.models.domain import Domain
from engine.models.task import Audit, AuditName, Task
from engine.models.trace import ConditionTruth, RowChange, Trace, TraceStep
from engine.runtime.base import Runtime
from engine.runtime.records import CallRecord, Experiment, ExperimentRecord, to_changes
from engine.runtime.reward import Scorer
from engine.tasks.mentions import fitting
from engine.tasks.provenance import leaks, unmentioned, unsourced
from engine.tasks.replay import resolve
from engine.tasks.trials import Trial, Trials

BATCH = 8
"""Tasks whose experiments go to the runtime in one round trip."""


class Audited(NamedTuple):
    """A task with its audits, and the traces that show them."""

    task: Task
    traces: tuple[Trace, ...]


def audit(task: Task, domain: Domain, runtime: Runtime) -> Audited:
    """Audits one task; see `audit_all`."""
    return audit_all((task,), domain, runtime)[0]


def audit_all(tasks: Sequence[Task], domain: Domain, runtime: Runtime) -> list[Audited]:
    """Runs all audits of tasks but `not_duplicate`, the experiments of several tasks together.

    Returns:
        The tasks in their order with `audits` filled, `reason` too where one failed, and their traces. The
        result for a task does not depend on the others.
    """
    scorer = Scorer(domain.database)
    done: list[Audited] = []
    for first in range(0, len(tasks), BATCH):
        auditors = [_Auditor(task, domain, scorer) for task in tasks[first : first + BATCH]]
        _run(auditors, runtime, [auditor.first() for auditor in auditors])
        _run(auditors, runtime, [auditor.second() for auditor in auditors])
        done += [auditor.verdict() for auditor in auditors]
    return done


def start_of(task: Task, domain: Domain) -> PlainState:
    """A task's s0 with the domain's base rows."""
    return PlainState(
        domain.database,
        start_rows(domain, task.initial_state.rows, task.initial_state.extends_base),
        task.initial_state.now,
    )


def start_rows(domain: Domain, own: Rows, extends_base: bool) -> Rows:
    """A task's rows beside the domain's base rows, where it extends them."""
    if not extends_base:
        return own
    base = domain.spec.base_rows
    return {table.name: [*base.get(table.name, ()), *own.get(table.name, ())] for table in domain.database.tables}


def _run(auditors: Sequence[_Auditor], runtime: Runtime, trials: Sequence[Sequence[Trial]]) -> None:
    """Runs trials and gives each auditor its records."""
    small = [
        (auditor, trial) for auditor, mine in zip(auditors, trials, strict=True) for trial in mine if not auditor.large
    ]
    batch = [Experiment(auditor.rows(trial), auditor.task.initial_state.now, trial.calls) for auditor, trial in small]
    for (auditor, trial), record in zip(small, runtime.experiments(batch), strict=True):
        auditor.records.append((trial, record))
    for auditor, mine in zip(auditors, trials, strict=True):
        if auditor.large:
            auditor.records += _run_large(auditor, runtime, mine)


def _run_large(
    auditor: _Auditor, runtime: Runtime, trials: Sequence[Trial]
) -> Iterator[tuple[Trial, ExperimentRecord]]:
    """Trials on s0 with base rows: the rows are loaded once, and every trial is an episode over them."""
    now = auditor.task.initial_state.now
    shared = runtime.base(auditor.rows(None), now)
    for trial in trials:
        base = shared if trial.rows is None else runtime.base(auditor.rows(trial), now)
        episode = runtime.open(base)
        record = ExperimentRecord(runtime.run(episode, trial.calls), runtime.diff(episode))
        runtime.close(episode)
        if base != shared:
            runtime.drop(base)
        yield trial, record
    runtime.drop(shared)


class _Auditor:
    """The audits of one task."""

    def __init__(self, task: Task, domain: Domain, scorer: Scorer) -> None:
        self.task = task
        self.large = task.initial_state.extends_base
        self.records: list[tuple[Trial, ExperimentRecord]] = []
        self._domain = domain
        self._scorer = scorer
        self._start = start_of(task, domain)
        self._trials = Trials(task, domain, self._start)
        self._traces: list[Trace] = []

    def rows(self, trial: Trial | None) -> Rows:
        """The initial rows of a trial, base rows included."""
        own = self.task.initial_state.rows if trial is None or trial.rows is None else trial.rows
        return start_rows(self._domain, own, self.task.initial_state.extends_base)

    def first(self) -> list[Trial]:
        """The trials that need no record of another."""
        return self._trials.plan()

    def second(self) -> list[Trial]:
        """The trials that follow from how the reference chain ran."""
        reference = self.records[0][1]
        return self._trials.reordered(reference) if all(_succeeded(record) for record in reference.records) else []

    def verdict(self) -> Audited:
        """The task with its audits."""
        shown = {
            name: self._judge(name) for name in ("solvable", "do_nothing", "every_write_needed", "altered_argument")
        }
        audits = [
            self._solvable(shown["solvable"]),
            self._do_nothing(shown["do_nothing"]),
            self._plain("every_write_needed", shown["every_write_needed"], "writes left out in turn, each for 0"),
            self._plain(
                "altered_argument",
                shown["altered_argument"],
                "hard arguments altered, each for 0",
                none="no hard argument has another value",
            ),
            self._plain(
                "reordering",
                self._judge("reordering"),
                "other orders of independent steps, each for 1",
                none="no independent steps",
            ),
            self._plain(
                "distractors_harmless",
                self._judge("distractors_harmless"),
                "the same without distractors",
                none="no distractors",
            ),
            self._provenance(),
            self._unique(),
        ]
        failed = next((audit for audit in audits if not audit.passed), None)
        reason = f"{failed.name}: {failed.detail}" if failed is not None else ""
        return Audited(self.task.model_copy(update={"audits": tuple(audits), "reason": reason}), tuple(self._traces))

    # trials

    def _judge(self, name: AuditName) -> list[tuple[Trial, str, str]]:
        """Each trial of an audit with what is wrong with its outcome (nothing, mostly) and its trace's id."""
        judged: list[tuple[Trial, str, str]] = []
        for trial, record in self.records:
            if trial.audit == name:
                problem = self._problem(trial, record)
                trace = self._trace(len(judged), trial, record, problem)
                self._traces.append(trace)
                judged.append((trial, problem, trace.id))
        return judged

    def _problem(self, trial: Trial, record: ExperimentRecord) -> str:
        for call, done in zip(trial.calls, record.records, strict=True):
            if done.outcome == "failure" or (trial.clean and not _succeeded(done)):
                code = (done.problem or {}).get("code")
                return f"{trial.title}: `{call.name}` ended in {done.outcome} `{code}`"
        reward = self._scorer.score_changes(self.task.gold_diff, to_changes(record.diff)).reward
        return "" if reward == trial.expected else f"{trial.title} earned {reward:g}, not {trial.expected}"

    def _trace(self, number: int, trial: Trial, record: ExperimentRecord, problem: str) -> Trace:
        state = self._start.copy()
        if trial.rows is not None:
            state = PlainState(self._domain.database, self.rows(trial), self.task.initial_state.now)
        steps: list[TraceStep] = []
        for index, (call, done) in enumerate(zip(trial.calls, record.records, strict=True)):
            steps.append(done.to_step(index, call, conditions=self._conditions(call.name, state, call.arguments)))
            state.apply(to_changes(done.diff))
        reward = self._scorer.score_changes(self.task.gold_diff, to_changes(record.diff)).reward
        return Trace(
            id=f"{self.task.id}:{trial.audit}:{number}",
            kind="audit",
            title=trial.title,
            rows=trial.rows,
            now=self.task.initial_state.now,
            task_id=self.task.id,
            steps=tuple(steps),
            passed=not problem,
            verdict=problem or f"reward {reward:g}, as it must be",
        )

    def _conditions(self, name: str, state: PlainState, arguments: dict[str, object]) -> list[ConditionTruth]:
        tool = self._domain.tool.get(name)
        if tool is None:
            return []
        try:
            truths = conditions(tool, self._domain.database, state, arguments)
        except ScaleEnvError:  # arguments that the runtime refuses before the contract is asked
            return []
        return [
            ConditionTruth(code=requirement.code, condition=requirement.condition, holds=holds)
            for requirement, holds in zip(tool.contract.requires, truths, strict=True)
        ]

    def _plain(self, name: AuditName, judged: list[tuple[Trial, str, str]], detail: str, none: str = "") -> Audit:
        """An audit that passes if all its trials came out as expected."""
        problems = [problem for _, problem, _ in judged if problem]
        text = problems[0] if problems else f"{len(judged)} {detail}" if judged else none or "nothing to try"
        passed = not problems and (bool(judged) or bool(none))
        return Audit(name=name, passed=passed, detail=text, traces=tuple(trace for _, _, trace in judged))

    # audits

    def _solvable(self, judged: list[tuple[Trial, str, str]]) -> Audit:
        plain = self._plain("solvable", judged, "")
        if not plain.passed:
            return plain
        reference = self.records[0][1]
        if to_changes(reference.diff) != self.task.gold_diff:
            return plain.model_copy(
                update={"passed": False, "detail": "the chain's changes are not those stored as gold"}
            )
        writes = sum(1 for step in self.task.chain.steps if self._domain.tool[step.tool].mutates_state)
        if writes == 0 or not self.task.gold_diff:
            return plain.model_copy(update={"passed": False, "detail": "the chain changes nothing"})
        detail = f"{len(reference.records)} steps, {writes} of them writes, all successful; reward 1"
        return plain.model_copy(update={"detail": detail})

    def _do_nothing(self, judged: list[tuple[Trial, str, str]]) -> Audit:
        plain = self._plain("do_nothing", judged, "")
        if not plain.passed:
            return plain
        earned = [change for change in self.task.gold_diff if self._earned(change)]
        if earned:
            text = f"the {earned[0].operation} of `{earned[0].table}` {earned[0].key!r} is there from the start"
            return plain.model_copy(update={"passed": False, "detail": text})
        return plain.model_copy(
            update={"detail": f"reward 0; none of the {len(self.task.gold_diff)} row changes is there from the start"}
        )

    def _earned(self, change: RowChange) -> bool:
        """Whether what a gold change must bring about is true of s0 already, as far as the reward compares."""
        table = self._domain.database.table[change.table]
        compared = [column.name for column in table.columns if column.policy != "exempt"]
        if change.after is None:
            return self._start.get(change.table, change.key) is None
        after: Row = change.after
        if change.before is not None:
            now = self._start.get(change.table, change.key)
            return now is not None and all(now[name] == after[name] for name in compared)
        linked = {name for foreign_key in table.foreign_keys for name in foreign_key.columns}
        said = {name: after[name] for name in compared if name not in table.primary_key or name in linked}
        return bool(said) and bool(self._start.rows(change.table, said))

    def _provenance(self) -> Audit:
        reference = self.records[0][1]
        answers = {index: record.result for index, record in enumerate(reference.records) if _succeeded(record)}
        problems = [*unsourced(self.task, self._domain, answers), *leaks(self.task, self._domain)]
        count = sum(len(step.arguments) for step in self.task.chain.steps)
        detail = (
            problems[0]
            if problems
            else f"{count} arguments, each from the instruction, the profile or an earlier answer"
        )
        return Audit(name="provenance", passed=not problems, detail=detail, traces=self._reference_trace())

    def _unique(self) -> Audit:
        problems: list[str] = []
        for mention in self.task.mentions:
            keys = fitting(mention, self._domain.database, self._start)
            if keys != (mention.key,):
                problems.append(f"what is said of `{mention.table}` {mention.key!r} fits {len(keys)} rows")
        problems += unmentioned(self.task, self._domain)
        problems += self._ambiguous()
        detail = problems[0] if problems else f"{len(self.task.mentions)} entities, each fitting one row"
        return Audit(name="unique_entities", passed=not problems, detail=detail, traces=self._reference_trace())

    def _ambiguous(self) -> list[str]:
        """Selections that don't pick exactly one item of what the tools answered."""
        reference = self.records[0][1]
        answers = {index: record.result for index, record in enumerate(reference.records) if _succeeded(record)}
        problems: list[str] = []
        for step in self.task.chain.steps:
            for argument in step.arguments.values():
                try:
                    resolve(argument, answers)
                except ScaleEnvError as error:
                    problems.append(str(error))
        return problems

    def _reference_trace(self) -> tuple[str, ...]:
        return (f"{self.task.id}:solvable:0",)


def _succeeded(record: CallRecord) -> bool:
    return record.outcome == "success"
