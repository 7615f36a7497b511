"""How commands speak: results on stdout, everything else on stderr, one JSON document with `--json`."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

Db = Annotated[
    Path,
    typer.Option("--db", envvar="SCALEENV_DB", help="The store's file.", show_default="data/studio.db"),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout; messages go to stderr.")]
Workers = Annotated[
    int | None,
    typer.Option(
        "--workers",
        "-w",
        min=1,
        max=256,
        help="Processes to work with; any number gives the same bytes.",
        show_default="one per core",
    ),
]

DEFAULT_DB = Path("data/studio.db")


class Failed(Exception):
    """The command ran, told its result, and did not achieve what was asked."""


def say(message: str = "") -> None:
    """A message to the person, on stderr."""
    print(message, file=sys.stderr, flush=True)


def show(data: Any, as_json: bool, lines: Callable[[], Iterable[str]]) -> None:
    """The command's result, on stdout.

    Args:
        data: The JSON document.
        as_json: Print it as such.
        lines: The same for people.
    """
    try:
        if as_json:
            print(json.dumps(data, ensure_ascii=False, indent=2))
        else:
            for line in lines():
                print(line)
        sys.stdout.flush()
    except BrokenPipeError:
        # `scaleenv show ... | head`: nobody reads on, which is no error. Python would complain again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[str]:
    """Rows in aligned columns; numbers to the right."""
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [max(len(name), *(len(row[at]) for row in cells)) if cells else len(name) for at, name in enumerate(head)]
    right = [all(_is_number(row[at]) for row in cells) and bool(cells) for at in range(len(head))]

    def line(row: Sequence[str]) -> str:
        parts = [
            text.rjust(width) if is_right else text.ljust(width)
            for text, width, is_right in zip(row, widths, right, strict=True)
        ]
        return "  ".join(parts).rstrip()

    return [line(head), line(["-" * width for width in widths]), *(line(row) for row in cells)]


def _cell(value: Any) -> str:
    return str(value).replace("\n", " ")


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).replace("%", "").lstrip("-").isdigit()
