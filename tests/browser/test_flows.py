"""What a user does, in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import until, visit
from tests.studio.test_jobs import SCHEMA

pytestmark = pytest.mark.browser

FRAME = ".frame[data-ready='1']"


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
    until(page, lambda: "domain=book_club" in page.url)


def test_an_unusable_file_is_refused_in_words(page: Page, studio: str) -> None:
    visit(page, studio, "domains", view="new", **{"from": "file"})
    page.locator("input[type=file]").set_input_files(
        {"name": "empty.sql", "mimeType": "text/plain", "buffer": b"select 1;"}
    )
    expect(page.get_by_text("That did not work.")).to_be_visible()
    assert "Traceback" not in page.inner_text("body")


def test_the_first_page_is_found_under_its_name_as_all_others_are(page: Page, studio: str) -> None:
    visit(page, studio, "overview")
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    expect(page.get_by_text("Page not found")).to_have_count(0)
    assert page.url == f"{studio}/"
