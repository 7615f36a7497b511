"""One role for one tool again, by a language model and with a person's hint: a revision whose first step is to ask.

From then on it is an edit as a person makes it: tested before it counts, and everything that depends on it verified again.
"""

from __future__ import annotations

from typing import Literal

from engine.agents.roles import CannotAnswer
from engine.agents.roles.foundation import RepairAnswer, RepairRequest
from engine.errors import UsageError
from engine.models.base import Model
from engine.models.domain import DomainSpec, ToolReport
from engine.models.role import COMPOSER, RoleName
from engine.models.run import Run, RunOptions
from engine.models.tool import Tool
from engine.models.tool_edit import Evidence, ToolEdit
from engine.models.trace import Trace
from engine.pipeline.cast import Cast
from engine.pipeline.coding import write_sources
from engine.pipeline.ledger import Ledger
from engine.pipeline.model_settings import ModelSettings, checked_model
from engine.pipeline.proposals import LONGEST_TEXT, draft_of, examine, refuse_conflicts
from engine.store import Store
from engine.store.codec import digest_of

RewriteRole = Literal["code", "debug", "contract"]
"""`code`: the code anew, from the contract. `debug`: a patch of the code as it is, from what its tests found.
`contract`: other conditions, and the code for them."""

SEED_KIND = "rewrite"
ASK_STEP = "ask"

_PLAYED: dict[RewriteRole, tuple[RoleName, ...]] = {
    "code": ("code",),
    "debug": ("debug",),
    "contract": ("debug", "code"),  # patches of contracts are the debug agent's; the code agent writes what fits them
}


class Rewrite(Model):
    """What a model is asked for.

    Attributes:
        role: What it shall do.
        hint: What a person wants to be different, or empty.
    """

    tool: str
    role: RewriteRole
    model: str
    hint: str = ""


def propose_by_model(
    store: Store,
    domain: str,
    tool: str,
    *,
    role: RewriteRole,
    model: str,
    hint: str,
    curator: str,
    settings: ModelSettings | None = None,
) -> Run:
    """Adds the run that asks a model for a tool again and tests what it says; nothing counts before that.

    Args:
        store: Where the domain is.
        domain: The domain.
        tool: The tool, admitted or not.
        role: What the model shall do.
        model: Its name, as litellm names it; `composer` for code that follows from the contract.
        hint: What shall be different, in words.
        curator: Who asks.
        settings: What file, environment and flags say of the address and of what may be spent. Where they name no address,
            it is that of the domain's last run with this model.

    Returns:
        The run, which waits for a process.

    Raises:
        UsageError: There is no such tool, the model's name is none, or the hint is too long.
        StoreError: The domain is being made, or another edit is being tested.
    """
    if not curator.strip():
        raise UsageError("Enter your name first: every edit says whose it is.")
    if len(hint) > LONGEST_TEXT:
        raise UsageError(f"A hint has at most {LONGEST_TEXT:,} characters, not {len(hint):,}.")
    model, settings = checked_model(model, "model"), settings or ModelSettings()
    store.domains.require(domain)
    stored = store.tools.get(domain, tool)
    wish = Rewrite(tool=tool, role=role, model=model, hint=hint.strip())
    with store.transaction():
        refuse_conflicts(store, domain, tool, stored.digest)
        summary = store.domains.summary(domain)
        run = store.runs.create(
            domain,
            RunOptions(
                tasks=summary.tasks_audited,
                seed=summary.seed,
                difficulty=summary.difficulty,
                models={} if model == COMPOSER else dict.fromkeys(_PLAYED[role], model),
                base_url=settings.base_url or _address(store, domain, model),
                budget=settings.budget,
            ),
            kind="revision",
            seed_kind=SEED_KIND,
            seed_digest=digest_of(wish.model_dump_json()),
            seed=wish.model_dump_json(),
        )
        # The proposal stands from the beginning, so that nobody else begins another; what is proposed is not known yet.
        store.tool_edits.add(
            domain, stored.tool, stored.tool, curator=f"{curator.strip()} ({model})", note=wish.hint, run=run.id
        )
    return run


def _address(store: Store, domain: str, model: str) -> str:
    """Where the model was when a run of the domain asked it last."""
    with_it = (run.options.base_url for run in store.runs.of(domain) if model in run.options.models.values())
    return next(with_it, "")


