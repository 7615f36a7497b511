"""The part of the runtime that leaves this package: into the sandbox, and into bundles."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

DATABASE_MODULES = ("functions", "tables", "prelude", "execution")
"""Modules of `engine.runtime` that hold the database that tools see, in the order of their imports.

They need the standard library only and import nothing of the engine but each other, so a bundle can ship them as
they stand (with `calls`), and joined they are one source that the sandbox loads.
"""

_OWN = "from engine.runtime."
_FUTURE = "from __future__"


def module_source(name: str) -> str:
    """The source text of a module of `engine.runtime`."""
    return (files("engine.runtime") / f"{name}.py").read_text(encoding="utf-8")


@cache
def joined_source(names: tuple[str, ...] = DATABASE_MODULES) -> str:
    """The modules as one text, without their imports of each other (which must each be on one line)."""
    lines = ["from __future__ import annotations"]
    for name in names:
        lines.extend(line for line in module_source(name).splitlines() if not line.startswith((_OWN, _FUTURE)))
    return "\n".join(lines) + "\n"
