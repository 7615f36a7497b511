"""Proposing an edit of a tool: what may change, what is refused before anything runs, and the run that tests the rest."""

from __future__ import annotations

import re

from engine.errors import StoreError, UsageError
from engine.models.base import Model
from engine.models.domain import DomainSpec
from engine.models.run import Run, RunOptions
from engine.models.tool import Tool
from engine.pipeline.contract_text import LARGEST_TEXT, EditProblem, located, read_contract
from engine.store import Store
from engine.store.codec import digest_of
from engine.store.tools import StoredTool

LONGEST_TEXT = 2_000
"""Characters of a description, a summary or a note."""


class Draft(Model):
    """What a person wants a tool to be. Its name, parameters, entity and category stay: chains, edges and tasks call it by them.

    Attributes:
        contract: YAML or JSON text.
        description: What agents read.
        summary: The words in which a person asks for it.
        note: Why it is changed.
        started_from: Digest of the tool from which the edit started; empty to take the tool as it is now.
    """

    source: str
    contract: str
    description: str
    summary: str
    note: str = ""
    started_from: str = ""


class Examined(Model):
    """A draft that was looked at without running anything.

    Attributes:
        tool: The tool as proposed; `None` where the draft can't be read.
        changed: Which parts differ from the tool as it is.
        problems: Everything that would refuse it before its tests.
    """

    tool: Tool | None = None
    changed: tuple[str, ...] = ()
    problems: tuple[EditProblem, ...] = ()


class ProposalError(UsageError):
    """A draft that can't be tested.

    Attributes:
        problems: Every mistake, with its place.
    """

    def __init__(self, tool: str, problems: tuple[EditProblem, ...]) -> None:
        self.problems = problems
        listed = "\n".join(f"  {problem}" for problem in problems)
        super().__init__(f"The edit of `{tool}` can't be tested yet; nothing was changed. Mend this first:\n{listed}")


def examine(spec: DomainSpec, current: Tool, draft: Draft) -> Examined:
    """Checks a draft as far as that goes without running it: form, contract, static screen and types.

    Raises:
        SandboxError: The type checker could not be run.
    """
    from engine.contracts.check import check_contract
    from engine.runtime.admission import admit

    problems = [*_check_texts(draft)]
    source = draft.source.replace("\r\n", "\n").rstrip() + "\n"
    if source.strip() == current.source.strip():
        source = current.source
    read = read_contract(draft.contract)
    if len(source) <= LARGEST_TEXT:
        problems += [
            EditProblem(where="source", line=refusal.line, message=_with_remedy(refusal.reason, refusal.remedy))
            for refusal in admit(current.model_copy(update={"source": source}), spec.database)
        ]
    if read.contract is None:
        return Examined(problems=(*read.problems, *problems))
    texts = {"description": draft.description.strip(), "summary": draft.summary.strip()}
    tool = current.model_copy(update={"source": source, "contract": read.contract, **texts})
    tool = Tool.model_validate(tool.model_dump())  # without what the old one had worked out
    changed = tuple(
        part
        for part in ("source", "contract", "description", "summary")
        if getattr(tool, part) != getattr(current, part)
    )
    found = [located(read, tool, problem) for problem in check_contract(tool, spec.database)]
    return Examined(tool=tool, changed=changed, problems=(*found, *problems))


def _with_remedy(reason: str, remedy: str) -> str:
    return f"{reason}; {remedy}" if remedy else reason


def _check_texts(draft: Draft) -> tuple[EditProblem, ...]:
    found: list[EditProblem] = []
    if len(draft.source) > LARGEST_TEXT:
        found.append(
            EditProblem(where="source", message=f"{len(draft.source):,} characters are more than {LARGEST_TEXT:,}")
        )
    for name in ("description", "summary", "note"):
        text: str = getattr(draft, name)
        if len(text) > LONGEST_TEXT:
            found.append(EditProblem(where=name, message=f"{len(text):,} characters are more than {LONGEST_TEXT:,}"))
        if name != "note" and re.search(r"[\x00-\x08\x0b-\x1f\x7f]", text):
            found.append(EditProblem(where=name, message="it holds control characters; write it as plain text"))
    if not draft.description.strip():
        found.append(EditProblem(where="description", message="agents know the tool by it; write what it does"))
    return tuple(found)


