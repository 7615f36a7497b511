"""What the page about traces reads."""

from __future__ import annotations

from engine.models.trace import Trace, TraceKind
from engine.store.traces import TraceSummary
from studio.queries.opened import opened


def traces(domain: str, kind: TraceKind | None = None) -> list[TraceSummary]:
    """A domain's traces."""
    with opened() as store:
        return store.traces.of(domain, kind)


def trace(domain: str, id: str) -> Trace:
    """One trace.

    Raises:
        UsageError: There is no such trace.
    """
    with opened() as store:
        return store.traces.get(domain, id)
