"""Measures inside the page: from the event that a person causes to the picture that answers it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

READY = "[data-testid=stApp][data-test-script-state=notRunning]"

LASTING_MS = 100
"""A picture counts if it lasts so long; the time until it came is what is told."""

LIMIT_MS = 30_000
"""After so long a measurement is given up."""

_INSTALL = """
([watched, limit, lasting]) => {
  const text = () => [...document.querySelectorAll(watched)].map((e) => e.innerText + (e.value ?? "")).join("\\u0000");
  const still = () => document.querySelector("[data-testid=stApp]")?.dataset.testScriptState === "notRunning"
    && !document.querySelector("[data-stale=true]");
  const first = text();
  window.__stopwatch = new Promise((resolve) => {
    let start = null;
    const began = (event) => { if (start === null && event.isTrusted) start = performance.now(); };
    for (const kind of ["pointerdown", "keydown"]) window.addEventListener(kind, began, { capture: true, once: true });
    let since = null; // pictures in between, such as an emptied page, don't last
    const look = () => {
      const now = text();
      if (start === null || now === first || !now.trim() || !still()) since = null;
      else since ??= performance.now();
      if (since !== null && performance.now() - since > lasting) return resolve(since - start);
      if (start !== null && performance.now() - start > limit) return resolve(null);
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
}
"""

_LOADED = """
([watched, limit]) => new Promise((resolve) => {
  const look = () => {
    const app = document.querySelector("[data-testid=stApp]");
    const drawn = app?.dataset.testScriptState === "notRunning" && document.querySelector(watched)?.innerText;
    if (drawn) return resolve(performance.now());
    if (performance.now() > limit) return resolve(null);
    requestAnimationFrame(look);
  };
  look();
})
"""


def settle(page: Page) -> None:
    """Waits until nothing is being drawn."""
    page.wait_for_selector(READY)
    page.wait_for_timeout(250)
    page.wait_for_selector(READY)


def watch(page: Page, watched: str) -> None:
    """Starts to wait: the clock runs from the next press or click until what `watched` selects says something else.

    Args:
        page: The tab.
        watched: CSS selector; the texts of all that it selects are compared.
    """
    page.evaluate(_INSTALL, [watched, LIMIT_MS, LASTING_MS])


def elapsed(page: Page) -> float | None:
    """Milliseconds from the press or click to the changed and finished picture; `None` if it never came."""
    return page.evaluate("window.__stopwatch")


def load(page: Page, url: str, watched: str) -> float | None:
    """Milliseconds from the request for a page to its finished picture, everything included; `None` if it never came."""
    page.goto(url, wait_until="commit")
    return page.evaluate(_LOADED, [watched, LIMIT_MS])
