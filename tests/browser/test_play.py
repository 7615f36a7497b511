"""A person plays the agent in a real browser: to reward 1 and to 0, with a reload in between."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from engine.store import Store
from tests.browser.conftest import READY, until, visit
from tests.studio.filled import DOMAIN, fill

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A task of the domain that every studio of these tests shows, as the store has it."""
    with Store.open(fill(tmp_path_factory.mktemp("play") / "studio.db")) as store:
        return next(store.tasks.iterate(DOMAIN))


def choose_tool(page: Page, name: str) -> None:
    box = page.get_by_role("combobox", name="Tool (one of")
    until(page, lambda: box.count() == 1)
    box.click()
    page.keyboard.type(name)
    page.get_by_role("option", name=name).first.click()
    expect(page.locator(".se-field b", has_text=name).first).to_be_visible()
    page.wait_for_selector(READY)


def call(page: Page, name: str, arguments: dict[str, Any], number: int) -> None:
    choose_tool(page, name)
    page.get_by_text("Write the arguments as JSON").click()
    field = page.get_by_label("Arguments as JSON", exact=True)
    field.fill(json.dumps(arguments))
    page.get_by_role("button", name="Call", exact=False).click()
    expect(page.locator(".se-call").nth(number)).to_contain_text(name)
    page.wait_for_selector(READY)


def test_a_task_is_played_to_reward_one_over_a_reload(page: Page, studio: str, task: Any) -> None:
    visit(page, studio, "play", domain=DOMAIN, task=task.id)
    page.get_by_role("button", name="Start").or_(page.get_by_role("button", name="New attempt")).click()
    until(page, lambda: "attempt=" in page.url)
    for number, made in enumerate(task.reference_calls):
        call(page, made.name, made.arguments, number)
        if number == 0:
            page.reload()
            page.wait_for_selector(READY)
            expect(page.locator(".se-call")).to_have_count(1)
    page.get_by_role("button", name="Finish and score").click()
    expect(page.get_by_text("✓ reward 1", exact=True)).to_be_visible()
    page.get_by_role("link", name="Compare with the reference").click()
    expect(page.get_by_role("heading", name="Traces")).to_be_visible()
    expect(page.get_by_text("reward 1", exact=True)).to_have_count(2)


def test_a_form_is_filled_in_and_a_refusal_is_an_observation(page: Page, studio: str, task: Any) -> None:
    visit(page, studio, "play", domain=DOMAIN, task=task.id)
    page.get_by_role("button", name="Start").or_(page.get_by_role("button", name="New attempt")).click()
    until(page, lambda: "attempt=" in page.url)
    choose_tool(page, "cancel_booking")
    page.get_by_role("button", name="Call", exact=False).click()
    expect(page.get_by_text("is missing").first).to_be_visible()
    page.get_by_label("booking_id").fill("BOOK-9999")
    page.get_by_role("button", name="Call", exact=False).click()
    expect(page.locator(".se-call").nth(1)).to_contain_text("BOOK-9999")
    page.wait_for_selector(READY)
    page.get_by_role("button", name="Finish and score").click()
    expect(page.get_by_text("✗ reward 0", exact=True)).to_be_visible()
    expect(page.locator("tr.se-bad").first).to_be_visible()
    assert "Traceback" not in page.inner_text("body")