class Asking:
    """The first step of such a run.

    Args:
        ledger: Commits it.
        cast: Plays the roles.
    """

    def __init__(self, ledger: Ledger, cast: Cast) -> None:
        self._ledger = ledger
        self._cast = cast
        self._store = ledger.store
        self._name = ledger.run.domain

    def work(self, edit: ToolEdit) -> ToolEdit:
        """Asks, and puts what was said into the edit; a refused edit where nothing usable was said.

        Raises:
            BudgetReached: The run may not ask any more.
            ProviderError: The model can't be used.
            SandboxError: The type checker could not be run.
        """
        wish = Rewrite.model_validate_json(self._store.runs.seed(self._ledger.run.id))
        spec = self._store.domains.get(self._name)
        stored = self._store.tools.get(self._name, edit.tool)
        report = stored.report or ToolReport(tool=edit.tool, admitted=False)
        try:
            tool = self._cast.wait(_asked(self._cast, spec, edit.before, wish, report, self._failing(edit.tool)))
        except CannotAnswer as error:
            return self._refuse(edit, [f"{wish.model} gave no usable answer: {error}"])
        examined = examine(spec, edit.before, draft_of(tool))
        if examined.problems or examined.tool is None:
            return self._refuse(edit, [str(problem) for problem in examined.problems])
        if not examined.changed:
            return self._refuse(edit, [f"{wish.model} leaves the tool as it is; say in a hint what shall be different"])
        proposed = examined.tool.model_copy(update={"made_by": tool.made_by})
        words = f"{wish.model} proposes another {' and another '.join(examined.changed)} of `{edit.tool}`."
        self._ledger.commit(
            ASK_STEP,
            lambda: self._store.tool_edits.fill(edit.seq, proposed),
            [self._ledger.event("step", words, subject=edit.tool)],
        )
        return self._store.tool_edits.of_run(self._ledger.run.id)

    def _failing(self, tool: str) -> Trace | None:
        """The first test of the tool that failed."""
        summaries = self._store.traces.of(self._name, "procedural_test", tool)
        failed = next((each for each in summaries if not each.passed), None)
        return None if failed is None else self._store.traces.get(self._name, failed.id)

    def _refuse(self, edit: ToolEdit, reasons: list[str]) -> ToolEdit:
        report = ToolReport(tool=edit.tool, admitted=False, reasons=tuple(reasons))
        words = f"The {edit.words} was refused: {'; '.join(reasons)}"
        self._ledger.commit(
            ASK_STEP,
            lambda: self._store.tool_edits.refuse(edit.seq, report, Evidence()),
            [self._ledger.event("rejection", words, subject=edit.tool)],
            tools_rejected=1,
        )
        return self._store.tool_edits.of_run(self._ledger.run.id)


async def _asked(
    cast: Cast, spec: DomainSpec, tool: Tool, wish: Rewrite, report: ToolReport, trace: Trace | None
) -> Tool:
    """The tool as the model wants it.

    Raises:
        CannotAnswer: It has no usable answer, or one that the engine refuses.
    """
    if wish.role == "code":
        return await _written(cast, spec, tool, wish.hint)
    failures = report.reasons or ("its tests found nothing; the wish is all there is",)
    answer = await cast.debug.repair(
        RepairRequest(
            tool=tool,
            database=spec.database,
            failures=failures,
            trace=trace if wish.role == "debug" else None,
            allowed=("tool",) if wish.role == "debug" else ("contract",),
            hint=wish.hint,
        )
    )
    return await _repaired(cast, spec, tool, wish, answer)


async def _repaired(cast: Cast, spec: DomainSpec, tool: Tool, wish: Rewrite, answer: RepairAnswer | None) -> Tool:
    if answer is None:
        raise CannotAnswer("it has no repair")
    if answer.kind == "tool":
        return tool.model_copy(update={"source": answer.source, "made_by": wish.model})
    from engine.foundation.patches import patch_problems

    if answer.contract is None:
        raise CannotAnswer("it proposed no contract")
    if problems := patch_problems(spec, tool, answer.contract, 0):
        raise CannotAnswer(f"its contract is refused: {'; '.join(problems)}")
    return await _written(cast, spec, tool.model_copy(update={"contract": answer.contract}), wish.hint)


async def _written(cast: Cast, spec: DomainSpec, tool: Tool, hint: str) -> Tool:
    written = await write_sources(cast, [tool], spec.database, hint=hint)
    if written.problems:
        raise CannotAnswer(written.problems[tool.name])
    return written.tools[0]