def propose(store: Store, domain: str, name: str, draft: Draft, curator: str) -> Run:
    """Stores a draft as a proposal, with the run that tests it; nothing counts before that.

    Args:
        store: Where the domain is.
        domain: The domain.
        name: The tool, admitted or not.
        draft: What it is to become.
        curator: Who proposes it.

    Returns:
        The run, which waits for a process.

    Raises:
        ProposalError: The draft contradicts itself, its schema or what tool code may be.
        UsageError: There is no such tool, nothing is changed, or the tool was changed by somebody else meanwhile.
        StoreError: The domain is being made, or another edit is being tested.
        SandboxError: The type checker could not be run.
    """
    if not curator.strip():
        raise UsageError("Enter your name first: every edit says whose it is.")
    store.domains.require(domain)
    stored = store.tools.get(domain, name)
    examined = examine(store.domains.get(domain), stored.tool, draft)
    if examined.problems or examined.tool is None:
        raise ProposalError(name, examined.problems)
    if not examined.changed:
        raise UsageError(f"Nothing of `{name}` is changed; there is nothing to test.")
    started_from = draft.started_from or stored.digest
    with store.transaction():
        refuse_conflicts(store, domain, name, started_from)
        summary = store.domains.summary(domain)
        run = store.runs.create(
            domain,
            RunOptions(tasks=summary.tasks_audited, seed=summary.seed, difficulty=summary.difficulty),
            kind="revision",
            seed_kind="edit",
            seed_digest=digest_of(examined.tool.model_dump_json()),
            seed=examined.tool.model_dump_json(),
        )
        store.tool_edits.add(
            domain, stored.tool, examined.tool, curator=curator.strip(), note=draft.note.strip(), run=run.id
        )
    return run


def refuse_conflicts(store: Store, domain: str, name: str, started_from: str) -> None:
    """Refuses an edit that would meet another one, or a domain that is not finished.

    Raises:
        UsageError: The tool was changed meanwhile or not tested yet, or the domain's graph is not finished.
        StoreError: The domain is being made, or another edit is being tested.
    """
    current: StoredTool = store.tools.get(domain, name)
    if current.report is None:
        raise UsageError(f"The tool `{name}` was not tested yet; edit it when the domain's run has come so far.")
    for run in store.runs.of(domain):
        if run.status not in ("queued", "running", "interrupted"):
            continue
        if run.kind == "revision":
            edit = store.tool_edits.of_run(run.id)
            raise StoreError(
                f"{edit.words}, by {edit.curator}, is being tested by the run `{run.id}` ({run.status}). Wait for it, or "
                f"stop it with `scaleenv cancel {run.id}`; your draft is kept."
            )
        raise StoreError(
            f"The domain `{domain}` is being made by the run `{run.id}` ({run.status}); wait for it, or stop it with "
            f"`scaleenv cancel {run.id}`."
        )
    if current.digest != started_from:
        raise UsageError(
            f"Somebody changed `{name}` since you began to edit it; look at its history, and begin again from the tool as it is "
            "now. Your draft is kept."
        )
    latest = store.runs.latest(domain)
    if latest is not None and ("graph" not in store.runs.steps(latest.id) or _is_unproven(store, domain)):
        raise UsageError(
            f"The graph of `{domain}` is not finished; go on first with `scaleenv resume {latest.id}`, then edit."
        )


def _is_unproven(store: Store, domain: str) -> bool:
    """Whether the synthesis left edges that it did not try; those that a stopped revision left are for the next one."""
    return bool(store.edges.untried(domain)) and not store.staleness.tools(domain)


def draft_of(tool: Tool, *, note: str = "", started_from: str = "") -> Draft:
    """A tool as it is as a draft; also how an earlier version is proposed again, which undoes an edit."""
    from engine.pipeline.contract_text import write_contract

    return Draft(
        source=tool.source,
        contract=write_contract(tool.contract),
        description=tool.description,
        summary=tool.summary,
        note=note,
        started_from=started_from,
    )
