"""Runs everything again from what is stored, and reports every difference: nothing is believed because it was written.

Tools are tested again, edges inferred and proven again, tasks audited and their reference calls replayed again; each
report, verdict and trace has to come out as it is stored, and no stored text may differ from its digest.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from engine.executors.local import Executor, local_executor
from engine.models.base import Model
from engine.models.domain import TestCase, ToolReport
from engine.models.graph import Edge
from engine.models.task import Task
from engine.models.tool import Tool
from engine.models.trace import Trace, TraceKind
from engine.pipeline.benches import DomainBench, DomainPlan, FoundationBench, FoundationPlan, judge_tool, prove_edges
from engine.pipeline.kept_cases import kept_cases
from engine.pipeline.phases import EDGES_A_STEP
from engine.store import Store
from engine.store.codec import digest_of


class Failure(Model):
    """Something that did not come out as it is stored.

    Attributes:
        what: The tool, edge or task, with its kind.
        difference: What is stored and what came out.
    """

    what: str
    difference: str


class VerifyReport(Model):
    """What verifying one domain came to.

    Attributes:
        checked: Tools, edges, tasks, and the store itself.
        stale: Edges and tasks that don't count until the edit of a tool is finished; they were left out.
    """

    domain: str
    checked: int
    stale: int = 0
    failures: tuple[Failure, ...]


def verify_domain(store: Store, name: str, *, workers: int = 1) -> VerifyReport:
    """Verifies one domain; changes nothing.

    Args:
        store: Where it is.
        name: The domain.
        workers: Processes to work with.

    Raises:
        UsageError: There is no such domain.
    """
    store.domains.require(name)
    executor = local_executor(workers)
    try:
        with store.snapshot():
            return _Verification(store, name, executor).report()
    finally:
        executor.close()


class Rerun(Model):
    """What running something again gave, or why it could not be run: what is stored may be anything by now."""

    tool: Tool | None = None
    report: ToolReport | None = None
    cases: tuple[TestCase, ...] = ()
    edges: tuple[Edge, ...] = ()
    task: Task | None = None
    traces: tuple[Trace, ...] = ()
    error: str = ""


def judge_again(bench: FoundationBench, name: str) -> Rerun:
    """Admits or rejects a tool as if it were new."""
    try:
        judged = judge_tool(bench, name)
    except Exception as error:
        return _broken(error)
    return Rerun(tool=judged.tool, report=judged.report, cases=judged.cases, traces=judged.traces)


def prove_again(bench: DomainBench, edges: tuple[Edge, ...]) -> Rerun:
    """Proves edges as if they were new."""
    bare = tuple(edge.model_copy(update={"proven": False, "reason": "", "evidence": None}) for edge in edges)
    try:
        proof = prove_edges(bench, bare)
    except Exception as error:
        return _broken(error)
    return Rerun(edges=proof.edges, traces=proof.traces)


def audit_again(bench: DomainBench, task: Task) -> Rerun:
    """Audits a task as if it were new; its reference calls are replayed in the first of the audits."""
    from engine.tasks import again

    try:
        audited, traces = again.audit_again(task, bench.plan.domain, bench.runtime)
    except Exception as error:
        return _broken(error)
    return Rerun(task=audited, traces=traces)


def _broken(error: Exception) -> Rerun:
    return Rerun(error=f"can't be run again: {type(error).__name__}: {error}")


class _Verification:
    def __init__(self, store: Store, name: str, executor: Executor) -> None:
        self._store, self._name, self._executor = store, name, executor
        self._summary = store.domains.summary(name)
        self._checked = 0
        self._stale = 0
        self._failures: list[Failure] = []
        self._known_traces: set[str] = set()

    def report(self) -> VerifyReport:
        for check in (self._check_store, self._check_tools, self._check_edges, self._check_tasks, self._check_traces):
            try:
                check()
            except Exception as error:
                # A cell that can't be read, a domain that can't be loaded: what stands on it can't be run either.
                self._fail(f"domain {self._name}", f"can't be verified: {type(error).__name__}: {error}")
                break
        return VerifyReport(domain=self._name, checked=self._checked, stale=self._stale, failures=tuple(self._failures))

    def _fail(self, what: str, difference: str) -> None:
        self._failures.append(Failure(what=what, difference=difference))

    def _check_store(self) -> None:
        self._checked += 1
        for problem in self._store.problems():
            self._fail("store", problem)
        damaged = [
            *(f"domain {name}" for name in self._store.domains.damaged(self._name)),
            *(f"tool {name}" for name in self._store.tools.damaged(self._name)),
            *(f"task {id}" for id in self._store.tasks.damaged(self._name)),
            *(f"trace {id}" for id in self._store.traces.damaged(self._name)),
        ]
        for what in damaged:
            self._fail(what, "the stored text is not what was written: it does not fit its digest")

    def _check_tools(self) -> None:
        tools = self._store.tools.all(self._name)
        plan = FoundationPlan(
            spec=self._store.domains.get(self._name),
            tools=tuple(stored.tool for stored in tools),
            seed=self._summary.seed,
            cases=kept_cases(self._store, self._name),
        )
        tested = [(stored.tool, stored.report) for stored in tools if stored.report is not None]
        fresh = self._executor.map(FoundationBench, plan, judge_again, [tool.name for tool, _ in tested])
        for (tool, report), rerun in zip(tested, fresh, strict=True):
            what = f"tool {tool.name}"
            self._checked += 1
            if self._compare(what, report, rerun.report, rerun):
                self._compare_all(what, self._store.tools.cases(self._name, tool.name), rerun.cases, "test cases")
                self._compare_traces(what, "procedural_test", tool.name, rerun.traces)

    def _check_edges(self) -> None:
        from engine.graph.infer import infer
        from engine.graph.open_pairs import still_open

        run = self._store.runs.latest(self._name)
        if run is not None and "graph" not in self._store.runs.steps(run.id):
            return  # the run has not come so far
        stored = self._store.edges.all(self._name)
        untried, marked = self._store.edges.untried(self._name), self._store.staleness.edges(self._name)
        edited = self._store.staleness.tools(self._name)
        domain = self._store.domain(self._name)
        found = infer(domain)
        # What the dependency agent accepted is no inference's to find; it is proven like everything else.
        inferred = {
            edge.id
            for edge in (*found, *still_open(domain, found, stored))
            if edge.source not in edited and edge.target not in edited
        }
        for id in sorted(inferred - {edge.id for edge in stored}):
            self._fail(f"edge {id}", "is inferred now, but not stored")
        known: list[Edge] = []
        for edge in stored:
            if edge.id in marked or edge.source in edited or edge.target in edited:
                self._stale += 1
                self._known_traces.add(edge.evidence or "")
                continue
            if edge.id in untried:
                continue
            if edge.id in inferred:
                known.append(edge)
            else:
                self._checked += 1
                self._fail(f"edge {edge.id}", "is stored, but not inferred now")
        chunks = [tuple(known[start : start + EDGES_A_STEP]) for start in range(0, len(known), EDGES_A_STEP)]
        fresh = self._executor.map(DomainBench, self._plan(), prove_again, chunks)
        for chunk, rerun in zip(chunks, fresh, strict=True):
            evidence = {trace.id: trace for trace in rerun.traces}
            proven = {edge.id: edge for edge in rerun.edges}
            for edge in chunk:
                self._checked += 1
                again = proven.get(edge.id)
                if self._compare(f"edge {edge.id}", edge, again, rerun) and again is not None and again.evidence:
                    self._compare_traces(f"edge {edge.id}", "edge_proof", edge.id, [evidence[again.evidence]])

    def _check_tasks(self) -> None:
        from engine.tasks.duplicates import Duplicates

        tasks = self._store.tasks.with_bodies(self._name)
        marked = {mark.id for mark in self._store.staleness.tasks(self._name) if mark.stale}
        self._stale += len(marked)
        fresh = self._executor.map(
            DomainBench, self._plan(), audit_again, [task for task in tasks if task.id not in marked]
        )
        duplicates = Duplicates()
        for task in tasks:
            if task.id in marked:
                duplicates.check(task)
                self._known_traces.update(trace for audit in task.audits for trace in audit.traces)
                continue
            rerun = next(fresh)
            what = f"task {task.id}"
            self._checked += 1
            again = None if rerun.task is None else duplicates.check(rerun.task)
            if self._compare(what, task, again, rerun):
                self._compare_traces(what, "audit", task.id, rerun.traces)

    def _check_traces(self) -> None:
        for trace in self._store.traces.of(self._name):
            if trace.kind in ("procedural_test", "edge_proof", "audit") and trace.id not in self._known_traces:
                self._fail(f"trace {trace.id}", "is stored, but nothing that was run gives it")

    def _compare(self, what: str, before: Model, after: Model | None, rerun: Rerun) -> bool:
        """Compares one thing; whether there is more about it to compare."""
        if after is None:
            self._fail(what, rerun.error or "does not come out any more")
            return False
        if before.model_dump_json() != after.model_dump_json():
            self._fail(what, difference(before, after))
        return True

    def _compare_all(self, what: str, before: Iterable[Model], after: Iterable[Model], of: str) -> None:
        old, new = list(before), list(after)
        if len(old) != len(new):
            self._fail(what, f"{len(old)} {of} are stored, {len(new)} came out")
        for one, other in zip(old, new, strict=False):
            if one.model_dump_json() != other.model_dump_json():
                self._fail(what, f"{of}: {difference(one, other)}")
                return

    def _compare_traces(self, what: str, kind: TraceKind, subject: str, traces: Iterable[Trace]) -> None:
        stored = self._store.traces.digests(self._name, kind, subject)
        for trace in traces:
            self._known_traces.add(trace.id)
            if trace.id not in stored:
                self._fail(what, f"its trace `{trace.id}` is not stored")
            elif stored[trace.id] != digest_of(trace.model_dump_json()):
                self._fail(what, f"its trace `{trace.id}` is not what the execution gives")

    def _plan(self) -> DomainPlan:
        return DomainPlan(
            domain=self._store.domain(self._name),
            graph=self._store.graph(self._name),
            seed=self._summary.seed,
            difficulty=self._summary.difficulty,
            trusted=False,
        )


def difference(before: Model, after: Model) -> str:
    """The first field in which two models differ, with both values."""
    old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
    for name in old:
        if old[name] != new.get(name):
            return f"`{name}` is stored as {_cut(old[name])}, but comes out as {_cut(new.get(name))}"
    return "the order of something differs"


def _cut(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 160 else f"{text[:159]}…"
