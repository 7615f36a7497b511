"""Prompts: text files of the package, filled with data that stays data.

A prompt file has two parts, divided by a line `=====`: the instructions, sent as they stand, and the request, in which
`{{name}}` is replaced by a delimited block. Whatever came from a model, a file or a user only ever enters through such a block.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent.parent / "prompts"
_PLACE = re.compile(r"\{\{([a-z_]+)\}\}")
_DIVIDER = "\n=====\n"


@cache
def load(name: str) -> tuple[str, str]:
    """Instructions and request of a prompt file, by its name without `.txt`.

    Raises:
        FileNotFoundError: There is no such prompt.
        ValueError: The file has not two parts.
    """
    parts = _read(name).split(_DIVIDER)
    if len(parts) != 2:
        raise ValueError(f"the prompt `{name}` needs exactly one line `=====`")
    common = _read("common").strip()
    return f"{parts[0].strip()}\n\n{common}", parts[1].strip()


def fill(name: str, **data: str) -> tuple[str, str]:
    """The instructions, and the request with its data in place.

    Args:
        name: The prompt file.
        data: Place -> text; a place whose text is empty is left out with its line.

    Raises:
        KeyError: The request names a place that is not given.
        ValueError: Something is given that the request does not name.
    """
    system, request = load(name)
    return system, _filled(name, request, data)


def note(name: str, **data: str) -> str:
    """A prompt file without instructions: something that is said within a conversation, with its data in place.

    Raises:
        FileNotFoundError: There is no such prompt.
        KeyError: It names a place that is not given.
        ValueError: Something is given that it does not name.
    """
    return _filled(name, _read(name).strip(), data)


@cache
def _read(name: str) -> str:
    return (_FOLDER / f"{name}.txt").read_text("utf-8")


def _filled(name: str, request: str, data: Mapping[str, str]) -> str:
    places = set(_PLACE.findall(request))
    if surplus := data.keys() - places:
        raise ValueError(f"the prompt `{name}` has no place for {sorted(surplus)}")
    lines: list[str] = []
    for line in request.splitlines():
        found = _PLACE.findall(line)
        if found and all(not data[place] for place in found):
            continue
        lines.append(_PLACE.sub(lambda match: delimited(match[1], data[match[1]]), line))
    return "\n".join(lines)


def delimited(name: str, text: str) -> str:
    """Text as a block of data that it can't end by itself."""
    harmless = re.sub(r"<(?=[\s/]*data\b)", "<\u200b", text, flags=re.IGNORECASE)
    return f'<data name="{name}">\n{harmless.strip()}\n</data>'
