"""`python -m studio.bench.drive --store FILE`: opens the studio on a store, acts like a person, and prints what it took.

Measured on each page: its first paint (the whole page loaded anew, and reached from another page), and its usual
interactions, from the press to the finished picture, as the browser itself sees them.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.error import URLError
from urllib.request import urlopen

from studio.bench.scenarios import PAGES, Interaction, PageScenario
from studio.bench.stopwatch import elapsed, load, settle, watch

if TYPE_CHECKING:
    from playwright.sync_api import Page

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
START_SECONDS = 60.0

UNREAD_MS = 450
"""A key that comes before a task could be read decides nothing, so it is left on the screen for so long."""


class Measurement(NamedTuple):
    """What a person waited for, in milliseconds; empty `ms` where the picture never changed."""

    page: str
    what: str
    ms: tuple[float, ...]

    def summary(self) -> dict[str, Any]:
        """The measurement as plain data, with median and maximum."""
        return {
            "page": self.page,
            "what": self.what,
            "median_ms": round(statistics.median(self.ms)) if self.ms else None,
            "max_ms": round(max(self.ms)) if self.ms else None,
            "runs": len(self.ms),
        }


@contextmanager
def served(store: Path) -> Iterator[str]:
    """The studio on a free port of this machine, ended with everything that it started."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "engine.cli", "studio", "--headless", "--port", str(port), "--db", str(store)]
    log = store.with_name(f"{store.name}-bench.log").open("wb")
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True, env=environment)
    try:
        until = time.monotonic() + START_SECONDS
        while not _answers(f"http://127.0.0.1:{port}/_stcore/health"):
            if process.poll() is not None or time.monotonic() > until:
                raise SystemExit(f"The studio does not start; {log.name} says why.")
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)
        log.close()


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=1) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def measure(store: Path, *, repeat: int, only: str | None = None) -> list[Measurement]:
    """Drives every page of the studio on a store.

    Args:
        store: The store; what the interactions write goes into it.
        repeat: How often each thing is measured; a first time, which warms the server, does not count.
        only: One page's name.

    Raises:
        SystemExit: There is no browser or no playwright, or the studio does not start.
    """
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise SystemExit("This needs playwright; pip install 'scaleenv-studio[dev]'.") from None
    browser = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if browser is None:
        raise SystemExit("There is no Chromium on this machine; install `chromium`.")
    found: list[Measurement] = []
    with served(store) as address, sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=browser, args=list(FLAGS))
        tab = started.new_context(viewport={"width": 1440, "height": 900}).new_page()
        for scenario in PAGES:
            if only in (None, scenario.name):
                found += _measure_page(tab, address, scenario, store, repeat)
        started.close()
    return found


def _measure_page(tab: Page, address: str, scenario: PageScenario, store: Path, repeat: int) -> list[Measurement]:
    url = f"{address}/{scenario.url(store)}"
    loads = [load(tab, url, scenario.shows) for _ in range(repeat + 1)]
    settle(tab)
    found = [Measurement(scenario.name, "loaded anew", _kept(loads))]
    arrivals: list[float | None] = []
    elsewhere = "Domains" if scenario.title == "Overview" else "Overview"
    for _ in range(repeat + 1):
        tab.get_by_role("link", name=elsewhere, exact=True).first.click()
        tab.get_by_role("heading", name=elsewhere).first.wait_for()
        settle(tab)
        watch(tab, "h1")
        tab.get_by_role("link", name=scenario.title, exact=True).first.click()
        arrivals.append(elapsed(tab))
        settle(tab)
    found.append(Measurement(scenario.name, "reached from another page", _kept(arrivals)))
    found += [_measure_interaction(tab, url, scenario.name, each, repeat) for each in scenario.interactions]
    return found


def _measure_interaction(tab: Page, url: str, page: str, interaction: Interaction, repeat: int) -> Measurement:
    from playwright.sync_api import Error

    taken: list[float | None] = []
    try:
        tab.goto(url)
        settle(tab)
        if interaction.prepare is not None:
            interaction.prepare(tab)
            settle(tab)
        for turn in range(repeat + 1):
            watch(tab, interaction.watched)
            interaction.act(tab, turn)
            taken.append(elapsed(tab))
            settle(tab)
            tab.wait_for_timeout(UNREAD_MS)
    except Error as error:  # what it looked for is not on the page
        print(f"{page}, {interaction.name}: {error}", file=sys.stderr)
        taken.append(None)
    return Measurement(page, interaction.name, _kept(taken))


def _kept(times: list[float | None]) -> tuple[float, ...]:
    """All but the first, which warmed the server; nothing where any never came, so that a failure is not a good figure."""
    rest = times[1:]
    return () if not rest or any(time is None for time in times) else tuple(time for time in rest if time is not None)


def main() -> int:
    """Prints the measurements as JSON."""
    parser = argparse.ArgumentParser(prog="studio.bench.drive", description=__doc__)
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--page")
    given = parser.parse_args()
    measured = measure(given.store.resolve(), repeat=given.repeat, only=given.page)
    print(json.dumps([each.summary() for each in measured]))
    return 0 if all(each.ms for each in measured) else 1


if __name__ == "__main__":
    sys.exit(main())
