"""The part of the runtime that is shipped needs the standard library and itself only."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest

from engine.runtime.portable import DATABASE_MODULES, joined_source, module_source

PORTABLE = (*DATABASE_MODULES, "calls", "session")


@pytest.mark.parametrize("name", PORTABLE)
def test_portable_modules_import_the_standard_library_and_each_other(name: str) -> None:
    for node in ast.walk(ast.parse(module_source(name))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
            if (node.module or "").startswith("engine."):
                assert node.lineno == node.end_lineno, "joining takes out single lines"
        for imported in names:
            first, *rest = imported.split(".")
            assert first in sys.stdlib_module_names or (first == "engine" and rest[1] in PORTABLE)


def test_joined_source_runs_alone() -> None:
    source = joined_source((*DATABASE_MODULES, "calls"))
    script = (
        source + "\nbase = Base(Schema({'tables': {}}))\nassert Database(base, 'now').now() == 'now'\n"
        "assert add_days('2024-02-28', 2) == '2024-03-01'\nimport sys\nassert not any('engine' in m for m in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-I", "-S", "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
