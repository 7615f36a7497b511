"""What is wrong with a blueprint, and where: a path into it that a file reader can turn into a line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from engine.errors import SeedError

Path = tuple[str | int, ...]
"""Keys and indexes from the blueprint's root, such as `("entities", "loan", "columns", "due_on")`."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: where it is, what is wrong, and what to write instead (where that is known)."""

    path: Path
    message: str
    fix: str = ""

    def __str__(self) -> str:
        return f"{self.message}; {self.fix}" if self.fix else self.message


class BlueprintError(SeedError):
    """A blueprint that can't be composed.

    Attributes:
        problems: Every mistake found.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        shown = [f"{'.'.join(map(str, problem.path)) or 'blueprint'}: {problem}" for problem in self.problems]
        super().__init__("\n".join(shown))


def nearest(name: str, known: Iterable[str], *, limit: int = 12) -> str:
    """A hint for a name that does not exist: the nearest known ones, or all of a few."""
    options = list(dict.fromkeys(known))
    close = get_close_matches(name, options, n=2, cutoff=0.6)
    if close:
        return "did you mean " + " or ".join(f"`{option}`" for option in close) + "?"
    if not options:
        return "there are none"
    listed = ", ".join(f"`{option}`" for option in options[:limit])
    return f"there are {listed}" + (", ..." if len(options) > limit else "")
