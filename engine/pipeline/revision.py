"""A revision: an edited tool is tested; once it counts, everything that depends on it is verified again.

Each step commits what it found together with the marks that it takes back, so a process may be killed anywhere: what is
marked is what is left. For the same reason a revision also finishes what an earlier one that was stopped has left.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import islice
from typing import NamedTuple, TypeVar

from engine.errors import UsageError
from engine.executors.local import Executor
from engine.models.base import Model
from engine.models.domain import Domain
from engine.models.task import Task
from engine.models.tool_edit import EditState, Evidence, ToolEdit
from engine.models.trace import Trace
from engine.pipeline.benches import (
    DomainBench,
    DomainPlan,
    FoundationBench,
    FoundationPlan,
    Judgement,
    Proof,
    judge_tool,
    prove_edges,
)
from engine.pipeline.cast import Cast
from engine.pipeline.kept_cases import kept_cases
from engine.pipeline.ledger import Ledger
from engine.pipeline.rewrite import ASK_STEP, SEED_KIND, Asking
from engine.store.codec import digest_of
from engine.store.staleness import TaskMark
from engine.tasks.duplicates import Duplicates

T = TypeVar("T")

EDGES_A_STEP = 24
"""Edges that are proven in one step."""
TASKS_A_STEP = 8
"""Tasks that are stored in one step: enough to make transactions cheap, few enough to lose little."""


_CAME_TO: dict[EditState, str] = {
    "waiting": "waits",
    "refused": "was refused; the tool stays as it was",
    "counts": "counts",
    "superseded": "came to nothing, because a later one took its place",
}


class Again(Model):
    """A task that was audited again, with the traces of its audits; without them where only its likeness was looked at."""

    task: Task
    traces: tuple[Trace, ...] | None = None


class _Item(NamedTuple):
    """A task on its way through a revision: as stored, and as it comes out."""

    mark: TaskMark
    before: Task
    after: Again


def audit_task(bench: DomainBench, task: Task) -> Again:
    """Audits a task with the tools as they are now."""
    from engine.tasks.again import audit_again

    audited, traces = audit_again(task, bench.plan.domain, bench.runtime)
    return Again(task=audited, traces=traces)


class Revision:
    """Brings one revision to its end.

    Args:
        ledger: Commits the steps.
        executor: Does the work.
        cast: Plays the roles, where a language model is asked for the edit.
    """

    def __init__(self, ledger: Ledger, executor: Executor, cast: Cast) -> None:
        self._ledger = ledger
        self._executor = executor
        self._cast = cast
        self._store = ledger.store
        self._run = ledger.run
        self._name = ledger.run.domain
        self._words = ""

    @property
    def closing_words(self) -> str:
        """What it came to, in a sentence; after `work`."""
        return self._words

    def work(self) -> bool:
        """Does what is left.

        Returns:
            Always `True`: an edit that was refused is a result as well.

        Raises:
            UsageError: The tool is not what the edit started from.
        """
        edit = self._test()
        if edit.state in ("refused", "superseded") and not self._store.staleness.counts(self._name):
            self._words = f"The {edit.words} {_CAME_TO[edit.state]}."
            return True
        self._infer()
        self._prove()
        while marks := self._stale_tasks():  # again where somebody edited a task meanwhile
            self._audit(marks)
        self._ledger.commit(None, lambda: self._store.staleness.settle_tools(self._name))
        counts = self._ledger.counts
        self._words = (
            f"The {edit.words} {_CAME_TO[edit.state]}. Verified again: "
            f"{counts.edges_proven + counts.edges_unproven} edges, {counts.edges_unproven} of them unproven; "
            f"{counts.tasks_audited + counts.tasks_rejected} tasks, {counts.tasks_rejected} of them rejected."
        )
        return True

    # The tool

    def _test(self) -> ToolEdit:
        ledger, edit = self._ledger, self._store.tool_edits.of_run(self._run.id)
        step = f"test:{edit.tool}"
        asks = self._run.seed_kind == SEED_KIND
        ledger.begin("test", [ASK_STEP, step] if asks else [step])
        if asks and not ledger.is_done(ASK_STEP) and edit.state == "waiting":
            edit = Asking(ledger, self._cast).work(edit)
        if ledger.is_done(step) or edit.state != "waiting":
            return edit
        plan = FoundationPlan(
            spec=self._store.domains.get(self._name),
            tools=tuple(
                edit.after if stored.tool.name == edit.tool else stored.tool
                for stored in self._store.tools.all(self._name)
            ),
            seed=self._run.options.seed,
            cases=kept_cases(self._store, self._name),
        )
        with closing(self._executor.map(FoundationBench, plan, judge_tool, [edit.tool])) as answers:
            for judgement in answers:
                self._store_judgement(step, edit, judgement)
        return self._store.tool_edits.of_run(self._run.id)

    def _store_judgement(self, step: str, edit: ToolEdit, judgement: Judgement) -> None:
        ledger, store, report = self._ledger, self._store, judgement.report

        def refuse() -> None:
            store.tool_edits.refuse(edit.seq, report, Evidence(cases=judgement.cases, traces=judgement.traces))

        def accept() -> None:
            stored = store.tools.get(self._name, edit.tool)
            if stored.digest != digest_of(edit.before.model_dump_json()):
                raise UsageError(
                    f"`{edit.tool}` is not what the {edit.words} started from; begin again from what it is now."
                )
            store.tools.judge(self._name, judgement.tool, report, judgement.cases)
            store.traces.replace(self._name, "procedural_test", edit.tool, judgement.traces)
            store.staleness.mark(self._name, edit.tool, edit.words, was_admitted=stored.admitted)
            store.tool_edits.accept(edit.seq, report)

        if not report.admitted:
            words = f"The {edit.words} was refused: {'; '.join(report.reasons)}"
            ledger.commit(step, refuse, [ledger.event("rejection", words, subject=edit.tool)], tools_rejected=1)
            return
        words = f"The {edit.words}, by {edit.curator}, passed {report.cases} cases and counts from now on."
        ledger.commit(step, accept, [ledger.event("step", words, subject=edit.tool)], tools_admitted=1)

    # Its edges

    def _infer(self) -> None:
        ledger = self._ledger
        ledger.begin("graph", ["graph"])
        if ledger.is_done("graph"):
            return
        from engine.graph.infer import infer
        from engine.graph.open_pairs import still_open

        domain, known = self._store.domain(self._name), self._store.edges.all(self._name)
        found = infer(domain)
        edges = (*found, *still_open(domain, found, known))
        stored = {edge.id for edge in known}
        inferred = {edge.id for edge in edges}
        words = f"{len(edges)} edges inferred: {len(inferred - stored)} new, {len(stored - inferred)} gone."

        def write() -> None:
            self._store.staleness.reconcile(self._name, edges)

        ledger.commit("graph", write, [ledger.event("step", words, edges=len(edges))])

    def _prove(self) -> None:
        ledger, store = self._ledger, self._store
        waiting = store.staleness.edges(self._name) | store.edges.untried(self._name)
        left = [edge for edge in store.edges.all(self._name) if edge.id in waiting]
        behind = ledger.counts.edges_proven + ledger.counts.edges_unproven
        ledger.begin("prove", total=behind + len(left), behind=behind)
        bare = [edge.model_copy(update={"proven": False, "reason": "", "evidence": None}) for edge in left]
        with closing(
            self._executor.map(DomainBench, self._plan(), prove_edges, _chunks(bare, EDGES_A_STEP))
        ) as answers:
            for proof in answers:
                behind += len(proof.edges)
                self._store_proof(proof, behind)

    def _store_proof(self, proof: Proof, behind: int) -> None:
        ledger, store = self._ledger, self._store
        traces = {trace.id: trace for trace in proof.traces}
        was_proven = {edge.id for edge in store.edges.all(self._name) if edge.proven}

        def write() -> None:
            store.edges.judge(self._name, proof.edges)
            for edge in proof.edges:
                store.traces.replace(
                    self._name, "edge_proof", edge.id, [traces[edge.evidence]] if edge.evidence else []
                )

        proven = sum(edge.proven for edge in proof.edges)
        lost = [edge for edge in proof.edges if not edge.proven and edge.id in was_proven]
        ledger.commit(
            None,
            write,
            [
                ledger.event("step", f"{proven} of {len(proof.edges)} edges proven.", proven=proven),
                *(
                    ledger.event("warning", f"Not proven any more: {edge.id}: {edge.reason}", subject=edge.id)
                    for edge in lost
                ),
            ],
            behind=behind,
            edges_proven=ledger.counts.edges_proven + proven,
            edges_unproven=ledger.counts.edges_unproven + len(proof.edges) - proven,
        )

    # The tasks

    def _stale_tasks(self) -> list[TaskMark]:
        """All tasks, if any of them is stale."""
        marks = self._store.staleness.tasks(self._name)
        return marks if any(mark.stale for mark in marks) else []

    def _audit(self, marks: Sequence[TaskMark]) -> None:
        """Goes through all tasks in order: whether one is a near-duplicate depends on which of the earlier ones pass."""
        ledger = self._ledger
        stale = sum(bool(mark.stale) for mark in marks)
        behind = ledger.counts.tasks_audited + ledger.counts.tasks_rejected
        ledger.begin("tasks", total=behind + stale, behind=behind)
        duplicates = Duplicates()
        read = self._reader(marks)
        with closing(self._executor.map(DomainBench, self._plan(), audit_task, read)) as fresh:
            items = self._in_order(marks, fresh)
            for step in _chunks(items, TASKS_A_STEP):
                self._store_tasks([_checked(item, duplicates) for item in step])

    def _reader(self, marks: Iterable[TaskMark]) -> Iterator[Task]:
        for mark in marks:
            if mark.stale:
                yield self._store.tasks.get(self._name, mark.id)

    def _in_order(self, marks: Sequence[TaskMark], fresh: Generator[Again, None, None]) -> Iterator[_Item]:
        for mark in marks:
            before = self._store.tasks.get(self._name, mark.id)
            yield _Item(mark, before, next(fresh) if mark.stale else _unlike(before))

    def _store_tasks(self, items: Sequence[_Item]) -> None:
        changed = [item for item in items if item.mark.stale or item.after.task != item.before]
        if not changed:
            return
        ledger, again = self._ledger, [item for item in changed if item.mark.stale]
        failed = [item for item in again if not item.after.task.audited]
        lost = [item for item in changed if item.mark.state == "audited" and not item.after.task.audited]
        found = [item for item in changed if item.mark.state == "rejected" and item.after.task.audited]
        words = f"{len(again)} tasks audited again, {len(failed)} of them rejected."
        ledger.commit(
            None,
            lambda: self._write_tasks(changed),
            [
                ledger.event("step", words),
                *(
                    ledger.event("rejection", f"Task {item.mark.id} rejected: {_reason(item)}", subject=item.mark.id)
                    for item in lost
                ),
                *(ledger.event("step", f"Task {item.mark.id} audited.", subject=item.mark.id) for item in found),
            ],
            behind=ledger.counts.tasks_audited + ledger.counts.tasks_rejected + len(again),
            tasks_audited=ledger.counts.tasks_audited + len(again) - len(failed),
            tasks_rejected=ledger.counts.tasks_rejected + len(failed),
        )

    def _write_tasks(self, items: Sequence[_Item]) -> None:
        for item in items:
            self._store_task(item)

    def _store_task(self, item: _Item) -> None:
        store, task = self._store, item.after.task
        if store.tasks.digest(self._name, task.id) != item.mark.digest:
            # A curator's edit came between: it counts, and is audited in the next round.
            store.staleness.mark_task(self._name, task.id, item.mark.stale or "its own edit")
            return
        store.tasks.replace(self._name, task)
        if item.after.traces is not None:
            store.traces.replace(self._name, "audit", task.id, item.after.traces)
        if not task.audited:
            store.staleness.explain(self._name, task.id, _reason(item))

    def _plan(self) -> DomainPlan:
        domain: Domain = self._store.domain(self._name)
        options = self._run.options
        return DomainPlan(
            domain=domain,
            graph=self._store.graph(self._name),
            seed=options.seed,
            difficulty=options.difficulty,
            trusted=False,
        )


def _chunks(items: Iterable[T], size: int) -> Iterator[tuple[T, ...]]:
    """Parts of `size` items in turn; the last may be shorter."""
    left = iter(items)
    while part := tuple(islice(left, size)):
        yield part


def _unlike(task: Task) -> Again:
    """A task that needs no new audits, as it was before it was compared with others."""
    audits = tuple(audit for audit in task.audits if audit.name != "not_duplicate")
    reason = "" if all(audit.passed for audit in audits) else task.reason
    return Again(task=task.model_copy(update={"audits": audits, "reason": reason}))


def _checked(item: _Item, duplicates: Duplicates) -> _Item:
    return item._replace(after=item.after.model_copy(update={"task": duplicates.check(item.after.task)}))


def _reason(item: _Item) -> str:
    """Why a task is rejected, as people are told: with the edit that did it, where it was fine before."""
    reason = item.after.task.reason
    if item.mark.state == "rejected":
        return item.mark.reason if item.mark.reason.startswith(reason) else reason
    return f"{reason} (since the {item.mark.stale or 'edit of a tool'})"
