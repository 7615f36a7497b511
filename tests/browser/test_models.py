"""A keyword becomes a run, which ends for want of a budget and goes on with a larger one; calls are opened by a click."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from engine.store import Store
from studio.queries.domains import MINIMAL
from tests.browser.conftest import served, until, visit
from tests.studio.called import RUN, fill_with_calls
from tests.studio.filled import DOMAIN

pytestmark = pytest.mark.browser

SETTINGS = """
[models]
default = "openai/nobody"

[models.endpoints."openai/nobody"]
base_url = "http://127.0.0.1:1/v1"
retries = 0
"""
"""A server of one's own that is not there."""


SYNTHESIS = "bicycle_workshop-1"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store in which a model was asked six times, and settings beside it."""
    folder: Path = tmp_path_factory.mktemp("models")
    (folder / "studio.toml").write_text(SETTINGS, "utf-8")
    fill_with_calls(folder / "studio.db")
    return folder / "studio.db"


@pytest.fixture(scope="module")
def address(store: Path) -> Iterator[str]:
    """A studio that shows the store."""
    with served(store) as found:
        yield found


def test_a_keyword_runs_until_its_budget_is_used_up_and_goes_on(page: Page, address: str, store: Path) -> None:
    visit(page, address, "domains", view="new", **{"from": "keyword"})
    page.get_by_label("Keyword").fill("bicycle workshop")
    start = page.get_by_role("button", name="Start", exact=True)
    expect(start).to_be_enabled()
    page.get_by_text("Budget", exact=True).click()
    page.get_by_label("At most, in calls").fill("0")
    page.get_by_label("At most, in calls").press("Enter")
    expect(page.get_by_text("0 calls")).to_be_visible()
    until(page, lambda: "/runs" in page.url, lambda: start.click() if start.is_visible() else None)
    page.wait_for_url(re.compile(f"run={SYNTHESIS}"))
    expect(page.locator(".se-badge", has_text="exhausted")).to_be_visible()
    page.get_by_role("button", name="Go on with a larger budget").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("At most, in calls").fill("3")
    dialog.get_by_label("At most, in calls").press("Enter")
    dialog.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("budget: 3 calls")).to_be_visible()
    # Nobody answers there: the run says so, and can go on when that is mended. However long its process takes to find out.
    with Store.open(store) as opened:
        until(page, lambda: opened.runs.get(SYNTHESIS).status not in ("queued", "running"), seconds=300)
        assert opened.runs.get(SYNTHESIS).status == "failed"
    expect(page.locator(".se-badge", has_text="failed")).to_be_visible()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()


def test_a_call_is_opened_from_the_list_and_leads_to_the_next(page: Page, address: str) -> None:
    visit(page, address, "runs", run=RUN)
    until(page, lambda: "part=calls" in page.url, page.get_by_role("radio", name="Model calls").click)
    page.get_by_role("button", name="↻ corrected").click()
    # The list is far down, and the call opens above it.
    expect(page.get_by_text("It was cut off after 17 characters.")).to_be_in_viewport()
    page.wait_for_url(re.compile(r"call=1\b"))
    page.get_by_role("button", name="Asked again: call 2").click()
    expect(page.get_by_text("the corrective turn")).to_be_visible()
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_text("the corrective turn")).to_be_hidden()


def test_setup_spending_and_comparison_have_links_of_their_own(page: Page, address: str) -> None:
    visit(page, address, "models")
    expect(page.get_by_text("http://127.0.0.1:1/v1")).to_be_visible()
    until(page, lambda: "view=spending" in page.url, page.get_by_role("radio", name="Spending").click)
    expect(page.get_by_text("By domain")).to_be_visible()
    visit(page, address, "models", view="compare")
    expect(page.get_by_text("Two domains are needed")).to_be_visible()


def test_what_a_keyword_became_is_downloaded_and_opened_in_the_editor(page: Page, address: str, store: Path) -> None:
    with Store.open(store) as opened:
        opened.domains.save_blueprint(DOMAIN, MINIMAL)
    visit(page, address, "domains", domain=DOMAIN)
    page.get_by_role("tab", name="Blueprint").click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download YAML").click()
    assert waiting.value.suggested_filename == f"{DOMAIN}.yaml"
    assert waiting.value.path().read_text("utf-8") == MINIMAL
    page.get_by_role("button", name="Start a new domain from it").click()
    page.wait_for_url(re.compile("from=blueprint"))
    expect(page.get_by_role("textbox", name="Blueprint")).to_have_value(re.compile(f"domain: {DOMAIN}_2\n"))
    expect(page.get_by_text("no mistakes")).to_be_visible()
