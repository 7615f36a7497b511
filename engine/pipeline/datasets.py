"""Datasets: what a choice comes to, frozen as a version."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from engine import __version__
from engine.errors import StoreError, UsageError
from engine.export.dataset import Format, FrozenDomain, write_dataset
from engine.models.dataset import (
    SPLITS,
    Balance,
    ChosenReview,
    DatasetChoice,
    DatasetDomain,
    DatasetManifest,
    DatasetVersion,
    LeakCheck,
    Split,
    SplitPlan,
)
from engine.pipeline.balance import warnings, weigh
from engine.pipeline.splits import Division, Groups, check_leaks, divide
from engine.store import Store
from engine.store.choices import Candidate
from engine.store.codec import digest_of
from engine.store.datasets import NewDomain, NewMember, lines_digest, member_lines
from engine.store.features import Chain
from engine.tasks.features import features

LARGE_ENOUGH = 10
"""Tasks from which on a dataset is split unless told otherwise: fewer leave nothing to measure by."""


class Preview(NamedTuple):
    """What freezing a choice would give."""

    balance: Balance
    division: Division
    warnings: list[str]


class Frozen(NamedTuple):
    """What freezing came to; `new` is false where a version with that very content was there already."""

    version: DatasetVersion
    new: bool


class Knowledge(NamedTuple):
    """What balance needs beside the tasks themselves."""

    chains: dict[int, Chain]
    rules: dict[str, dict[str, tuple[str, ...]]]
    tags: list[tuple[int, str]]


def default_plan(tasks: int, seed: int = 0) -> SplitPlan:
    """All in train, or 80/10/10 where there are enough tasks."""
    return SplitPlan(train=80, validation=10, test=10, seed=seed) if tasks >= LARGE_ENOUGH else SplitPlan(seed=seed)


def default_name(domains: Iterable[str]) -> str:
    """What a dataset of these domains is called unless told otherwise."""
    named = list(dict.fromkeys(domains))
    return named[0][:80] if len(named) == 1 else "mixed"


def read_knowledge(store: Store, tasks: Sequence[Candidate]) -> Knowledge:
    """What `weigh` needs of a store to know about these tasks."""
    names = sorted({task.domain for task in tasks})
    return Knowledge(
        store.features.chains(), {name: store.features.rules(name) for name in names}, store.choices.tags()
    )


def preview(tasks: Sequence[Candidate], known: Knowledge, plan: SplitPlan) -> Preview:
    """What freezing tasks by a plan would give."""
    return preview_of(tasks, weigh(tasks, known.chains, known.rules, known.tags), plan)


def preview_of(tasks: Sequence[Candidate], balance: Balance, plan: SplitPlan, groups: Groups | None = None) -> Preview:
    """The same where the balance, and perhaps the groups, are known already."""
    division = divide(tasks, plan, groups)
    return Preview(balance, division, warnings(balance, division.report, len(_domains_of(tasks, division, "test"))))


def _domains_of(tasks: Sequence[Candidate], division: Division, split: Split) -> set[str]:
    return {task.domain for task, own in zip(tasks, division.splits, strict=True) if own == split}


def freeze(
    store: Store,
    choice: DatasetChoice,
    plan: SplitPlan | None = None,
    *,
    name: str = "",
    note: str = "",
    curator: str,
    progress: Callable[[str, int, int], None] = lambda what, done, total: None,
) -> Frozen:
    """Freezes a choice as the next version of a dataset, unless it has that very content already.

    Args:
        store: Where the tasks are.
        choice: Which tasks.
        plan: How they are split; see `default_plan` where left out.
        name: The dataset's name; from the domains where empty.
        note: What to say about the version.
        curator: Who freezes.
        progress: Told what is being done, how much of it is behind, and how much there is.

    Raises:
        UsageError: No task is chosen, a domain is not there, or the name can't be used.
        StoreError: Something was changed meanwhile, or is damaged.
    """
    if not curator.strip():
        raise UsageError("A frozen version needs the curator's name.")
    for domain in choice.domains:
        store.domains.require(domain)
    while missing := store.features.fill(1.0):
        progress("look at tasks", 0, missing)
    with store.snapshot():
        tasks = store.choices.candidates(choice)
        identities = store.choices.identities(choice)
        known = read_knowledge(store, tasks)
        _refuse_nothing(store, choice, tasks)
        domains, listed = _domains(store, tasks)
    if any(task.structure is None for task in tasks):  # pyright: ignore[reportUnnecessaryComparison] a left join
        raise StoreError("Tasks were added while the dataset was frozen; freeze again.")
    plan = plan or default_plan(len(tasks))
    seen = preview(tasks, known, plan)
    division = seen.division
    if not division.report.leaks.passed:
        raise StoreError(f"The split leaks, which is a defect of ours: {division.report.leaks.examples[0]}.")
    members = [
        NewMember(task.number, task.domain, *identities[task.number], split, task.difficulty, task.steps)
        for task, split in zip(tasks, division.splits, strict=True)
    ]
    digest = lines_digest(
        member_lines(
            [(domain.name, domain.digest) for domain in domains],
            ((each.domain, each.task_id, each.task_digest, each.split) for each in members),
        )
    )
    name = name.strip() or default_name(task.domain for task in tasks)
    if (same := store.datasets.same(name, digest)) is not None:
        return Frozen(store.datasets.get(name, same), new=False)
    by_split: dict[Split, list[Candidate]] = defaultdict(list)
    for task, split in zip(tasks, division.splits, strict=True):
        by_split[split].append(task)
    manifest = DatasetManifest(
        name=name,
        version=0,
        digest=digest,
        note=note.strip(),
        engine=__version__,
        choice=choice,
        split=division.report,
        domains=tuple(listed),
        balance=seen.balance,
        by_split={
            split: weigh(by_split[split], known.chains, known.rules, known.tags) for split in SPLITS if by_split[split]
        },
    )
    frozen = store.datasets.freeze(
        manifest, domains, members, curator.strip(), lambda done: progress("copy tasks", done, len(members))
    )
    return Frozen(frozen, new=True)


def _refuse_nothing(store: Store, choice: DatasetChoice, tasks: Sequence[Candidate]) -> None:
    if tasks:
        return
    counts = store.choices.count_by_review(choice.domains)
    if not any(counts.values()):
        raise UsageError("There is no audited task to freeze; make some with `scaleenv synth job_seeking`.")
    waiting: dict[ChosenReview, int] = {state: count for state, count in counts.items() if state not in choice.reviews}
    if not any(counts[state] for state in choice.reviews):
        raise UsageError(
            f"None of the tasks is {' or '.join(choice.reviews).replace('_', ' ')}; "
            f"{', '.join(f'{count} are {state}'.replace('_', ' ') for state, count in waiting.items() if count)}. "
            "Review some, or let other states in (--review)."
        )
    raise UsageError("No task fits the choice; widen it.")


def _domains(store: Store, tasks: Sequence[Candidate]) -> tuple[list[NewDomain], list[DatasetDomain]]:
    counts: dict[str, int] = defaultdict(int)
    for task in tasks:
        counts[task.domain] += 1
    frozen: list[NewDomain] = []
    listed: list[DatasetDomain] = []
    for name in sorted(counts):
        domain, summary = store.domain(name), store.domains.summary(name)
        text = domain.model_dump_json()
        frozen.append(NewDomain(name, digest_of(text), text))
        listed.append(
            DatasetDomain(
                name=name,
                digest=digest_of(text),
                title=summary.title,
                seed_kind=summary.seed_kind,
                seed_digest=summary.seed_digest,
                engine=summary.engine,
                seed=summary.seed,
                tools=len(domain.tools),
                tables=summary.tables,
                tasks=counts[name],
            )
        )
    return frozen, listed


class Verified(NamedTuple):
    """What looking at a version again came to.

    Attributes:
        problems: What is not as it was frozen, in words; empty where all is well.
        leaks: The leakage check, made again from the copies; null where a copy can't be read.
    """

    version: DatasetVersion
    problems: list[str]
    leaks: LeakCheck | None

    @property
    def passed(self) -> bool:
        """Whether the version is what was frozen."""
        return not self.problems and self.leaks is not None and self.leaks.passed


class _Copied(NamedTuple):
    domain: str
    structure: int
    wording: int
    entities: int


def verify_version(store: Store, name: str, version: int | None = None) -> Verified:
    """Hashes a version again and looks for leaks in the copies themselves; runs nothing.

    Raises:
        UsageError: There is no such version.
        StoreError: Its manifest can't be read.
    """
    with store.snapshot():
        found = store.datasets.get(name, version)
        manifest = found.manifest
        problems = store.datasets.damaged(manifest.name, manifest.version)
        splits: list[Split] = []
        copies: list[_Copied] = []
        try:
            for split, task in store.datasets.tasks(manifest.name, manifest.version):
                known = features(task)
                splits.append(split)
                copies.append(_Copied(task.domain, known.structure, known.wording, known.entities))
        except StoreError:
            return Verified(found, problems, None)
    return Verified(found, problems, check_leaks(copies, splits, manifest.split.plan))


def export_version(
    store: Store, name: str, version: int | None, out: Path, format: Format = "bundle"
) -> ExportedVersion:
    """Writes a frozen version; the same version gives the same bytes, whatever became of its domains.

    Raises:
        UsageError: There is no such version.
        StoreError: A copy is damaged.
        ExportError: The folder can't be written, or holds something else.
    """
    with store.snapshot():
        manifest = store.datasets.get(name, version).manifest
        domains = (
            FrozenDomain(
                store.datasets.domain(manifest.name, manifest.version, each.name),
                partial(store.datasets.tasks, manifest.name, manifest.version, each.name),
            )
            for each in manifest.domains
        )
        lines = store.datasets.lines(manifest.name, manifest.version)
        path = write_dataset(manifest, domains, lines, out, format)
    return ExportedVersion(manifest=manifest, path=path)


class ExportedVersion(NamedTuple):
    """A version that was written, and its folder."""

    manifest: DatasetManifest
    path: Path


def parse_label(label: str) -> tuple[str, int | None]:
    """A dataset's name, and the number where it is given as `name@2`.

    Raises:
        UsageError: What stands after the `@` is no number.
    """
    name, at, number = label.rpartition("@")
    if not at:
        return label, None
    if not number.isdecimal():
        raise UsageError(f"`{label}` is no version of a dataset; write it as `name@2`, or `name` for the latest.")
    return name, int(number)
