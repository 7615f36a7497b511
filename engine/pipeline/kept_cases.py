"""The test agent's cases as a run has kept them, so that a tool is tested with them again whenever it is tested again."""

from __future__ import annotations

from typing import NamedTuple

from engine.agents.roles.foundation import ProposedCase
from engine.store import Store

Cases = dict[str, tuple[ProposedCase, ...]]


class Kept(NamedTuple):
    """What a run keeps of its first answers.

    Attributes:
        cases: Tool -> the cases on which test agent and contract agreed.
        patched: Tools whose contract was found wrong by a case, and is another one now.
    """

    cases: Cases
    patched: frozenset[str]


def kept_of_run(store: Store, run: str) -> Kept:
    """What a run has kept in its log; nothing where no language model proposed cases."""
    for event in reversed(store.runs.events(run)):
        if event.phase == "test" and "cases" in event.data:
            cases = {
                name: tuple(ProposedCase.model_validate(case) for case in each)
                for name, each in event.data["cases"].items()
            }
            return Kept(cases, frozenset(event.data.get("patched", ())))
    return Kept({}, frozenset())


def kept_cases(store: Store, domain: str) -> Cases:
    """The cases with which a domain's tools were tested, on top of those that follow from their contracts."""
    run = store.runs.latest(domain)
    return {} if run is None or "test" not in run.options.models else kept_of_run(store, run.id).cases
