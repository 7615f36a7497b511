"""Checks that everything the engine needs is in place, each with what to do where it is not."""

from __future__ import annotations

import platform
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable
from importlib import metadata, util
from pathlib import Path

from engine.errors import ScaleEnvError, UsageError
from engine.models.base import Model

OLDEST_SQLITE = (3, 37, 0)
"""Strict tables came with this version."""

SPACE_NEEDED = 500_000_000
"""Bytes below which a synthesis could run out of disk."""


class Check(Model):
    """One thing that was looked at; `remedy` says what to do about it."""

    name: str
    ok: bool
    detail: str
    remedy: str = ""


def examine(db: Path) -> list[Check]:
    """Runs all checks; none of them changes the store.

    Args:
        db: The store's file, which may be missing.
    """
    checks: list[tuple[str, Callable[[], Check]]] = [
        ("python", _python),
        ("libraries", _libraries),
        ("sqlite", _sqlite),
        ("data folder", lambda: _folder(db)),
        ("disk space", lambda: _space(db)),
        ("store", lambda: _store(db)),
        ("sandbox", _sandbox),
        ("blueprints", _blueprints),
        ("studio", _studio),
        ("language models", lambda: _models(db)),
    ]
    return [_guarded(name, check) for name, check in checks]


def _guarded(name: str, check: Callable[[], Check]) -> Check:
    try:
        return check()
    except (ScaleEnvError, OSError, sqlite3.Error, ImportError) as error:
        return Check(name=name, ok=False, detail=str(error))


def _python() -> Check:
    ok = sys.version_info >= (3, 11)
    return Check(
        name="python", ok=ok, detail=platform.python_version(), remedy="" if ok else "Install Python 3.11 or newer."
    )


def _libraries() -> Check:
    needed = ("pydantic", "pydantic-monty", "networkx", "rapidfuzz", "rich", "ruamel.yaml", "sqlite-utils", "typer")
    missing: list[str] = []
    found: list[str] = []
    for name in needed:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        return Check(
            name="libraries", ok=False, detail=f"missing: {', '.join(missing)}", remedy="Reinstall the package."
        )
    parquet = (
        "" if util.find_spec("pyarrow") else "; no pyarrow, so no Parquet export (install `scaleenv-studio[parquet]`)"
    )
    return Check(name="libraries", ok=True, detail=", ".join(found) + parquet)


def _sqlite() -> Check:
    version = sqlite3.sqlite_version
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        oldest = ".".join(map(str, OLDEST_SQLITE))
        return Check(name="sqlite", ok=False, detail=version, remedy=f"Use a Python with SQLite {oldest} or newer.")
    return Check(name="sqlite", ok=True, detail=version)


def _existing_parent(path: Path) -> Path:
    path = path.resolve().parent
    while not path.exists():
        path = path.parent
    return path


def _folder(db: Path) -> Check:
    """The store's folder takes files, and write-ahead logging works on its file system."""
    folder = _existing_parent(db)
    with tempfile.TemporaryDirectory(prefix=".scaleenv-", dir=folder) as place:
        connection = sqlite3.connect(Path(place) / "probe.db")
        try:
            mode = connection.execute("pragma journal_mode = wal").fetchone()[0]
            connection.execute("create table probe (a)")
        finally:
            connection.close()
    ok = mode == "wal"
    return Check(
        name="data folder",
        ok=ok,
        detail=f"{folder} is writable"
        if ok
        else f"{folder} does not support write-ahead logging (journal mode {mode})",
        remedy="" if ok else "Choose a local disk with --db.",
    )


def _space(db: Path) -> Check:
    free = shutil.disk_usage(_existing_parent(db)).free
    ok = free >= SPACE_NEEDED
    return Check(
        name="disk space",
        ok=ok,
        detail=f"{free / 1e9:.1f} GB free",
        remedy="" if ok else "Free some space or choose another disk with --db.",
    )


def _store(db: Path) -> Check:
    from engine.store import Store

    if not db.exists():
        return Check(name="store", ok=True, detail=f"none at {db} yet")
    with Store.open(db, create=False) as store:
        problems = store.problems()
        domains, runs = store.domains.names(), store.runs.unfinished()
    if problems:
        return Check(name="store", ok=False, detail="; ".join(problems[:3]), remedy="Restore a copy of the file.")
    waiting = [run.id for run in runs if run.status != "running"]
    return Check(
        name="store",
        ok=True,
        detail=f"{db}: {len(domains)} domains"
        + (f"; unfinished: {', '.join(waiting)} (go on with `scaleenv resume`)" if waiting else ""),
    )


