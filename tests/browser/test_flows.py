"""What a user does, in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import READY, until, visit
from tests.studio.filled import DOMAIN
from tests.studio.test_jobs import SCHEMA

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


def test_a_synthesis_is_started_and_watched_to_its_end(page: Page, studio: str) -> None:
    visit(page, studio, "domains", view="new", **{"from": "file"})
    page.get_by_label("Tasks", exact=True).fill("0")
    page.get_by_label("Tasks", exact=True).press("Enter")
    page.locator("input[type=file]").set_input_files(
        {"name": "book club.sql", "mimeType": "text/plain", "buffer": SCHEMA}
    )
    expect(page.get_by_text("Tools that would be tested")).to_be_visible()
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_role("heading", name="Runs")).to_be_visible()
    page.wait_for_url("**/runs?run=book_club-1")
    expect(page.locator(".se-badge").get_by_text("done", exact=True)).to_be_visible(timeout=60_000)
    page.get_by_role("link", name="Graph").last.click()
    expect(page.locator(FRAME)).to_be_visible()
    assert "domain=book_club" in page.url


def test_an_unusable_file_is_refused_in_words(page: Page, studio: str) -> None:
    visit(page, studio, "domains", view="new", **{"from": "file"})
    page.locator("input[type=file]").set_input_files(
        {"name": "empty.sql", "mimeType": "text/plain", "buffer": b"select 1;"}
    )
    expect(page.get_by_text("That did not work.")).to_be_visible()
    assert "Traceback" not in page.inner_text("body")


def test_a_click_on_a_tool_and_on_an_edge_shows_them_beside_the_graph(page: Page, studio: str) -> None:
    visit(page, studio, "graph", domain=DOMAIN)
    frame = page.locator(FRAME)
    expect(frame).to_be_visible()
    page.wait_for_timeout(500)
    x, y = frame.evaluate(PLACE_OF_NODE, "cancel_booking")
    until(page, lambda: "tool=cancel_booking" in page.url, lambda: page.mouse.click(x, y))
    expect(page.get_by_text("def cancel_booking").first).to_be_visible()
    page.wait_for_selector(READY)
    page.wait_for_timeout(500)
    x, y, edge = frame.evaluate(PLACE_OF_EDGE)
    until(page, lambda: "edge=" in page.url, lambda: page.mouse.click(x, y))
    expect(page.get_by_role("heading", name="Edge")).to_be_visible()
    expect(page.get_by_text(edge.split(">")[0].split(":")[1] + " →").first).to_be_visible()
    expect(page.get_by_text("passed", exact=True)).to_be_visible()


def test_a_link_to_an_edge_opens_its_evidence(page: Page, studio: str) -> None:
    visit(page, studio, "graph", domain=DOMAIN)
    page.locator(FRAME).wait_for()
    edge = page.locator(FRAME).evaluate("frame => frame.network.getConnectedEdges('cancel_booking')[0]")
    visit(page, studio, "graph", domain=DOMAIN, edge=edge)
    expect(page.get_by_role("heading", name="Edge")).to_be_visible()
