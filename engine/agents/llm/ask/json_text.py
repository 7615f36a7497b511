"""Finds the JSON in what a model wrote: behind reasoning, between prose, in fences, with a comma too many."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple, NoReturn

from engine.agents.llm.ask.question import Unusable

MOST_NESTING = 48
"""Deeper JSON than this is no answer to anything we ask, and the parser's own limit is a crash."""

_MOST_STARTS = 100
_STRING = r'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)'
_TOKEN = re.compile(rf"{_STRING}|[{{}}\[\]]", re.DOTALL)
_SPARE_COMMA = re.compile(rf"({_STRING})|,(?=\s*[}}\]])", re.DOTALL)
_START = re.compile(r"[{\[]")
_SERIOUS = re.compile(r"\{\s*(?:\"|\Z)|\[\s*(?:[{\[\"\d]|\Z)")
_END_OF_THOUGHT = re.compile(r"^\s*</think(?:ing)?>\s*$", re.MULTILINE)
_THOUGHT = re.compile(r"\s*<(think(?:ing)?)>")


class NotJson(Unusable):
    """A text is no JSON.

    Attributes:
        at_end: Whether it is none because it stops.
    """

    def __init__(self, problem: str, *, at_end: bool = False) -> None:
        super().__init__([problem])
        self.at_end = at_end


class Span(NamedTuple):
    """A piece of text that looks like JSON.

    Attributes:
        text: From the opening bracket on.
        closed: Whether its closing bracket came.
    """

    text: str
    closed: bool


def cut_off(text: str) -> Unusable:
    """Says that an answer ended before it was complete."""
    return Unusable([f"the answer was cut off after {len(text)} characters; answer shorter"])


def without_thoughts(text: str) -> str:
    """The answer without the reasoning that some models write before it.

    Raises:
        Unusable: The reasoning did not end.
    """
    if begun := _THOUGHT.match(text):
        _, ended, rest = text.partition(f"</{begun[1]}>")
        if not ended:
            raise Unusable([f"the answer was cut off after {len(text)} characters of reasoning; reason less"])
        return rest
    if ended := _END_OF_THOUGHT.search(text):  # the template had opened the tag before the model began
        return text[ended.end() :]
    return text


def spans(text: str) -> Iterator[Span]:
    """The outermost bracketed pieces of a text, in order; one that does not close is the last."""
    at = starts = 0
    while (start := _START.search(text, at)) and starts < _MOST_STARTS:
        starts += 1
        end = _end_of(text, start.start())
        if end is not None:
            yield Span(text[start.start() : end], True)
            at = end
        elif _SERIOUS.match(text, start.start()):
            yield Span(text[start.start() :], False)
            return
        else:
            at = start.end()  # a bracket of the prose


def _end_of(text: str, start: int) -> int | None:
    depth = 0
    for token in _TOKEN.finditer(text, start):
        if token[0] in "{[":
            depth += 1
            if depth > MOST_NESTING:
                raise Unusable([f"the JSON is nested more than {MOST_NESTING} levels deep; answer with a flat object"])
        elif token[0] in "}]":
            depth -= 1
            if depth == 0:
                return token.end()
    return None


def parsed(text: str) -> Any:
    """The value of a JSON text; a comma before a closing bracket and line breaks in strings are forgiven.

    Raises:
        NotJson: It is none; says where and why.
        Unusable: It is JSON that can't be meant: a key twice, a number that is none.
    """
    try:
        return _loads(text)
    except json.JSONDecodeError:
        mended = _SPARE_COMMA.sub(lambda match: match[1] or "", text)
        try:
            return _loads(mended)
        except json.JSONDecodeError as error:
            near = mended[max(0, error.pos - 30) : error.pos + 20]
            stops = error.msg.startswith("Unterminated") or not re.search(r'[{}\[\]",:]', mended[error.pos :])
            raise NotJson(
                f"not valid JSON at line {error.lineno}, column {error.colno}: {error.msg}, near {near!r}", at_end=stops
            ) from None


def _loads(text: str) -> Any:
    try:
        return json.loads(text, strict=False, object_pairs_hook=_object, parse_constant=_no_constant)
    except json.JSONDecodeError:
        raise
    except ValueError as error:  # Python reads no integers of more than some thousand digits
        raise error if isinstance(error, Unusable) else Unusable([f"not valid JSON: {error}"]) from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        twice = sorted(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        raise Unusable([f"the key {name!r} comes more than once in one object" for name in twice[:8]])
    return made


def _no_constant(word: str) -> NoReturn:
    raise Unusable([f"{word} is not JSON; use a number, or null where there is none"])
