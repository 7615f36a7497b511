"""A domain: what it is about, who its user is, and its foundation B = (Σ, T) (paper, section 3)."""

from __future__ import annotations

from functools import cached_property
from typing import Literal

from engine.models.base import Model, Rows
from engine.models.database import DatabaseSchema
from engine.models.role import RoleName
from engine.models.tool import Tool
from engine.models.trace import Outcome


class Actor(Model):
    """Who the user is.

    Attributes:
        table: The table whose row stands for the user.
        profile: Columns that the user knows of themselves (name, e-mail), in the order they are told.
        description: One sentence about the user, for the profile.
    """

    table: str
    profile: tuple[str, ...]
    description: str = ""


class DomainSpec(Model):
    """What a seed says: the input of phase 1, before any tool was tested.

    Attributes:
        now: The clock at the start of episodes, as an ISO datetime.
        base_rows: Rows of every initial state, where the seed brought any.
        warnings: What of the seed was ignored or changed, in words.
        seed_digest: SHA-256 of the seed's text or file.
        made_by: Role -> the model that played it; the composer played those that are missing.
    """

    name: str
    title: str
    description: str
    seed_kind: Literal["blueprint", "sql", "sqlite", "keyword"]
    seed_digest: str
    database: DatabaseSchema
    actor: Actor | None = None
    now: str = "2026-03-02T09:00:00"
    base_rows: Rows = {}
    warnings: tuple[str, ...] = ()
    made_by: dict[RoleName, str] = {}


class TestCase(Model):
    """One procedural test case as it ran (paper, section 4.1, step 5).

    Attributes:
        kind: `accept` (all preconditions hold), `reject` (just one fails), or `boundary`.
        target: The rejection code that a `reject` case aims at.
        expected: What the contract says must come out.
        trace: Id of the trace, where it is stored (failures always are).
    """

    __test__ = False

    tool: str
    index: int
    kind: Literal["accept", "reject", "boundary"]
    target: str = ""
    verdict: Outcome
    passed: bool
    detail: str = ""
    trace: str | None = None


class RequirementCoverage(Model):
    """Whether a precondition was seen satisfied and violated in procedural tests."""

    code: str
    condition: str
    satisfied: bool
    violated: bool
    unreachable: str = ""


class ToolReport(Model):
    """Why a tool was admitted or rejected.

    Attributes:
        reasons: Each reason against it; empty exactly if it was admitted.
        effects_seen: For each effect in order, whether some case showed it.
    """

    tool: str
    admitted: bool
    reasons: tuple[str, ...] = ()
    cases: int = 0
    failures: int = 0
    coverage: tuple[RequirementCoverage, ...] = ()
    effects_seen: tuple[bool, ...] = ()
    repairs: int = 0


class Domain(Model):
    """A domain with its admitted tools: everything an environment needs but s0."""

    spec: DomainSpec
    tools: tuple[Tool, ...]

    @property
    def name(self) -> str:
        """The domain's name, as in commands and file names."""
        return self.spec.name

    @property
    def database(self) -> DatabaseSchema:
        """The database schema."""
        return self.spec.database

    @cached_property
    def tool(self) -> dict[str, Tool]:
        """The tools by name."""
        return {tool.name: tool for tool in self.tools}
