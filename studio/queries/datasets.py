"""What the page about datasets reads, and the freezing that it asks for.

Counting a choice of 100,000 tasks takes half a second of processor time. So it is done apart from the page's thread and kept
until the store changes; a page that would have to wait shows what was counted last, and looks again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

from engine.errors import StoreError
from engine.export.data_card import data_card
from engine.models.dataset import (
    Balance,
    ChosenReview,
    DatasetChoice,
    DatasetManifest,
    DatasetSummary,
    DatasetVersion,
    Member,
    Split,
    SplitBy,
    SplitPlan,
    VersionDiff,
)
from engine.pipeline.balance import weigh
from engine.pipeline.datasets import Frozen, Knowledge, Preview, freeze, preview_of, read_knowledge
from engine.pipeline.splits import Groups, group
from engine.store import Store
from engine.store.choices import Candidate
from studio.queries.opened import opened, store_path

SMALL = 5_000
"""Tasks of a store up to which a page waits for the count: it takes less than drawing it."""
PATIENCE = 0.15
"""Seconds that a page waits where there are more."""
KEPT = 6
"""Counted choices that are kept."""
PAGE = 25
"""Members of one page."""

_workers = ThreadPoolExecutor(1, thread_name_prefix="dataset-counts")
_lock = Lock()
_counts: OrderedDict[tuple[Any, ...], Future[Counted]] = OrderedDict()


class Facets(NamedTuple):
    """What can be chosen from."""

    domains: list[str]
    tags: list[str]
    reviews: dict[ChosenReview, int]


class Counted:
    """A choice that was counted; split plans are tried on it without reading the store again."""

    def __init__(self, tasks: list[Candidate], known: Knowledge) -> None:
        self._tasks = tasks
        self._known = known
        self._groups: dict[SplitBy, Groups] = {}
        self._previews: OrderedDict[SplitPlan, Preview] = OrderedDict()
        self.balance: Balance = weigh(tasks, known.chains, known.rules, known.tags)

    def preview(self, plan: SplitPlan) -> Preview:
        """What freezing the choice by a plan would give."""
        if plan not in self._previews:
            groups = self._groups.get(plan.by) or self._groups.setdefault(plan.by, group(self._tasks, plan.by))
            self._previews[plan] = preview_of(self._tasks, self.balance, plan, groups)
            while len(self._previews) > KEPT:
                self._previews.popitem(last=False)
        return self._previews[plan]


class Counting(NamedTuple):
    """How far a count is.

    Attributes:
        counted: The count, perhaps of a moment ago; null where there is none yet.
        current: Whether it is of the store as it is now.
    """

    counted: Counted | None
    current: bool


def facets() -> Facets:
    """What can be chosen from."""
    with opened() as store:
        return _facets(store.path, store.choices.stamp())


@lru_cache(4)
def _facets(path: Path, stamp: tuple[Any, ...]) -> Facets:
    del stamp
    with Store.open(path) as store:
        return Facets(store.domains.names(), store.choices.tag_names(), store.choices.count_by_review())


def count(choice: DatasetChoice) -> Counting:
    """Counts a choice, or says how far that is.

    Raises:
        StoreError: A stored task is damaged.
    """
    path = store_path()
    with opened() as store:
        stamp = store.choices.stamp()
    key = (path, choice, stamp)
    with _lock:
        future = _counts.get(key)
        if future is None:
            future = _counts[key] = _workers.submit(_count, path, choice)
        _counts.move_to_end(key)
        for old in [each for each in list(_counts)[:-KEPT] if _counts[each].done()]:
            del _counts[old]
    try:
        return Counting(future.result(None if (stamp[0] or 0) <= SMALL else PATIENCE), current=True)
    except TimeoutError:
        return Counting(_last(path, choice), current=False)
    except BaseException:
        with _lock:
            _counts.pop(key, None)  # what failed is tried again
        raise


def _last(path: Path, choice: DatasetChoice) -> Counted | None:
    with _lock:
        for (other, own, _), future in reversed(_counts.items()):
            if (other, own) == (path, choice) and future.done() and not future.exception():
                return future.result()
    return None


def _count(path: Path, choice: DatasetChoice) -> Counted:
    with Store.open(path) as store:
        for _ in range(3):
            store.features.fill()
            with store.snapshot():
                tasks = store.choices.candidates(choice)
                known = read_knowledge(store, tasks)
            if all(task.structure is not None for task in tasks):
                return Counted(tasks, known)
    raise StoreError("Tasks are being added faster than they can be counted; try again when the run is done.")


def freeze_version(
    choice: DatasetChoice,
    plan: SplitPlan,
    *,
    name: str,
    note: str,
    curator: str,
    progress: Callable[[str, int, int], None],
) -> Frozen:
    """Freezes a choice.

    Raises:
        UsageError: Nothing is chosen, or the name can't be used.
        StoreError: Something was changed meanwhile.
    """
    with opened() as store:
        return freeze(store, choice, plan, name=name, note=note, curator=curator, progress=progress)


def versions() -> list[DatasetSummary]:
    """All frozen versions, the newest first."""
    with opened() as store:
        return store.datasets.summaries()


def version(name: str, number: int) -> DatasetVersion:
    """One version.

    Raises:
        UsageError: There is no such version.
    """
    with opened() as store:
        return store.datasets.get(name, number)


def card(manifest: DatasetManifest) -> str:
    """The data card as it is exported with JSONL."""
    return data_card(manifest, "jsonl")


def members(name: str, number: int, domain: str | None, split: Split | None, page: int) -> list[Member]:
    """One page of a version's tasks; pages count from 1.

    Raises:
        UsageError: There is no such version.
    """
    with opened() as store:
        return store.datasets.members(name, number, domain=domain, split=split, start=(page - 1) * PAGE, limit=PAGE)


def count_members(manifest: DatasetManifest, domain: str | None, split: Split | None) -> int:
    """How many tasks of a version are of a domain and in a split."""
    balance = manifest.balance if split is None else manifest.by_split.get(split, Balance())
    return balance.tasks if domain is None else balance.domains.get(domain, 0)


@lru_cache(8)
def _diff(path: Path, one: tuple[str, int, str], other: tuple[str, int, str]) -> VersionDiff:
    with Store.open(path) as store:
        return store.datasets.compare(one[:2], other[:2])


def diff(one: DatasetManifest, other: DatasetManifest) -> VersionDiff:
    """How one version differs from another; versions never change, so it is worked out once."""
    return _diff(store_path(), (one.name, one.version, one.digest), (other.name, other.version, other.digest))


def delete(name: str, number: int) -> None:
    """Deletes a version for good.

    Raises:
        UsageError: There is no such version.
    """
    with opened() as store:
        store.datasets.delete(name, number)
