"""`python -m tests.browser.screenshots`: takes the pictures of `studio/assets/` again, each page in both themes.

Makes the built-in domain `job_seeking` with a fixed seed, curates it a little, plays a task, freezes a dataset, opens the real studio
on it and photographs every page. The pages about language models are photographed on a store of their own, whose domain a scripted
server made from a keyword, with a fault in every third answer; they are wide, and light only.
"""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from playwright.sync_api import Page, sync_playwright

from engine.executors.local import default_workers
from engine.models.call import ModelCall
from engine.models.run import RunOptions
from engine.pipeline import read_seed_text, synthesize
from engine.store import Store
from tests.browser.conftest import FLAGS, READY, ROOT, chromium, served, visit
from tests.fakes import runs
from tests.fakes.faults import Faults
from tests.fakes.material import SMALL, load
from tests.fakes.model_server import ModelServer

ASSETS = ROOT / "studio" / "assets"
DOMAIN = "job_seeking"
TOOL = "book_interview"
"""The graph is shown with a precondition of or for this tool chosen."""

SETTINGS = f"""
[models]
default = "{runs.MODEL}"

[models.roles]
gate = "composer"
user = "composer"

[models.endpoints."{runs.MODEL}"]
base_url = "http://127.0.0.1:8000/v1"
input_price = 1.0
output_price = 4.0

[models.endpoints."anthropic/claude-sonnet-4-5"]
"""
FAULTS = Faults(0.33, seed=3, kinds=("prose", "truncated", "wrong_fields", "types", "clock"))

THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def main() -> None:
    """Makes the domain and takes every picture."""
    # Beside the usual store, for its path is in every picture.
    with TemporaryDirectory(prefix="pictures-", dir=ROOT / "data") as folder:
        store = Path(folder) / "studio.db"
        edge, hard = _fill(store)
        with served(store) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
            for theme in THEMES:
                page = browser.new_page(viewport={"width": 1360, "height": 900}, color_scheme=theme)
                if theme == THEMES[0]:
                    _freeze(page, address)
                for name, query in _pages(edge, hard).items():
                    visit(page, address, name.partition("-")[0], **query)
                    if name == "graph":
                        page.locator(".frame[data-ready='1']").wait_for()
                    if name == "play" and theme == THEMES[0]:
                        page.get_by_role("button", name="Start").click()
                    take(page, name if theme == "light" else f"{name}-dark")
                page.close()
            browser.close()
    with TemporaryDirectory(prefix="pictures-", dir=ROOT / "data") as folder:
        _take_models(Path(folder))


def _take_models(folder: Path) -> None:
    """Has a scripted server make a domain, and takes the pictures of what the studio tells about it."""
    (folder / "studio.toml").write_text(SETTINGS, "utf-8")
    os.environ[runs.KEY_VARIABLE] = "scripted"
    os.environ.pop("ANTHROPIC_API_KEY", None)  # the picture is the same whoever takes it
    store = folder / "studio.db"
    with ModelServer(load(SMALL), faults=FAULTS) as server:
        made = runs.make(store, runs.options(server.base_url, tools=SMALL, tasks=8), runs.settings())
    with Store.open(store) as opened:
        call = _telling_call(opened, made.id)
    with served(store) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        page = browser.new_page(viewport={"width": 1600, "height": 1000}, color_scheme="light")
        visit(page, address, "models")
        take(page, "models")
        visit(page, address, "runs", run=made.id, part="calls", call=str(call.seq))
        take(page, "calls")
        browser.close()


def _telling_call(store: Store, run: str) -> ModelCall:
    """A repair that was of use, or else a corrected answer: what there is to see of a call at its fullest."""
    calls = store.calls.of_run(run, limit=1000)
    repairs = [each for each in calls if each.role == "debug" and each.outcome == "accepted"]
    return next(iter(repairs or [each for each in calls if each.outcome == "corrected"]))


def _fill(store: Path) -> tuple[str, str]:
    """Makes the domain and decides on some tasks; answers an edge to show, and a hard task."""
    with Store.open(store) as opened:
        synthesize(opened, read_seed_text(DOMAIN), RunOptions(tasks=20, seed=7), workers=default_workers())
        tasks = [task.id for task in opened.tasks.iterate(DOMAIN)]
        for at, task in enumerate(tasks[:14]):
            opened.reviews.record(DOMAIN, task, "approve", ("ada", "bob")[at % 2])
        opened.reviews.record(DOMAIN, tasks[13], "reject", "ada", text="Too easy.")
        opened.reviews.record(DOMAIN, tasks[14], "needs_edit", "ada", text="Two people have that name.")
        opened.reviews.record(DOMAIN, tasks[0], "approve", "bob")
        edge = next(
            edge.id
            for edge in opened.edges.all(DOMAIN)
            if TOOL in (edge.source, edge.target) and edge.kind == "precondition" and edge.proven
        )
        return edge, next(task.id for task in opened.tasks.iterate(DOMAIN) if task.difficulty == "hard")


def _freeze(page: Page, address: str) -> None:
    visit(page, address, "datasets")
    page.get_by_role("button", name="Freeze").click()
    page.wait_for_selector(READY)
    page.wait_for_timeout(2000)


def _pages(edge: str, hard: str) -> dict[str, dict[str, str]]:
    """Picture -> query parameters; what stands before a hyphen is the page."""
    return {
        "overview": {},
        "domains": {"domain": DOMAIN},
        "domains-new": {"view": "new", "from": "blueprint"},
        "runs": {},
        "tools": {"domain": DOMAIN, "tool": TOOL},
        "graph": {"domain": DOMAIN, "edge": edge},
        "traces": {"domain": DOMAIN, "trace": f"{hard}:solvable:0", "step": "3"},
        "tasks": {"task": hard, "domain": DOMAIN},
        "review": {},
        "play": {"domain": DOMAIN, "task": hard},
        "datasets": {},
        "datasets-versions": {"part": "versions"},
    }


def take(page: Page, name: str) -> None:
    """Saves the page as it stands when nothing moves any more."""
    page.wait_for_selector(READY)
    page.wait_for_timeout(1500)
    page.screenshot(path=ASSETS / f"{name}.png")


if __name__ == "__main__":
    main()
