"""What the page about tools reads, and what it says of a draft before anything is run."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from engine.models.domain import TestCase
from engine.models.graph import Edge
from engine.models.run import UNFINISHED, Run
from engine.models.tool import Tool
from engine.models.tool_edit import EditState, Evidence, ToolEdit
from engine.models.trace import Trace
from engine.store.tools import StoredTool, ToolSummary
from studio.queries import known
from studio.queries.opened import opened

if TYPE_CHECKING:
    from engine.pipeline.proposals import Draft, Examined

ToolState = Literal["admitted", "rejected", "stale", "edited"]


class ToolLine(NamedTuple):
    """A tool in the list.

    Attributes:
        edit: State of its last edit, where it was edited.
        edits: How many edits there are.
    """

    summary: ToolSummary
    edit: EditState | None
    edits: int

    @property
    def state(self) -> str:
        """Admitted, rejected or not tested yet, in a word."""
        return {True: "admitted", False: "rejected", None: "untested"}[self.summary.admitted]

    def fits(self, state: str, category: str, table: str, words: str) -> bool:
        """Whether a filter lets it through; `all` and an empty text don't matter."""
        summary = self.summary
        states = {self.state, *(["stale"] if summary.stale else []), *(["edited"] if self.edits else [])}
        text = f"{summary.name} {summary.category} {summary.entity} {summary.codes}".lower()
        return (
            state in ("all", *states)
            and category in ("all", summary.category)
            and table in ("all", summary.entity)
            and all(word in text for word in words.lower().split())
        )


class Rejected(NamedTuple):
    """A tool that was rejected, with each reason."""

    name: str
    reasons: tuple[str, ...]


class ToolView(NamedTuple):
    """A tool in full.

    Attributes:
        edges: From and to it.
        stale_edges: Ids of those that are not proven again yet.
        edit: Its last edit.
        run: The revision that works on the domain, or waits to; `None` where nothing is under way.
    """

    domain: str
    stored: StoredTool
    edges: list[Edge]
    stale_edges: frozenset[str]
    edit: ToolEdit | None
    run: Run | None

    @property
    def tool(self) -> Tool:
        """The tool as it counts."""
        return self.stored.tool


def lines(domain: str) -> list[ToolLine]:
    """A domain's tools, rejected ones included."""
    with opened() as store, store.snapshot():
        edits = store.tool_edits.states(domain)
        return [ToolLine(each, *edits.get(each.name, (None, 0))) for each in store.tools.summaries(domain)]


def rejected(domain: str) -> list[Rejected]:
    """What was rejected of a domain, and why."""
    with opened() as store:
        return [
            Rejected(entry.tool.name, entry.report.reasons)
            for entry in store.tools.all(domain)
            if entry.report is not None and not entry.report.admitted
        ]


def tool(domain: str, name: str) -> ToolView:
    """One tool.

    Raises:
        UsageError: There is none of that name.
    """
    with opened() as store, store.snapshot():
        edits = store.tool_edits.of(domain, name, limit=1)
        revisions = [run for run in store.runs.of(domain) if run.kind == "revision" and run.status in UNFINISHED]
        left = bool(store.staleness.counts(domain))
        wanted = [
            run for run in revisions if left or store.tool_edits.of_run(run.id).state == "waiting"
        ]  # what was cancelled and superseded is of no interest
        return ToolView(
            domain=domain,
            stored=store.tools.get(domain, name),
            edges=store.edges.of_tool(domain, name),
            stale_edges=store.staleness.edges(domain),
            edit=edits[0] if edits else None,
            run=wanted[0] if wanted else None,
        )


def cases(domain: str, name: str) -> list[TestCase]:
    """The procedural test cases of a tool, in the order they ran."""
    with opened() as store:
        return store.tools.cases(domain, name)


def trace(domain: str, id: str) -> Trace:
    """One trace.

    Raises:
        UsageError: There is no such trace.
    """
    with opened() as store:
        return store.traces.get(domain, id)


def edits(domain: str, name: str) -> list[ToolEdit]:
    """The edits of a tool, newest first."""
    with opened() as store:
        return store.tool_edits.of(domain, name, limit=20)


def evidence(edit: int) -> Evidence:
    """What was tried on a proposal that was refused."""
    with opened() as store:
        return store.tool_edits.evidence(edit)


def run(id: str) -> tuple[Run, str]:
    """A run, and the last line of its log.

    Raises:
        UsageError: There is no such run.
    """
    with opened() as store, store.snapshot():
        found = store.runs.get(id)
        events = store.runs.events(id)
        return found, events[-1].message if events else ""


def edit_of(run: str) -> ToolEdit:
    """The edit that a run tests.

    Raises:
        UsageError: It tests none.
    """
    with opened() as store:
        return store.tool_edits.of_run(run)


def schema(of: Tool) -> dict[str, Any]:
    """What an agent sees of a tool."""
    from engine.runtime.spec import openai_schema

    return openai_schema(of)


@lru_cache(maxsize=64)
def contract_text(of: str) -> str:
    """A tool's contract as text to edit; takes the tool as JSON, so that it is worked out once."""
    from engine.pipeline.contract_text import write_contract

    return write_contract(Tool.model_validate_json(of).contract)


def draft_of(of: Tool) -> Draft:
    """A tool as a draft to begin from."""
    from engine.pipeline.proposals import Draft

    return Draft(
        source=of.source,
        contract=contract_text(of.model_dump_json()),
        description=of.description,
        summary=of.summary,
    )


def examined(view: ToolView, draft: Draft) -> Examined:
    """What is wrong with a draft as far as that can be told without running it.

    Raises:
        SandboxError: The type checker could not be run.
    """
    with opened() as store:
        spec = known.domain(store, view.domain).spec
    bare = draft.model_copy(update={"note": "", "started_from": ""})
    key = (view.domain, view.stored.digest, bare.model_dump_json())
    if key not in _EXAMINED:
        from engine.pipeline.proposals import examine

        if len(_EXAMINED) > _KEPT:
            _EXAMINED.clear()
        _EXAMINED[key] = examine(spec, view.tool, bare)
    return _EXAMINED[key]


_KEPT = 64
_EXAMINED: dict[tuple[str, str, str], Examined] = {}
"""What was said of drafts: a page is drawn again far more often than a draft changes."""
