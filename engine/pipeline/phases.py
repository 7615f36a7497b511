"""The phases in order (paper, sections 4.1 and 4.2). Each reads what it needs from the store, where the last one left it."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from typing import TYPE_CHECKING

from engine.executors.local import Executor
from engine.models.graph import Edge
from engine.models.role import RoleName
from engine.pipeline.benches import (
    Attempt,
    DomainBench,
    DomainPlan,
    Proof,
    attempt_task,
)
from engine.pipeline.case_planning import EarlyPlans, prove_planned
from engine.pipeline.cast import Cast
from engine.pipeline.composing import compose_domain
from engine.pipeline.judge_pairs import judge_pairs
from engine.pipeline.kept_cases import kept_of_run
from engine.pipeline.ledger import Ledger
from engine.pipeline.repair import ToolSmith
from engine.store.tasks import TaskFilter, TaskOutcome

if TYPE_CHECKING:
    from engine.tasks.duplicates import Duplicates

TASK_ROLES: tuple[RoleName, ...] = ("chain", "state", "instruction")
"""The roles that take part in making a task."""

EDGES_A_STEP = 24
"""Edges that are proven in one step: enough to fill a round trip to the sandbox, few enough to lose little."""


def most_attempts(tasks: int) -> int:
    """How many candidates are tried at most for a number of audited tasks."""
    return 40 + 5 * tasks


class Phases:
    """Brings one run to its end.

    Args:
        ledger: Commits the steps.
        executor: Does the work.
        cast: Plays the roles.
    """

    def __init__(self, ledger: Ledger, executor: Executor, cast: Cast) -> None:
        self._ledger = ledger
        self._executor = executor
        self._cast = cast
        self._store = ledger.store
        self._run = ledger.run
        self._name = ledger.run.domain
        self._chains: dict[int, tuple[str, ...]] = {}

    def work(self) -> bool:
        """Does what is left; whether as many tasks came about as were asked for."""
        compose_domain(self._ledger, self._cast)
        smith = ToolSmith(self._ledger, self._executor, self._cast)
        smith.work()
        self._infer()
        self._prove(smith.plans)
        return self._build_tasks()

    @property
    def closing_words(self) -> str:
        """What it came to, in a sentence; after `work`."""
        found, asked = self._ledger.counts.tasks_audited, self._run.options.tasks
        return f"{found} audited tasks." if found >= asked else f"Only {found} of {asked} audited tasks came about."

    def _infer(self) -> None:
        ledger = self._ledger
        ledger.begin("graph", ["graph"])
        if ledger.is_done("graph"):
            return
        from engine.graph.infer import infer

        domain = self._store.domain(self._name)
        edges = infer(domain)
        events = [ledger.event("step", f"{len(edges)} edges inferred.", edges=len(edges))]
        if self._cast.is_model("dependency"):
            more, told = judge_pairs(self._cast, domain, edges, kept_of_run(self._store, self._run.id).pairs)
            edges = (*edges, *more)
            events.append(ledger.event(*told))
        ledger.commit("graph", lambda: self._store.edges.save(self._name, edges), events)

    def _plan(self) -> DomainPlan:
        options = self._run.options
        return DomainPlan(
            domain=self._store.domain(self._name),
            graph=self._store.graph(self._name),
            seed=options.seed,
            difficulty=options.difficulty,
            trusted=options.trusted,
        )

    def _prove(self, plans: EarlyPlans) -> None:
        ledger = self._ledger
        edges = self._store.edges.all(self._name)
        chunks = [edges[start : start + EDGES_A_STEP] for start in range(0, len(edges), EDGES_A_STEP)]
        names = [f"prove:{number}" for number in range(len(chunks))]
        ledger.begin("prove", names)
        # What was tried counts, not the steps: a revision since then may have brought edges, and proven them itself.
        untried = self._store.edges.untried(self._name)
        left = [number for number, chunk in enumerate(chunks) if any(edge.id in untried for edge in chunk)]
        plan = self._plan()
        items = [plans.of_edges(chunks[number], plan.domain) for number in left]
        answers = self._executor.map(DomainBench, plan, prove_planned, items)
        for number, proof in zip(left, answers, strict=True):
            self._store_proof(names[number], proof)

    def _store_proof(self, step: str, proof: Proof) -> None:
        ledger = self._ledger
        of_edge: dict[str, Edge] = {edge.evidence: edge for edge in proof.edges if edge.evidence}

        def write() -> None:
            self._store.edges.judge(self._name, proof.edges)
            for trace in proof.traces:
                self._store.traces.add(self._name, of_edge[trace.id].id, [trace])

        proven = sum(edge.proven for edge in proof.edges)
        ledger.commit(
            step,
            write,
            [ledger.event("step", f"{proven} of {len(proof.edges)} edges proven.", proven=proven)],
            edges_proven=ledger.counts.edges_proven + proven,
            edges_unproven=ledger.counts.edges_unproven + len(proof.edges) - proven,
        )

    def _build_tasks(self) -> bool:
        ledger, asked = self._ledger, self._run.options.tasks
        found = self._store.tasks.count(TaskFilter(domain=self._name, state="audited"))
        ledger.begin("tasks", total=asked, behind=min(found, asked))
        if found < asked and ledger.counts.tools_admitted:
            from engine.tasks.duplicates import Duplicates

            duplicates = Duplicates()
            for task in self._store.tasks.iterate(self._name):
                duplicates.check(task)
                self._chains[task.index] = tuple(step.tool for step in task.chain.steps)
            with closing(self._attempts(lambda: asked - found)) as attempts:
                for attempt in attempts:
                    found += self._store_attempt(attempt, duplicates, found)
                    if found >= asked:
                        break
        return found >= asked

    def _attempts(self, needed: Callable[[], int]) -> Generator[Attempt, None, None]:
        """Attempts at tasks from the next position on, as many as may be tried."""
        first = self._store.tasks.next_position(self._name)
        last = max(first, most_attempts(self._run.options.tasks))
        if not any(self._cast.is_model(role) for role in TASK_ROLES):
            return self._executor.map(DomainBench, self._plan(), attempt_task, range(first, last))
        from engine.pipeline.task_waves import TaskWaves

        return TaskWaves(self._cast, self._executor, self._plan(), self._changes_before).attempts(first, last, needed)

    def _changes_before(self, position: int) -> list[tuple[str, ...]]:
        """The changes of each audited task before a position, in order."""
        changes = {stored.tool.name for stored in self._store.tools.all(self._name) if stored.tool.mutates_state}
        before = sorted(index for index in self._chains if index < position)
        return [tuple(tool for tool in self._chains[index] if tool in changes) for index in before]

    def _store_attempt(self, attempt: Attempt, duplicates: Duplicates, found: int) -> bool:
        """Stores what came of an attempt; whether it is a task."""
        ledger = self._ledger
        task = None if attempt.task is None else duplicates.check(attempt.task)
        audited = task is not None and task.audited
        failed = next((audit.name for audit in task.audits if not audit.passed), "") if task else "not built"
        outcome = TaskOutcome(
            position=attempt.position,
            id=attempt.id,
            state="audited" if audited else "rejected",
            difficulty=attempt.difficulty,
            cause=failed,
            reason=attempt.reason if task is None else task.reason,
            task=task,
        )

        def write() -> None:
            self._store.tasks.add(self._name, outcome)
            self._store.traces.add(self._name, attempt.id, attempt.traces)

        counts = ledger.counts
        noted = {"notes": list(attempt.notes)} if attempt.notes else {}
        if task is not None and audited:
            self._chains[attempt.position] = tuple(step.tool for step in task.chain.steps)
            event = ledger.event("step", f"Task {attempt.id} audited.", subject=attempt.id, **noted)
            done = {"tasks_audited": counts.tasks_audited + 1}
        else:
            event = ledger.event(
                "rejection", f"Task {attempt.id} rejected: {outcome.reason}", subject=attempt.id, cause=failed, **noted
            )
            done = {"tasks_rejected": counts.tasks_rejected + 1}
        ledger.commit(f"task:{attempt.position}", write, [event], behind=found + audited, **done)
        return audited
