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


MAIN = "[data-testid=stMain]"
CALLS = ".rows tbody button"
GRAPH = ".frame[data-ready='1']"

_PLACE_OF_NODE = """(frame, number) => {
  const network = frame.network, id = network.body.nodeIndices[number];
  const place = network.canvasToDOM(network.getPosition(id)), box = frame.querySelector(".canvas").getBoundingClientRect();
  return [box.x + place.x, box.y + place.y];
}"""


def _press(key: str) -> Callable[[Page, int], None]:
    return lambda tab, _: tab.keyboard.press(key)


def _either(first: str, second: str) -> Callable[[Page, int], None]:
    """Chooses one of two buttons in turn."""
    return lambda tab, turn: (
        tab.locator(MAIN).get_by_role("button", name=(first, second)[turn % 2], exact=True).first.click()
    )


def _radio(first: str, second: str) -> Callable[[Page, int], None]:
    """Chooses one of two segments in turn; the figure behind a name does not matter."""
    return lambda tab, turn: tab.locator(MAIN).get_by_role("radio", name=(first, second)[turn % 2]).first.click()


def _click_node(tab: Page, turn: int) -> None:
    x, y = tab.locator(GRAPH).evaluate(_PLACE_OF_NODE, turn)
    tab.mouse.click(x, y)


def _begin_attempt(tab: Page) -> None:
    tab.get_by_role("button", name="Start").click()
    tool = tab.get_by_role("combobox", name="Tool (")
    tool.click()
    tool.fill("search_jobs")
    tool.press("Enter")
    tab.get_by_role("button", name="Call").first.wait_for()


def _show_calls(tab: Page) -> None:
    tab.goto(f"{tab.url.partition('?')[0]}?run=job_seeking-1&part=calls")
    tab.locator(CALLS).first.wait_for()


def _open_call(tab: Page, turn: int) -> None:
    tab.locator(CALLS).nth(turn).click()


PAGES: tuple[PageScenario, ...] = (
    PageScenario("overview", "Overview", lambda _: ""),
    PageScenario(
        "domains",
        "Domains",
        lambda _: "domains",
        interactions=(Interaction("switch the view", MAIN, _radio("New domain", "All domains")),),
    ),
    PageScenario(
        "runs",
        "Runs",
        lambda _: "runs?run=job_seeking-1",
        interactions=(
            Interaction("filter the log", MAIN, _either("tasks", "prove")),
            Interaction("open a model call", MAIN, _open_call, _show_calls),
        ),
    ),
    PageScenario(
        "models",
        "Models",
        lambda _: "models?view=spending",
        interactions=(Interaction("another view", MAIN, _radio("Setup", "Spending")),),
    ),
    PageScenario(
        "tools",
        "Tools",
        lambda _: "tools?domain=job_seeking&tool=book_interview",
        interactions=(
            Interaction("another side of the tool", MAIN, _radio("Code", "Contract")),
            Interaction("its tests", MAIN, _radio("Tests", "Edges")),
        ),
    ),
    PageScenario(
        "graph",
        "Graph",
        lambda _: "graph?domain=job_seeking",
        interactions=(Interaction("click a tool", MAIN, _click_node, lambda tab: tab.locator(GRAPH).wait_for()),),
    ),
    PageScenario(
        "traces",
        "Traces",
        lambda _: "traces?domain=job_seeking&trace=job_seeking-7-0002%3Asolvable%3A0",
        interactions=(
            Interaction(
                "step by key", MAIN, lambda tab, turn: tab.keyboard.press(("ArrowRight", "ArrowLeft")[turn % 2])
            ),
            Interaction("the next trace", MAIN, _press("Alt+ArrowRight")),
        ),
    ),
    PageScenario(
        "tasks",
        "Tasks",
        lambda _: "tasks",
        interactions=(
            Interaction("the next task", MAIN, _press("j")),
            Interaction("another choice", MAIN, _radio("Open", "Approved")),
            Interaction("decide by key", MAIN, lambda tab, turn: tab.keyboard.press(("a", "u")[turn % 2])),
        ),
    ),
    PageScenario(
        "review",
        "Review queue",
        lambda _: "review",
        interactions=(
            Interaction("approve, and see the next task", MAIN, _press("a")),
            Interaction("skip, and see the next task", MAIN, _press("s")),
        ),
    ),
    PageScenario(
        "play",
        "Play",
        lambda _: "play?domain=job_seeking",
        interactions=(Interaction("call a tool", MAIN, _press("Control+Enter"), _begin_attempt),),
    ),
    PageScenario(
        "datasets",
        "Datasets",
        lambda _: "datasets",
        interactions=(Interaction("filter by difficulty", MAIN, _either("easy", "medium")),),
    ),
)
