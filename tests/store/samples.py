"""A tiny domain with everything a store keeps, built by hand."""

from __future__ import annotations

from engine.models.chain import Chain, ChainStep, FromProfile, Literal
from engine.models.database import Column, DatabaseSchema, Table
from engine.models.domain import DomainSpec, RequirementCoverage, TestCase, ToolReport
from engine.models.graph import Edge
from engine.models.run import RunOptions
from engine.models.task import Audit, InitialState, Task
from engine.models.tool import Contract, Effect, Parameter, Requirement, Tool
from engine.models.trace import Call, RowChange, Trace, TraceStep
from engine.store.tasks import TaskOutcome

DATABASE = DatabaseSchema(
    tables=(
        Table(
            name="note",
            columns=(
                Column(name="note_id", type="text", role="id", generated=True, policy="exempt"),
                Column(name="text", type="text", role="text", policy="semantic"),
                Column(name="stars", type="integer", role="rating", minimum=1, maximum=5, nullable=True),
            ),
            primary_key=("note_id",),
            id_prefix="NOTE",
        ),
    )
)

OPTIONS = RunOptions(tasks=3, seed=7)


def spec(name: str = "notes") -> DomainSpec:
    return DomainSpec(
        name=name,
        title="Notes",
        description="Notes of a person.",
        seed_kind="blueprint",
        seed_digest="d" * 64,
        database=DATABASE,
        base_rows={"note": [{"note_id": "NOTE-0001", "text": "Zürich – café", "stars": None}]},
    )


def tool(name: str) -> Tool:
    return Tool(
        name=name,
        description=f"Does {name}.",
        category="create",
        entity="note",
        parameters=(Parameter(name="text", type="text"),),
        contract=Contract(
            requires=(Requirement(condition="len(text) > 0", code="empty", message="No text.", rule="validity"),),
            effects=(Effect(table="note", operation="insert", values={"text": "text", "stars": "3"}),),
        ),
        source=f"def {name}(db, text):\n    return db.insert('note', {{'text': text}})\n",
    )


def report(name: str, admitted: bool = True) -> ToolReport:
    return ToolReport(
        tool=name,
        admitted=admitted,
        reasons=() if admitted else ("it fails",),
        cases=2,
        coverage=(RequirementCoverage(code="empty", condition="len(text) > 0", satisfied=True, violated=True),),
        effects_seen=(True,),
    )


def cases(name: str) -> list[TestCase]:
    return [
        TestCase(tool=name, index=0, kind="accept", verdict="success", passed=True),
        TestCase(
            tool=name, index=1, kind="reject", target="empty", verdict="rejection", passed=True, trace=f"{name}-1"
        ),
    ]


def trace(id: str, kind: str = "audit", passed: bool = True) -> Trace:
    change = RowChange(table="note", key="NOTE-0002", after={"note_id": "NOTE-0002", "text": "Hi", "stars": 3})
    step = TraceStep(
        index=0,
        call=Call(name="add_note", arguments={"text": "Hi", "ratio": 2.675, "many": [1, None, True]}),
        outcome="success",
        result={"note_id": "NOTE-0002", "score": 1.0},
        reads=(("note", None), ("note", ("a", 1))),
        writes=(("insert", "note", "NOTE-0002"),),
        diff=(change,),
    )
    return Trace.model_validate(
        {"id": id, "kind": kind, "title": f"try {id}", "rows": spec().base_rows, "steps": (step,), "passed": passed}
    )


def edges() -> tuple[Edge, ...]:
    return (
        Edge(source="add_note", target="edit_note", kind="data_flow", via="note_id -> note_id"),
        Edge(source="edit_note", target="add_note", kind="state", via="note"),
    )


def outcome(position: int, *, audited: bool = True, text: str = "Please note that I was there.") -> TaskOutcome:
    id = f"notes-{position:04d}"
    task = Task(
        id=id,
        domain="notes",
        index=position,
        seed=7,
        difficulty="easy",
        instruction=text,
        user_profile={"name": "Ada", "age": 36},
        chain=Chain(
            steps=(
                ChainStep(
                    tool="add_note",
                    arguments={"text": Literal(value="Hi"), "by": FromProfile(field="name", value="Ada")},
                ),
            )
        ),
        reference_calls=(Call(name="add_note", arguments={"text": "Hi"}),),
        tools=("add_note", "edit_note"),
        initial_state=InitialState(
            rows=spec().base_rows, now="2026-03-02T09:00:00", distractors=(("note", "NOTE-0001"),)
        ),
        gold_diff=(RowChange(table="note", key="NOTE-0002", after={"note_id": "NOTE-0002", "text": "Hi"}),),
        audits=(
            Audit(name="solvable", passed=True, detail="reward 1", traces=(f"{id}-solvable",)),
            Audit(name="do_nothing", passed=audited, detail="reward 0"),
        ),
    )
    return TaskOutcome(
        position=position,
        id=id,
        state="audited" if audited else "rejected",
        difficulty="easy",
        cause="" if audited else "do_nothing",
        reason="" if audited else "doing nothing earns the reward",
        task=task,
    )
