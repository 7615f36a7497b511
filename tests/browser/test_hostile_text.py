"""What models, files and users wrote is shown as text: nothing of it runs, loads or links, on any page."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import READY, visit
from tests.studio.filled import ATTACK

pytestmark = pytest.mark.browser

FOUND = """() => {
  const found = [];
  const look = (root) => {
    for (const element of root.querySelectorAll("*")) {
      if (element.shadowRoot) look(element.shadowRoot);
      const name = element.tagName, from = element.getAttribute("src") || element.getAttribute("href") || "";
      if (name === "IFRAME" || from === "x" || from.startsWith("javascript:") || from.includes(":9/")) found.push(element.outerHTML);
      if (name === "SCRIPT" && element.textContent.includes("hacked")) found.push(element.outerHTML);
      if (element.classList.contains("katex") || element.hasAttribute("onerror")) found.push(element.outerHTML);
    }
  };
  look(document);
  if (window.hacked) found.push("a script ran");
  return found;
}"""


def assert_harmless(page: Page) -> None:
    page.wait_for_selector(READY)
    page.wait_for_timeout(300)
    assert page.evaluate(FOUND) == []


@pytest.mark.parametrize("name", ["runs", "", "domains", "datasets", "models"])
def test_plain_pages(name: str, page: Page, hostile_studio: str) -> None:
    visit(page, hostile_studio, name)
    assert_harmless(page)


def test_tools(page: Page, hostile_studio: str) -> None:
    visit(page, hostile_studio, "tools", domain="hostile", tool=f"write_{ATTACK}")
    expect(page.get_by_text("<img src=x onerror=").first).to_be_visible()
    for tab, shown in (
        ("Code", "stCode"),
        ("Tests", "stSelectbox"),
        ("Edges", "stPageLink"),
        ("Edit", "stTextArea"),
        ("Models", "stPageLink"),
        ("History", "stButton"),
        ("Contract", "stCode"),
    ):
        page.get_by_role("radio", name=tab, exact=True).click()
        expect(page.get_by_test_id(shown).last).to_be_visible()
        assert_harmless(page)


@pytest.mark.parametrize("call", ["1", "2", "3", "5", "7"])
def test_calls_of_language_models(call: str, page: Page, hostile_studio: str) -> None:
    visit(page, hostile_studio, "runs", run="hostile-2", call=call)
    expect(page.get_by_role("button", name="Close")).to_be_visible()
    expect(page.get_by_text("<img src=x onerror=").first).to_be_visible()
    assert_harmless(page)
    for words in ("Instructions, the same", "Form of the answer"):
        if page.get_by_text(words).count():
            page.get_by_text(words).click()
            assert_harmless(page)


def test_who_made_what(page: Page, hostile_studio: str) -> None:
    visit(page, hostile_studio, "domains", domain="hostile")
    page.get_by_role("tab", name="Made by").click()
    expect(page.get_by_text("Who played which role")).to_be_visible()
    assert_harmless(page)
    visit(page, hostile_studio, "models", view="spending")
    expect(page.get_by_text("By domain")).to_be_visible()
    assert_harmless(page)


def test_graph_with_its_labels_tooltips_and_what_is_beside_it(page: Page, hostile_studio: str) -> None:
    visit(page, hostile_studio, "graph", domain="hostile", tool=f"write_{ATTACK}")
    frame = page.locator(".frame[data-ready='1']")
    expect(frame).to_be_visible()
    assert_harmless(page)
    for hover in ("hoverNode", "hoverEdge"):
        kind = "nodes" if hover == "hoverNode" else "edges"
        tip = frame.evaluate(
            """(frame, [event, kind]) => {
              const id = frame.network.body.data[kind].getIds()[0];
              const pointer = { DOM: { x: 10, y: 10 } };
              frame.network.body.emitter.emit(event, { node: id, edge: id, pointer });
              return frame.querySelector(".tip").innerHTML;
            }""",
            [hover, kind],
        )
        assert "<" not in tip
        assert "hacked" in tip
        assert_harmless(page)


def test_evidence_of_an_edge(page: Page, hostile_studio: str) -> None:
    visit(page, hostile_studio, "graph", domain="hostile", edge=f"data_flow:read_note>write_{ATTACK}:{ATTACK}")
    expect(page.get_by_text("data flow edge")).to_be_visible()
    expect(page.locator("li").get_by_text("<img src=x onerror=").first).to_be_visible()
    assert_harmless(page)


@pytest.mark.parametrize("step", ["1", "2"])
def test_traces(step: str, page: Page, hostile_studio: str) -> None:
    visit(page, hostile_studio, "traces", domain="hostile", trace="trace-1", step=step)
    expect(page.get_by_text("<img src=x onerror=").first).to_be_visible()
    page.get_by_role("button", name="Show the database").click()
    expect(page.get_by_text("what its calls touched")).to_be_visible()
    page.get_by_role("button", name="Show all initial rows").click()
    expect(page.get_by_role("button", name="Hide all initial rows")).to_be_visible()
    assert_harmless(page)


def test_two_traces_compared(page: Page, hostile_studio: str) -> None:
    visit(page, hostile_studio, "traces", domain="hostile", trace="trace-1", **{"with": "trace-2"})
    expect(page.get_by_text("Calls, side by side")).to_be_visible()
    assert_harmless(page)


def test_playing_a_task(page: Page, hostile_studio: str) -> None:
    visit(page, hostile_studio, "play", domain="hostile", task="hostile-0000")
    expect(page.get_by_text("<img src=x onerror=").first).to_be_visible()
    assert_harmless(page)
    page.get_by_role("button", name="Start").click()
    page.get_by_role("combobox", name="Tool (one of").click()
    assert_harmless(page)
    page.keyboard.type("write_")
    page.get_by_role("option").first.click()
    expect(page.locator(".se-field b").nth(1)).to_have_text("note_id")
    assert_harmless(page)
    page.get_by_role("button", name="Call").click()
    expect(page.get_by_text("That did not work.")).to_be_visible()
    assert_harmless(page)
    page.get_by_text("Show the database").click()
    expect(page.get_by_text("onerror=").nth(2)).to_be_visible()
    assert_harmless(page)


def test_tasks(page: Page, hostile_studio: str) -> None:
    visit(page, hostile_studio, "tasks", domain="hostile")
    expect(page.get_by_text("<img src=x onerror=").first).to_be_visible()
    page.get_by_text("History").click()
    for tab in ("Solution", "Initial state", "Audits", "Similar tasks", "Made by", "Edit", "Earlier words"):
        page.get_by_role("tab", name=tab).click()
        assert_harmless(page)
    page.get_by_role("tab", name="Edit").click()
    page.get_by_role("button", name="Run the audits and save").click()
    expect(page.get_by_text("That did not work.")).to_be_visible()
    assert_harmless(page)
    visit(page, hostile_studio, "tasks", domain="hostile", show="attempts")
    expect(page.get_by_text("no task came about")).to_be_visible()
    assert_harmless(page)


def test_addresses_and_error_messages(page: Page, hostile_studio: str) -> None:
    for name, parameter in (("tasks", "task"), ("tools", "domain")):
        visit(page, hostile_studio, name, **{parameter: ATTACK})
        expect(page.get_by_text("that is not here")).to_be_visible()
        assert_harmless(page)


def test_names_of_uploads(page: Page, hostile_studio: str) -> None:
    visit(page, hostile_studio, "domains", view="new", **{"from": "file"})
    name = "<img src=x onerror=window.hacked=1>.sql"
    page.locator("input[type=file]").set_input_files({"name": name, "mimeType": "text/plain", "buffer": b"select 1;"})
    expect(page.get_by_text("ked=1>.sql").first).to_be_visible()
    expect(page.get_by_text("That did not work.")).to_be_visible()
    assert_harmless(page)
