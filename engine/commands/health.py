"""`scaleenv verify`, `scaleenv doctor` and `scaleenv studio`."""

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
        lambda: [f"{each.domain}: {each.checked} checked, {len(each.failures)} failed" for each in reports],
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


def studio(
    db: Db = DEFAULT_DB,
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Where it listens.")] = 8501,
    headless: Annotated[bool, typer.Option("--headless", help="Don't open a browser.")] = False,
    as_json: Json = False,
) -> None:
    """Open the studio in the browser (on 127.0.0.1 only)."""
    import os
    import subprocess
    import sys

    from engine.doctor import studio_home, studio_script

    script = studio_script()
    address = f"http://127.0.0.1:{port}"
    show({"url": address, "db": str(db.resolve())}, as_json, lambda: [f"The studio is at {address} (Ctrl-C ends it)."])
    sys.stdout.flush()
    command = [
        *(sys.executable, "-m", "streamlit", "run", str(script)),
        *("--server.address", "127.0.0.1", "--server.port", str(port)),
        *("--server.headless", "true" if headless else "false", "--browser.gatherUsageStats", "false"),
        *("--server.showEmailPrompt", "false"),  # or a newcomer's first start waits for an answer
    ]
    environment = {**os.environ, "SCALEENV_DB": str(db.resolve())}
    # What the server itself says belongs to the messages.
    done = subprocess.run(command, env=environment, cwd=studio_home(script), stdout=sys.stderr, check=False)
    if done.returncode not in (0, 130, -2):
        raise Failed(f"The studio ended with code {done.returncode}.")
