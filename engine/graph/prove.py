"""Proves edges by execution (paper, section 4.1, step 6): no edge counts that a run did not show.

- data flow: A runs, and B succeeds with a value out of A's answer that A was not given itself;
- precondition: B is rejected with the code, A runs, and the same call of B succeeds;
- state: the same call of B answers otherwise after A than before it.

The contract evaluator finds the experiments; the runtime decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from engine.contracts.evaluate import conditions
from engine.contracts.state import PlainState
from engine.graph.analysis import carried
from engine.graph.plan import Plan, Planner
from engine.models.base import items_of
from engine.models.domain import Domain
from engine.models.graph import Edge
from engine.models.trace import ConditionTruth, Trace, TraceStep
from engine.runtime.base import Runtime
from engine.runtime.records import CallRecord, Experiment, ExperimentRecord, to_changes

BATCH = 128
"""Experiments that go to the runtime in one round trip."""


def prove_edge(domain: Domain, edge: Edge, seed: int, runtime: Runtime) -> tuple[Edge, Trace | None]:
    """Proves one edge; the same result as within `prove`.

    Returns:
        The edge, marked, and the trace of the experiment; no trace where none was found.
    """
    edges, traces = prove(domain, (edge,), runtime, seed)
    return edges[0], traces[0] if traces else None


def prove(
    domain: Domain,
    edges: Iterable[Edge],
    runtime: Runtime,
    seed: int,
    planned: Mapping[str, Plan | str] | None = None,
) -> tuple[tuple[Edge, ...], tuple[Trace, ...]]:
    """Proves edges, many experiments in one round trip.

    Args:
        domain: Its tools and schema.
        edges: The edges.
        runtime: Decides.
        seed: Decides the experiments.
        planned: Id of an edge -> what `Planner.plan` gives for it, where that is known already.

    Returns:
        The edges in their order, each marked as proven or with the reason why not, and the traces of all
        experiments that were run.
    """
    planner = Planner(domain, seed)
    proven: list[Edge] = []
    traces: list[Trace] = []
    known = planned or {}
    for batch in _batches([(edge, known.get(edge.id) or planner.plan(edge)) for edge in edges]):
        plans = [plan for _, plan in batch if isinstance(plan, Plan)]
        records = iter(runtime.experiments([Experiment(plan.rows, plan.now, plan.calls) for plan in plans]))
        for edge, plan in batch:
            if isinstance(plan, str):
                proven.append(edge.model_copy(update={"proven": False, "reason": plan, "evidence": None}))
                continue
            record = next(records)
            reason = judge(plan, record.records)
            trace = evidence(domain, plan, record, reason)
            update = {"proven": not reason, "reason": reason, "evidence": trace.id}
            proven.append(edge.model_copy(update=update))
            traces.append(trace)
    return tuple(proven), tuple(traces)


def judge(plan: Plan, records: Sequence[CallRecord]) -> str:
    """Why the run does not show the edge, or an empty text where it does."""
    edge = plan.edge
    last = records[-1]
    if last.outcome != "success":
        return f"`{edge.target}` ended in {_outcome(last)}"
    if edge.kind == "data_flow":
        return _judge_flow(plan, records[0])
    first, middle = records[0], records[1]
    if middle.outcome != "success":
        return f"`{edge.source}` ended in {_outcome(middle)}"
    if edge.kind == "precondition":
        rejected = first.outcome == "rejection" and (first.problem or {}).get("code") == edge.via
        return (
            ""
            if rejected
            else f"`{edge.target}` was not rejected with `{edge.via}` at first but ended in {_outcome(first)}"
        )
    if first.outcome != "success":
        return f"`{edge.target}` ended in {_outcome(first)} at first"
    return "" if first.result != last.result else f"`{edge.target}` answered the same before and after"


def _judge_flow(plan: Plan, source: CallRecord) -> str:
    field, name = carried(plan.edge)
    if source.outcome != "success":
        return f"`{plan.edge.source}` ended in {_outcome(source)}"
    path, _, item = field.partition("[].")
    answer = cast("dict[str, Any]", source.result or {}).get(path)
    values = [entry.get(item) for entry in items_of(answer)] if item and isinstance(answer, list) else [answer]
    wanted = items_of(plan.calls[1].arguments[name])[0]
    return "" if wanted in values else f"`{plan.edge.source}` did not answer {wanted!r} as `{field}`"


def _outcome(record: CallRecord) -> str:
    code = (record.problem or {}).get("code")
    return f"{record.outcome} `{code}`" if code else record.outcome


def evidence(domain: Domain, plan: Plan, record: ExperimentRecord, reason: str) -> Trace:
    """The trace of an experiment, with the contract's conditions at each call."""
    state = PlainState(domain.database, plan.rows, plan.now)
    steps: list[TraceStep] = []
    for index, (call, done, sources) in enumerate(zip(plan.calls, record.records, plan.sources, strict=True)):
        tool = domain.tool[call.name]
        truths = conditions(tool, domain.database, state, call.arguments)
        stated = [
            ConditionTruth(code=requirement.code, condition=requirement.condition, holds=holds)
            for requirement, holds in zip(tool.contract.requires, truths, strict=True)
        ]
        steps.append(done.to_step(index, call, sources=sources, conditions=stated))
        state.apply(to_changes(done.diff))
    edge = plan.edge
    titles = {
        "data_flow": f"`{edge.source}` feeds `{edge.target}`: {edge.via}",
        "precondition": f"`{edge.source}` makes `{edge.target}` possible: `{edge.via}`",
        "state": f"`{edge.source}` changes what `{edge.target}` answers: `{edge.via}`",
    }
    return Trace(
        id=f"edge:{edge.id}",
        kind="edge_proof",
        title=titles[edge.kind],
        rows=plan.rows,
        now=plan.now,
        steps=tuple(steps),
        passed=not reason,
        verdict=reason or "shown",
    )


def _batches(items: list[tuple[Edge, Plan | str]]) -> Iterator[list[tuple[Edge, Plan | str]]]:
    for start in range(0, len(items), BATCH):
        yield items[start : start + BATCH]
