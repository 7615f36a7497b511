"""A dataset: a choice of tasks, split and frozen as a version that never changes."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from engine.models.base import Model
from engine.models.task import Difficulty

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")

ChosenReview = Literal["approved", "open", "needs_edit"]
"""Review states that a dataset may hold; what a curator rejected is never frozen."""

SplitBy = Literal["task", "domain"]

LeakKind = Literal["domain", "structure", "wording", "entities"]
"""What two tasks can have in common that gives one away to who has seen the other:
the domain; the chain without its values; the instruction without numbers and quotations; the user and all entities named."""

NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$"
"""What a dataset may be called: it becomes a folder and part of addresses."""


class DatasetChoice(Model):
    """Which audited tasks; stale and rejected ones never.

    Attributes:
        domains: Names; all domains where empty.
        reviews: The review states that are let in.
        text: Words that are searched for, as on the tasks' page.
        tags: A task must have one of these, where there are any.
        without_tags: A task must have none of these.
        ids: Only these tasks, where there are any.
        limit: At most so many tasks of each domain, the first ones in order.
    """

    domains: tuple[str, ...] = ()
    reviews: tuple[ChosenReview, ...] = Field(default=("approved",), min_length=1)
    difficulties: tuple[Difficulty, ...] = ()
    text: str = ""
    tool: str = ""
    tags: tuple[str, ...] = ()
    without_tags: tuple[str, ...] = ()
    least_steps: int | None = Field(default=None, ge=0)
    most_steps: int | None = Field(default=None, ge=0)
    least_rating: float | None = Field(default=None, ge=1, le=5)
    ids: tuple[str, ...] = ()
    limit: int | None = Field(default=None, ge=1)


class SplitPlan(Model):
    """How tasks are divided.

    Attributes:
        by: `task`: tasks that give each other away stay together. `domain`: domains stay whole.
        train, validation, test: Shares in per cent; they add up to 100.
        seed: Decides what the shares leave open.
    """

    by: SplitBy = "task"
    train: int = Field(default=100, ge=0, le=100)
    validation: int = Field(default=0, ge=0, le=100)
    test: int = Field(default=0, ge=0, le=100)
    seed: int = 0

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if self.train + self.validation + self.test != 100:
            raise ValueError(f"the shares add up to {self.train + self.validation + self.test} per cent, not to 100")
        return self

    @property
    def shares(self) -> dict[Split, float]:
        """The share of each split, from 0 to 1."""
        return {"train": self.train / 100, "validation": self.validation / 100, "test": self.test / 100}


class LeakCheck(Model):
    """What was looked for in the finished split, and what was found.

    Attributes:
        looked_for: Each thing that two splits must not share.
        found: How many values of it are in more than one split; all zero, or the version is not frozen.
        shared: The same for what the plan allows to be shared, for the record.
        examples: Up to ten leaks in words.
    """

    looked_for: tuple[LeakKind, ...]
    found: dict[LeakKind, int] = {}
    shared: dict[LeakKind, int] = {}
    examples: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether nothing was found."""
        return not any(self.found.values())


class SplitReport(Model):
    """What a plan came to.

    Attributes:
        sizes: Tasks by split.
        groups: How many groups of tasks had to stay together, single tasks included.
        largest: Sizes of the largest groups, up to five.
        leaks: The check of the result.
    """

    plan: SplitPlan
    sizes: dict[Split, int]
    groups: int
    largest: tuple[int, ...] = ()
    leaks: LeakCheck

    @property
    def reached(self) -> dict[Split, float]:
        """The share that each split has, from 0 to 1."""
        total = sum(self.sizes.values()) or 1
        return {split: size / total for split, size in self.sizes.items()}


class Balance(Model):
    """How many tasks have what; each mapping is in the order in which it is shown.

    Attributes:
        steps: By number of steps of the chain.
        tools: Tasks whose chain uses the tool, by `domain.tool`.
        rules: Tasks whose chain passes a precondition of that kind of business rule.
        tags: As the tasks had them when it was counted.
        alike: Tasks that share their chain's structure and their wording with an earlier one.
    """

    tasks: int = 0
    domains: dict[str, int] = {}
    difficulty: dict[str, int] = {}
    steps: dict[str, int] = {}
    tools: dict[str, int] = {}
    rules: dict[str, int] = {}
    reviews: dict[str, int] = {}
    tags: dict[str, int] = {}
    alike: int = 0


class DatasetDomain(Model):
    """A domain as a version holds it.

    Attributes:
        digest: SHA-256 of the domain with its admitted tools.
        engine: Version of the engine that made it.
        seed: The number that decided every random choice.
    """

    name: str
    digest: str
    title: str
    seed_kind: str
    seed_digest: str
    engine: str
    seed: int
    tools: int
    tables: int
    tasks: int


class Member(Model):
    """A task of a version: copied, so that nothing that is done to the original reaches it."""

    domain: str
    task_id: str
    task_digest: str
    split: Split
    difficulty: Difficulty
    steps: int
    instruction: str = ""


class DatasetManifest(Model):
    """What is known of a version but its members.

    Attributes:
        digest: SHA-256 of the content: every domain and task with its digest and split, in order.
        engine: Version of the engine that froze it.
    """

    name: str
    version: int
    digest: str
    note: str = ""
    engine: str
    choice: DatasetChoice
    split: SplitReport
    domains: tuple[DatasetDomain, ...]
    balance: Balance
    by_split: dict[Split, Balance] = {}


class DatasetVersion(Model):
    """A frozen version with who froze it and when (seconds since 1970)."""

    manifest: DatasetManifest
    curator: str
    created_at: float

    @property
    def label(self) -> str:
        """Its name and number, as in commands."""
        return f"{self.manifest.name}@{self.manifest.version}"


class DatasetSummary(Model):
    """A version in one line."""

    name: str
    version: int
    digest: str
    tasks: int
    domains: int
    note: str
    curator: str
    created_at: float


class MemberChange(Model):
    """A task that two versions have differently; null where one lacks it."""

    domain: str
    task_id: str
    before: Split | None = None
    after: Split | None = None
    changed: bool = False


class VersionDiff(Model):
    """What became of one version in another.

    Attributes:
        changed: Tasks of the same id whose content differs.
        moved: Tasks in both, in another split.
        domains_changed: Domains in both whose content differs.
        changes: The first of all these, in order of domain and task.
    """

    before: DatasetManifest
    after: DatasetManifest
    added: int
    removed: int
    changed: int
    moved: int
    domains_added: tuple[str, ...] = ()
    domains_removed: tuple[str, ...] = ()
    domains_changed: tuple[str, ...] = ()
    changes: tuple[MemberChange, ...] = ()
