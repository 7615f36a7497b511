"""How strong a domain's procedural tests are, measured tool by tool in any number of processes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine.executors.local import local_executor
from engine.models.base import Model
from engine.models.domain import Domain
from engine.store import Store


class StrengthPlan(Model):
    """The domain whose tests are tried, and the seed that they come from."""

    domain: Domain
    seed: int


class StrengthBench:
    """Plants faults into one tool at a time."""

    def __init__(self, plan: StrengthPlan) -> None:
        self.plan = plan

    def close(self) -> None:
        """Nothing is kept."""


def try_tool(bench: StrengthBench, name: str) -> dict[str, Any]:
    """Plants all faults into one tool."""
    from engine.bench.mutations import bench_mutations

    plan = bench.plan
    return bench_mutations(Domain(spec=plan.domain.spec, tools=(plan.domain.tool[name],)), plan.seed)


def measure_strength(
    name: str, *, db: Path, seed: int = 0, limit: int | None = None, workers: int = 1
) -> dict[str, Any]:
    """Plants faults into a domain's tools and counts those that the procedural tests catch.

    Args:
        name: A domain of the store, or a seed, whose tools are tested first.
        db: The store, which may be missing.
        seed: Where the tests come from, for a domain that is not in the store.
        limit: Most faults to plant; all where left out.
        workers: Processes to work with.

    Returns:
        What `bench_mutations` returns.

    Raises:
        SeedError: There is no such domain nor seed.
    """
    domain, seed = _domain(name, db, seed)
    if limit is not None:
        from engine.bench.mutations import bench_mutations

        return bench_mutations(domain, seed, limit)
    executor = local_executor(workers)
    try:
        names = [tool.name for tool in domain.tools]
        parts = list(executor.map(StrengthBench, StrengthPlan(domain=domain, seed=seed), try_tool, names))
    finally:
        executor.close()
    return _together(domain.name, parts)


def _domain(name: str, db: Path, seed: int) -> tuple[Domain, int]:
    if db.exists():
        with Store.open(db, create=False) as store:
            if store.domains.exists(name):
                return store.domain(name), store.domains.summary(name).seed
    from engine.foundation.build import verify_tools
    from engine.pipeline.seeds import composed_of, read_seed_text

    composed = composed_of(read_seed_text(name).text)
    return Domain(spec=composed.spec, tools=verify_tools(composed.spec, composed.tools, seed=seed).tools), seed


def _together(name: str, parts: list[dict[str, Any]]) -> dict[str, Any]:
    planted, caught = sum(part["planted"] for part in parts), sum(part["caught"] for part in parts)
    kinds: dict[str, Any] = parts[0]["per_kind"] if parts else {}
    return {
        "domain": name,
        "planted": planted,
        "caught": caught,
        "caught_rate": caught / planted if planted else 1.0,
        "survivors": [survivor for part in parts for survivor in part["survivors"]],
        "per_kind": {
            kind: {what: sum(part["per_kind"][kind][what] for part in parts) for what in ("planted", "caught")}
            for kind in kinds
        },
        "refused": sum(part["refused"] for part in parts),
    }
