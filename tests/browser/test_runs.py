"""Runs in a real browser: watched, stopped, continued, and alive through the death of everything around them."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from engine.models.run import Run
from engine.pipeline import read_seed_text, request
from engine.store import Store
from engine.store.lease import process_of
from tests.browser.conftest import READY, served, until, visit
from tests.pipeline import samples
from tests.studio.filled import DOMAIN, fill
from tests.studio.test_locked_store import locked, release

pytestmark = pytest.mark.browser

RUN = f"{DOMAIN}-1"
MANY = 100_000
"""More tasks than are made while a test looks."""


def the_run(store: Path, id: str = RUN) -> Run:
    with Store.open(store) as opened:
        return opened.runs.get(id)


def await_run(store: Path, done: Callable[[Run], bool], id: str = RUN, *, seconds: float = 60) -> Run:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if done(found := the_run(store, id)):
            return found
        time.sleep(0.05)
    raise AssertionError(f"{id} is {found.status}: {found.error}")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Path]:
    """A store with one domain; whatever was started on it is stopped, for its processes outlive the server."""
    path = fill(tmp_path / "studio.db")
    yield path
    with Store.open(path) as opened:
        for run in opened.queue.open():
            opened.runs.request_cancel(run.id)
        busy = [run.id for run in opened.queue.open()]
    for id in busy:
        await_run(path, lambda run: run.status != "running", id)


def badge(page: Page, status: str) -> Locator:
    """The status of the run that is shown; the list of all runs says it too."""
    return page.locator(".se-badge").get_by_text(status, exact=True)


def ask_for_more(page: Page, address: str) -> None:
    """Has the domain extended by more tasks than it will get."""
    visit(page, address, "runs")
    page.get_by_role("button", name="More tasks").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Tasks in all").fill(str(MANY))
    dialog.get_by_label("Tasks in all").press("Enter")
    page.wait_for_selector(READY)
    dialog.get_by_role("button", name="Make them").click()
    expect(badge(page, "running")).to_be_visible()


def test_a_run_is_watched_in_two_tabs_stopped_and_continued(page: Page, store: Path) -> None:
    with served(store) as address:
        ask_for_more(page, address)
        expect(page.get_by_text("tasks a second")).to_be_visible()
        page.reload()
        expect(badge(page, "running")).to_be_visible()
        other = page.context.new_page()
        visit(other, address, "runs", run=RUN)
        expect(badge(other, "running")).to_be_visible()
        other.get_by_role("button", name="Cancel").click()
        for tab in (page, other):
            expect(tab.get_by_text("It stands still")).to_be_visible()
        page.get_by_role("button", name="Resume").click()
        for tab in (other, page):  # the one that did not press sees it as well
            expect(badge(tab, "running")).to_be_visible()
        other.close()
        assert the_run(store).attempts == 3


def test_a_run_outlives_its_server_and_is_taken_up_when_its_process_dies(page: Page, store: Path) -> None:
    with served(store) as address:
        ask_for_more(page, address)
        for pid in _server_of(address):
            os.kill(pid, signal.SIGKILL)
        before = the_run(store)
    worker = process_of(await_run(store, lambda run: run.done > before.done).owner)
    with served(store) as address:
        visit(page, address, "runs")
        expect(badge(page, "running")).to_be_visible()
        assert process_of(the_run(store).owner) == worker
        os.kill(worker, signal.SIGKILL)
        found = await_run(store, lambda run: run.status == "running" and process_of(run.owner) != worker)
        assert found.attempts == before.attempts + 1
        page.get_by_test_id("stMain").get_by_role("button", name="status", exact=True).click()
        expect(page.get_by_text("its process ended before its work did")).to_be_visible()


def _server_of(address: str) -> list[int]:
    """The processes that serve an address: the command and what it started."""
    port = address.rpartition(":")[2]
    found: list[int] = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().decode().split("\0")
        except (OSError, UnicodeDecodeError):
            continue
        if port in words and ("streamlit" in words or "studio" in words):
            found.append(int(process.name))
    assert len(found) == 2
    return found


def test_two_browsers_write_while_another_process_holds_the_store(page: Page, store: Path) -> None:
    runs: list[str] = []
    with Store.open(store) as opened:
        for name in ("library_a", "library_b"):
            run = request(opened, read_seed_text(str(samples.LIBRARY), name=name), samples.OPTIONS).run
            opened.runs.request_cancel(run.id)
            runs.append(run.id)
    with served(store) as address:
        other = page.context.new_page()
        for tab, run in zip((page, other), runs, strict=True):
            visit(tab, address, "runs", run=run)
        with locked(store) as blocker:
            for tab in (page, other):
                tab.get_by_role("button", name="Resume").click()
            page.wait_for_timeout(3_000)
            assert [the_run(store, run).status for run in runs] == ["cancelled", "cancelled"]
            release(blocker)
        for tab, run in zip((page, other), runs, strict=True):
            assert await_run(store, lambda found: found.status == "done", run).counts.tasks_audited == 4
            expect(tab.get_by_text("Review its 4 tasks")).to_be_visible()
            expect(tab.get_by_text("That did not work.")).to_have_count(0)
        other.close()


def test_the_token_is_asked_for_once(page: Page, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCALEENV_TOKEN", "correct-horse-battery-staple")
    with served(store) as address:
        page.goto(f"{address}/runs?run={RUN}")
        page.get_by_label("Token").fill("wrong")
        page.get_by_role("button", name="Enter").click()
        expect(page.get_by_text("That is not the token.")).to_be_visible()
        page.get_by_label("Token").fill("correct-horse-battery-staple")
        page.get_by_role("button", name="Enter").click()
        expect(page.get_by_role("heading", name="Runs")).to_be_visible()
        assert page.url == f"{address}/runs?run={RUN}"
        page.get_by_role("link", name="Log out").click()
        expect(page.get_by_label("Token")).to_be_visible()


def test_a_log_is_filtered_and_downloaded(page: Page, studio: str) -> None:
    visit(page, studio, "runs", run=RUN)
    page.get_by_placeholder("all of these words").fill("admitted")
    page.get_by_placeholder("all of these words").press("Enter")
    until(page, lambda: "words=admitted" in page.url)
    expect(page.get_by_text("edges inferred")).to_have_count(0)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="JSONL").click()
    lines = Path(waiting.value.path()).read_text().splitlines()
    assert waiting.value.suggested_filename == f"{RUN}-log.jsonl"
    assert lines
    assert all("admitted" in line for line in lines)
