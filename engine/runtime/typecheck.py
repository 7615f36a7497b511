"""Type check of tool code against the prelude's stub, by the sandbox's own checker."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import SandboxError
from engine.runtime.parsing import Refusal

_DIAGNOSTIC = re.compile(r"^(?:/?main\.py):(\d+):\d+: (?:error|warning)\[([\w-]+)\] (.*)$")
_LISTED = 5
"""Most type errors that are listed for one tool."""
_REMEDIES = {
    "not-subscriptable": "check that the row is not None first",
    "possibly-missing-attribute": "check for None first",
    "unresolved-reference": "use only what the stub declares",
    "invalid-argument-type": "pass a value of the declared type",
    "invalid-return-type": "return a dict on every path",
}

if TYPE_CHECKING:
    from pydantic_monty import Monty


@cache
def stub() -> str:
    """The stub that tool code is checked against, as text."""
    return Path(__file__).with_name("stub.pyi").read_text("utf-8")


class StubChecker:
    """Checks many tools in one go: their sources as one module, in one session of the sandbox.

    The sources must have passed the syntax rules: what passes the type check is also loaded by the sandbox, which
    defines the functions without calling any.
    """

    def check(self, sources: Mapping[str, str]) -> dict[str, list[Refusal]]:
        """The type errors of each tool, and what the sandbox can't load.

        Raises:
            SandboxError: The sandbox could not be started or kept alive.
        """
        from pydantic_monty import Monty, MontyError

        try:
            with Monty() as pool:
                refused = _feed(pool, sources)
                if refused is None:  # one source that the sandbox can't load hides the others: each by itself
                    refused = {name: (_feed(pool, {name: source}) or {}).get(name) for name, source in sources.items()}
        except (MontyError, OSError) as error:
            raise SandboxError(f"the sandbox's type checker did not run: {error}") from error
        unloadable = Refusal(line=1, reason="the sandbox can't load it", remedy="use plainer syntax")
        return {name: [unloadable] if found is None else found for name, found in refused.items()}


def _feed(pool: Monty, sources: Mapping[str, str]) -> dict[str, list[Refusal] | None] | None:
    """The type errors by tool; `None` where the sandbox can't load the sources."""
    from pydantic_monty import MontyRuntimeError, MontySyntaxError, MontyTypingError

    starts: list[int] = []
    lines: list[str] = []
    for source in sources.values():
        starts.append(len(lines) + 1)
        lines.extend(source.rstrip("\n").split("\n"))
    found: dict[str, list[Refusal] | None] = {name: [] for name in sources}
    names = list(sources)
    with pool.checkout(type_check=True, type_check_stubs=stub(), type_check_format="concise") as session:
        try:
            session.feed_run("\n".join(lines))
        except MontyTypingError as error:
            for text in error.display().splitlines():
                match = _DIAGNOSTIC.match(text)
                if match is None:
                    continue
                line, code, message = int(match[1]), match[2], match[3]
                place = bisect_right(starts, line) - 1
                refusals = found[names[place]]
                if refusals is not None and len(refusals) < _LISTED:
                    reason = f"type error: {message}"
                    refusals.append(
                        Refusal(line=line - starts[place] + 1, reason=reason, remedy=_REMEDIES.get(code, ""))
                    )
            if not any(found.values()):
                raise
        except (MontySyntaxError, MontyRuntimeError):
            return None
    return found
