"""Reads blueprint files; every mistake is reported with file, line and what to write instead."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any, NamedTuple, cast, get_args

from pydantic import AliasChoices, BaseModel, ValidationError
from pydantic.fields import FieldInfo
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.nodes import Node
from ruamel.yaml.reader import ReaderError

from engine.errors import SeedError
from engine.seeds import rules, tool_entry
from engine.seeds.blueprint import (
    NAME,
    Blueprint,
    CompositeReference,
    Entity,
    EntityColumn,
    Lifecycle,
    RowCheck,
    UniqueKey,
    User,
)
from engine.seeds.check import check_blueprint
from engine.seeds.problems import Path, Problem, nearest
from engine.seeds.yaml_text import lines_of, plain

LARGEST_FILE = 4_000_000
"""Bytes of a blueprint that are read at most."""
DEEPEST = 40
MOST_PARTS = 200_000
"""Values in a blueprint, aliases written out."""


class Mistake(NamedTuple):
    """One mistake of a text.

    Attributes:
        line: From 1.
        message: What is wrong; what to write instead.
    """

    line: int
    message: str


class MistakesError(SeedError):
    """A text is no usable blueprint.

    Attributes:
        mistakes: Every mistake, in the order they were found.
    """

    def __init__(self, name: str, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(f"{name}:{mistake.line}: {mistake.message}" for mistake in self.mistakes))


@dataclass(frozen=True, slots=True)
class BlueprintFile:
    """A blueprint with the text that it was read from.

    Attributes:
        lines: Path into the blueprint -> line, from 1.
    """

    blueprint: Blueprint
    name: str
    text: str
    lines: dict[Path, int]

    def locate(self, problems: Iterable[Problem]) -> SeedError:
        """The problems as one error, each with file and line."""
        return _error(self.name, self.lines, problems)


def read_blueprint(path: str | FilePath) -> Blueprint:
    """Reads a blueprint from a YAML file.

    Raises:
        SeedError: The file can't be read or is not a blueprint; the message has a line `file:line: problem; fix`
            for each mistake.
    """
    return read_blueprint_file(path).blueprint


def read_blueprint_file(path: str | FilePath) -> BlueprintFile:
    """Reads a blueprint and keeps the lines of its parts.

    Raises:
        SeedError: As `read_blueprint`.
    """
    file = FilePath(path)
    try:
        if file.stat().st_size > LARGEST_FILE:
            raise SeedError(
                f"{file}: {file.stat().st_size} bytes are too many for a blueprint (at most {LARGEST_FILE})."
            )
        text = file.read_text(encoding="utf-8")
    except OSError as problem:
        raise SeedError(f"{file}: the file can't be read: {problem.strerror or problem}.") from None
    except UnicodeDecodeError as problem:
        raise SeedError(f"{file}: the file is not UTF-8 text (byte {problem.start}).") from None
    return parse_blueprint(text, str(file))


def parse_blueprint(text: str, name: str = "blueprint.yaml") -> BlueprintFile:
    """Reads a blueprint from YAML text.

    Args:
        name: What the text is called in messages.

    Raises:
        SeedError: As `read_blueprint`.
    """
    try:
        # One reading of the text gives both the lines and the data: an editor asks for this at every pause.
        yaml = YAML(typ="safe", pure=True)
        node = cast("Node | None", yaml.compose(text))  # pyright: ignore[reportUnknownMemberType]
        lines = lines_of(node, deepest=DEEPEST, most=MOST_PARTS)
        data: Any = None if node is None else cast("Any", yaml).constructor.construct_document(node)
    except MarkedYAMLError as problem:
        error = cast("Any", problem)
        mark: Any = error.problem_mark or error.context_mark
        line: int = 1 if mark is None else mark.line + 1
        said: str = error.problem or "not YAML"
        fix = "quote texts that hold `: `, `{`, `[`, `#` or (within braces) `,`"
        raise MistakesError(name, [Mistake(line, f"{said}; {fix}")]) from None
    except ReaderError as problem:
        at: int = cast("Any", problem).position
        what = f"the character U+{cast('Any', problem).character:04X} can't stand in a text; delete it"
        raise MistakesError(name, [Mistake(text.count("\n", 0, at) + 1, what)]) from None
    except (RecursionError, ValueError) as problem:
        raise MistakesError(name, [Mistake(1, f"not readable as YAML: {problem}")]) from None
    if not isinstance(data, dict):
        what = "a blueprint is a mapping; begin with `domain: NAME` (see data/blueprints/README.md)"
        raise MistakesError(name, [Mistake(1, what)])
    try:
        blueprint = Blueprint.model_validate(plain(data))
    except ValidationError as error:
        problems = _problems_of(error)
        raise _error(name, lines, problems) from None
    result = BlueprintFile(blueprint, name, text, lines)
    problems = check_blueprint(blueprint)
    if problems:
        raise result.locate(problems)
    return result


def _error(name: str, lines: dict[Path, int], problems: Iterable[Problem]) -> SeedError:
    return MistakesError(name, dict.fromkeys(_located(lines, problem) for problem in problems))


def _located(lines: dict[Path, int], problem: Problem) -> Mistake:
    path = problem.path
    while path and path not in lines:
        path = path[:-1]
    return Mistake(lines.get(path, 1), f"{_inside(problem.path)}{problem}")


def _inside(path: Path) -> str:
    parts = [str(part) for part in path if part not in ("entities", "columns", "tools")]
    return f"{'.'.join(parts)}: " if parts else ""


# Validation errors in an author's words

_RULES: dict[str, type[BaseModel]] = {
    str(rule.model_fields["rule"].default): rule for rule in get_args(get_args(rules.Rule)[0])
}
_PLACES: tuple[tuple[str, type[BaseModel]], ...] = (
    (r"entities\.[^.]+\.columns\.[^.]+", EntityColumn),
    (r"entities\.[^.]+\.references\.\d+", CompositeReference),
    (r"entities\.[^.]+\.unique\.\d+", UniqueKey),
    (r"entities\.[^.]+\.checks\.\d+", RowCheck),
    (r"entities\.[^.]+\.lifecycle", Lifecycle),
    (r"entities\.[^.]+\.tools\.[^.]+\.effects\.\d+", tool_entry.EffectEntry),
    (r"entities\.[^.]+\.tools\.[^.]+\.filters\.\d+", tool_entry.FilterEntry),
    (r"entities\.[^.]+\.tools\.[^.]+\.order\.\d+", tool_entry.OrderEntry),
    (r"entities\.[^.]+\.tools\.[^.]+\.parameters\.[^.]+", tool_entry.ParameterEntry),
    (r"entities\.[^.]+\.tools\.[^.]+\.(returns|fields)\.[^.]+", tool_entry.ReturnEntry),
    (r"entities\.[^.]+\.tools\.[^.]+", tool_entry.ToolEntry),
    (r"entities\.[^.]+", Entity),
    (r"user", User),
    (r"", Blueprint),
)


def _problems_of(error: ValidationError) -> list[Problem]:
    problems: list[Problem] = []
    for item in error.errors(include_url=False):
        location: Path = tuple(item["loc"])
        path, rule = _without_tags(location)
        if path in [problem.path for problem in problems]:
            continue
        problems.append(_problem(path, rule, item["type"], item["msg"], item.get("ctx") or {}, item.get("input")))
    return problems


def _without_tags(location: Path) -> tuple[Path, str | None]:
    """The location without the tag that a union of rules adds, and that tag."""
    for index, part in enumerate(location):
        if part == "rules" and len(location) > index + 2 and isinstance(location[index + 1], int):
            return (*location[: index + 2], *location[index + 3 :]), str(location[index + 2])
    if (
        len(location) > 1
        and location[-1] in ("float", "str", "int", "bool")
        and location[-2] in ("minimum", "maximum", "default")
    ):
        return location[:-1], None
    return location, None


def _keys_at(path: Path, rule: str | None) -> list[str]:
    """The keys that may stand at a place."""
    if rule is not None and rule in _RULES:
        model = _RULES[rule]
    else:
        dotted = ".".join(map(str, path))
        model = next(model for pattern, model in _PLACES if re.fullmatch(pattern, dotted) or not pattern)
    return [key_of(name, field) for name, field in model.model_fields.items()]


def key_of(name: str, field: FieldInfo) -> str:
    """The YAML key of a model's field."""
    alias = field.validation_alias
    return str(alias.choices[0]) if isinstance(alias, AliasChoices) else name


