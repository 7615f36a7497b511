"""Editing a tool in the browser: a harmless edit comes to count, a broken one is refused with the case that fails."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import READY, served, until, visit
from tests.studio.filled import DOMAIN, fill

pytestmark = pytest.mark.browser
TOOL = "cancel_booking"


@pytest.fixture(scope="module")
def own_studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A studio whose tools may be changed: no other test looks at it."""
    with served(fill(tmp_path_factory.mktemp("tools") / "studio.db")) as address:
        yield address


def editor(page: Page, label: str) -> Locator:
    return page.get_by_label(label)


def rewrite(page: Page, old: str, new: str) -> None:
    """Writes another text into the editor of the code, and waits until the page has taken notice."""
    code = editor(page, "Code of the tool")
    expect(code).to_have_value(re.compile(re.escape(old)))
    text = code.input_value()
    code.fill(text.replace(old, new))
    expect(page.get_by_text("ready to test")).to_be_visible()
    page.wait_for_selector(READY)


def propose(page: Page) -> None:
    button = page.get_by_role("button", name="Test and propose")
    until(page, lambda: not button.is_enabled(), button.click)


def test_a_harmless_edit_is_tested_and_counts(page: Page, own_studio: str) -> None:
    visit(page, own_studio, "tools", domain=DOMAIN, tool=TOOL, tab="edit")
    rewrite(page, "    return {", "    # as agreed\n    return {")
    page.get_by_label("Why you change it").fill("A remark.")
    propose(page)
    expect(page.get_by_text("edit 1 counts").first).to_be_visible()
    visit(page, own_studio, "tools", domain=DOMAIN, tool=TOOL, tab="code")
    expect(page.get_by_text("# as agreed")).to_be_visible()
    visit(page, own_studio, "tools", domain=DOMAIN, tool=TOOL, tab="history")
    expect(page.get_by_text("A remark.")).to_be_visible()
    expect(page.locator(".se-add")).to_have_text(["+    # as agreed"])


def test_a_broken_edit_is_refused_and_its_failing_case_can_be_looked_at(page: Page, own_studio: str) -> None:
    visit(page, own_studio, "tools", domain=DOMAIN, tool=TOOL, tab="edit")
    rewrite(page, '"not_your_booking"', '"no_booking"')
    propose(page)
    expect(page.get_by_text("was refused").first).to_be_visible()
    page.get_by_role("radio", name="History").click()
    expect(page.get_by_text("expected the rejection not_your_booking, found no_booking").last).to_be_visible()
    expect(page.get_by_text("✗ failed")).to_be_visible()
    visit(page, own_studio, "tools", domain=DOMAIN, tool=TOOL, tab="code")
    expect(page.get_by_text("not_your_booking").first).to_be_visible()
    expect(page.get_by_text("no_booking", exact=True)).to_have_count(0)


def test_a_mistake_is_marked_in_its_line_while_it_is_written(page: Page, own_studio: str) -> None:
    visit(page, own_studio, "tools", domain=DOMAIN, tool=TOOL, tab="edit")
    contract = editor(page, "Contract of the tool")
    expect(contract).to_have_value(re.compile("requires:"))
    contract.fill(contract.input_value().replace("requires:", "requirez:"))
    expect(page.get_by_text("there is no such key here").first).to_be_visible()
    expect(page.get_by_role("button", name="Test and propose")).to_be_disabled()
