"""A contract as text that people edit, and back: every mistake has its line."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, cast

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import Node

from engine.models.base import Model
from engine.models.tool import Contract, Tool
from engine.seeds.problems import Path
from engine.seeds.yaml_text import lines_of, plain, write_yaml

LARGEST_TEXT = 200_000
"""Characters of a contract or a source that are read at most."""
DEEPEST = 20
MOST_PARTS = 20_000
"""Values in a contract, aliases written out."""

_SPECIAL = re.compile(r"[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_UNWRITABLE = re.compile(rf"{_SPECIAL.pattern}|\\u00|\\[bfr]")
"""What YAML takes for a line's end or refuses: such a contract is written as JSON, with escapes."""

_PARTS = ("bindings", "requires", "effects", "returns")


class EditProblem(Model):
    """What is wrong with a proposal.

    Attributes:
        where: The text it is in; `tool` where it is in neither.
        line: Its line, from 1, where it is known.
        message: What is wrong and what to do.
    """

    where: str
    line: int | None = None
    message: str

    def __str__(self) -> str:
        return f"{self.where}{'' if self.line is None else f', line {self.line}'}: {self.message}"


class ContractText(Model):
    """A contract that was read, with the lines of its parts; `contract` is `None` where it could not be read."""

    contract: Contract | None = None
    lines: Mapping[Path, int] = {}
    problems: tuple[EditProblem, ...] = ()

    def line_of(self, path: Path) -> int | None:
        """The line of a part, or of the nearest part around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path)


def write_contract(contract: Contract) -> str:
    """A contract as YAML; what has its default is left out."""
    data = contract.model_dump(mode="json", exclude_defaults=True)
    if not data:
        return "{}\n"
    if _UNWRITABLE.search(contract.model_dump_json()):
        text = json.dumps(data, indent=2, ensure_ascii=False)
        return _SPECIAL.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n"
    return write_yaml(data)


def read_contract(text: str) -> ContractText:
    """Reads a contract from YAML or JSON text; the expressions are checked later, against the tool and its schema."""
    if len(text) > LARGEST_TEXT:
        return _refused(1, f"{len(text):,} characters are too many for a contract (at most {LARGEST_TEXT:,})")
    try:
        node = cast("Node | None", YAML(typ="rt").compose(text))  # pyright: ignore[reportUnknownMemberType]
        lines = lines_of(node, deepest=DEEPEST, most=MOST_PARTS)
        data: Any = YAML(typ="safe", pure=True).load(text)  # pyright: ignore[reportUnknownMemberType]
    except YAMLError as error:
        marked = cast("Any", error)
        mark = getattr(marked, "problem_mark", None) or getattr(marked, "context_mark", None)
        said = getattr(marked, "problem", None) or "not YAML"
        return _refused(
            1 if mark is None else mark.line + 1,
            f"{said}; quote texts that hold `: `, `{{`, `[` or `#`",
        )
    except (RecursionError, ValueError) as error:
        return _refused(1, f"not readable as YAML: {error}")
    if data is None:
        data = {}
    if not isinstance(data, dict):
        return _refused(1, f"a contract is a mapping with the keys {', '.join(f'`{part}`' for part in _PARTS)}")
    read = ContractText(lines=lines)
    try:
        return read.model_copy(update={"contract": Contract.model_validate(plain(data))})
    except ValidationError as error:
        problems = [
            EditProblem(
                where="contract",
                line=read.line_of(tuple(item["loc"])),
                message=_words(tuple(item["loc"]), item["type"], item["msg"], item.get("input")),
            )
            for item in error.errors(include_url=False)
        ]
        return read.model_copy(update={"problems": tuple(problems)})


def located(read: ContractText, tool: Tool, problem: str) -> EditProblem:
    """A finding of the contract check, with the line of the part that it names."""
    words = problem.removeprefix(f"{tool.name}: ")
    path = _path_of(words, tool.contract)
    return EditProblem(where="contract" if path else "tool", line=read.line_of(path) if path else None, message=words)


def _refused(line: int, message: str) -> ContractText:
    return ContractText(problems=(EditProblem(where="contract", line=line, message=message),))


def _words(path: Path, kind: str, message: str, given: Any) -> str:
    place = ".".join(str(part + 1) if isinstance(part, int) else part for part in path)
    if kind == "extra_forbidden":
        return f"{place}: there is no such key here"
    if kind == "missing":
        return f"{place}: is missing"
    if kind == "string_type":
        return f"{place}: an expression is a text; write '{_shown(given)}' in quotes"
    return f"{place}: {message[:1].lower()}{message[1:]}, not `{_shown(given)}`"


def _shown(value: Any) -> str:
    text = "True" if value is True else "False" if value is False else "None" if value is None else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


_BINDING = re.compile(r"binding `([^`]*)`")
_REQUIREMENT = re.compile(r"requirement (\d+) \(")
_EFFECT = re.compile(r"effect (\d+) \(")
_RETURNED = re.compile(r"returned (?:field )?`([^`]*)`")
_COLUMN = re.compile(r"[^:]*, (?:value|field) (?:of )?`([^`]*)`")


def _path_of(words: str, contract: Contract) -> Path:
    """The part of the contract that a finding names first."""
    place = words.partition(": ")[0]
    if found := _BINDING.match(words):
        return (*_named("bindings", [binding.name for binding in contract.bindings], found[1]), "expression")
    if found := _REQUIREMENT.match(words):
        index = int(found[1]) - 1
        return ("requires", index, "message" if ", message" in place else "condition")
    if found := _EFFECT.match(words):
        index = int(found[1]) - 1
        column = _COLUMN.match(words)
        if column:
            return ("effects", index, "values", column[1])
        part = place.rpartition(", ")[2]
        return ("effects", index, part) if part in ("each", "when", "key", "bind") else ("effects", index)
    if found := _RETURNED.match(words):
        path = _named("returns", [field.name for field in contract.returns], found[1])
        column = _COLUMN.match(words)
        if column:
            return (*path, "query", "fields", column[1])
        part = place.rpartition(", ")[2].split(" ")[0]
        return (*path, "query", part) if part in ("where", "order", "limit") else (*path, "value")
    return ()


def _named(part: str, names: list[str], name: str) -> Path:
    return (part, names.index(name)) if name in names else (part,)
