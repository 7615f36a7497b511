"""The page of tasks in a real browser: find and open, act on many and undo, edit words."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from engine.store import Store
from engine.store.task_filter import TaskFilter
from tests.browser.conftest import READY, served, until, visit
from tests.studio.filled import DOMAIN, TASKS, fill

pytestmark = pytest.mark.browser

FIRST = f"{DOMAIN}-7-0000"
SECOND = f"{DOMAIN}-7-0001"


@pytest.fixture(scope="module")
def tasks_studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Store]]:
    """A studio of these tests' own, since they change every task, and its store."""
    path = fill(tmp_path_factory.mktemp("tasks") / "studio.db")
    with served(path) as address, Store.open(path) as store:
        yield address, store


def heading(page: Page, id: str):  # type: ignore[no-untyped-def]
    return page.locator(".se-row code").get_by_text(id, exact=True)


def test_a_task_is_found_by_typing_and_opened_by_a_click(page: Page, tasks_studio: tuple[str, Store]) -> None:
    address, _ = tasks_studio
    visit(page, address, "tasks", domain=DOMAIN)
    expect(heading(page, FIRST)).to_be_visible()
    page.get_by_placeholder("words, a tool, an id").press_sequentially("cancel my conf")
    expect(page.get_by_text("1 to 2 of 2")).to_be_visible()
    expect(heading(page, FIRST)).to_be_visible()  # typing opens nothing else
    grid = page.get_by_test_id("stDataFrame").first
    box = grid.bounding_box()
    assert box is not None
    until(page, heading(page, SECOND).is_visible, lambda: page.mouse.click(box["x"] + 12, box["y"] + 46))
    until(page, lambda: "words=cancel" in page.url)
    until(page, lambda: f"task={SECOND}" in page.url)
    until(page, heading(page, f"{DOMAIN}-7-0002").is_visible, lambda: page.keyboard.press("j"))
    page.reload()
    expect(page.get_by_text("1 to 2 of 2")).to_be_visible()
    expect(heading(page, f"{DOMAIN}-7-0002")).to_be_visible()


def test_a_task_is_approved_by_a_key_rejected_with_a_reason_and_undone(
    page: Page, tasks_studio: tuple[str, Store]
) -> None:
    address, _ = tasks_studio
    visit(page, address, "tasks", domain=DOMAIN, task=SECOND)
    badge = page.locator(".stMainBlockContainer .se-badge").first
    expect(badge).to_contain_text("open")
    until(page, lambda: "approved" in badge.inner_text(), lambda: page.keyboard.press("a"))
    page.get_by_role("button", name="Reject").first.click()
    page.get_by_role("button", name="Too easy").click()
    expect(badge).to_contain_text("rejected")
    page.get_by_role("button", name="Undo").click()
    expect(badge).to_contain_text("approved")
    page.reload()
    expect(badge).to_contain_text("approved")
    page.get_by_role("button", name="Undo").click()
    expect(badge).to_contain_text("open")


def test_all_that_is_listed_is_approved_at_once_and_the_batch_is_undone(
    page: Page, tasks_studio: tuple[str, Store]
) -> None:
    address, store = tasks_studio
    approved = TaskFilter(domain=DOMAIN, review="approved")
    visit(page, address, "tasks", domain=DOMAIN, show="open")
    page.get_by_role("button", name=f"All {TASKS} tasks").click()
    page.get_by_role("menuitem", name="Approve ...").or_(page.get_by_text("Approve ...", exact=True)).first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("all that the filter lets through")).to_be_visible()
    assert store.tasks.count(approved) == 0, "nothing happens before it is confirmed"
    dialog.get_by_role("button", name=f"Approve {TASKS} tasks").click()
    expect(page.get_by_text(f"Approved {TASKS} tasks.")).to_be_visible()
    assert store.tasks.count(approved) == TASKS
    page.get_by_role("button", name=f"Undo all {TASKS}").click()
    expect(page.get_by_text(f"Undone: {TASKS} tasks")).to_be_visible()
    assert store.tasks.count(approved) == 0


def test_an_edit_is_refused_with_the_reason_and_saved_once_it_passes(
    page: Page, tasks_studio: tuple[str, Store]
) -> None:
    address, store = tasks_studio
    before = store.tasks.get(DOMAIN, FIRST).instruction
    visit(page, address, "tasks", domain=DOMAIN, task=FIRST)
    page.get_by_role("tab", name="Edit").click()
    words = page.get_by_label("Instruction", exact=True)
    save = page.get_by_role("button", name="Run the audits and save")
    words.fill("Please confirm my booking.")
    words.blur()
    page.wait_for_selector(READY)
    save.click()
    expect(page.get_by_text("The task keeps its words.")).to_be_visible()
    expect(page.get_by_text("does not say 865.36").first).to_be_visible()
    assert store.tasks.get(DOMAIN, FIRST).instruction == before
    expect(words).to_have_value("Please confirm my booking.")
    words.fill("Please confirm my booking, the one for $865.36.")
    words.blur()
    page.wait_for_selector(READY)
    save.click()
    expect(page.get_by_text("Every audit passed")).to_be_visible()
    expect(page.locator(".se-quote").first).to_contain_text("the one for $865.36.")
    assert store.tasks.get(DOMAIN, FIRST).instruction == "Please confirm my booking, the one for $865.36."
    assert [edit.curator for edit in store.task_edits.of(DOMAIN, FIRST)] == ["me"]
