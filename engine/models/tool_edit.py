"""An edit of a tool by a person: a proposal that is tested before it counts."""

from __future__ import annotations

from typing import Literal

from engine.models.base import Model
from engine.models.domain import TestCase, ToolReport
from engine.models.tool import Tool
from engine.models.trace import Trace

EditState = Literal["waiting", "refused", "counts", "superseded"]
"""`waiting`: its run has not tested it yet. `superseded`: a later edit came before it was tested, or after it counted."""


class Evidence(Model):
    """What was tried on a proposal that was refused; that of one which counts is the tool's own.

    Attributes:
        cases: Every procedural test case as it ran.
        traces: Those of all failures, and one of each kind of case.
    """

    cases: tuple[TestCase, ...] = ()
    traces: tuple[Trace, ...] = ()


class ToolEdit(Model):
    """One edit of a tool.

    Attributes:
        seq: Its number in the store.
        curator: Who proposed it.
        at: When, in seconds since 1970.
        note: Why, in the curator's words.
        before: The tool from which the curator started.
        after: The tool as proposed.
        report: The verdict on the proposal; `None` until it was tested.
        run: Id of the run that tests it.
    """

    seq: int
    domain: str
    tool: str
    curator: str
    at: float
    note: str
    state: EditState
    before: Tool
    after: Tool
    report: ToolReport | None = None
    run: str

    @property
    def words(self) -> str:
        """How reasons name the edit."""
        return f"edit {self.seq} of the tool `{self.tool}`"
