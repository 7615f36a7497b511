"""The graph in a real browser: clicks, links, search, files and themes, with few tools and with many."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import networkx as nx
import pytest
from playwright.sync_api import Locator, Page, WebSocket, expect

from engine.store import Store
from tests.browser.conftest import READY, served, until, visit
from tests.studio.filled import DOMAIN
from tests.studio.large_graph import LARGE, fill_large

pytestmark = pytest.mark.browser

FRAME = ".frame[data-ready='1']"
PLACE_OF_NODE = """(frame, id) => {
  const place = frame.network.canvasToDOM(frame.network.getPosition(id));
  const box = frame.querySelector(".canvas").getBoundingClientRect();
  return [box.x + place.x, box.y + place.y];
}"""
PLACE_OF_EDGE = """(frame) => {
  const box = frame.querySelector(".canvas").getBoundingClientRect();
  for (let y = 5; y < box.height; y += 4) {
    for (let x = 5; x < box.width; x += 7) {
      const here = { x, y };
      if (frame.network.getNodeAt(here) === undefined && frame.network.getEdgeAt(here) !== undefined)
        return [box.x + x, box.y + y, frame.network.getEdgeAt(here)];
    }
  }
}"""
FADED = """frame => frame.network.body.data.nodes.get()
  .filter((node) => node.color.background.endsWith(",1)")).map((node) => node.id).sort()"""


def drawn(page: Page) -> Locator:
    """The picture, once it stands."""
    frame = page.locator(FRAME)
    expect(frame).to_be_visible()
    page.wait_for_selector(READY)
    return frame


def panel(page: Page) -> Locator:
    """What stands beside the picture."""
    return page.locator(".stMainBlockContainer").get_by_test_id("stColumn").last


def test_a_click_on_a_tool_and_on_an_edge_shows_them_beside_the_graph(page: Page, studio: str) -> None:
    visit(page, studio, "graph", domain=DOMAIN)
    frame = drawn(page)
    x, y = frame.evaluate(PLACE_OF_NODE, "cancel_booking")
    until(page, lambda: "tool=cancel_booking" in page.url, lambda: page.mouse.click(x, y))
    expect(panel(page).get_by_text("Refused with, unless")).to_be_visible()
    frame.evaluate("frame => frame.network.unselectAll()")
    x, y, edge = frame.evaluate(PLACE_OF_EDGE)
    until(page, lambda: "edge=" in page.url, lambda: page.mouse.click(x, y))
    expect(panel(page).get_by_text("The execution that proves it")).to_be_visible()
    expect(panel(page).get_by_text("passed", exact=False).first).to_be_visible()
    assert frame.evaluate("frame => frame.network.getSelectedEdges()") == [edge]
    page.reload()
    expect(panel(page).get_by_text("The execution that proves it")).to_be_visible()


def test_lists_beside_the_picture_choose_in_it(page: Page, studio: str) -> None:
    visit(page, studio, "graph", domain=DOMAIN, tool="cancel_booking")
    frame = drawn(page)
    entry = panel(page).locator("li").first
    name = entry.locator("button").first.inner_text()
    until(page, lambda: f"tool={name}" in page.url, lambda: entry.locator("button").first.click())
    assert frame.evaluate("frame => frame.network.getSelectedNodes()") == [name]
    expect(panel(page).locator("code").first).to_have_text(name)
    panel(page).locator("li").first.locator("button").nth(1).click()
    expect(panel(page).get_by_text("The two tools")).to_be_visible()
    page.wait_for_url("**edge=**")


def test_every_edge_between_two_tools_can_be_reached(page: Page, studio: str, studio_store: Store) -> None:
    edges = [edge for edge in studio_store.edges.all(DOMAIN) if edge.source != edge.target]
    first = next(
        edge for edge in edges if sum({one.source, one.target} == {edge.source, edge.target} for one in edges) > 1
    )
    beside = [edge for edge in edges if {edge.source, edge.target} == {first.source, first.target}]
    visit(page, studio, "graph", domain=DOMAIN, edge=beside[0].id)
    drawn(page)
    others = panel(page).locator("li", has=page.locator(".data_flow, .precondition, .state"))
    expect(others).to_have_count(len(beside) - 1)
    others.last.locator("button").click()
    expect(panel(page).locator("li .here")).to_contain_text(beside[-1].via)


def test_search_finds_by_keyboard_and_highlights(page: Page, studio: str) -> None:
    visit(page, studio, "graph", domain=DOMAIN)
    frame = drawn(page)
    search = page.get_by_role("searchbox", name="Search tools")
    search.fill("cancel_booking")
    expect(page.get_by_role("status").filter(has_text="found")).to_contain_text("1 of")
    assert frame.evaluate(FADED) == ["cancel_booking"]
    search.press("Enter")
    page.wait_for_url("**tool=cancel_booking**")
    search.press("Escape")
    assert len(frame.evaluate(FADED)) > 1


def test_a_neighbourhood_is_chosen_by_link_and_by_control(page: Page, studio: str) -> None:
    visit(page, studio, "graph", domain=DOMAIN, focus="cancel_booking", steps="1", way="in")
    frame = drawn(page)
    few = frame.evaluate("frame => frame.network.body.nodeIndices.length")
    page.get_by_role("radio", name="All tools").click()
    page.wait_for_url("**view=all**")
    until(page, lambda: page.locator(FRAME).evaluate("frame => frame.network.body.nodeIndices.length") > few)


def test_a_task_shows_its_chain(page: Page, studio: str, studio_store: Store) -> None:
    task = next(iter(studio_store.tasks.iterate(DOMAIN)))
    visit(page, studio, "graph", domain=DOMAIN, task=task.id)
    frame = drawn(page)
    first = task.chain.steps[0].tool
    label = frame.evaluate("(frame, id) => frame.network.body.data.nodes.get(id).label", first)
    assert label.startswith("1")
    listed = panel(page).locator("ul").first.locator("button").all_inner_texts()
    assert listed == [step.tool for step in task.chain.steps]


def test_the_picture_follows_the_theme(page: Page, studio: str) -> None:
    page.emulate_media(color_scheme="light")
    visit(page, studio, "graph", domain=DOMAIN)
    frame = drawn(page)
    colour = "frame => frame.network.body.data.nodes.get()[0].font.color"
    light = frame.evaluate(colour)
    page.emulate_media(color_scheme="dark")
    until(page, lambda: frame.evaluate(colour) != light)


def test_the_graph_is_saved_as_png_svg_graphml_and_json(page: Page, studio: str, tmp_path: Path) -> None:
    visit(page, studio, "graph", domain=DOMAIN)
    drawn(page)
    files: dict[str, bytes] = {}
    with page.expect_download() as waiting:
        page.get_by_role("button", name="PNG").click()
    files[waiting.value.suggested_filename] = Path(waiting.value.path()).read_bytes()
    page.get_by_text("Download", exact=True).click()
    for name in ("SVG", "GraphML", "JSON"):
        with page.expect_download() as waiting:
            page.get_by_role("button", name=name).click()
        files[waiting.value.suggested_filename] = Path(waiting.value.path()).read_bytes()
    png = files[f"{DOMAIN}-graph.png"]
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert int.from_bytes(png[16:20], "big") > 1200
    svg = ElementTree.fromstring(files[f"{DOMAIN}-graph.svg"])
    count = len(nx.node_link_graph(json.loads(files[f"{DOMAIN}-graph.json"]), edges="edges"))
    assert len(svg.findall(".//{http://www.w3.org/2000/svg}tspan")) >= count > 10
    (tmp_path / "graph.graphml").write_bytes(files[f"{DOMAIN}-graph.graphml"])
    assert len(nx.read_graphml(tmp_path / "graph.graphml")) == count


@pytest.fixture(scope="module")
def large_studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a studio with a domain of 300 tools."""
    with served(fill_large(tmp_path_factory.mktemp("large") / "studio.db", 300)) as address:
        yield address


