"""The first answers on tools as a run has kept them: a tool is tested with the same cases again whenever it is tested again."""

from __future__ import annotations

from typing import NamedTuple

from engine.agents.roles.foundation import OpenPair, ProposedCase
from engine.models.base import Model
from engine.store import Store

Cases = dict[str, tuple[ProposedCase, ...]]


class JudgedPairs(Model):
    """What the dependency agent said.

    Attributes:
        asked: The pairs about which it was asked.
        flows: Those that it took for data flows.
        problem: Why no answer came, if none did.
    """

    asked: tuple[OpenPair, ...] = ()
    flows: tuple[OpenPair, ...] = ()
    problem: str = ""


class Kept(NamedTuple):
    """What a run keeps of its first answers.

    Attributes:
        cases: Tool -> the cases on which test agent and contract agreed.
        patched: Tools whose contract was found wrong by a case, and is another one now.
        pairs: The pairs of tools that were judged while code was written.
    """

    cases: Cases
    patched: frozenset[str]
    pairs: JudgedPairs = JudgedPairs()


def kept_of_run(store: Store, run: str) -> Kept:
    """What a run has kept in its log; nothing where no language model proposed cases."""
    for event in reversed(store.runs.events(run)):
        if event.phase == "test" and "cases" in event.data:
            cases = {
                name: tuple(ProposedCase.model_validate(case) for case in each)
                for name, each in event.data["cases"].items()
            }
            pairs = JudgedPairs.model_validate(event.data.get("pairs", {}))
            return Kept(cases, frozenset(event.data.get("patched", ())), pairs)
    return Kept({}, frozenset())


def kept_cases(store: Store, domain: str) -> Cases:
    """The cases with which a domain's tools were tested, on top of those that follow from their contracts."""
    run = store.runs.latest(domain)
    return {} if run is None or "test" not in run.options.models else kept_of_run(store, run.id).cases
