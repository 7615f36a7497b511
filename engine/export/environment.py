"""Runs the environment in this folder: `reset`, `step`, `reward`. It needs the standard library only.

    from environment import Environment

    env = Environment.load("path/to/this/folder")
    task = env.reset(env.task_ids[0])          # instruction, user profile, clock, tools
    answer = env.step("tool_name", {"argument": "value"})
    env.reward()                               # 1.0 or 0.0; env.verdict() says why

One `Environment` is one episode at a time; `env.another()` gives a further one over the same data at no cost.
The tools run in this process, as trusted code: they were tested before they were exported.
"""

from __future__ import annotations

import json
import sys
from difflib import get_close_matches
from hashlib import sha256
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import Any

MODULES = (
    "functions",
    "tables",
    "prelude",
    "execution",
    "calls",
    "similarity",
    "policies",
    "pairing",
    "matching",
    "tools",
)
"""The modules of a bundle in the order of their imports."""

DATA = ("runtime.json", "tool_schemas.json", "tasks.jsonl", "base_rows.json")
"""What else the loader reads."""

BASES_KEPT = 16
"""Initial states that stay loaded for their next episode."""

_loading = Lock()  # environments may live in different threads


class BundleError(Exception):
    """The folder is not a bundle, was changed, or was asked for something that is not in it."""


