"""Who may import whom: the arrows of the layout, checked on the source itself."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from engine.export.bundle import MODULES

ROOT = Path(__file__).resolve().parents[2]
ORDER = [
    {"errors", "models", "syntax"},
    {"contracts"},
    {"datafiles", "runtime"},
    {"states"},
    {"agents", "seeds"},
    {"foundation"},
    {"graph"},
    {"tasks"},
    {"store", "export"},
    {"rollouts", "traces"},
    {"executors", "pipeline", "verify", "bench", "doctor", "exposure"},
    {"commands", "cli"},
]
"""Parts of the engine; each may import its own row and those above it."""

LEVEL = {part: level for level, parts in enumerate(ORDER) for part in parts}
ENGINE = sorted((ROOT / "engine").rglob("*.py"))
HEAVY = {"litellm", "ray", "torch", "streamlit", "networkx", "sqlite_utils", "pyarrow", "pydantic_monty"}


def imported_modules(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def part_of(path: Path) -> str:
    return path.relative_to(ROOT / "engine").with_suffix("").parts[0]


def test_every_part_of_the_engine_has_its_place_in_the_order() -> None:
    assert {part_of(path) for path in ENGINE} - {"__init__", "__main__"} <= set(LEVEL)


@pytest.mark.parametrize("path", ENGINE, ids=lambda path: str(path.relative_to(ROOT)))
def test_engine_modules_import_only_what_lies_above_them(path: Path) -> None:
    modules = imported_modules(path)
    assert not {name for name in modules if name.split(".")[0] in {"studio", "streamlit"}}, (
        "the engine never imports the studio"
    )
    if part_of(path).startswith("__"):
        return
    below = {
        name
        for name in modules
        if name.startswith("engine.") and LEVEL.get(name.split(".")[1], -1) > LEVEL[part_of(path)]
    }
    assert not below


@pytest.mark.parametrize("name", [name for name in MODULES if name != "tools"])
def test_what_a_bundle_ships_needs_the_standard_library_and_itself_only(name: str) -> None:
    outside = {
        module
        for module in imported_modules(ROOT / "engine" / "runtime" / f"{name}.py")
        if not module.startswith(tuple(f"engine.runtime.{other}" for other in MODULES)) and module != "engine.runtime"
    }
    assert {module.split(".")[0] for module in outside} <= set(sys.stdlib_module_names) | {"__future__"}


def test_the_contract_evaluator_is_independent_of_the_prelude() -> None:
    for path in (ROOT / "engine" / "contracts").glob("*.py"):
        assert not [name for name in imported_modules(path) if name.startswith("engine.runtime")]


@pytest.mark.parametrize("module", ["engine", "engine.models.domain", "engine.cli"])
def test_light_imports_load_nothing_heavy(module: str) -> None:
    code = f"import sys, {module}; print(*sorted({HEAVY!r} & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert loaded.stdout.split() == []


def test_python_is_read_in_one_place_that_bears_threads() -> None:
    elsewhere = [path for path in ENGINE if path.name != "syntax.py" and "ast.parse(" in path.read_text("utf-8")]
    assert elsewhere == []
