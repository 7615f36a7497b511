"""`scaleenv bench tokens`: what a foundation and a task cost in tokens, by role, on prompts and answers as they are sent.

A cassette ships with the engine: the answers of a model that answers well, recorded for a domain that is not built in. They are
replayed through the real pipeline, so that every prompt of this version is made anew and counted, and nobody is asked.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.agents.llm.ask.question import ProviderError
from engine.datafiles import data_path
from engine.errors import ScaleEnvError, UsageError
from engine.models.base import Model
from engine.models.call import ModelCall
from engine.models.role import ROLES, RoleName
from engine.models.run import Run, RunOptions
from engine.pipeline import keyword_seed_text, synthesize
from engine.pipeline.cassette import import_cassette
from engine.pipeline.ledger import Observer
from engine.pipeline.model_settings import ModelSettings
from engine.pipeline.run import ignore
from engine.store import Store

KEYWORD = "bicycle workshop"
MODEL = "openai/scripted"
OPTIONS = RunOptions(tasks=20, seed=1, tools=52, models=dict.fromkeys(ROLES, MODEL), base_url="http://127.0.0.1:9/v1")
"""What is recorded; the address is never asked, and is part of no answer's key."""

TASK_ROLES: tuple[RoleName, ...] = ("chain", "state", "instruction", "gate", "user")
"""Roles that are asked for each task; all others are asked for the foundation."""

FOUNDATION_AIM, TASK_AIM = 140_000, 8_000
"""Tokens that a foundation of 50 tools and a task may cost."""
FOUNDATION_PAPER, TASK_PAPER = 546_000, 93_200
"""What they cost in the paper, prompt and completion together."""
TOOLS_OF_AIM = 50

RECORD = "python -m tests.fakes.record"
_PAGE = 1_000


class Tokens(Model):
    """Tokens of some calls.

    Attributes:
        calls: How many there were, corrective turns included.
        prompt: Tokens read.
        completion: Tokens written.
    """

    calls: int = 0
    prompt: int = 0
    completion: int = 0

    @property
    def total(self) -> int:
        """Read and written."""
        return self.prompt + self.completion

    def with_call(self, call: ModelCall) -> Tokens:
        """These and one call more."""
        return Tokens(
            calls=self.calls + 1,
            prompt=self.prompt + call.prompt_tokens,
            completion=self.completion + call.completion_tokens,
        )


class TokenReport(Model):
    """What was measured.

    Attributes:
        tools: Tools that were admitted.
        tasks: Tasks that passed their audits.
        by_role: In the order of the pipeline.
        foundation: All roles of the foundation together.
        of_tasks: All roles of tasks together, rejected tasks included.
    """

    tools: int
    tasks: int
    by_role: dict[RoleName, Tokens]
    foundation: Tokens
    of_tasks: Tokens

    @property
    def per_tool(self) -> float:
        """Tokens of the foundation for each admitted tool."""
        return self.foundation.total / max(1, self.tools)

    @property
    def per_task(self) -> float:
        """Tokens of the tasks for each audited task."""
        return self.of_tasks.total / max(1, self.tasks)

    @property
    def per_foundation(self) -> float:
        """Tokens of a foundation of as many tools as the aim speaks of."""
        return self.per_tool * TOOLS_OF_AIM

    def data(self) -> dict[str, Any]:
        """Everything as plain data, beside the aims and the paper's figures."""
        return {
            "tools": self.tools,
            "tasks": self.tasks,
            "by_role": {role: {**each.model_dump(), "total": each.total} for role, each in self.by_role.items()},
            "foundation": {**self.foundation.model_dump(), "total": self.foundation.total},
            "of_tasks": {**self.of_tasks.model_dump(), "total": self.of_tasks.total},
            "per_tool": round(self.per_tool),
            "per_foundation_of_50": round(self.per_foundation),
            "per_task": round(self.per_task),
            "aims": {"foundation": FOUNDATION_AIM, "task": TASK_AIM},
            "paper": {"foundation": FOUNDATION_PAPER, "task": TASK_PAPER},
        }


def measure_tokens(cassette: Path | None = None, *, workers: int = 1, observe: Observer = ignore) -> TokenReport:
    """Replays a cassette of the run that `OPTIONS` describes, in a store that is thrown away.

    Args:
        cassette: The file, as `scaleenv cassette export` writes it, compressed with gzip or not; the one that ships with the
            engine where left out.
        workers: Processes to work with.
        observe: Told after each step.

    Raises:
        UsageError: It is no cassette, or was recorded with other prompts.
    """
    path = cassette or data_path("cassettes", "bicycle_workshop.jsonl.gz")
    with tempfile.TemporaryDirectory(prefix="scaleenv-bench-") as folder, Store.open(Path(folder) / "s.db") as store:
        import_cassette(store, path)
        seed = keyword_seed_text(KEYWORD, tools=OPTIONS.tools)
        try:
            run, _ = synthesize(
                store, seed, OPTIONS, workers=workers, observe=observe, settings=ModelSettings(offline=True)
            )
        except ProviderError as error:
            raise UsageError(
                f"{path.name} was recorded with other prompts than this version's. Record it again in a source checkout: "
                f"`{RECORD}`. ({error})"
            ) from None
        if run.status != "done":
            raise ScaleEnvError(
                f"The run of {path.name} ended {run.status}: {run.error or 'fewer tasks than recorded'}."
            )
        return report_of(store, run)


def report_of(store: Store, run: Run) -> TokenReport:
    """The tokens of a finished run, wherever its answers came from."""
    by_role: dict[RoleName, Tokens] = {}
    foundation, of_tasks = Tokens(), Tokens()
    for call in _calls(store, run.id):
        by_role[call.role] = by_role.get(call.role, Tokens()).with_call(call)
        if call.role in TASK_ROLES:
            of_tasks = of_tasks.with_call(call)
        else:
            foundation = foundation.with_call(call)
    return TokenReport(
        tools=run.counts.tools_admitted,
        tasks=run.counts.tasks_audited,
        by_role={role: by_role[role] for role in ROLES if role in by_role},
        foundation=foundation,
        of_tasks=of_tasks,
    )


def _calls(store: Store, run: str) -> Iterator[ModelCall]:
    after = 0
    while page := store.calls.of_run(run, after=after, limit=_PAGE):
        yield from page
        after = page[-1].seq
