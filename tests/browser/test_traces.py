"""Stepping through executions by keyboard, and two of them side by side, in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import READY, until, visit
from tests.studio.filled import DOMAIN

pytestmark = pytest.mark.browser

REFERENCE = f"{DOMAIN}-7-0000:solvable:0"
NOTHING = f"{DOMAIN}-7-0000:do_nothing:0"


def test_a_trace_is_stepped_through_by_keyboard(page: Page, studio: str) -> None:
    visit(page, studio, "traces", domain=DOMAIN, trace=REFERENCE)
    first, second = page.get_by_text("step 1:"), page.get_by_text("step 2:")
    expect(first).to_be_visible()
    until(page, second.is_visible, lambda: page.keyboard.press("ArrowRight"))
    until(page, lambda: "step=2" in page.url)
    until(page, first.is_visible, lambda: page.keyboard.press("ArrowLeft"))
    until(page, lambda: "step=1" in page.url)
    # The keys stay free after a click on the overview and on what is shown below it.
    page.locator(".tiles button").nth(1).click()
    expect(second).to_be_visible()
    page.get_by_role("button", name="Show the database").click()
    expect(page.get_by_text("what its calls touched")).to_be_visible()
    until(page, first.is_visible, lambda: page.keyboard.press("ArrowLeft"))


def test_a_trace_is_picked_from_the_list_and_the_next_one_by_button(page: Page, studio: str) -> None:
    visit(page, studio, "traces", domain=DOMAIN, kind="audit")
    rows = page.locator(".rows tbody tr")
    expect(rows.first).to_be_visible()
    rows.nth(3).click()
    expect(rows.nth(3)).to_have_attribute("aria-selected", "true")
    page.wait_for_selector(READY)
    chosen = page.url
    assert "trace=" in chosen
    page.get_by_role("button", name="Next trace").click()
    until(page, lambda: page.url != chosen)
    expect(page.locator(".rows tr[aria-selected=true]")).to_have_count(1)
    page.get_by_label("Words in title").fill("do_nothing")
    page.keyboard.press("Enter")
    until(page, lambda: "do_nothing" in page.url)


def test_a_reference_and_an_attempt_that_does_nothing_are_compared(page: Page, studio: str) -> None:
    visit(page, studio, "traces", domain=DOMAIN, trace=REFERENCE, **{"with": NOTHING})
    expect(page.get_by_text("reward 1", exact=True)).to_be_visible()
    expect(page.get_by_text("reward 0", exact=True)).to_be_visible()
    expect(page.get_by_text("missing on the right").first).to_be_visible()
    expect(page.get_by_text("not touched").first).to_be_visible()