def _problem(path: Path, rule: str | None, kind: str, message: str, context: dict[str, Any], given: Any) -> Problem:
    last = str(path[-1]) if path else ""
    match kind:
        case "extra_forbidden":
            return Problem(path, f"`{last}` is not a key here", nearest(last, _keys_at(path[:-1], rule), limit=40))
        case "missing":
            return Problem(path[:-1], f"`{last}` is missing", f"add `{last}: ...`")
        case "literal_error":
            expected = re.findall(r"'([^']+)'", str(context.get("expected", "")))
            return Problem(path, f"`{given}` is not allowed", nearest(str(given), expected, limit=40))
        case "union_tag_invalid" | "union_tag_not_found":
            tag = str(context.get("tag", ""))
            if kind == "union_tag_not_found":
                return Problem(path, "the rule does not say its kind", "add `rule: KIND`, one of " + ", ".join(_RULES))
            return Problem((*path, "rule"), f"no rule `{tag}`", nearest(tag, _RULES, limit=40))
        case "value_error":
            return Problem(path, message.removeprefix("Value error, "))
        case "string_pattern_mismatch":
            form = str(context.get("pattern"))
            plain = "use lower-case letters, digits and underscores, a letter first"
            return Problem(
                path, f"`{given}` has not the form wanted here", plain if form == NAME else f"it must match {form}"
            )
        case "string_type":
            return Problem(path, f"a text is wanted, not {_shown(given)}", "quote it")
        case _:
            return Problem(path, f"{message[:1].lower()}{message[1:]}, not {_shown(given)}")


def _shown(value: Any) -> str:
    text = repr(value)
    return f"`{text[:57]}...`" if len(text) > 60 else f"`{text}`"
