"""What a person does on each page: where it is, what shows that it is drawn, and its usual interactions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from playwright.sync_api import Page


class Interaction(NamedTuple):
    """Something that is done again and again.

    Attributes:
        name: In a few words.
        watched: CSS selector of what changes.
        act: Does it; gets the number of the turn, from 0.
        prepare: Brings the page to where it can be done.
    """

    name: str
    watched: str
    act: Callable[[Page, int], None]
    prepare: Callable[[Page], None] | None = None


class PageScenario(NamedTuple):
    """One page.

    Attributes:
        name: The page's name in the address.
        title: Its link in the navigation.
        url: Its address for a store, without the server's.
        shows: CSS selector of what is there when it is drawn.
        interactions: What people do on it.
    """

    name: str
    title: str
    url: Callable[[Path], str]
    shows: str = "h1"
    interactions: tuple[Interaction, ...] = ()


PAGES: tuple[PageScenario, ...] = (
    PageScenario("overview", "Overview", lambda _: ""),
    PageScenario("domains", "Domains", lambda _: "domains"),
    PageScenario("runs", "Runs", lambda _: "runs"),
    PageScenario("tools", "Tools", lambda _: "tools?domain=job_seeking"),
    PageScenario("graph", "Graph", lambda _: "graph?domain=job_seeking"),
    PageScenario("traces", "Traces", lambda _: "traces?domain=job_seeking"),
    PageScenario("tasks", "Tasks", lambda _: "tasks"),
    PageScenario("review", "Review queue", lambda _: "review"),
    PageScenario("play", "Play", lambda _: "play?domain=job_seeking"),
    PageScenario("datasets", "Datasets", lambda _: "datasets"),
)
