"""Domains and tasks that pages read again and again, kept in memory for as long as they stay the same."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from engine.models.domain import Domain
from engine.models.task import Task
from engine.store import Store

DOMAINS_KEPT = 8
TASKS_KEPT = 64


def domain(store: Store, name: str) -> Domain:
    """A domain with its admitted tools; the very same object until the domain changes.

    Raises:
        UsageError: There is no such domain.
    """
    return _domain(store.path, name, store.revision(name))


@lru_cache(maxsize=DOMAINS_KEPT)
def _domain(path: Path, name: str, revision: str) -> Domain:
    del revision  # it decides only whether the kept one is still good
    with Store.open(path) as store:
        return store.domain(name)


def task(store: Store, domain: str, id: str) -> Task:
    """A task; the very same object until it is edited, so that environments keep its initial state loaded.

    Raises:
        UsageError: There is no such task, or the attempt at it gave none.
    """
    return _task(store.path, domain, id, store.tasks.digest(domain, id) or "")


@lru_cache(maxsize=TASKS_KEPT)
def _task(path: Path, domain: str, id: str, digest: str) -> Task:
    del digest
    with Store.open(path) as store:
        return store.tasks.get(domain, id)
