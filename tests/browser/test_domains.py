"""Domains in a real browser: a blueprint written with a mistake, drafts, and the charts."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from studio.queries.domains import MINIMAL
from tests.browser.conftest import READY, until, visit
from tests.browser.test_hostile_text import assert_harmless
from tests.studio.filled import ATTACK, DOMAIN

pytestmark = pytest.mark.browser

TOLD = ".frame[data-ready='1'][data-told='true']"


def editor(page: Page, address: str) -> Locator:
    visit(page, address, "domains", view="new", **{"from": "blueprint"})
    page.locator(TOLD).wait_for()
    return page.get_by_label("Blueprint", exact=True)


def write(page: Page, area: Locator, text: str) -> None:
    area.focus()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(text)


def test_a_mistake_in_a_blueprint_is_told_with_its_line_mended_and_started(page: Page, studio: str) -> None:
    area = editor(page, studio)
    write(page, area, MINIMAL.replace("role: email", "role: emial").replace("lending_library", "my_library"))
    mistake = page.locator(".mistakes button")
    expect(mistake).to_have_count(1)
    expect(mistake).to_contain_text("line 12")
    expect(mistake).to_contain_text("did you mean `email`?")
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_disabled()
    expect(page.locator(".gutter .bad")).to_have_text("12")
    mistake.click()
    assert (
        area.evaluate("area => area.value.slice(area.selectionStart, area.selectionEnd)").strip().startswith("email:")
    )
    page.keyboard.insert_text("      email: {role: email, unique: true}")
    expect(mistake).to_have_count(0)
    expect(page.get_by_text("no mistakes")).to_be_visible()
    page.get_by_label("Tasks", exact=True).fill("1")
    page.get_by_label("Tasks", exact=True).press("Enter")
    page.wait_for_selector(READY)
    start = page.get_by_role("button", name="Start", exact=True)
    until(page, lambda: "runs?run=my_library-1" in page.url, lambda: start.click() if start.is_visible() else None)
    expect(page.locator(".se-badge").get_by_text("done", exact=True).first).to_be_visible(timeout=120_000)


def test_the_editor_is_used_by_keyboard(page: Page, studio: str) -> None:
    area = editor(page, studio)

    def value() -> str:
        return str(area.input_value())

    write(page, area, "a:")
    page.keyboard.press("Enter")
    page.keyboard.type("cr: 1")  # both letters are keys of the page
    assert value() == "a:\n  cr: 1"
    page.keyboard.press("Tab")
    assert value() == "a:\n  cr: 1  "
    page.keyboard.press("Shift+Tab")
    assert value() == "a:\ncr: 1  "
    page.keyboard.press("Control+a")
    page.keyboard.press("Tab")
    assert value() == "  a:\n  cr: 1  "
    page.keyboard.press("Control+/")
    assert value() == "  # a:\n  # cr: 1  "
    page.keyboard.press("Control+/")
    page.keyboard.press("Control+z")
    assert value() == "  # a:\n  # cr: 1  "
    assert page.locator(".paint").inner_text().splitlines()[0] == "  # a:"
    expect(page.locator(TOLD)).to_be_visible()
    assert value() == "  # a:\n  # cr: 1  "
    assert area.evaluate("area => area.getRootNode().activeElement === area")
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    assert not area.evaluate("area => area.getRootNode().activeElement === area")
    assert value() == "  # a:\n  # cr: 1  "


def test_hostile_text_in_the_editor_and_its_messages_stays_text(page: Page, studio: str) -> None:
    area = editor(page, studio)
    write(page, area, f"domain: '{ATTACK.replace(chr(39), '')}'\ntitle: {ATTACK.split(' ')[0]}\nentities: {{}}")
    expect(page.locator(".mistakes")).to_contain_text("<img src=x onerror=")
    expect(page.locator(".paint")).to_contain_text("<script>")
    assert_harmless(page)


def test_a_draft_survives_another_page_and_a_reload(page: Page, studio: str) -> None:
    area = editor(page, studio)
    write(page, area, "domain: kept_draft")
    expect(page.locator(".mistakes")).to_contain_text("`entities` is missing")
    page.get_by_role("link", name="Tools", exact=True).first.click()
    expect(page.get_by_role("heading", name="Tools")).to_be_visible()
    assert editor(page, studio).input_value() == "domain: kept_draft"  # a visit is a reload
    page.get_by_role("link", name="Runs", exact=True).first.click()
    expect(page.get_by_role("heading", name="Runs")).to_be_visible()
    page.get_by_role("link", name="Domains", exact=True).first.click()
    page.get_by_role("radio", name="New domain").click()
    expect(page.locator(TOLD)).to_be_visible()
    assert page.get_by_label("Blueprint", exact=True).input_value() == "domain: kept_draft"
    expect(page.locator(".mistakes")).to_contain_text("`entities` is missing")


def hover_a_mark(page: Page) -> Locator:
    """Moves to some mark of the chart and returns its tooltip."""
    mark = page.locator("[data-testid=stVegaLiteChart] .role-mark path").first
    expect(mark).to_be_visible()
    page.wait_for_selector(READY)
    tip = page.locator("#vg-tooltip-element.visible")
    until(page, lambda: tip.count() > 0, lambda: mark.hover(force=True))
    return tip


@pytest.mark.parametrize("view", ["compare", "map"])
def test_hostile_text_in_tooltips_of_charts_stays_text(view: str, page: Page, hostile_studio: str) -> None:
    visit(page, hostile_studio, "domains", view=view)
    tip = hover_a_mark(page)
    expect(tip).to_contain_text("<img src=x onerror=")
    assert_harmless(page)


def test_a_click_on_a_chart_opens_the_domain_and_the_tool(page: Page, studio: str) -> None:
    visit(page, studio, "domains", view="compare")
    hover_a_mark(page)
    page.mouse.down()
    page.mouse.up()
    page.wait_for_url("**/domains?domain=*")
    expect(page.get_by_role("tab", name="Tables")).to_be_visible()
    visit(page, studio, "domains", view="map")
    hover_a_mark(page)
    page.mouse.down()
    page.mouse.up()
    page.wait_for_url("**/tools?domain=*&tool=*")


def test_a_click_on_a_line_opens_the_domain(page: Page, studio: str) -> None:
    visit(page, studio, "domains")
    table = page.locator("[data-testid=stDataFrame]")
    expect(table).to_be_visible()
    box = table.bounding_box()
    assert box
    page.wait_for_timeout(500)
    until(
        page,
        lambda: "domain=" in page.url,
        lambda: page.mouse.click(box["x"] + 60, box["y"] + 52),
    )
    expect(page.get_by_role("tab", name="Origin")).to_be_visible()
    assert DOMAIN in page.url or "library" in page.url or "book_club" in page.url