@pytest.fixture
def studio_store(tmp_path: Path) -> Iterator[Store]:
    """A copy of the store that `studio` shows."""
    from tests.studio.filled import fill

    with Store.open(fill(tmp_path / "copy.db")) as store:
        yield store


def test_three_hundred_tools_are_drawn_and_a_click_sends_little(page: Page, large_studio: str) -> None:
    received = [0]

    def note(socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: received.__setitem__(0, received[0] + len(frame)))

    page.on("websocket", note)
    visit(page, large_studio, "graph", domain=LARGE)
    frame = drawn(page)
    assert frame.evaluate("frame => frame.network.body.nodeIndices.length") == 30
    page.get_by_role("radio", name="All tools").click()
    until(page, lambda: page.locator(FRAME).evaluate("frame => frame.network.body.nodeIndices.length") == 300)
    frame = drawn(page)
    page.wait_for_timeout(300)
    before = received[0]
    frame.evaluate("frame => frame.network.focus('get_thing_07', { scale: 1 })")
    x, y = frame.evaluate(PLACE_OF_NODE, "get_thing_07")
    page.mouse.click(x, y)
    expect(panel(page).locator("code").first).to_have_text("get_thing_07")
    page.wait_for_url("**tool=get_thing_07**")
    page.wait_for_selector(READY)
    assert 0 < received[0] - before < 20_000
