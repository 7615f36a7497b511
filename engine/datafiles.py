"""Where the data files that ship with the engine are: blueprints, cassettes and word lists.

A source checkout has them in `data/` beside the package, an installed wheel inside the package.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from engine.errors import UsageError

DataKind = Literal["blueprints", "cassettes", "values"]

_PACKAGE = Path(__file__).resolve().parent


def data_directory(kind: DataKind) -> Path:
    """The folder of all shipped files of one kind.

    Raises:
        UsageError: Neither the checkout nor the installed package has that folder.
    """
    candidates = (_PACKAGE / "data" / kind, _PACKAGE.parent / "data" / kind)
    for candidate in candidates:
        if candidate.is_dir():
            return candidate
    looked = " or ".join(str(candidate) for candidate in candidates)
    raise UsageError(f"The data folder `{kind}` is missing: looked for {looked}. Reinstall the package.")


def data_path(kind: DataKind, name: str) -> Path:
    """The path of the shipped file `name`.

    Raises:
        UsageError: There is no such file; the message lists those that there are.
    """
    directory = data_directory(kind)
    path = directory / name
    if not path.is_file():
        known = ", ".join(sorted(entry.name for entry in directory.iterdir() if entry.is_file()))
        raise UsageError(f"There is no `{name}` in `{kind}`; there are: {known}.")
    return path
