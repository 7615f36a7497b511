"""States planted by hand with what each call must bring: a verdict on tools that no contract and no code has a say in."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError, model_validator

from engine.errors import UsageError
from engine.models.base import Model, Row, Rows, canonical_json
from engine.models.tool import Tool
from engine.models.trace import Call
from engine.runtime.records import CallRecord, Experiment
from engine.syntax import parse_module


class PlantedChange(Model):
    """A row that differs after the call.

    Attributes:
        set: Columns with new values, of a row that was there.
        new: The whole row, where there was none.
        gone: Whether the row is no more.
    """

    table: str
    key: str | int | tuple[str | int, ...]
    set: Row = Field(default_factory=dict)
    new: Row | None = None
    gone: bool = False

    @model_validator(mode="after")
    def _one_kind(self) -> PlantedChange:
        if (bool(self.set), self.new is not None, self.gone).count(True) != 1:
            raise ValueError("give exactly one of `set`, `new`, `gone`")
        return self


class PlantedCall(Model):
    """A call on the planted rows.

    Attributes:
        call: The arguments.
        refused: Code of the rejection that must come; empty where the call must succeed.
        answer: What must be answered.
        changes: Every row that must differ afterwards.
    """

    tool: str
    call: dict[str, Any]
    refused: str = ""
    answer: dict[str, Any] | None = None
    changes: tuple[PlantedChange, ...] = ()

    @model_validator(mode="after")
    def _one_end(self) -> PlantedCall:
        if bool(self.refused) == (self.answer is not None):
            raise ValueError("give either `refused` or `answer`")
        if self.refused and self.changes:
            raise ValueError("a call that is refused changes nothing")
        return self

    def experiment(self, planted: Planted) -> Experiment:
        """The call as something to be run."""
        return Experiment(planted.rows, planted.now, [Call(name=self.tool, arguments=self.call)])

    def faults(self, done: CallRecord) -> list[str]:
        """What came out otherwise, in words; empty where all is as it must be."""
        code = done.problem["code"] if done.problem is not None else ""
        if done.outcome == "failure" or code != self.refused:
            return [f"expected {_said(self.refused)}, found {_said(code)}"]
        found: list[str] = []
        if not self.refused and _plain(done.result) != _plain(self.answer):
            found.append(f"expected the answer {_plain(self.answer)}, found {_plain(done.result)}")
        left = {(table, key): (before, after) for table, key, before, after in done.diff}
        for change in self.changes:
            if (change.table, change.key) not in left:
                found.append(f"{change.table} {change.key!r} stayed as it was")
                continue
            before, after = left.pop((change.table, change.key))
            expected = {**(before or {}), **change.set} if change.set else change.new
            if _plain(after) != _plain(expected):
                found.append(f"{change.table} {change.key!r}: expected {_plain(expected)}, found {_plain(after)}")
        found.extend(f"{table} {key!r} changed, which it must not" for table, key in left)
        return found


class Planted(Model):
    """Rows, and the calls that are tried on them, each by itself."""

    now: str
    rows: Rows
    cases: tuple[PlantedCall, ...]


def read_planted(path: Path) -> Planted:
    """Reads planted states.

    Raises:
        UsageError: The file can't be read, or is not what it should be; the message says where.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    from engine.seeds.yaml_text import plain

    try:
        data: Any = YAML(typ="safe", pure=True).load(path)  # pyright: ignore[reportUnknownMemberType]
        return Planted.model_validate(plain(data))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"{path}: {place}: {first['msg']}") from error
    except (OSError, YAMLError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} can't be read: {error}") from error


def read_reference(path: Path, tools: Sequence[Tool]) -> tuple[Tool, ...]:
    """The tools with sources from a file of plain functions, one for each tool.

    Raises:
        UsageError: The file can't be read, is no Python, or lacks a tool.
    """
    try:
        text = path.read_text("utf-8")
        tree = parse_module(text)
    except (OSError, SyntaxError, ValueError) as error:
        raise UsageError(f"{path} can't be read: {error}") from error
    sources = {node.name: ast.get_source_segment(text, node) for node in tree.body if isinstance(node, ast.FunctionDef)}
    for tool in tools:
        if tool.name not in sources:
            raise UsageError(f"{path} has no function `{tool.name}`.")
    return tuple(tool.model_copy(update={"source": f"{sources[tool.name]}\n", "made_by": "hand"}) for tool in tools)


def _plain(value: Any) -> str:
    """Values as text to compare by: 13 and 13.0 are the same, True and 1 are not."""
    return canonical_json(_numbers(value))


def _numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _numbers(item) for name, item in value.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list | tuple):
        return [_numbers(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _said(code: str) -> str:
    return f"the rejection {code}" if code else "success"
