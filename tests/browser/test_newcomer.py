"""The whole path: from nothing to a curated dataset that trains, with nothing but the first page to go by."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest
from playwright.sync_api import Page, expect

from engine.store import Store
from tests.browser.conftest import READY, served, visit

pytestmark = pytest.mark.browser

TASKS = 10
REPLAY = """
import sys

sys.path.insert(0, ".")
from environment import Environment

environment = Environment.load(".")
for task in environment.tasks:
    environment.reset(task["task_id"])
    for call in task["reference_calls"]:
        environment.step(call["name"], call["arguments"])
    print(environment.reward())
"""


def test_a_newcomer_comes_from_nothing_to_a_dataset_of_ten_tasks(page: Page, tmp_path: Path) -> None:
    store = tmp_path / "studio.db"
    with served(store) as address:
        visit(page, address)
        expect(page.get_by_role("heading", name="Welcome to ScaleEnv Studio")).to_be_visible()
        page.get_by_role("button", name="Start the first domain").click()
        page.wait_for_url("**/runs?run=job_seeking-1")
        expect(page.locator(".se-badge").get_by_text("done", exact=True).first).to_be_visible(timeout=240_000)
        page.get_by_role("link", name="Overview").click()
        expect(page.get_by_text("2. Run · done")).to_be_visible()
        expect(page.get_by_text("20 tasks nobody has decided on")).to_be_visible()
        expect(page.get_by_role("link", name="Go to Review queue")).to_be_visible()
        page.get_by_role("link", name="Runs", exact=True).first.click()
        page.get_by_text("Review its 20 tasks").click()
        expect(page.get_by_role("heading", name="Review queue")).to_be_visible()
        shown = page.get_by_test_id("stMain").locator(".se-row code").first
        for _ in range(TASKS):
            id = shown.inner_text()
            page.wait_for_timeout(500)  # a key that comes before the task could be read decides nothing
            page.keyboard.press("a")
            expect(shown).not_to_have_text(id)
        page.wait_for_selector(READY)
        page.get_by_role("link", name="Datasets").first.click()
        page.get_by_role("button", name="Freeze").click()
        button = page.get_by_role("button", name="Download bundle")
        expect(button).to_be_visible()
        page.wait_for_selector(READY)
        with page.expect_download() as waiting:
            button.click()
        ZipFile(waiting.value.path()).extractall(tmp_path / "out")
    with Store.open(store) as opened:
        assert opened.domains.summary("job_seeking").tasks_approved == TASKS
    bundle = tmp_path / "out" / "job_seeking-v1" / "job_seeking"
    replayed = subprocess.run(
        [sys.executable, "-I", "-S", "-c", REPLAY], cwd=bundle, capture_output=True, text=True, check=True
    )
    assert replayed.stdout.split() == ["1.0"] * TASKS
