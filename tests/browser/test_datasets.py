"""From approved tasks to a dataset on disk, in a real browser: freeze, download, load; compare; hostile words."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pyarrow.parquet as pq
import pytest
from playwright.sync_api import Page, expect

from engine.store import Store
from tests.browser.conftest import READY, served, until, visit
from tests.browser.test_hostile_text import assert_harmless
from tests.studio.filled import DOMAIN, TASKS, fill

pytestmark = pytest.mark.browser

REPLAY = """
import sys; sys.path.insert(0, sys.argv[1])
from environment import Environment
env = Environment.load(sys.argv[1])
for task in env.tasks:
    env.reset(task["task_id"])
    for call in task["reference_calls"]:
        env.step(call["name"], call["arguments"])
    print(task["split"], env.reward())
"""


@pytest.fixture(scope="module")
def curated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a studio whose tasks are all approved."""
    path = fill(tmp_path_factory.mktemp("curated") / "studio.db")
    with Store.open(path) as store:
        for task in list(store.tasks.iterate(DOMAIN)):
            store.reviews.record(DOMAIN, task.id, "approve", "ada")
    with served(path) as address:
        yield address


def download(page: Page, label: str) -> tuple[str, ZipFile]:
    button = page.get_by_role("button", name=label, exact=True)
    expect(button).to_be_visible()
    with page.expect_download() as waiting:
        button.click()
    archive = ZipFile(BytesIO(Path(waiting.value.path()).read_bytes()))
    assert archive.testzip() is None
    return waiting.value.suggested_filename, archive


def test_from_approved_tasks_to_datasets_that_load_and_a_comparison(page: Page, curated: str, tmp_path: Path) -> None:
    visit(page, curated, "datasets")
    page.get_by_role("button", name="Freeze").click()
    name, archive = download(page, "Download bundle")
    assert name == f"{DOMAIN}-v1-bundle.zip"
    until(page, lambda: f"dataset={DOMAIN}&version=1" in page.url)
    archive.extractall(tmp_path)
    folder = tmp_path / f"{DOMAIN}-v1" / DOMAIN
    ran = subprocess.run([sys.executable, "-I", "-c", REPLAY, str(folder)], capture_output=True, text=True, check=True)
    assert ran.stdout.split("\n")[:-1] == ["train 1.0"] * TASKS

    # Again with a test split: a second version, which is compared with the first.
    page.get_by_text("New version", exact=True).click()
    page.get_by_text("90 / 0 / 10", exact=True).click()
    expect(page.get_by_text("33.3%", exact=True)).to_be_visible()
    page.get_by_role("button", name="Freeze").click()
    name, archive = download(page, "Download parquet")
    assert name == f"{DOMAIN}-v2-parquet.zip"
    archive.extractall(tmp_path)
    test = pq.read_table(tmp_path / f"{DOMAIN}-v2" / "data" / "test.parquet").to_pylist()
    assert len(test) == 1
    assert json.loads(test[0]["initial_state"])["rows"]
    _, archive = download(page, "Download jsonl")
    assert len(archive.read(f"{DOMAIN}-v2/data/train.jsonl").decode().splitlines()) == TASKS - 1
    visit(page, curated, "datasets", dataset=DOMAIN, version="2", **{"with": f"{DOMAIN}@1"})
    expect(page.get_by_text("moved to another split")).to_be_visible()
    moved = page.locator("tr", has_text="moved").first
    expect(moved).to_contain_text(test[0]["task_id"])


@pytest.mark.parametrize("format", ["bundle", "jsonl"])
def test_a_quick_export_is_made_and_downloaded(format: str, page: Page, studio: str) -> None:
    visit(page, studio, "datasets", part="export", domain=DOMAIN)
    page.get_by_text(format, exact=True).click()
    page.wait_for_selector(READY)
    page.get_by_role("button", name="Make the file").click()
    name, archive = download(page, "Download")
    assert name == f"{DOMAIN}-{format}.zip"
    tasks = [json.loads(line) for line in archive.read(f"{DOMAIN}/tasks.jsonl").decode().splitlines()]
    assert len(tasks) == TASKS


def test_hostile_words_are_shown_as_text(page: Page, hostile_studio: str) -> None:
    visit(page, hostile_studio, "datasets", review="open")
    expect(page.get_by_text("Tools of the chain")).to_be_visible()
    assert_harmless(page)
    visit(page, hostile_studio, "datasets", dataset="hostile", version="2", **{"with": "hostile@1"})
    expect(page.get_by_text("moved to another split")).to_be_visible()
    expect(page.get_by_text("<img src=x onerror=").first).to_be_visible()
    page.get_by_text("Data card, as it is exported").click()
    assert_harmless(page)
    visit(page, hostile_studio, "datasets", dataset="<img src=x onerror=window.hacked=1>", version="7")
    expect(page.get_by_text("names a version that is not here")).to_be_visible()
    assert_harmless(page)
