"""How many faults a language model repairs: its own real ones, and planted ones; run as a program, it asks a server on loopback.

python -m tests.local_model.repairs --base-url http://127.0.0.1:8090/v1 --mutants 14
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

from ruamel.yaml import YAML

from engine.agents.roles import CannotAnswer
from engine.agents.roles.foundation import RepairRequest
from engine.foundation.build import FoundationReport, verify_tools
from engine.foundation.mutations import mutants_of
from engine.models.run import RunOptions
from engine.models.tool import Tool
from engine.pipeline import read_seed_text, request
from engine.pipeline.cast import Cast, make_cast
from engine.pipeline.model_settings import make_choice, read_settings
from engine.pipeline.repair import MOST_ROUNDS
from engine.pipeline.seeds import composed_of
from engine.store import Store

HERE = Path(__file__).parent
SEED = str(HERE / "tool_library.yaml")
COMPOSED = composed_of(read_seed_text(SEED).text)
TOOL = {tool.name: tool for tool in COMPOSED.tools}


@dataclass(frozen=True)
class Fault:
    """A tool with a fault that the tests find, and what the fault is."""

    tool: Tool
    words: str
    report: FoundationReport


def judged(tool: Tool) -> FoundationReport:
    """The engine's verdict on one tool, in both runtimes."""
    return verify_tools(COMPOSED.spec, [tool], seed=0)


def own_faults() -> Iterator[Fault]:
    """What the model itself wrote and got wrong."""
    for fault in YAML(typ="safe", pure=True).load(HERE / "coder_faults.yaml"):
        tool = TOOL[fault["tool"]].model_copy(update={"source": fault["source"], "made_by": "model"})
        yield Fault(tool, fault["fault"], judged(tool))


def planted_faults(count: int, seed: int = 0) -> Iterator[Fault]:
    """One change each, as `scaleenv bench mutations` plants them, spread over the tools; only those that the tests find."""
    mutants = [each for tool in COMPOSED.tools for each in mutants_of(tool, COMPOSED.spec.database)]
    Random(seed).shuffle(mutants)
    met: dict[tuple[str, str], int] = {}
    kinds: dict[str, int] = {}
    for mutant in mutants:
        place = (mutant.tool.name, mutant.kind)
        if count <= 0:
            return
        if met.get(place) or kinds.get(mutant.kind, 0) >= 2:
            continue
        report = judged(mutant.tool)
        if report.tools:
            continue  # a survivor is no fault that anybody was told of
        met[place], kinds[mutant.kind] = 1, kinds.get(mutant.kind, 0) + 1
        count -= 1
        tool = mutant.tool.model_copy(update={"made_by": "model"})
        yield Fault(tool, f"{mutant.kind}: {mutant.before!r} -> {mutant.after!r}", report)


def repaired(cast: Cast, fault: Fault, show: bool) -> tuple[int, tuple[str, ...]]:
    """The round in which a fault was mended, or 0, and the last reasons."""
    tool, report, notes = fault.tool, fault.report, ()
    for number in range(1, MOST_ROUNDS + 1):
        request = RepairRequest(
            tool=tool,
            database=COMPOSED.spec.database,
            failures=(*notes, *report.reports[0].reasons),
            trace=next((trace for trace in report.traces if not trace.passed), None),
            round=number,
        )
        try:
            answer = cast.wait(cast.debug.repair(request))
        except CannotAnswer as error:
            notes = (*notes, str(error))
            continue
        assert answer is not None
        tool, notes = tool.model_copy(update={"source": answer.source}), ()
        if show:
            print(tool.source)
        report = judged(tool)
        if report.tools:
            return number, ()
    return 0, (*notes, *report.reports[0].reasons)


def measure(base_url: str, model: str, own: int, mutants: int, *, show: bool) -> dict[str, Any]:
    """Repairs everything; prints each fault with what came of it."""
    settings = read_settings(HERE / "studio.toml", environment={}).under(
        make_choice("repairs", model=model, base_url=base_url)
    )
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / "studio.db") as store:
        options = RunOptions(tasks=0, models={"debug": model}, base_url=settings.base_url)
        cast = make_cast(store, request(store, read_seed_text(SEED), options).run, settings)
        counts = {"own": [0] * (MOST_ROUNDS + 1), "planted": [0] * (MOST_ROUNDS + 1)}
        try:
            for kind, faults in (("own", islice(own_faults(), own)), ("planted", planted_faults(mutants))):
                for fault in faults:
                    number, reasons = repaired(cast, fault, show)
                    counts[kind][number] += 1
                    said = f"repaired in round {number}" if number else f"not repaired: {reasons[0][:160]}"
                    print(f"{kind:8} {fault.tool.name:20} {fault.words[:70]:70} {said}", flush=True)
        finally:
            cast.close()
    for kind, rounds in counts.items():
        mended = sum(rounds[1:])
        by_round = ", ".join(f"{count} in round {number}" for number, count in enumerate(rounds) if number)
        print(f"{kind}: {mended} of {sum(rounds)} repaired ({by_round})")
    return counts


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base-url", default="http://127.0.0.1:8090/v1")
    parser.add_argument("--model", default="openai/qwen2.5-coder-1.5b")
    parser.add_argument("--mutants", type=int, default=14)
    parser.add_argument("--own", type=int, default=99, help="How many of its own faults.")
    parser.add_argument("--show", action="store_true", help="Print what the model wrote.")
    given = parser.parse_args()
    measure(given.base_url, given.model, given.own, given.mutants, show=given.show)


if __name__ == "__main__":
    main()
