"""`python -m tests.browser.screenshots`: takes the pictures of `studio/assets/` again.

Makes the built-in domain `job_seeking` with a fixed seed, opens the real studio on it and photographs what README shows.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

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


def main() -> None:
    """Makes the domain and takes every picture."""
    with TemporaryDirectory() as folder:
        store = Path(folder) / "studio.db"
        with Store.open(store) as opened:
            synthesize(opened, read_seed_text(DOMAIN), RunOptions(tasks=20, seed=7), workers=default_workers())
            tasks = [task.id for task in opened.tasks.iterate(DOMAIN)]
            for task in tasks[:4]:
                opened.reviews.record(DOMAIN, task, "approve", "me")
            opened.reviews.record(DOMAIN, tasks[4], "reject", "me")
            edge = next(
                edge.id
                for edge in opened.edges.all(DOMAIN)
                if TOOL in (edge.source, edge.target) and edge.kind == "precondition" and edge.proven
            )
            hard = next(task.id for task in opened.tasks.iterate(DOMAIN) if task.difficulty == "hard")
        with served(store) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
            page = browser.new_page(viewport={"width": 1360, "height": 900})
            visit(page, address, "graph", domain=DOMAIN, edge=edge)
            page.locator(".frame[data-ready='1']").wait_for()
            take(page, "graph")
            page.set_viewport_size({"width": 1360, "height": 1180})
            visit(page, address, "tasks", domain=DOMAIN, task=hard)
            page.get_by_role("tab", name="Audits").wait_for()
            take(page, "tasks")
            browser.close()


def take(page: Page, name: str) -> None:
    """Saves the page as it stands when nothing moves any more."""
    page.wait_for_selector(READY)
    page.wait_for_timeout(1500)
    page.screenshot(path=ASSETS / f"{name}.png")


if __name__ == "__main__":
    main()
