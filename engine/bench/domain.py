"""A small domain of its own for the runtime benchmark, so that its numbers don't move with the blueprints."""

from __future__ import annotations

from engine.models.base import Row, Rows
from engine.models.database import Check, Column, DatabaseSchema, ForeignKey, Table
from engine.models.domain import Domain, DomainSpec
from engine.models.tool import Contract, Parameter, Tool

NOW = "2026-03-02T09:00:00"
_STATUSES = ("submitted", "screening", "interview", "rejected", "withdrawn")

_DATABASE = DatabaseSchema(
    tables=(
        Table(
            name="candidate",
            primary_key=("candidate_id",),
            id_prefix="CAN",
            unique=(("email",),),
            columns=(
                Column(name="candidate_id", type="text", role="id", generated=True),
                Column(name="full_name", type="text", role="person_name"),
                Column(name="email", type="text", role="email"),
                Column(name="city", type="text", role="city"),
                Column(name="years", type="integer", role="number", minimum=0, maximum=60),
            ),
        ),
        Table(
            name="job",
            primary_key=("job_id",),
            id_prefix="JOB",
            columns=(
                Column(name="job_id", type="text", role="id", generated=True),
                Column(name="title", type="text", role="title"),
                Column(name="salary_low", type="real", role="money", minimum=0),
                Column(name="salary_high", type="real", role="money", minimum=0),
                Column(name="open", type="boolean", role="flag"),
            ),
            checks=(Check(expression="salary_low <= salary_high"),),
        ),
        Table(
            name="application",
            primary_key=("application_id",),
            id_prefix="APP",
            foreign_keys=(
                ForeignKey(columns=("candidate_id",), table="candidate", references=("candidate_id",)),
                ForeignKey(columns=("job_id",), table="job", references=("job_id",)),
            ),
            columns=(
                Column(name="application_id", type="text", role="id", generated=True),
                Column(name="candidate_id", type="text", role="reference"),
                Column(name="job_id", type="text", role="reference"),
                Column(name="status", type="text", role="status", enum=_STATUSES, default="submitted"),
                Column(name="applied_at", type="datetime", role="created_at"),
                Column(name="note", type="text", role="text", nullable=True, policy="semantic"),
            ),
        ),
        Table(
            name="interview",
            primary_key=("interview_id",),
            id_prefix="INT",
            foreign_keys=(
                ForeignKey(columns=("application_id",), table="application", references=("application_id",)),
            ),
            checks=(Check(expression="duration % 5 == 0"), Check(expression="ends_at > starts_at")),
            columns=(
                Column(name="interview_id", type="text", role="id", generated=True),
                Column(name="application_id", type="text", role="reference"),
                Column(name="starts_at", type="datetime", role="datetime"),
                Column(name="ends_at", type="datetime", role="datetime"),
                Column(name="duration", type="integer", role="duration", minimum=15, maximum=480),
                Column(name="interviewer_name", type="text", role="person_name", nullable=True),
            ),
        ),
    )
)

_SOURCES = {
    "get_application": '''
def get_application(db: Database, application_id: str) -> dict:
    """Looks up an application."""
    application = db.get("application", application_id)
    if application is None:
        db.reject("application_not_found", f"There is no application {application_id!r}.")
    return {"application": application}
''',
    "list_applications": '''
def list_applications(db: Database, candidate_id: str) -> dict:
    """Lists a candidate's applications."""
    if db.get("candidate", candidate_id) is None:
        db.reject("candidate_not_found", f"There is no candidate {candidate_id!r}.")
    found = db.find("application", {"candidate_id": candidate_id})
    return {"applications": [{"application_id": row["application_id"], "status": row["status"]} for row in found]}
''',
    "schedule_interview": '''
def schedule_interview(db: Database, application_id: str, starts_at: str, duration: int = 30) -> dict:
    """Schedules an interview for an application."""
    application = db.get("application", application_id)
    if application is None:
        db.reject("application_not_found", f"There is no application {application_id!r}.")
    if application["status"] in ("rejected", "withdrawn"):
        db.reject("application_closed", f"Application {application_id!r} is {application['status']}.")
    interview = db.insert(
        "interview",
        {
            "application_id": application_id,
            "starts_at": starts_at,
            "ends_at": add_minutes(starts_at, duration),
            "duration": duration,
        },
    )
    return {"interview_id": interview["interview_id"], "application_id": application_id}
''',
    "set_status": '''
def set_status(db: Database, application_id: str, status: str) -> dict:
    """Moves an application to another status."""
    application = db.get("application", application_id)
    if application is None:
        db.reject("application_not_found", f"There is no application {application_id!r}.")
    if application["status"] == "withdrawn":
        db.reject("application_withdrawn", f"Application {application_id!r} was withdrawn.")
    updated = db.update("application", application_id, {"status": status})
    return {"application_id": application_id, "status": updated["status"]}
''',
}

_APPLICATION = Parameter(name="application_id", type="text", refers_to="application.application_id")
_PARAMETERS: dict[str, tuple[Parameter, ...]] = {
    "get_application": (_APPLICATION,),
    "list_applications": (Parameter(name="candidate_id", type="text", refers_to="candidate.candidate_id"),),
    "schedule_interview": (
        _APPLICATION,
        Parameter(name="starts_at", type="datetime"),
        Parameter(name="duration", type="integer", required=False, default=30, minimum=15, maximum=480),
    ),
    "set_status": (_APPLICATION, Parameter(name="status", type="text", enum=_STATUSES)),
}


def bench_domain() -> Domain:
    """Four tables and four tools: a look-up, a list by key, an insert and a transition."""
    tools = tuple(
        Tool(
            name=name,
            description=source.split('"""')[1],
            category="get",
            entity="application",
            parameters=_PARAMETERS[name],
            contract=Contract(),
            source=source,
        )
        for name, source in _SOURCES.items()
    )
    spec = DomainSpec(
        name="bench",
        title="Benchmark",
        description="A recruiting desk, for measuring.",
        seed_kind="keyword",
        seed_digest="",
        database=_DATABASE,
        now=NOW,
    )
    return Domain(spec=spec, tools=tools)


def bench_rows(rows: int) -> Rows:
    """About `rows` rows: a third candidates, half applications (1.5 for each candidate), the rest jobs."""
    candidates, applications = max(rows // 3, 10), max(rows // 2, 15)
    jobs = max(rows - candidates - applications, 5)
    made: dict[str, list[Row]] = {
        "candidate": [
            {
                "candidate_id": f"CAN-{n:04d}",
                "full_name": f"Person {n}",
                "email": f"person{n}@example.com",
                "city": f"City {n % 97}",
                "years": n % 40,
            }
            for n in range(1, candidates + 1)
        ],
        "job": [
            {
                "job_id": f"JOB-{n:04d}",
                "title": f"Job {n}",
                "salary_low": 30_000.0 + n % 50_000,
                "salary_high": 90_000.0 + n % 50_000,
                "open": n % 3 != 0,
            }
            for n in range(1, jobs + 1)
        ],
        "application": [
            {
                "application_id": f"APP-{n:04d}",
                "candidate_id": f"CAN-{1 + n % candidates:04d}",
                "job_id": f"JOB-{1 + n % jobs:04d}",
                "status": _STATUSES[n % 5],
                "applied_at": NOW,
                "note": None,
            }
            for n in range(1, applications + 1)
        ],
    }
    return made
