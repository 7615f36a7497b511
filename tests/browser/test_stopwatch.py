"""The stopwatch of `scaleenv bench studio` measures what it claims to."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext

from studio.bench.stopwatch import elapsed, watch

pytestmark = pytest.mark.browser

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
