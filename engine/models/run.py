"""A run: one synthesis of a domain or one revision of it, as resumable work with progress and a log of events."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from engine.models.base import Model
from engine.models.role import COMPOSER, ROLES, UNASKED, RoleName
from engine.models.task import Difficulty

RunStatus = Literal["queued", "running", "interrupted", "cancelled", "failed", "exhausted", "short", "done"]
"""`interrupted`: its process ended before its work did. `exhausted`: its budget for language models was used up; it goes on
with a larger one. `short`: it ran to its end, with fewer tasks than asked."""

UNFINISHED: tuple[RunStatus, ...] = ("queued", "running", "interrupted", "cancelled", "failed", "exhausted")
"""Where a run has work left that `resume` can go on with."""

Phase = Literal["compose", "test", "graph", "prove", "tasks", "finish"]
"""The pipeline's phases, in order."""

PHASES: tuple[Phase, ...] = ("compose", "test", "graph", "prove", "tasks", "finish")

RunKind = Literal["synthesis", "revision"]
"""A synthesis makes a domain from a seed; a revision tests an edited tool and verifies again what depends on it."""

REVISION_PHASES: tuple[Phase, ...] = ("test", "graph", "prove", "tasks")
"""The phases of a revision, in order."""

EventKind = Literal["phase", "step", "rejection", "warning", "status"]


AskedDifficulty = Difficulty | Literal["mixed"]
"""`mixed`: easy, medium and hard in turn."""


class Budget(Model):
    """What a run may spend on language models, over all its processes; `None` for no bound. Cached answers are free.

    Attributes:
        cost: In US dollars.
        tokens: Read and written.
        calls: Requests.
    """

    cost: float | None = Field(default=None, ge=0)
    tokens: int | None = Field(default=None, ge=0)
    calls: int | None = Field(default=None, ge=0)


class RunOptions(Model):
    """What a run was asked for.

    Attributes:
        tasks: How many audited tasks the domain shall have.
        seed: Decides every random choice; same seed, same bytes.
        difficulty: Of all tasks, or `mixed` for easy, medium and hard in turn.
        trusted: Run admitted code in CPython where the sandbox is not needed; never changes a result.
        with_rows: Rows of the seed were taken as the base of every initial state.
        models: Role -> name of the language model that plays it, as litellm names it; the composer plays the others.
        base_url: Address of an OpenAI-compatible server for all of them; empty for the provider's own. Holds no secret.
        tools: How many tools a domain shall have that is made from a keyword.
        hint: Further wishes for such a domain, in words.
        budget: What may be spent.
    """

    tasks: int = Field(default=20, ge=0, le=1_000_000)
    seed: int = 0
    difficulty: AskedDifficulty = "mixed"
    trusted: bool = False
    with_rows: bool = False
    models: dict[RoleName, str] = {}
    base_url: str = ""
    tools: int = Field(default=40, ge=1, le=200)
    hint: str = ""
    budget: Budget = Budget()

    def content(self, seed_kind: str) -> dict[str, Any]:
        """The options that decide what a domain holds, by name; players and the number of tasks aside.

        Args:
            seed_kind: What the domain is made from; only a keyword leaves room for a number of tools and a hint.
        """
        found: dict[str, Any] = {"seed": self.seed, "difficulty": self.difficulty, "with_rows": self.with_rows}
        return found | ({"tools": self.tools, "hint": self.hint} if seed_kind == "keyword" else {})

    @property
    def players(self) -> dict[RoleName, str]:
        """Who plays the roles that decide what a domain holds."""
        return {role: self.player(role) for role in ROLES if role not in UNASKED}

    def player(self, role: RoleName) -> str:
        """Who plays a role: a model's name, or `composer`."""
        return self.models.get(role, COMPOSER)


class RunCounts(Model):
    """What a run has achieved so far; the names are those of `synth --json`."""

    tools_admitted: int = 0
    tools_rejected: int = 0
    edges_proven: int = 0
    edges_unproven: int = 0
    tasks_audited: int = 0
    tasks_rejected: int = 0


class Run(Model):
    """A run as stored.

    Attributes:
        id: The domain's name and a number, such as `job_seeking-1`.
        kind: What it does.
        phase: The phase in progress or, at rest, the last one.
        done: Steps of the phase that are behind it.
        total: Steps of the phase in all; 0 where that is not known.
        error: Why it failed, in one line.
        owner: Token of the process that holds its lease, or empty.
        heartbeat: When the owner last said that it lives, in seconds since 1970.
        cancel: Whether somebody asked it to stop.
        attempts: How many processes have worked on it.
        seconds: Wall-clock time that was worked on it.
        phase_seconds: The same by phase.
    """

    id: str
    domain: str
    kind: RunKind = "synthesis"
    status: RunStatus
    options: RunOptions
    seed_kind: str
    seed_digest: str
    phase: Phase = "compose"
    done: int = 0
    total: int = 0
    counts: RunCounts = RunCounts()
    error: str = ""
    owner: str = ""
    heartbeat: float = 0.0
    cancel: bool = False
    attempts: int = 0
    seconds: float = 0.0
    phase_seconds: dict[str, float] = {}
    created_at: float = 0.0
    updated_at: float = 0.0


class RunEvent(Model):
    """One line of a run's log.

    Attributes:
        seq: Number within the run, from 1.
        at: Seconds since 1970.
        phase: The phase it belongs to.
        subject: The tool, edge or task that it is about, or empty.
        data: Counts, and whatever else a display can use.
    """

    seq: int = 0
    at: float = 0.0
    kind: EventKind
    phase: Phase
    message: str
    subject: str = ""
    data: dict[str, Any] = {}
