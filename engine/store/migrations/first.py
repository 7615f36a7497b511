"""The first schema: domains, tools, evidence, tasks, runs and the review log."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database
    from sqlite_utils.db import ForeignKey


def _to_domain(table: str, column: str = "domain") -> ForeignKey:
    from sqlite_utils.db import ForeignKey

    return ForeignKey(table, column, "domain", "name", on_delete="CASCADE", on_update="CASCADE")


def _to_run(table: str) -> ForeignKey:
    from sqlite_utils.db import ForeignKey

    return ForeignKey(table, "run", "run", "id", on_delete="CASCADE")


def first(db: Database) -> None:
    """Makes the tables of a new store."""
    db.table("domain").create(
        {
            "name": str,
            "title": str,
            "seed_kind": str,
            "seed_digest": str,
            "engine": str,  # version that wrote it
            "seed": int,  # the number that decided every random choice
            "difficulty": str,
            "tables": int,
            "spec": bytes,
            "digest": str,
        },
        pk="name",
        not_null={
            "name",
            "title",
            "seed_kind",
            "seed_digest",
            "engine",
            "seed",
            "difficulty",
            "tables",
            "spec",
            "digest",
        },
        strict=True,
    )
    db.table("tool").create(
        {
            "domain": str,
            "position": int,
            "name": str,
            "category": str,
            "entity": str,
            "mutates": int,
            "admitted": int,  # null until it was tested
            "body": bytes,
            "digest": str,
            "report": str,
        },
        pk=("domain", "name"),
        not_null={"domain", "position", "name", "category", "entity", "mutates", "body", "digest"},
        foreign_keys=[_to_domain("tool")],
        strict=True,
    )
    db.table("test_case").create(
        {
            "domain": str,
            "tool": str,
            "position": int,
            "kind": str,
            "target": str,
            "verdict": str,
            "passed": int,
            "detail": str,
            "trace": str,
        },
        pk=("domain", "tool", "position"),
        not_null={"domain", "tool", "position", "kind", "target", "verdict", "passed", "detail"},
        foreign_keys=[_to_domain("test_case")],
        strict=True,
    )
    db.table("trace").create(
        {
            "domain": str,
            "id": str,
            "kind": str,
            "subject": str,  # the tool, edge or task that it is evidence for
            "title": str,
            "passed": int,
            "steps": int,
            "body": bytes,
            "digest": str,
        },
        pk=("domain", "id"),
        not_null={"domain", "id", "kind", "subject", "title", "passed", "steps", "body", "digest"},
        foreign_keys=[_to_domain("trace")],
        strict=True,
    )
    db.table("trace").create_index(["domain", "kind", "subject"])
    db.table("edge").create(
        {
            "domain": str,
            "position": int,
            "id": str,
            "kind": str,
            "source": str,
            "target": str,
            "via": str,
            "proven": int,  # null until it was tried
            "reason": str,
            "evidence": str,
        },
        pk=("domain", "id"),
        not_null={"domain", "position", "id", "kind", "source", "target", "via", "reason"},
        foreign_keys=[_to_domain("edge")],
        strict=True,
    )
    db.table("task").create(
        {
            "domain": str,
            "position": int,
            "id": str,
            "state": str,  # audited, rejected
            "cause": str,  # why it was rejected, in words that can be counted
            "reason": str,  # the same in full
            "difficulty": str,
            "steps": int,
            "instruction": str,
            "tools": str,  # names of the chain's tools, as a JSON array
            "review": str,
            "body": bytes,  # null where no candidate came about at all
            "digest": str,
        },
        pk=("domain", "position"),
        not_null={
            "domain",
            "position",
            "id",
            "state",
            "cause",
            "reason",
            "difficulty",
            "steps",
            "instruction",
            "tools",
            "review",
        },
        defaults={"review": "open"},
        foreign_keys=[_to_domain("task")],
        strict=True,
    )
    db.table("task").create_index(["domain", "id"], unique=True)
    db.table("task").create_index(["domain", "state", "review", "position"])
    db.table("task").create_index(["state", "review", "difficulty"])
    db.table("audit").create(
        {"domain": str, "task": int, "position": int, "name": str, "passed": int, "detail": str, "traces": str},
        pk=("domain", "task", "position"),
        not_null={"domain", "task", "position", "name", "passed", "detail", "traces"},
        foreign_keys=[_to_domain("audit")],
        strict=True,
    )
    db.table("run").create(
        {
            "id": str,
            "domain": str,
            "status": str,
            "options": str,
            "seed_kind": str,
            "seed_digest": str,
            "seed": bytes,
            "phase": str,
            "done": int,
            "total": int,
            "counts": str,
            "error": str,
            "owner": str,
            "heartbeat": float,
            "cancel": int,
            "attempts": int,
            "phase_seconds": str,
            "created_at": float,
            "updated_at": float,
        },
        pk="id",
        not_null={
            *("id", "domain", "status", "options", "seed_kind", "seed_digest", "seed", "phase", "done", "total"),
            *(
                "counts",
                "error",
                "owner",
                "heartbeat",
                "cancel",
                "attempts",
                "phase_seconds",
                "created_at",
                "updated_at",
            ),
        },
        defaults={
            "phase": "compose",
            "done": 0,
            "total": 0,
            "counts": "{}",
            "error": "",
            "owner": "",
            "heartbeat": 0.0,
            "cancel": 0,
            "attempts": 0,
            "phase_seconds": "{}",
        },
        strict=True,
    )
    db.table("run").create_index(["domain", "created_at"])
    db.table("run").create_index(["status"])
    db.table("checkpoint").create(
        {"run": str, "step": str, "owner": str},
        pk=("run", "step"),
        not_null={"run", "step", "owner"},
        foreign_keys=[_to_run("checkpoint")],
        strict=True,
    )
    db.table("event").create(
        {"run": str, "seq": int, "at": float, "kind": str, "phase": str, "subject": str, "message": str, "data": str},
        pk=("run", "seq"),
        not_null={"run", "seq", "at", "kind", "phase", "subject", "message", "data"},
        foreign_keys=[_to_run("event")],
        strict=True,
    )
    # No foreign key: what a curator said outlives a domain that is built again.
    db.table("review").create(
        {
            "seq": int,
            "domain": str,
            "task_id": str,
            "task_digest": str,
            "action": str,
            "curator": str,
            "text": str,
            "rating": int,
            "undoes": int,
            "at": float,
        },
        pk="seq",
        not_null={"domain", "task_id", "task_digest", "action", "curator", "text", "at"},
        strict=True,
    )
    db.table("review").create_index(["domain", "task_id", "seq"])
    db.conn.execute(
        "create trigger review_is_append_only before delete on review "
        "begin select raise(abort, 'the review log is append-only'); end"
    )
    db.conn.execute(
        "create trigger review_is_never_changed before update on review "
        "begin select raise(abort, 'the review log is append-only'); end"
    )
    db.table("dataset").create(
        {"name": str, "version": int, "digest": str, "choice": str, "tasks": bytes, "created_at": float},
        pk=("name", "version"),
        not_null={"name", "version", "digest", "choice", "tasks", "created_at"},
        strict=True,
    )
