"""Checks a tool call before any tool code runs: whatever an agent sends comes back as a structured problem.

It runs as it stands in every bundle: the standard library only.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from math import isfinite
from typing import Any

from engine.runtime.functions import is_moment

TEXT_LIMIT = 100_000
"""Longest text argument, in characters."""
ITEMS_LIMIT = 1_000
"""Most items of an array argument."""

REAL_LIMIT = 10**15
"""Largest number of an argument that is no integer: beyond, floats have no cents, and sums of rows become infinite."""
REPORTED = 20
"""Most unknown arguments that an answer names."""

_INTEGER_LIMIT = 2**63
_KINDS: dict[str, type] = {"integer": int, "real": float, "boolean": bool}
_WORDS = {
    "text": "text",
    "integer": "an integer",
    "real": "a number",
    "boolean": "true or false",
    "date": "a date (YYYY-MM-DD)",
    "datetime": "a datetime (YYYY-MM-DDTHH:MM:SS)",
    "time": "a time (HH:MM)",
}

Problem = dict[str, Any]


class _Parameter:
    """One parameter's rules."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self.name: str = spec["name"]
        self.type: str = spec["type"]
        self.kind: type = _KINDS.get(self.type, str)
        self.array: bool = spec["array"]
        self.required: bool = spec["required"]
        self.form: str | None = self.type if self.type in ("date", "datetime", "time") else None
        self.enum: list[str] | None = spec["enum"]
        self.low: Any = spec["minimum"]
        self.high: Any = spec["maximum"]

    def complaint(self, value: Any) -> str | None:
        """What is wrong with an argument, or `None`."""
        if not self.array:
            return self._about(value)
        items: list[Any] = value
        if type(items) is not list:
            return f"must be an array, each item {_WORDS[self.type]}, not {shown(value)}"
        if len(items) > ITEMS_LIMIT:
            return f"must have at most {ITEMS_LIMIT} items"
        for number, item in enumerate(items):
            found = self._about(item)
            if found is not None:
                return f"item {number} {found}"
        return None

    def _about(self, value: Any) -> str | None:
        kind = type(value)  # pyright: ignore[reportUnknownVariableType] - `type` of anything
        if kind is not self.kind and not (self.kind is float and kind is int):
            return f"must be {_WORDS[self.type]}, not {shown(value)}"
        if kind is str:
            if len(value) > TEXT_LIMIT:
                return f"must have at most {TEXT_LIMIT} characters"
            if not value.isascii() and not _encodable(value):
                return "must be valid Unicode, without lone surrogates"
            if self.form is not None and not is_moment(self.form, value):
                return f"must be {_WORDS[self.type]}, not {shown(value)}"
        elif kind is int:
            if not -_INTEGER_LIMIT <= value < _INTEGER_LIMIT:
                return "must fit into 64 bits"
        elif kind is float and not isfinite(value):
            return f"must be finite, not {value}"
        if self.kind is float and not -REAL_LIMIT <= value <= REAL_LIMIT:
            return f"must lie between -{REAL_LIMIT} and {REAL_LIMIT}, not {shown(value)}"
        if self.enum is not None and value not in self.enum:
            return f"must be one of {', '.join(self.enum)}; not {shown(value)}"
        if self.low is not None and value < self.low:
            return f"must be at least {self.low}, not {shown(value)}"
        if self.high is not None and value > self.high:
            return f"must be at most {self.high}, not {shown(value)}"
        return None


class CallChecker:
    """Checks calls against the tools' specifications.

    Args:
        tools: What `engine.runtime.spec.compile_tool` writes, one for each tool.
    """

    def __init__(self, tools: list[dict[str, Any]]) -> None:
        self._tools = {tool["name"]: [_Parameter(spec) for spec in tool["parameters"]] for tool in tools}

    def check(self, name: Any, arguments: Any) -> tuple[dict[str, Any], Problem | None]:
        """The arguments to call the tool with, and the problem if it can't be called.

        An argument that is null counts as left out where it may be left out.
        """
        parameters = self._tools.get(name) if type(name) is str else None
        if parameters is None:
            return {}, unknown_tool(name, self._tools)
        named: dict[Any, Any] = arguments
        if type(named) is not dict:
            return {}, _invalid(name, {"arguments": f"must be an object, not {shown(arguments)}"})
        given: dict[str, Any] = {}
        wrong: dict[str, str] = {}
        seen = 0
        for parameter in parameters:
            value = named.get(parameter.name)
            if value is None:
                if parameter.name in named:
                    seen += 1
                    if parameter.required:
                        wrong[parameter.name] = f"must be {_WORDS[parameter.type]}, not null"
                elif parameter.required:
                    wrong[parameter.name] = "is missing"
                continue
            seen += 1
            complaint = parameter.complaint(value)
            if complaint is None:
                given[parameter.name] = value
            else:
                wrong[parameter.name] = complaint
        if seen != len(named):
            known = {parameter.name for parameter in parameters}
            unknown = [key for key in named if type(key) is not str or key not in known]
            for key in unknown[:REPORTED]:
                wrong[shown(key) if type(key) is not str else _clean(key)] = "is not a parameter" + _near(key, known)
            if len(unknown) > REPORTED:
                wrong["..."] = f"{len(unknown) - REPORTED} more are not parameters"
        return given, _invalid(name, wrong) if wrong else None


def unknown_tool(name: Any, known: Iterable[str]) -> Problem:
    """The problem of a call of a tool that is not among the `known` ones."""
    near = get_close_matches(name[:100], sorted(known), n=3) if type(name) is str else []
    hint = f" Did you mean {', '.join(near)}?" if near else ""
    return {"code": "unknown_tool", "message": f"There is no tool {shown(name)}.{hint}", "details": {"near": near}}


def _invalid(name: str, wrong: dict[str, str]) -> Problem:
    parts = "; ".join(f"{parameter} {complaint}" for parameter, complaint in wrong.items())
    return {
        "code": "invalid_arguments",
        "message": f"{name} was not called: {parts}.",
        "details": {"arguments": wrong},
    }


def _near(key: Any, known: set[str]) -> str:
    near = get_close_matches(key[:100], sorted(known), n=1) if type(key) is str else []
    return f"; did you mean {near[0]}?" if near else ""


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _clean(text: str) -> str:
    return text[:60].encode(errors="replace").decode()


def shown(value: Any) -> str:
    """A value in a message: short, and valid Unicode whatever it is."""
    kind = type(value)  # pyright: ignore[reportUnknownVariableType] - `type` of anything
    if kind is str:
        return repr(_clean(value)) if len(value) <= 60 else repr(_clean(value)) + "..."
    if value is None:
        return "null"
    if kind is bool:
        return "true" if value else "false"
    if kind is int:
        return str(value) if -_INTEGER_LIMIT <= value < _INTEGER_LIMIT else "a huge integer"
    if kind is float:
        return str(value)
    if kind is dict:
        return "an object"
    return "an array" if kind is list or kind is tuple else "something that is not JSON"
