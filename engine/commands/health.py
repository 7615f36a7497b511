"""`scaleenv verify` and `scaleenv doctor`."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.commands.console import DEFAULT_DB, Db, Failed, Json, Workers, say, show, table


def verify(
    domain: Annotated[str | None, typer.Argument(help="A domain; all where left out.")] = None,
    workers: Workers = None,
    db: Db = DEFAULT_DB,
    as_json: Json = False,
) -> None:
    """Run everything again from what is stored, and compare."""
    from engine.executors.local import default_workers
    from engine.store import Store
    from engine.verify import VerifyReport, verify_domain

    with Store.open(db, create=False) as store:
        names = [store.domains.require(domain)] if domain else store.domains.names()
        reports: list[VerifyReport] = []
        for name in names:
            say(f"Verifying `{name}` ...")
            reports.append(verify_domain(store, name, workers=workers or default_workers()))
            for failure in reports[-1].failures:
                say(f"  FAILED {failure.what}: {failure.difference}")
    checked, failed = sum(each.checked for each in reports), sum(len(each.failures) for each in reports)
    data = {
        "checked": checked,
        "failed": failed,
        "domains": [each.model_dump(mode="json") for each in reports],
    }
    show(
        data,
        as_json,
        lambda: [
            f"{each.domain}: {each.checked} checked, {len(each.failures)} failed"
            + (f", {each.stale} left out until the edit of a tool is finished" if each.stale else "")
            for each in reports
        ],
    )
    if failed:
        raise Failed(f"{failed} of {checked} checks failed.")


def doctor(db: Db = DEFAULT_DB, as_json: Json = False) -> None:
    """Check that everything the engine needs is in place."""
    from engine.doctor import examine

    checks = examine(db)
    data = {"ok": all(check.ok for check in checks), "checks": [check.model_dump() for check in checks]}
    show(
        data,
        as_json,
        lambda: table(
            ("", "check", "found"),
            [("ok" if c.ok else "FAILED", c.name, c.detail + (f" -> {c.remedy}" if c.remedy else "")) for c in checks],
        ),
    )
    if not data["ok"]:
        raise Failed("Something is not in place.")
