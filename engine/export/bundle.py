"""The bundle: a folder that runs a domain and its tasks with nothing but Python."""

from __future__ import annotations

import ast
import json
from collections import deque
from collections.abc import Iterable, Iterator
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

from engine import __version__
from engine.export.checks import checked
from engine.export.environment import MODULES
from engine.export.files import write_folder
from engine.export.rows import json_line, task_fields
from engine.models.domain import Domain
from engine.models.task import Task
from engine.models.tool import Tool
from engine.runtime.functions import TOOL_FUNCTIONS
from engine.runtime.portable import module_source
from engine.runtime.reward import policies
from engine.runtime.spec import compile_database, compile_tool, openai_schema
from engine.syntax import parse_module

FORMAT = "scaleenv-bundle"
FORMAT_VERSION = 1


def write_bundle(domain: Domain, tasks: Iterable[Task], folder: Path) -> Path:
    """Writes a bundle; the same domain and tasks give the same bytes, whenever and wherever.

    Args:
        domain: The domain.
        tasks: Written one after the other, so any number of them.
        folder: The bundle's folder. An older bundle there is replaced as a whole.

    Returns:
        The folder.

    Raises:
        ExportError: A task is of another domain or would pay for nothing, `folder` holds something else, or can't
            be written.
    """
    write_folder(folder, lambda draft: fill_bundle(domain, ((task, {}) for task in tasks), draft), _is_bundle)
    return folder


def fill_bundle(domain: Domain, tasks: Iterable[tuple[Task, dict[str, Any]]], folder: Path) -> None:
    """Writes a bundle's files into an empty folder.

    Args:
        domain: The domain.
        tasks: Each with what its line in `tasks.jsonl` says beside what it says anyway, such as its split.
        folder: Where to.

    Raises:
        ExportError: A task is of another domain or would pay for nothing.
        OSError: A file can't be written.
    """
    hashes: dict[str, str] = {}
    difficulty = {"easy": 0, "medium": 0, "hard": 0}
    first = ""
    found = sha256()
    further: deque[dict[str, Any]] = deque()

    def plain() -> Iterator[Task]:
        for task, more in tasks:
            further.append(more)
            yield task

    with (folder / "tasks.jsonl").open("wb") as file:
        for task in checked(domain, plain()):
            line = json_line({**task_fields(task), **further.popleft()}).encode()
            file.write(line)
            found.update(line)
            first = first or task.id
            difficulty[task.difficulty] += 1
    hashes["tasks.jsonl"] = found.hexdigest()
    text = _fixed_files(domain) | {"README.md": _readme(domain, sum(difficulty.values()), first)}
    for name, content in text.items():
        (folder / name).write_bytes(content.encode())
        hashes[name] = sha256(content.encode()).hexdigest()
    (folder / "manifest.json").write_bytes(_manifest(domain, difficulty, dict(sorted(hashes.items()))).encode())


def _fixed_files(domain: Domain) -> dict[str, str]:
    """The files that don't depend on the tasks, by name."""
    text = {f"{name}.py": _portable(name) for name in MODULES if name != "tools"}
    text["tools.py"] = tools_module(domain)
    text["environment.py"] = files("engine.export").joinpath("environment.py").read_text("utf-8")
    text["schema.json"] = _pretty(domain.database.model_dump(mode="json", exclude={"values"}))
    text["runtime.json"] = _pretty(
        {
            "database": compile_database(domain.database),
            "policies": policies(domain.database),
            "tools": [compile_tool(tool) for tool in domain.tools],
        }
    )
    text["tool_schemas.json"] = _pretty([openai_schema(tool) for tool in domain.tools])
    text["base_rows.json"] = json_line(dict(domain.spec.base_rows))
    return text


def tools_module(domain: Domain) -> str:
    """All tools of a domain as one readable module."""
    sources = [_split_imports(tool) for tool in domain.tools]
    imports = sorted({line for lines, _ in sources for line in lines})
    bodies = [body for _, body in sources]
    names = {node.id for body in bodies for node in ast.walk(parse_module(body)) if isinstance(node, ast.Name)}
    used = [name for name in TOOL_FUNCTIONS if name in names]
    head = [f'"""The tools of {domain.name}."""'.replace("\\", "/"), "", "from __future__ import annotations", ""]
    head += [*imports, ""] if imports else []
    head += [f"from .functions import {', '.join(used)}"] if used else []
    head += ["from .prelude import Database"]
    listed = "".join(f'    "{tool.name}": {tool.name},\n' for tool in domain.tools)
    return "\n".join(head) + "\n\n\n" + "\n\n\n".join(bodies) + "\n\n\nTOOLS = {\n" + listed + "}\n"


def _split_imports(tool: Tool) -> tuple[list[str], str]:
    """The source's imports, and the rest of it."""
    tree = parse_module(tool.source)
    lines = tool.source.split("\n")
    imports: list[str] = []
    for node in tree.body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            imports.append(ast.unparse(node))
            for place in range(node.lineno - 1, node.end_lineno or node.lineno):
                lines[place] = ""
    return imports, "\n".join(lines).strip("\n")


def _portable(name: str) -> str:
    """A module of the runtime with its imports of the others made relative, for a bundle is a package of its own."""
    return module_source(name).replace("from engine.runtime.", "from .")


def _pretty(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _readme(domain: Domain, tasks: int, first: str) -> str:
    template = files("engine.export").joinpath("bundle_readme.md").read_text("utf-8")
    return template.format(
        title=domain.spec.title,
        description=domain.spec.description,
        name=domain.name,
        tools=len(domain.tools),
        tables=len(domain.database.tables),
        tasks=tasks,
        first=first or "no tasks",
    )


def _manifest(domain: Domain, difficulty: dict[str, int], hashes: dict[str, str]) -> str:
    return _pretty(
        {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "engine_version": __version__,
            "python": ">=3.11",
            "domain": domain.name,
            "title": domain.spec.title,
            "seed_kind": domain.spec.seed_kind,
            "seed_digest": domain.spec.seed_digest,
            "tables": len(domain.database.tables),
            "tools": len(domain.tools),
            "tasks": sum(difficulty.values()),
            "difficulty": difficulty,
            "files": hashes,
        }
    )


def _is_bundle(folder: Path) -> bool:
    try:
        manifest: Any = json.loads((folder / "manifest.json").read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(manifest, dict) and cast("dict[str, Any]", manifest).get("format") == FORMAT
