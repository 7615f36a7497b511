"""`python -m tests.browser.screenshots`: takes the pictures of `studio/assets/` again, each page in both themes.

Makes the built-in domain `job_seeking` with a fixed seed, curates it a little, plays a task, freezes a dataset, opens the real studio
on it and photographs every page.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from playwright.sync_api import Page, sync_playwright

from engine.executors.local import default_workers
from engine.models.run import RunOptions
from engine.pipeline import read_seed_text, synthesize
from engine.store import Store
from tests.browser.conftest import FLAGS, READY, ROOT, chromium, served, visit

ASSETS = ROOT / "studio" / "assets"
DOMAIN = "job_seeking"
TOOL = "book_interview"
"""The graph is shown with a precondition of or for this tool chosen."""

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