class Bundle:
    """The contents of a bundle's folder, read once and shared by all its environments."""

    def __init__(self, folder: Path, verify: bool) -> None:
        self.folder = folder
        self.manifest = self._manifest()
        files = self._files(verify)
        text = {name: content.decode() for name, content in files.items()}
        runtime = json.loads(text["runtime.json"])
        modules = _load_modules(folder, text)
        self.calls = modules["calls"]
        self.execution = modules["execution"]
        self.database: Any = modules["prelude"].Database
        self.functions: dict[str, Any] = modules["tools"].TOOLS
        self.schema = modules["tables"].Schema(runtime["database"])
        self.parameters: list[dict[str, Any]] = runtime["tools"]
        self.matcher = modules["matching"].Matcher(runtime["policies"])
        self.tool_schemas: dict[str, Any] = {
            tool["function"]["name"]: tool for tool in json.loads(text["tool_schemas.json"])
        }
        self.tasks: dict[str, dict[str, Any]] = {}
        for line in text["tasks.jsonl"].split("\n"):
            if line:
                task = json.loads(line)
                self.tasks[task["task_id"]] = task
        self._base_rows: dict[str, list[dict[str, Any]]] = json.loads(text["base_rows.json"])
        self._base_type = modules["tables"].Base
        self._bases: dict[str, Any] = {}
        self._gold: dict[str, Any] = {}
        self._checkers: dict[tuple[str, ...], Any] = {}

    def _manifest(self) -> dict[str, Any]:
        path = self.folder / "manifest.json"
        try:
            manifest = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise BundleError(f"{self.folder} is not a bundle: its manifest.json can't be read ({error})") from error
        if not isinstance(manifest, dict) or manifest.get("format") != "scaleenv-bundle":  # pyright: ignore[reportUnknownMemberType]
            raise BundleError(f"{path} is not the manifest of a bundle")
        version, listed = manifest.get("format_version"), manifest.get("files")  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        if version != 1:
            raise BundleError(f"{path} has format {version}; this loader reads format 1")
        missing = [name for name in (*DATA, *[f"{name}.py" for name in MODULES]) if name not in (listed or ())]
        if missing:
            raise BundleError(f"{path} does not list {missing[0]}; export the bundle again")
        return manifest  # pyright: ignore[reportUnknownVariableType]

    def _files(self, verify: bool) -> dict[str, bytes]:
        """The files that the manifest lists, each as it is on disk."""
        files: dict[str, bytes] = {}
        for name, wanted in self.manifest["files"].items():
            try:
                content = (self.folder / name).read_bytes()
            except OSError as error:
                raise BundleError(f"{self.folder} lacks {name}, which its manifest lists; export it again") from error
            if verify and sha256(content).hexdigest() != wanted:
                raise BundleError(
                    f"{self.folder / name} is not what was exported (its SHA-256 differs from the manifest's); "
                    "export it again, or load it with verify=False"
                )
            files[name] = content
        return files

    def task(self, task_id: str) -> dict[str, Any]:
        """A task as it stands in tasks.jsonl."""
        task = self.tasks.get(task_id) if type(task_id) is str else None
        if task is None:
            near = get_close_matches(str(task_id), list(self.tasks), n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {len(self.tasks)}, see `task_ids`"
            raise BundleError(f"no task {task_id!r}; {hint}")
        return task

    def base(self, task: dict[str, Any]) -> Any:
        """The task's initial state, loaded and shared."""
        name = task["task_id"]
        with _loading:
            base = self._bases.pop(name, None)
            if base is None:
                base = self._load(task["initial_state"])
                while len(self._bases) >= BASES_KEPT:
                    self._bases.pop(next(iter(self._bases)))
            self._bases[name] = base
            return base

    def _load(self, state: dict[str, Any]) -> Any:
        base = self._base_type(self.schema)
        if state["extends_base"]:
            for table, rows in self._base_rows.items():
                base.add(table, rows)
        for table, rows in state["rows"].items():
            base.add(table, rows)
        return base

    def gold(self, task: dict[str, Any]) -> Any:
        """What the reference solution changes, in the form that scores fastest."""
        gold = self._gold.get(task["task_id"])
        if gold is None:
            changes = [
                (change["table"], _key(change["key"]), change["before"], change["after"])
                for change in task["gold_diff"]
            ]
            gold = self._gold[task["task_id"]] = self.matcher.prepare(changes)
        return gold

    def checker(self, task: dict[str, Any]) -> Any:
        """Checks calls of the task's tools."""
        names = tuple(task["tools"])
        if names not in self._checkers:
            tools = [tool for tool in self.parameters if tool["name"] in names]
            self._checkers[names] = self.calls.CallChecker(tools)
        return self._checkers[names]


class Environment:
    """One episode at a time over the tasks of a bundle. Get one with `Environment.load`."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self._task: dict[str, Any] | None = None
        self._database: Any = None
        self.outcome: str | None = None
        """How the last call went: `success`, `rejection` or `failure`."""

    @classmethod
    def load(cls, folder: str | Path, *, verify: bool = True) -> Environment:
        """Loads a bundle.

        Args:
            folder: The bundle's folder.
            verify: Check every file against the manifest's SHA-256 first.

        Raises:
            BundleError: The folder is not a bundle, or a file is missing or was changed.
        """
        return cls(Bundle(Path(folder).resolve(), verify))

    def another(self) -> Environment:
        """A further environment over the same bundle, for an episode beside this one."""
        return Environment(self._bundle)

    @property
    def domain(self) -> str:
        """The domain's name."""
        return self._bundle.manifest["domain"]

    @property
    def task_ids(self) -> list[str]:
        """The ids of all tasks, in order."""
        return list(self._bundle.tasks)

    @property
    def tasks(self) -> list[dict[str, Any]]:
        """All tasks as they stand in tasks.jsonl, reference solution included."""
        return list(self._bundle.tasks.values())

    def tools(self, task_id: str | None = None) -> list[dict[str, Any]]:
        """The tools of a task in OpenAI function form, or all of them."""
        schemas = self._bundle.tool_schemas
        names = list(schemas) if task_id is None else self._bundle.task(task_id)["tools"]
        return [schemas[name] for name in names]

    def reset(self, task_id: str) -> dict[str, Any]:
        """Begins an episode.

        Returns:
            `task_id`, `instruction`, `user_profile`, `now` (the episode's clock) and `tools` (OpenAI form).

        Raises:
            BundleError: There is no such task.
        """
        task = self._bundle.task(task_id)
        now = task["initial_state"]["now"]
        self._database = self._bundle.database(self._bundle.base(task), now)
        self._task = task
        self.outcome = None
        return {
            "task_id": task_id,
            "instruction": task["instruction"],
            "user_profile": dict(task["user_profile"]),
            "now": now,
            "tools": self.tools(task_id),
        }

    def step(self, name: str, arguments: dict[str, Any] | None = None) -> dict[str, Any]:
        """Calls a tool. Whatever is wrong with the call comes back as an answer, never as an exception.

        Returns:
            The tool's answer, or `{"error": {"code", "message", "details"}}`. `outcome` tells which it was.
        """
        task = self._begun()
        given, problem = self._bundle.checker(task).check(name, {} if arguments is None else arguments)
        if problem is not None:
            self.outcome = "rejection"
            return {"error": problem}
        outcome, result, problem, *_ = self._bundle.execution.perform(
            self._database, self._bundle.functions[name], given
        )
        self.outcome = outcome
        return result if problem is None else {"error": problem}

    def diff(self) -> list[tuple[str, Any, Any, Any]]:
        """(table, key, row before, row after) of every row that the episode changed; the rows are copies."""
        self._begun()
        return [
            (table, key, before and dict(before), after and dict(after))
            for table, key, before, after in self._database.diff()
        ]

    def verdict(self) -> dict[str, Any]:
        """`reward` and `mismatches`: every difference from what the reference solution changes."""
        return self._bundle.matcher.score(self._bundle.gold(self._begun()), self._database.diff())

    def reward(self) -> float:
        """1.0 where the episode changed what the reference solution changes and nothing else, or else 0.0."""
        return self.verdict()["reward"]

    def _begun(self) -> dict[str, Any]:
        if self._task is None:
            raise BundleError("no episode has begun: call reset(task_id) first")
        return self._task


def _key(key: Any) -> Any:
    return tuple(key) if isinstance(key, list) else key  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]


def _load_modules(folder: Path, text: dict[str, str]) -> dict[str, ModuleType]:
    """Runs the bundle's modules, from the very bytes that were verified.

    They make a package of their own with a name made of their contents, so that bundles don't meet in one process.
    """
    with _loading:
        return _import_modules(folder, text)


def _import_modules(folder: Path, text: dict[str, str]) -> dict[str, ModuleType]:
    package = "scaleenv_" + sha256("\0".join(text[f"{name}.py"] for name in MODULES).encode()).hexdigest()[:16]
    if package in sys.modules:
        return {name: sys.modules[f"{package}.{name}"] for name in MODULES}
    parent = ModuleType(package)
    parent.__path__ = []
    sys.modules[package] = parent
    loaded: dict[str, ModuleType] = {}
    try:
        for name in MODULES:
            module = ModuleType(f"{package}.{name}")
            module.__package__ = package
            module.__file__ = str(folder / f"{name}.py")
            sys.modules[module.__name__] = module
            exec(compile(text[f"{name}.py"], module.__file__, "exec", dont_inherit=True), module.__dict__)
            loaded[name] = module
    except BaseException:
        for name in [package, *[f"{package}.{name}" for name in MODULES]]:
            sys.modules.pop(name, None)
        raise
    return loaded
