"""The phases in order, as resumable steps that emit events; the command line and the studio both drive this."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.pipeline.proposals import Draft, ProposalError, draft_of, propose
    from engine.pipeline.requests import Answer, Requested, SeedText, request
    from engine.pipeline.run import execute, ignore
    from engine.pipeline.seeds import keyword_seed_text, read_seed_text
    from engine.pipeline.synthesis import synthesize

__all__ = [
    "Answer",
    "Draft",
    "ProposalError",
    "Requested",
    "SeedText",
    "draft_of",
    "execute",
    "ignore",
    "keyword_seed_text",
    "propose",
    "read_seed_text",
    "request",
    "synthesize",
]

_HOMES = {
    "Answer": "requests",
    "Draft": "proposals",
    "ProposalError": "proposals",
    "Requested": "requests",
    "SeedText": "requests",
    "request": "requests",
    "draft_of": "proposals",
    "execute": "run",
    "ignore": "run",
    "keyword_seed_text": "seeds",
    "propose": "proposals",
    "read_seed_text": "seeds",
    "synthesize": "synthesis",
}


def __getattr__(name: str) -> Any:
    """Imports a part when it is first asked for: a page that starts a run need not load the phases."""
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module `engine.pipeline` has no attribute `{name}`")
    return getattr(import_module(f"engine.pipeline.{_HOMES[name]}"), name)
