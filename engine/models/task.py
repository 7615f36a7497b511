"""A task ψ = (E, u, P_user) (paper, section 3) with its reference solution, gold diff and audits."""

from __future__ import annotations

from typing import Any, Literal

from engine.models.base import Model, Rows, Value
from engine.models.chain import Chain
from engine.models.role import RoleName
from engine.models.trace import Call, Key, RowChange

Difficulty = Literal["easy", "medium", "hard"]
AuditName = Literal[
    "solvable",
    "do_nothing",
    "every_write_needed",
    "altered_argument",
    "reordering",
    "distractors_harmless",
    "provenance",
    "unique_entities",
    "not_duplicate",
]


class InitialState(Model):
    """s0: the database at the start of an episode, hidden from the agent.

    Attributes:
        rows: Rows by table; beside the domain's base rows where `extends_base` is set.
        now: The clock, as an ISO datetime.
        distractors: (table, key) of the rows that only make the task harder.
    """

    rows: Rows
    now: str
    extends_base: bool = False
    distractors: tuple[tuple[str, Key], ...] = ()


class Mention(Model):
    """An entity of which the instruction speaks; what is said of it fits exactly this row of s0.

    Attributes:
        facts: Column -> value that the instruction or the profile says.
        links: Foreign-key column -> the entity it points to, said as well ("my application for ...").
        me: The user's own row: known without a fact.
    """

    table: str
    key: Key
    facts: dict[str, Value] = {}
    links: dict[str, Mention] = {}
    me: bool = False


class Audit(Model):
    """One check of a task: an experiment that was run.

    Attributes:
        passed: Whether it showed what it must.
        detail: What was tried and seen, in one line.
        traces: Ids of the traces that show it.
    """

    name: AuditName
    passed: bool
    detail: str
    traces: tuple[str, ...] = ()


class Task(Model):
    """A task as offered to agents and curators.

    Attributes:
        instruction: What the user wants, as the user says it.
        user_profile: What the user knows about themselves; part of the prompt.
        chain: The reference solution, symbolic.
        reference_calls: The same, concrete; replayable because ids are deterministic.
        tools: Names of the tools that the agent is given.
        gold_diff: Net row changes of the reference solution against s0.
        mentions: The entities that the instruction names.
        communicate: Facts the user must be told (none yet for tasks that change state).
        reason: Why it was rejected, where it was.
        made_by: Role -> the model that played it; the composer played those that are missing.
    """

    id: str
    domain: str
    index: int
    seed: int
    difficulty: Difficulty
    instruction: str
    user_profile: dict[str, Value]
    chain: Chain
    reference_calls: tuple[Call, ...]
    tools: tuple[str, ...]
    initial_state: InitialState
    gold_diff: tuple[RowChange, ...]
    mentions: tuple[Mention, ...] = ()
    communicate: tuple[Any, ...] = ()
    audits: tuple[Audit, ...] = ()
    reason: str = ""
    made_by: dict[RoleName, str] = {}

    @property
    def audited(self) -> bool:
        """Whether every audit was run and passed."""
        return bool(self.audits) and all(audit.passed for audit in self.audits)
