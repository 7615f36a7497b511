"""Answers of a given form: JSON that fits a model, and Python functions by name.

A provider may be held to a schema, but nobody is taken at their word: every answer is read by what stands here.
"""

from __future__ import annotations

import ast
import json
import re
import textwrap
import warnings
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, TypeVar, cast

from pydantic import BaseModel, ValidationError

from engine.agents.llm.ask.json_text import NotJson, cut_off, parsed, spans, without_thoughts
from engine.agents.llm.ask.question import Unusable
from engine.syntax import parse_module

M = TypeVar("M", bound=BaseModel)

MOST_PROBLEMS = 8
"""A model that is told more mends less."""

_LONGEST_QUOTE = 60


def json_answer(shape: type[M], check: Callable[[M], Sequence[str]] | None = None) -> Callable[[str], M]:
    """A reader of answers that are one JSON value, for `Question.parse`.

    Prose around it, fences, reasoning before it and commas too many are forgiven. Of several values the last one that
    fits counts; where none does, the mistakes of the longest are told.

    Args:
        shape: What the value must fit.
        check: What else is wrong with a value that fits, in words for the model; nothing where it is fine.

    Returns:
        A function from the answer's text to the value; raises `Unusable`.
    """

    def read(text: str) -> M:
        answer = without_thoughts(text)
        found = list(spans(answer))
        if not found:
            raise Unusable(["there is no JSON in the answer; answer with one JSON object and nothing else"])
        problems: dict[int, Unusable] = {}
        for position, span in reversed(list(enumerate(found))):
            try:
                if not span.closed:
                    raise _unclosed(span.text, text)
                return _checked(shape, span.text, check)
            except Unusable as error:
                problems[position] = error
                if not span.closed:
                    break  # what came before an answer that was cut off is a draft of it at best
        raise problems[max(problems, key=lambda position: len(found[position].text))]

    return read


def _unclosed(span: str, answer: str) -> Unusable:
    """Why a value has no end: most often there is none, sometimes a stray quotation mark has swallowed it."""
    try:
        parsed(span)
    except NotJson as error:
        return cut_off(answer) if error.at_end else error
    except Unusable as error:
        return error
    return cut_off(answer)


def _checked(shape: type[M], text: str, check: Callable[[M], Sequence[str]] | None) -> M:
    value = parsed(text)
    try:
        # By way of JSON text: what pydantic reads from JSON is what was asked for, lists for tuples and all.
        made = shape.model_validate_json(_as_text(value))
    except ValidationError as error:
        raise Unusable(_limited([_told(part) for part in error.errors(include_url=False)])) from None
    if check is not None and (problems := check(made)):
        raise Unusable(_limited(problems))
    return made


def _as_text(value: Any) -> bytes:
    # A lone surrogate is valid in JSON's escapes and nowhere else.
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")


def _told(error: Any) -> str:
    path = ".".join(str(part) for part in error["loc"]) or "the answer"
    message = str(error["msg"]).removeprefix("Value error, ")
    given = error["input"]
    if error["type"] == "extra_forbidden":
        message = "there is no such field; leave it out"
    elif error["type"] == "missing":
        message = "this field is missing"
    elif given is None or isinstance(given, str | int | float | bool):
        words = repr(given)
        message += f", not {words if len(words) <= _LONGEST_QUOTE else words[:_LONGEST_QUOTE] + '...'}"
    return f"{path}: {message}"


def _limited(problems: Sequence[str]) -> list[str]:
    shown = list(problems[:MOST_PROBLEMS])
    if len(problems) > len(shown):
        shown.append(f"and {len(problems) - len(shown)} more of this kind")
    return shown


_DROPPED = frozenset({"title", "default", "examples", "discriminator"})


def schema_of(shape: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema of a model, for `Question.schema`: without references, titles, defaults and docstrings, and closed.

    Descriptions of fields stay, since models read them. A model inside itself is described once and is free from there on.
    """
    whole = shape.model_json_schema()
    definitions = cast("dict[str, Any]", whole.pop("$defs", {}))
    whole.pop("description", None)
    return cast("dict[str, Any]", _inlined(whole, definitions, ()))


def _inlined(part: Any, definitions: dict[str, Any], inside: tuple[str, ...]) -> Any:
    if isinstance(part, list):
        return [_inlined(item, definitions, inside) for item in cast("list[Any]", part)]
    if not isinstance(part, dict):
        return part
    node = cast("dict[str, Any]", part)
    if "$ref" in node:
        name = str(node["$ref"]).rpartition("/")[2]
        if name in inside:
            return {}
        target = {key: value for key, value in definitions[name].items() if key != "description"}
        beside = {key: value for key, value in node.items() if key != "$ref"}
        return _inlined({**target, **beside}, definitions, (*inside, name))
    made: dict[str, Any] = {}
    for key, value in node.items():
        if key in ("properties", "patternProperties"):
            made[key] = {name: _inlined(field, definitions, inside) for name, field in value.items()}
        elif key in ("enum", "const", "required"):
            made[key] = value
        elif key not in _DROPPED:
            made[key] = _inlined(value, definitions, inside)
    if "properties" in made:
        made.setdefault("additionalProperties", False)
    return made


_FENCE = re.compile(
    r"^[ \t]*(?:```|~~~)[ \t]*[\w+-]*[ \t]*\n(.*?)(?:^[ \t]*(?:```|~~~)[ \t]*$|\Z)", re.MULTILINE | re.DOTALL
)
_HEAD = re.compile(r"^(?:async[ \t]+)?def[ \t]+(\w+)[ \t]*\(", re.MULTILINE)
_OUTSIDE = re.compile(r"^(?![ \t)\]}#]|$)", re.MULTILINE)


def functions_in(text: str, names: Collection[str]) -> dict[str, str]:
    """The Python functions of an answer, by name; others than those asked for are left out.

    A function is given as it was written, mistakes and all: to judge it is the admission's work, which has better words.
    Of two with one name the last counts, as in Python.

    Args:
        text: Python, in fences or not, with prose or not.
        names: What was asked for.

    Raises:
        Unusable: Not one of them is there.
    """
    answer = without_thoughts(text).replace("\r\n", "\n").replace("\r", "\n")
    found: dict[str, str] = {}
    for block in [match[1] for match in _FENCE.finditer(answer)] or [answer]:
        found.update((name, source) for name, source in _functions(textwrap.dedent(block)) if name in names)
    if not found:
        wanted = ", ".join(f"`def {name}(...)`" for name in list(names)[:MOST_PROBLEMS])
        raise Unusable([f"the answer has no function that was asked for; write {wanted} as plain Python"])
    return {name: found[name] for name in names if name in found}


def _functions(block: str) -> Iterator[tuple[str, str]]:
    try:
        with warnings.catch_warnings(action="ignore"):  # a `\\d` in a string is no mistake of ours
            tree = parse_module(block)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        yield from _functions_by_margin(block)
        return
    lines = block.split("\n")
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            yield node.name, "\n".join(lines[first - 1 : node.end_lineno]) + "\n"


def _functions_by_margin(block: str) -> Iterator[tuple[str, str]]:
    """Where Python can't read it: from `def` in the margin to the next line of the margin."""
    for head in _HEAD.finditer(block):
        after = block.find("\n", head.end())
        if after < 0:
            yield head[1], block[head.start() :].rstrip() + "\n"
            continue
        outside = _OUTSIDE.search(block, after + 1)
        end = outside.start() if outside else len(block)
        yield head[1], block[head.start() : end].rstrip() + "\n"