_PROBE_SOURCE = '''def probe(db: Database, forever: bool) -> dict:
    """Counts; for ever if asked to."""
    n = 0
    for i in range(10):
        n = n + i
    for i in range(10**12 if forever else 0):
        n = n + i
    return {"n": n}
'''


def _sandbox() -> Check:
    """A tool runs in the sandbox, and an endless one is stopped."""
    from engine.models.database import Column, DatabaseSchema, Table
    from engine.models.domain import Domain, DomainSpec
    from engine.models.tool import Contract, Parameter, Tool
    from engine.models.trace import Call
    from engine.runtime.sandbox import SandboxRuntime
    from engine.runtime.worker import SandboxLimits

    table = Table(name="probe", columns=(Column(name="id", type="text", role="id"),), primary_key=("id",))
    tool = Tool(
        name="probe",
        description="Counts.",
        category="compute",
        entity="probe",
        parameters=(Parameter(name="forever", type="boolean"),),
        contract=Contract(),
        source=_PROBE_SOURCE,
    )
    spec = DomainSpec(
        name="probe",
        title="Probe",
        description="",
        seed_kind="blueprint",
        seed_digest="",
        database=DatabaseSchema(tables=(table,)),
    )
    runtime = SandboxRuntime(Domain(spec=spec, tools=(tool,)), limits=SandboxLimits(seconds=1.0))
    try:
        episode = runtime.open(runtime.base({"probe": []}, "2026-03-02T09:00:00"))
        calls = [Call(name="probe", arguments={"forever": forever}) for forever in (False, True, False)]
        outcomes = [runtime.run(episode, [call])[0].outcome for call in calls]
    finally:
        runtime.close_all()
    ok = outcomes == ["success", "failure", "success"]
    return Check(
        name="sandbox",
        ok=ok,
        detail="runs tools, and stops an endless one" if ok else f"answered {', '.join(outcomes)}",
        remedy="" if ok else "Reinstall `pydantic-monty`.",
    )


def _blueprints() -> Check:
    from engine.datafiles import data_directory
    from engine.seeds import read_seed

    names = sorted(path.stem for path in data_directory("blueprints").glob("*.yaml"))
    for name in names:
        read_seed(name)
    return Check(
        name="blueprints",
        ok=bool(names),
        detail=", ".join(names) or "none found",
        remedy="" if names else "Reinstall the package.",
    )


def studio_script() -> Path:
    """The studio's start script.

    Raises:
        UsageError: The studio is not installed.
    """
    found = util.find_spec("studio")
    for place in (found.submodule_search_locations or []) if found else []:
        for name in ("server.py", "app.py"):
            script = Path(place) / name
            if script.exists():
                return script
    raise UsageError("The studio is not installed; install the whole package `scaleenv-studio`.")


def studio_home(script: Path) -> Path:
    """Where the studio's server must start to find its settings: a checkout's root, or the installed package."""
    homes = (script.parent.parent, script.parent)
    return next((home for home in homes if (home / ".streamlit" / "config.toml").exists()), script.parent)


def _studio() -> Check:
    return Check(name="studio", ok=True, detail=f"streamlit {metadata.version('streamlit')}, {studio_script().name}")


def _models(db: Path) -> Check:
    """Language models are a choice: none configured is in order, but settings that can't be understood are not."""
    from engine.pipeline.keys import keys_present
    from engine.pipeline.model_settings import read_settings

    try:
        library = f"litellm {metadata.version('litellm')}"
    except metadata.PackageNotFoundError:
        library = "no litellm (needed for models only: install `scaleenv-studio[llm]`)"
    try:
        settings = read_settings(store=db)
    except UsageError as error:
        return Check(name="language models", ok=False, detail=str(error), remedy="Mend the settings.")
    models = ", ".join(dict.fromkeys(settings.models.values())) or "none configured"
    keys = ", ".join(keys_present()) or "none"
    return Check(name="language models", ok=True, detail=f"{library}; models: {models}; keys found: {keys}")
