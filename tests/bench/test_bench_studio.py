"""The large store is what it says it is, and the stopwatch measures what it claims to."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from engine.bench.studio_store import fill_store
from engine.store import Store
from engine.store.tasks import TaskFilter
from studio.bench.scenarios import PAGES
from studio.bench.stopwatch import elapsed, watch
from tests.browser.conftest import browser

__all__ = ["browser"]

PAGE = """
<div data-testid="stApp" data-test-script-state="notRunning"><p>before</p><button>go</button></div>
<script>
  const app = document.querySelector("[data-testid=stApp]");
  document.querySelector("button").onclick = () => {
    app.dataset.testScriptState = "running";
    document.querySelector("p").textContent = "after";
    setTimeout(() => { app.dataset.testScriptState = "notRunning"; }, %d);
  };
</script>
"""


def test_a_store_has_as_many_domains_tools_tasks_and_decisions_as_asked(tmp_path: Path) -> None:
    fill_store(tmp_path / "studio.db", domains=3, tasks=13, reviews=4, say=lambda _: None)
    with Store.open(tmp_path / "studio.db") as store:
        assert store.problems() == []
        summaries = store.domains.summaries()
        assert [summary.tools_admitted for summary in summaries] == [50, 50, 50]
        assert store.tasks.count(TaskFilter(state="audited")) >= 13
        assert len({task.instruction for name in store.domains.names() for task in store.tasks.iterate(name)}) > 5
        decided = [task for task in store.tasks.page(TaskFilter(), limit=100) if task.review != "open"]
        assert decided
        copy = next(task for task in store.tasks.page(TaskFilter(domain="job_seeking_2"), limit=1))
        assert store.tasks.get("job_seeking_2", copy.id).domain == "job_seeking_2"


@pytest.mark.browser
@pytest.mark.parametrize("delay", [0, 300])
def test_the_stopwatch_runs_until_the_page_is_at_rest(delay: int, browser: BrowserContext) -> None:
    tab = browser.new_page()
    tab.set_content(PAGE % delay)
    watch(tab, "p")
    tab.get_by_role("button").click()
    took = elapsed(tab)
    tab.close()
    assert took is not None
    assert took >= delay


def test_every_page_of_the_navigation_is_measured() -> None:
    views = Path(__file__).resolve().parents[2] / "studio" / "views"
    assert {page.name for page in PAGES} == {path.stem for path in views.glob("*.py")}
