"""What the pages about domains read."""

from __future__ import annotations

from engine.store.domains import DomainSummary
from studio.queries.opened import opened


def domains() -> list[DomainSummary]:
    """All domains with their sizes."""
    with opened() as store:
        return store.domains.summaries()


def names() -> list[str]:
    """All domains' names, in alphabetical order."""
    with opened() as store:
        return store.domains.names()
