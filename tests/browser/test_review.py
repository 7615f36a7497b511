"""Curating by keyboard, alone and with others, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from engine.store import Store
from engine.store.task_filter import TaskFilter
from engine.store.tasks import TaskOutcome
from tests.browser.conftest import READY, served, until, visit
from tests.browser.test_hostile_text import assert_harmless
from tests.studio.filled import DOMAIN, fill

pytestmark = pytest.mark.browser

COPIES = 16


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store with more tasks than a test decides on."""
    path = fill(tmp_path / "studio.db")
    with Store.open(path) as opened, opened.transaction():
        first = next(opened.tasks.iterate(DOMAIN))
        for number in range(100, 100 + COPIES):
            task = first.model_copy(update={"id": f"copy-{number}", "index": number})
            opened.tasks.add(
                DOMAIN, TaskOutcome(position=number, id=task.id, state="audited", difficulty="easy", task=task)
            )
    return path


@pytest.fixture
def address(store: Path) -> Iterator[str]:
    with served(store) as found:
        yield found


def shown(page: Page) -> str:
    """The id of the task that is served."""
    return page.locator(".se-brief code").first.inner_text()


def press(page: Page, key: str) -> str:
    """Presses a key until another task is served, and returns its id."""
    before = shown(page)
    page.wait_for_timeout(450)  # a key that comes before the task could be read is not counted
    page.wait_for_selector(READY)
    # A slow answer is waited for: the key, pressed again, would decide on the next task.
    until(page, lambda: shown(page) != before, lambda: page.keyboard.press(key), seconds=60, pause=6)
    return shown(page)


def open_panel(page: Page, key: str, words: str) -> None:
    until(page, page.get_by_text(words).is_visible, lambda: page.keyboard.press(key))


def reviews(store: Path) -> dict[str, str]:
    with Store.open(store) as opened:
        return {item.id: item.review for item in opened.tasks.page(TaskFilter(state="audited"), limit=100)}


def curator_field(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Curator")


def name_curator(page: Page, name: str) -> None:
    field = curator_field(page)
    field.fill(name)
    field.press("Enter")
    expect(field).to_have_value(name)
    field.blur()  # keys go to the field while the cursor is in it
    page.wait_for_selector(READY)


def test_ten_tasks_are_curated_by_keyboard_and_one_is_undone(page: Page, address: str, store: Path) -> None:
    visit(page, address, "review")
    decided = []
    for _ in range(8):
        decided.append(shown(page))
        press(page, "a")
    skipped = shown(page)
    press(page, "s")
    rejected = shown(page)
    open_panel(page, "x", "Why is it rejected?")
    press(page, "2")
    edited = shown(page)
    open_panel(page, "e", "What needs an edit?")
    until(page, lambda: page.evaluate("document.activeElement.tagName") == "INPUT", lambda: page.keyboard.press("w"))
    page.keyboard.type("say which room")
    page.keyboard.press("Enter")
    expect(page.locator(".se-brief code").first).not_to_have_text(edited)
    assert press(page, "u") == edited, "undo leads back to the task"
    expect(page.get_by_text("9 of 19 decided")).to_be_visible()
    found = reviews(store)
    assert [found[id] for id in decided] == ["approved"] * 8
    assert (found[skipped], found[rejected], found[edited]) == ("open", "rejected", "open")
    with Store.open(store) as opened:
        assert [entry.text for entry in opened.reviews.log(DOMAIN, rejected)] == ["Not a real need"]
        assert [(entry.action, entry.text) for entry in opened.reviews.log(DOMAIN, edited)] == [
            ("needs_edit", "say which room"),
            ("undo", ""),
        ]


def test_a_key_pressed_twice_decides_on_one_task_only(page: Page, address: str, store: Path) -> None:
    visit(page, address, "review")
    first = shown(page)
    page.wait_for_timeout(450)

    def hammer() -> None:
        for _ in range(4):
            page.keyboard.press("a")
            page.wait_for_timeout(60)

    until(page, lambda: shown(page) != first, hammer, seconds=60, pause=6)
    page.wait_for_timeout(500)
    assert [id for id, review in reviews(store).items() if review == "approved"] == [first]


def test_two_curators_never_see_the_same_task_and_see_each_others_decisions(
    page: Page, browser: BrowserContext, address: str, store: Path
) -> None:
    assert browser.browser is not None
    other = browser.browser.new_context(viewport={"width": 1280, "height": 800})
    tab = other.new_page()
    try:
        for each, name in ((page, "ada"), (tab, "bob")):
            visit(each, address, "review")
            name_curator(each, name)
            each.locator(".se-brief").wait_for()
        seen: dict[str, list[str]] = {"ada": [shown(page)], "bob": [shown(tab)]}
        for _ in range(2):
            seen["ada"].append(press(page, "a"))
            seen["bob"].append(press(tab, "a"))
        assert not set(seen["ada"]) & set(seen["bob"])
        expect(page.get_by_text(f"bob is at {shown(tab)}")).to_be_visible()
        expect(tab.get_by_text(f"ada is at {shown(page)}")).to_be_visible()
        for each in (page, tab):
            expect(each.get_by_text("4 of 19 decided")).to_be_visible()
        page.reload()
        expect(curator_field(page)).to_have_value("ada")
        expect(page.locator(".se-brief code").first).to_have_text(seen["ada"][-1])
        with Store.open(store) as opened:
            assert opened.reviews.curators() == ["ada", "bob"]
    finally:
        other.close()


def test_two_tabs_of_one_browser_keep_different_names(browser: BrowserContext, address: str) -> None:
    assert browser.browser is not None
    context = browser.browser.new_context()
    try:
        first, second = context.new_page(), context.new_page()
        for tab, name in ((first, "ada"), (second, "**eve** <b>")):
            visit(tab, address)
            name_curator(tab, name)
        for tab, name in ((first, "ada"), (second, "**eve** <b>"), (first, "ada")):
            tab.reload()
            expect(curator_field(tab)).to_have_value(name)
        third = context.new_page()
        visit(third, address)
        expect(curator_field(third)).to_have_value("ada")
    finally:
        context.close()


@pytest.mark.parametrize("part", ["Queue", "Agreement"])
def test_foreign_text_does_no_harm(part: str, page: Page, hostile_studio: str) -> None:
    visit(page, hostile_studio, "review", part=part)
    assert_harmless(page)
    if part == "Queue":
        expect(page.get_by_text("<img src=x onerror=").first).to_be_visible()
        page.get_by_text("History").click()
        assert_harmless(page)
