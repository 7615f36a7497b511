"""What a domain can start from: a built-in name, a blueprint, SQL, a SQLite file. All become a `Blueprint`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Literal

from engine.datafiles import data_directory
from engine.errors import SeedError
from engine.models.base import Rows
from engine.seeds.blueprint import Blueprint
from engine.seeds.blueprint_file import BlueprintFile, read_blueprint_file
from engine.seeds.problems import nearest

SeedKind = Literal["blueprint", "sql", "sqlite"]


@dataclass(frozen=True, slots=True)
class Seed:
    """A seed as read.

    Attributes:
        digest: SHA-256 of the seed's file.
        file: The blueprint's file with the lines of its parts, where the seed is one.
        base_rows: Rows of every initial state, where they were asked for.
        warnings: What of the seed was ignored or changed, in words.
    """

    blueprint: Blueprint
    kind: SeedKind
    digest: str
    file: BlueprintFile | None = None
    base_rows: Rows = field(default_factory=dict[str, "list[dict[str, str | int | float | bool | None]]"])
    warnings: tuple[str, ...] = ()


def built_in() -> list[str]:
    """Names of the domains that ship with the engine."""
    return sorted(path.stem for path in data_directory("blueprints").glob("*.yaml"))


def names_built_in(text: str) -> bool:
    """Whether a text is a built-in domain's name, in any spelling of its spaces and letters."""
    return _plain(text) in built_in()


def _plain(text: str) -> str:
    return re.sub(r"[\s-]+", "_", text.strip().lower())


def read_seed(text: str, with_rows: bool = False) -> Seed:
    """Reads a seed.

    Args:
        text: A built-in domain's name (`job_seeking`, "Job Seeking"), or the path of a blueprint (`.yaml`), or of an
            SQLite file or SQL text, whatever that is called: its content decides.
        with_rows: Take the rows of an SQL seed as the base of every initial state.

    Raises:
        SeedError: There is no such seed, or it can't be used; the message says why and what to do.
    """
    if not text.strip():
        raise SeedError("The seed is empty; give a built-in domain's name or a file. " + _known())
    path = Path(text)
    keyword = _plain(text)
    if keyword in built_in() and not path.is_file():
        return _blueprint(data_directory("blueprints") / f"{keyword}.yaml", with_rows)
    if not _exists(path):
        if path.suffix or len(path.parts) > 1:
            raise SeedError(f"{text}: there is no such file.")
        raise SeedError(
            f"There is no built-in domain `{text}`; {nearest(keyword, built_in())} (A file is given with its path.)"
        )
    if path.is_dir():
        raise SeedError(f"{text}: that is a folder; give a blueprint, SQL or SQLite file.")
    if path.suffix.lower() in (".yaml", ".yml"):
        return _blueprint(path, with_rows)
    from engine.seeds.sql import read_sql  # needs sqlite3

    seed = read_sql(path, with_rows=with_rows)
    return Seed(seed.blueprint, seed.kind, seed.digest, base_rows=seed.rows, warnings=seed.blueprint.warnings)


def _known() -> str:
    return "Built-in domains: " + ", ".join(built_in()) + "."


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name too long for the file system
        return False


def _blueprint(path: Path, with_rows: bool) -> Seed:
    file = read_blueprint_file(path)
    warnings = ("A blueprint has no rows to take along.",) if with_rows else ()
    return Seed(file.blueprint, "blueprint", sha256(file.text.encode()).hexdigest(), file=file, warnings=warnings)
