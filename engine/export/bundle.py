"""The bundle: a folder that runs a domain and its tasks with nothing but Python."""

from __future__ import annotations

import ast
import json
from collections.abc import Sequence
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

from engine import __version__
from engine.export.checks import check_tasks
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

FORMAT = "scaleenv-bundle"
FORMAT_VERSION = 1


def write_bundle(domain: Domain, tasks: Sequence[Task], folder: Path) -> Path:
    """Writes a bundle; the same domain and tasks give the same bytes, whenever and wherever.

    Args:
        folder: The bundle's folder. An older bundle there is replaced as a whole.

    Returns:
        The folder.

    Raises:
        ExportError: A task is of another domain or would pay for nothing, `folder` holds something else, or can't
            be written.
    """
    check_tasks(domain, tasks)
    write_folder(folder, bundle_files(domain, tasks), _is_bundle)
    return folder


def bundle_files(domain: Domain, tasks: Sequence[Task]) -> dict[str, bytes]:
    """The bundle's files by name, manifest included."""
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
    text["tasks.jsonl"] = "".join(json_line(task_fields(task)) for task in tasks)
    text["README.md"] = _readme(domain, tasks)
    content = {name: text[name].encode() for name in sorted(text)}
    return {**content, "manifest.json": _manifest(domain, tasks, content).encode()}


def tools_module(domain: Domain) -> str:
    """All tools of a domain as one readable module."""
    sources = [_split_imports(tool) for tool in domain.tools]
    imports = sorted({line for lines, _ in sources for line in lines})
    bodies = [body for _, body in sources]
    names = {node.id for body in bodies for node in ast.walk(ast.parse(body)) if isinstance(node, ast.Name)}
    used = [name for name in TOOL_FUNCTIONS if name in names]
    head = [f'"""The tools of {domain.name}."""'.replace("\\", "/"), "", "from __future__ import annotations", ""]
    head += [*imports, ""] if imports else []
    head += [f"from .functions import {', '.join(used)}"] if used else []
    head += ["from .prelude import Database"]
    listed = "".join(f'    "{tool.name}": {tool.name},\n' for tool in domain.tools)
    return "\n".join(head) + "\n\n\n" + "\n\n\n".join(bodies) + "\n\n\nTOOLS = {\n" + listed + "}\n"


def _split_imports(tool: Tool) -> tuple[list[str], str]:
    """The source's imports, and the rest of it."""
    tree = ast.parse(tool.source)
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


def _readme(domain: Domain, tasks: Sequence[Task]) -> str:
    template = files("engine.export").joinpath("bundle_readme.md").read_text("utf-8")
    return template.format(
        title=domain.spec.title,
        description=domain.spec.description,
        name=domain.name,
        tools=len(domain.tools),
        tables=len(domain.database.tables),
        tasks=len(tasks),
        first=tasks[0].id if tasks else "no tasks",
    )


def _manifest(domain: Domain, tasks: Sequence[Task], content: dict[str, bytes]) -> str:
    difficulty: dict[str, int] = {"easy": 0, "medium": 0, "hard": 0}
    for task in tasks:
        difficulty[task.difficulty] += 1
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
            "tasks": len(tasks),
            "difficulty": difficulty,
            "files": {name: sha256(data).hexdigest() for name, data in content.items()},
        }
    )


def _is_bundle(folder: Path) -> bool:
    try:
        manifest: Any = json.loads((folder / "manifest.json").read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(manifest, dict) and cast("dict[str, Any]", manifest).get("format") == FORMAT
