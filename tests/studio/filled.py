"""Stores for the pages: one that the real pipeline filled, and one in which every text is an attack."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from engine.models.base import digest
from engine.models.call import Answer, ModelCall
from engine.models.chain import Chain, ChainStep, FromOutput, FromProfile, Literal
from engine.models.database import Column, DatabaseSchema, Table
from engine.models.dataset import DatasetChoice, SplitPlan
from engine.models.domain import DomainSpec, RequirementCoverage, TestCase, ToolReport
from engine.models.graph import Edge
from engine.models.run import RunCounts, RunEvent, RunOptions
from engine.models.task import Audit, InitialState, Task
from engine.models.tool import Binding, Contract, Effect, Parameter, Query, Requirement, ReturnField, Tool
from engine.models.tool_edit import Evidence
from engine.models.trace import Call, ConditionTruth, Problem, RowChange, Trace, TraceStep
from engine.pipeline import SeedText, synthesize
from engine.pipeline.datasets import freeze
from engine.pipeline.seeds import Composed
from engine.store import Store
from engine.store.runs import Progress
from engine.store.tasks import TaskOutcome
from tests.fakes.bookings import bookings_spec, bookings_tools

DOMAIN = "room_booking"
TASKS = 3


@cache
def _filled() -> bytes:
    text = Composed(spec=bookings_spec(), tools=bookings_tools()).model_dump_json()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "studio.db"
        with Store.open(path) as store:
            seed = SeedText(name=DOMAIN, kind="blueprint", digest="0" * 64, text=text)
            run, _ = synthesize(store, seed, RunOptions(tasks=TASKS, seed=7, trusted=True))
            assert run.status == "done", run
        return path.read_bytes()


def fill(path: Path) -> Path:
    """Writes a store with one domain, its graph and three audited tasks."""
    path.write_bytes(_filled())
    return path


ATTACK = (
    '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'
    "![p](http://127.0.0.1:9/p.png) [l](javascript:window.hacked=1) :red[r] $x^2$ **b** "
    "href <a href=\"javascript:window.hacked=1\">a</a> <iframe srcdoc='<script>parent.hacked=1</script>'></iframe>"
)
"""What a model, a file or a user might write; read as HTML or Markdown it sets `hacked`, or asks port 9 for a picture."""


def fill_with_attacks(path: Path) -> Path:
    """Writes a store in which every free text is an attack."""
    tools = (_tool("read_note", mutates=False), _tool(f"write_{ATTACK}", mutates=True))
    names = [tool.name for tool in tools]
    options = RunOptions(tasks=1, models={"code": ATTACK, "instruction": ATTACK}, hint=ATTACK, base_url=ATTACK)
    with Store.open(path) as store:
        store.domains.save(_spec(), options)
        store.tools.save("hostile", tools)
        for tool, admitted in zip(tools, (True, True), strict=True):
            store.tools.judge("hostile", tool, _report(tool.name, admitted), [_case(tool.name)])
        refused = _tool("refused_note", mutates=False)
        store.traces.add(
            "hostile",
            ATTACK,
            [_trace("trace-1", "procedural_test"), _trace("trace-2", "edge_proof"), _trace("trace-3", "audit")],
        )
        edges = (
            Edge(source=names[0], target=names[1], kind="data_flow", via=ATTACK, proven=True, evidence="trace-2"),
            Edge(source=names[1], target=names[0], kind="state", via=ATTACK, reason=ATTACK),
        )
        store.edges.save("hostile", edges)
        store.edges.judge("hostile", edges)
        store.tasks.add("hostile", _outcome(refused.name))
        store.tasks.add(
            "hostile",
            TaskOutcome(
                position=1, id="hostile-0001", state="rejected", difficulty="easy", cause=ATTACK, reason=ATTACK
            ),
        )
        store.reviews.record("hostile", "hostile-0000", "note", ATTACK, text=ATTACK)
        _edit(store, tools[1], options)
        for version in ("first", "second"):
            chosen = DatasetChoice(reviews=("open",))
            plan = SplitPlan() if version == "first" else SplitPlan(train=0, test=100)
            freeze(store, chosen, plan, name="hostile", note=ATTACK, curator=ATTACK)
        run = store.runs.create("hostile", options, seed_kind="sql", seed_digest=ATTACK, seed="{}")
        store.runs.claim(run.id, "host:1:1:a")
        progress = Progress(
            phase="test", done=1, total=2, counts=RunCounts(tools_admitted=1), phase_seconds={"test": 1.0}
        )
        event = RunEvent(kind="rejection", phase="test", message=ATTACK, subject=ATTACK)
        store.runs.advance(run.id, "host:1:1:a", None, progress, [event])
        store.runs.end(run.id, "host:1:1:a", "failed", [event], error=ATTACK)
        _calls(store, run.id, names[1])
    return path


def _calls(store: Store, run: str, tool: str) -> None:
    """Calls of language models in which everything that a model, a file or a user wrote is an attack."""
    bodies = (ATTACK, json.dumps({ATTACK: ATTACK}), f"def {ATTACK}(db):\n    pass")
    for number, body in enumerate(bodies):
        answer = asked(f"{ATTACK} {number}", body, model=ATTACK, finish=ATTACK)
        store.answers.put(answer)
        call = ModelCall(
            run=run,
            domain="hostile",
            role="code",
            subject=tool,
            key=answer.key,
            model=ATTACK,
            turn=1 + number % 2,
            outcome="refused",
            problem=ATTACK,
            prompt_tokens=5,
        )
        store.calls.add(call)
        store.calls.add(call.model_copy(update={"role": "instruction", "subject": ATTACK, "task": "hostile-0000"}))
    store.calls.add(ModelCall(run=run, domain="hostile", role="debug", subject=ATTACK, model=ATTACK, outcome="failed"))


def asked(words: str, text: str, *, model: str = "openai/x", finish: str = "stop") -> Answer:
    """An answer as the client keeps it."""
    request = {
        "version": 1,
        "model": model,
        "messages": [{"role": "system", "content": f"Role: code\n{words}"}, {"role": "user", "content": words}],
        "schema": {"type": "object", "properties": {words: {"type": "string"}}},
    }
    return Answer(key=digest(request), model=model, request=request, text=text, finish=finish, prompt_tokens=5)


def _edit(store: Store, tool: Tool, options: RunOptions) -> None:
    """An edit of a tool that was refused."""
    run = store.runs.create("hostile", options, kind="revision", seed_kind="edit", seed_digest="", seed="{}")
    store.runs.claim(run.id, "host:1:1:a")
    after = tool.model_copy(update={"source": f"{tool.source}# {ATTACK}\n", "description": f"{ATTACK} {ATTACK}"})
    edit = store.tool_edits.add("hostile", tool, after, curator=ATTACK, note=ATTACK, run=run.id)
    failed = _case(tool.name).model_copy(update={"passed": False, "verdict": "failure", "trace": "trace-9"})
    traces = (_trace("trace-9", "procedural_test"),)
    store.tool_edits.refuse(edit.seq, _report(tool.name, False), Evidence(cases=(failed,), traces=traces))
    store.runs.end(run.id, "host:1:1:a", "done", [RunEvent(kind="status", phase="test", message=ATTACK)])


def _spec() -> DomainSpec:
    columns = (
        Column(name="note_id", type="text", role="id", generated=True, policy="exempt"),
        Column(name=ATTACK, type="text", role="text", nullable=True, description=ATTACK),
    )
    table = Table(name="note", columns=columns, primary_key=("note_id",), id_prefix="N", description=ATTACK)
    return DomainSpec(
        name="hostile",
        title=ATTACK,
        description=ATTACK,
        seed_kind="sql",
        seed_digest="e" * 64,
        database=DatabaseSchema(tables=(table,)),
        warnings=(ATTACK,),
        made_by={"domain": ATTACK, "code": ATTACK},
    )


def _tool(name: str, *, mutates: bool) -> Tool:
    return Tool(
        name=name,
        description=ATTACK,
        category="update" if mutates else "get",
        entity="note",
        parameters=(
            Parameter(name="note_id", type="text", description=ATTACK, refers_to="note.note_id", enum=(ATTACK,)),
        ),
        contract=Contract(
            bindings=(Binding(name="note", expression=ATTACK),),
            requires=(Requirement(condition=ATTACK, code=ATTACK, message=ATTACK, rule=ATTACK),),
            effects=(Effect(table="note", operation="update", key=ATTACK, when=ATTACK, values={ATTACK: ATTACK}),)
            if mutates
            else (),
            returns=(ReturnField(name=ATTACK, query=Query(table=ATTACK, fields={ATTACK: ATTACK})),),
        ),
        source=f"def tool(db):\n    '''{ATTACK}'''\n",
        summary=ATTACK,
        made_by=ATTACK,
    )


def _report(name: str, admitted: bool) -> ToolReport:
    coverage = RequirementCoverage(code=ATTACK, condition=ATTACK, satisfied=True, violated=False, unreachable=ATTACK)
    return ToolReport(tool=name, admitted=admitted, reasons=(ATTACK,), cases=1, coverage=(coverage,))


def _case(name: str) -> TestCase:
    return TestCase(
        tool=name,
        index=0,
        kind="reject",
        target=ATTACK,
        verdict="rejection",
        passed=True,
        detail=ATTACK,
        trace="trace-1",
    )


def _rows() -> dict[str, list[dict[str, Any]]]:
    return {"note": [{"note_id": "N-1", ATTACK: ATTACK}], ATTACK: [{ATTACK: ATTACK}]}


def _trace(id: str, kind: str) -> Trace:
    change = RowChange(table=ATTACK, key=ATTACK, before={ATTACK: "x"}, after={ATTACK: ATTACK})
    done = TraceStep(
        index=0,
        call=Call(name=ATTACK, arguments={ATTACK: ATTACK}),
        sources={ATTACK: ATTACK},
        outcome="success",
        result={ATTACK: [ATTACK]},
        diff=(change,),
        conditions=(ConditionTruth(code=ATTACK, condition=ATTACK, holds=True),),
    )
    refused = TraceStep(
        index=1,
        call=Call(name=ATTACK),
        outcome="rejection",
        problem=Problem(code=ATTACK, message=ATTACK, details={ATTACK: ATTACK}),
    )
    return Trace.model_validate(
        {
            "id": id,
            "kind": kind,
            "title": ATTACK,
            "rows": _rows(),
            "steps": (done, refused),
            "passed": True,
            "verdict": ATTACK,
        }
    )


def _outcome(tool: str) -> TaskOutcome:
    steps = (
        ChainStep(tool=tool, arguments={ATTACK: Literal(value=ATTACK), "by": FromProfile(field=ATTACK, value=ATTACK)}),
        ChainStep(
            tool=tool, arguments={ATTACK: FromOutput(step=0, path=ATTACK, select={ATTACK: ATTACK}, field=ATTACK)}
        ),
    )
    task = Task(
        id="hostile-0000",
        domain="hostile",
        index=0,
        seed=0,
        difficulty="easy",
        instruction=ATTACK,
        user_profile={ATTACK: ATTACK},
        chain=Chain(steps=steps),
        reference_calls=(Call(name=ATTACK, arguments={ATTACK: ATTACK}), Call(name=ATTACK)),
        tools=(tool, "read_note", f"write_{ATTACK}"),
        initial_state=InitialState(rows=_rows(), now=ATTACK),
        gold_diff=(RowChange(table=ATTACK, key=ATTACK, after={ATTACK: ATTACK}),),
        audits=(Audit(name="solvable", passed=True, detail=ATTACK, traces=("trace-3",)),),
        made_by={"instruction": ATTACK},
    )
    return TaskOutcome(position=0, id=task.id, state="audited", difficulty="easy", task=task)
