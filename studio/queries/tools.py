"""What the page about tools reads."""

from __future__ import annotations

from engine.models.domain import TestCase
from engine.store.tools import StoredTool
from studio.queries.opened import opened


def tools(domain: str) -> list[StoredTool]:
    """A domain's tools, rejected ones included."""
    with opened() as store:
        return store.tools.all(domain)


def test_cases(domain: str, tool: str) -> list[TestCase]:
    """The procedural test cases of a tool."""
    with opened() as store:
        return store.tools.cases(domain, tool)
