"""`scaleenv bench mutations`: how many planted faults do the procedural tests catch?"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from engine.errors import AdmissionError, ScaleEnvError
from engine.foundation.cases import Case, plan_cases
from engine.foundation.mutation_spots import MUTATION_KINDS
from engine.foundation.mutations import Mutant, mutants_of
from engine.foundation.testing import judge
from engine.models.domain import Domain
from engine.runtime.admission import admit_all
from engine.runtime.inprocess import InProcessRuntime
from engine.runtime.records import Experiment

_CHUNK = 6
"""Cases that are run before looking whether one of them caught the mutant."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A mutant and the case that caught it, in words; `""` for a survivor."""

    mutant: Mutant
    caught_by: str


def bench_mutations(domain: Domain, seed: int | str, limit: int | None = None) -> dict[str, Any]:
    """Plants faults into the domain's tools and runs each tool's procedural tests against them, in process.

    The tests are those that the seed gives, the same as in admission; the tools must be admitted.

    Args:
        domain: The domain.
        seed: Seed of the tests, and of the choice of mutants where `limit` asks for one.
        limit: Most mutants that are planted, spread evenly over the tools; `None` for all.

    Returns:
        `planted`, `caught`, `caught_rate` (1.0 where nothing was planted), `survivors` (tool, kind, line, before
        and after), `per_kind` (planted and caught by kind) and `refused`: mutants that static admission refused,
        which are not counted as planted.
    """
    mutants = [mutant for tool in domain.tools for mutant in mutants_of(tool, domain.database)]
    if limit is not None and len(mutants) > limit:
        chosen = sorted(Random(f"{seed}:mutants").sample(range(len(mutants)), limit))
        mutants = [mutants[index] for index in chosen]
    admissible = _admissible(mutants, domain)
    judged: list[Judged] = []
    plans: dict[str, tuple[Case, ...]] = {}
    for mutant in admissible:
        name = mutant.tool.name
        if name not in plans:
            plans[name] = plan_cases(domain.spec, domain.tool[name], seed).cases
        judged.append(Judged(mutant, caught_by(domain, mutant, plans[name])))
    caught = sum(1 for entry in judged if entry.caught_by)
    return {
        "domain": domain.name,
        "planted": len(judged),
        "caught": caught,
        "caught_rate": caught / len(judged) if judged else 1.0,
        "survivors": [_shown(entry.mutant) for entry in judged if not entry.caught_by],
        "per_kind": {
            kind: {
                "planted": sum(1 for entry in judged if entry.mutant.kind == kind),
                "caught": sum(1 for entry in judged if entry.mutant.kind == kind and entry.caught_by),
            }
            for kind in MUTATION_KINDS
        },
        "refused": len(mutants) - len(admissible),
    }


def caught_by(domain: Domain, mutant: Mutant, cases: tuple[Case, ...]) -> str:
    """The first case that catches the mutant, in words; `""` if none does."""
    alone = Domain(spec=domain.spec, tools=(mutant.tool,))
    try:
        runtime = InProcessRuntime(alone)
    except ScaleEnvError as error:
        raise AdmissionError(f"a mutant of `{mutant.tool.name}` can't be loaded: {error}") from error
    with runtime:
        for start in range(0, len(cases), _CHUNK):
            chunk = cases[start : start + _CHUNK]
            records = runtime.experiments([Experiment(case.rows, case.now, case.calls) for case in chunk])
            for case, record in zip(chunk, records, strict=True):
                problems = judge(mutant.tool, case, record)
                if problems:
                    return f"{case.note}: {problems[0]}"
    return ""


def _admissible(mutants: list[Mutant], domain: Domain) -> list[Mutant]:
    """Those that static admission lets through; checked in rounds with one mutant of each tool."""
    kept: list[Mutant] = []
    rounds: dict[str, list[Mutant]] = {}
    for mutant in mutants:
        rounds.setdefault(mutant.tool.name, []).append(mutant)
    while any(rounds.values()):
        batch = [waiting.pop(0) for waiting in rounds.values() if waiting]
        refusals = admit_all([mutant.tool for mutant in batch], domain.database, _NoTypes())
        kept.extend(mutant for mutant in batch if not refusals[mutant.tool.name])
    order = {id(mutant): index for index, mutant in enumerate(mutants)}
    return sorted(kept, key=lambda mutant: order[id(mutant)])


class _NoTypes:
    """Type checking thousands of mutants takes minutes and would only make the faults fewer and harder to see."""

    def check(self, sources: Any) -> dict[str, list[Any]]:
        """Finds nothing."""
        return {name: [] for name in sources}


def _shown(mutant: Mutant) -> dict[str, Any]:
    return {
        "tool": mutant.tool.name,
        "kind": mutant.kind,
        "line": mutant.line,
        "before": mutant.before,
        "after": mutant.after,
    }
