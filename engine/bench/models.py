"""`scaleenv bench models`: what the engine gets out of a language model: tools admitted, repairs, tokens, tasks, and faults if any."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from engine.bench.faulty import inspect_tools
from engine.bench.planted import read_planted, read_reference
from engine.errors import UsageError
from engine.models.role import ROLES, UNASKED, RoleName
from engine.models.run import Run, RunOptions
from engine.pipeline import execute, request
from engine.pipeline.ledger import Observer
from engine.pipeline.model_settings import Choice, ModelSettings
from engine.pipeline.run import ignore
from engine.pipeline.seeds import composed_of
from engine.pipeline.wishes import Wish, is_keyword, wish
from engine.store import Store
from engine.store.call_log import CallFilter, CallSums
from engine.store.run_log import LogFilter
from engine.store.tools import StoredTool

OTHER_SEEDS = (1_001, 1_002, 1_003)
"""Seed numbers of the cases that admitted tools are tried on again; no run that is measured has one of them."""

CODE_ROLES: tuple[RoleName, ...] = ("code", "debug")
"""The roles that are measured over a given blueprint, where nobody says otherwise."""


def bench_models(
    seed: str,
    choice: Choice,
    settings: ModelSettings,
    *,
    tools: int | None = None,
    tasks: int = 0,
    number: int = 0,
    workers: int = 1,
    store: Path | None = None,
    reference: Path | None = None,
    planted: Path | None = None,
    observe: Observer = ignore,
) -> dict[str, Any]:
    """Makes a domain with language models in its roles, and measures what came of it.

    Every admitted tool is then tried on cases that other seeds plan and, where they are given, against a reference
    implementation and planted states: whatever it does wrong there counts as a fault.

    Args:
        seed: A keyword, for all roles; or a built-in domain or file, for those of its code and tasks.
        choice: Which model plays which role. Over a blueprint, a model for all roles plays those in `CODE_ROLES`, and
            `instruction` and `chain` where tasks are asked for.
        settings: Where the models are.
        tools: How many tools a keyword's domain shall have.
        tasks: Audited tasks to make.
        number: The seed number.
        workers: Processes to work with.
        store: Where the domain is kept; answers that are in there already cost nothing. In a folder that is thrown
            away, where left out.
        reference: Python file with an implementation of each of a blueprint's tools, by hand.
        planted: YAML file with states and what calls must bring there, by hand.
        observe: Told after each step.

    Returns:
        `domain`, `status`, `tools` (asked, composed, admitted at the first try, after repair, rejected with reasons, and each by
        itself), `tasks`, `roles` (who played), `calls` by role, `seconds`, `check` and `faults`.

    Raises:
        SeedError: The seed can't be used.
        UsageError: No model is named; a file can't be used, or does not fit the seed.
        ProviderError: A model can't be used.
    """
    wanted = _wanted(seed, choice, settings, tools, RunOptions(tasks=tasks, seed=number))
    if not wanted.options.models:
        raise UsageError("No language model is named: give --model, or --model-for with a role.")
    if wanted.seed.kind == "keyword" and (reference or planted):
        raise UsageError("A keyword's tools are not known before; a reference and planted states go with a blueprint.")
    began = time.perf_counter()
    with _opened(store) as kept:
        run = request(kept, wanted.seed, wanted.options, force=True).run
        run = execute(kept, run.id, workers=workers, observe=observe, settings=wanted.settings)
        seconds = time.perf_counter() - began
        checked = _check(kept, run, wanted, reference, planted)
        return {
            "seed": seed,
            "domain": run.domain,
            "status": run.status,
            "error": run.error,
            "tools": _tools(kept, run, wanted),
            "tasks": {"asked": tasks, "audited": run.counts.tasks_audited, "rejected": run.counts.tasks_rejected},
            "roles": {role: wanted.options.player(role) for role in ROLES if role not in UNASKED},
            "calls": _calls(kept, run),
            "warnings": [event.message for event in kept.logs.each(run.id, LogFilter(kinds=("warning",)))],
            "seconds": round(seconds, 1),
            **checked,
        }


def _wanted(seed: str, choice: Choice, settings: ModelSettings, tools: int | None, options: RunOptions) -> Wish:
    if not is_keyword(seed) and choice.default:
        played = CODE_ROLES if not options.tasks else (*CODE_ROLES, "chain", "instruction")
        choice = choice.model_copy(
            update={"default": "", "roles": {**dict.fromkeys(played, choice.default), **choice.roles}}
        )
    return wish(seed, options, settings, choice, tools=tools)


@contextmanager
def _opened(path: Path | None) -> Generator[Store]:
    if path is not None:
        with Store.open(path) as store:
            yield store
        return
    with (
        tempfile.TemporaryDirectory(prefix="scaleenv-bench-") as folder,
        Store.open(Path(folder) / "studio.db") as store,
    ):
        yield store


def _tools(store: Store, run: Run, wanted: Wish) -> dict[str, Any]:
    stored = store.tools.all(run.domain) if store.domains.exists(run.domain) else []
    admitted = [each for each in stored if each.admitted]
    repaired = [each for each in admitted if each.report is not None and each.report.repairs]
    tokens = store.call_log.sums(CallFilter(run=run.id))
    of_code = sum(
        sums.tokens + sums.saved_tokens
        for sums in store.call_log.sums_by("role", CallFilter(run=run.id))
        if sums.of in ("code", "test", "debug")
    )
    count = max(1, len(stored))
    repairs = sum(each.report.repairs for each in stored if each.report is not None)
    return {
        "asked": wanted.tools,
        "composed": len(stored),
        "first_try": len(admitted) - len(repaired),
        "after_repair": len(admitted),
        "share_admitted": round(len(admitted) / wanted.tools, 3),
        "repairs": repairs,
        "repairs_a_tool": round(repairs / count, 2),
        "tokens_a_tool": round((tokens.tokens + tokens.saved_tokens) / count),
        "code_tokens_a_tool": round(of_code / count),
        "rejected": {each.tool.name: _reason(each) for each in stored if not each.admitted},
        "each": [
            {
                "tool": each.tool.name,
                "admitted": each.admitted,
                "repairs": 0 if each.report is None else each.report.repairs,
                "made_by": each.tool.made_by,
            }
            for each in stored
        ],
    }


def _reason(stored: StoredTool) -> str:
    return "not tested" if stored.report is None else stored.report.reasons[0]


def _calls(store: Store, run: Run) -> dict[str, dict[str, Any]]:
    chosen = CallFilter(run=run.id)
    by_role = {sums.of: _sums(sums) for sums in store.call_log.sums_by("role", chosen)}
    return {**by_role, "all": _sums(store.call_log.sums(chosen))}


def _sums(sums: CallSums) -> dict[str, Any]:
    """What was asked; tokens are counted wherever the answers came from, so that a repeated measurement says the same."""
    data: dict[str, Any] = sums.model_dump(
        include={"calls", "cached", "corrected", "refused", "failed", "prompt_tokens", "completion_tokens"}
    )
    return {**data, "tokens": sums.tokens + sums.saved_tokens}


def _check(store: Store, run: Run, wanted: Wish, reference: Path | None, planted: Path | None) -> dict[str, Any]:
    if not store.domains.exists(run.domain):
        return {"check": {}, "faults": []}
    spec = store.domains.get(run.domain)
    admitted = [each.tool for each in store.tools.all(run.domain) if each.admitted]
    trusted = () if reference is None else read_reference(reference, composed_of(wanted.seed.text).tools)
    seeds: Sequence[int] = [other for other in OTHER_SEEDS if other != run.options.seed]
    found = inspect_tools(
        spec,
        admitted,
        seeds=seeds,
        reference=trusted,
        planted=None if planted is None else read_planted(planted),
    )
    return {
        "check": {
            "tools": len(admitted),
            "seeds": list(seeds),
            **found.model_dump(include={"cases", "compared", "planted"}),
            "faulty": list(found.faulty),
        },
        "faults": cast("list[Any]", found.model_dump(mode="json")["faults"]),
    }
