"""A real studio on a free loopback port, and a real Chromium that looks at it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
from playwright.sync_api import BrowserContext, Page, Request, expect, sync_playwright

from tests.studio.filled import fill, fill_with_attacks

ROOT = Path(__file__).resolve().parents[2]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
READY = "[data-testid=stApp][data-test-script-state=notRunning]"

expect.set_options(timeout=20_000)


def chromium() -> str:
    """The browser's path; without one the test is skipped, but not where everything must run."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    if os.environ.get("CI"):
        raise AssertionError("there is no Chromium on this machine, and CI is set: install `chromium`")
    pytest.skip("there is no Chromium on this machine; install `chromium` to run the browser tests")


@pytest.fixture(scope="package")
def browser() -> Iterator[BrowserContext]:
    """One Chromium for all browser tests of a process, which keeps the studio's scripts in its cache.

    It ends with them: the loop in which Playwright works would refuse `asyncio.run` to the tests that come after.
    """
    path = chromium()
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield started.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
        started.close()


@contextmanager
def served(store: Path) -> Iterator[str]:
    """Runs the studio as a user does, from another folder, and ends it with everything it started."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "engine.cli", "studio", "--headless", "--port", str(port), "--db", str(store)]
    log = (store.parent / "studio.log").open("wb")
    process = subprocess.Popen(
        command, cwd=store.parent, env=environment, stdout=log, stderr=log, start_new_session=True
    )
    try:
        until = time.monotonic() + 40
        while not _answers(f"{address}/_stcore/health"):
            assert process.poll() is None, (store.parent / "studio.log").read_text()
            assert time.monotonic() < until, "the studio does not answer"
            time.sleep(0.1)
        yield address
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        log.close()


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=1) as answer:
            return answer.status == 200
    except (URLError, OSError):
        return False


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a studio with one domain."""
    with served(fill(tmp_path_factory.mktemp("studio") / "studio.db")) as address:
        yield address


@pytest.fixture(scope="session")
def hostile_studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a studio in which every text is an attack."""
    with served(fill_with_attacks(tmp_path_factory.mktemp("hostile") / "studio.db")) as address:
        yield address


@pytest.fixture
def page(browser: BrowserContext) -> Iterator[Page]:
    """An empty tab; it fails the test if anything is fetched from elsewhere or a script breaks."""
    browser.clear_cookies()  # the curator's name is not the next test's
    tab = browser.new_page()
    elsewhere: list[str] = []
    broken: list[str] = []

    def note(request: Request) -> None:
        if (
            not request.url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "blob:", "data:"))
            or ":9/" in request.url
        ):
            elsewhere.append(request.url)

    tab.on("request", note)
    tab.on("pageerror", lambda error: broken.append(str(error)))
    yield tab
    tab.close()
    assert not elsewhere
    assert not broken


def visit(page: Page, address: str, name: str = "", **query: str) -> None:
    """Opens a page of the studio and waits until it is drawn."""
    page.goto(f"{address}/{name}?{urlencode(query)}")
    page.wait_for_selector(READY)


def until(
    page: Page,
    done: Callable[[], Any],
    act: Callable[[], Any] = lambda: None,
    *,
    seconds: float = 20,
    pause: float = 1,
) -> None:
    """Acts again and again until the effect shows: a press while the page is being drawn is lost.

    Args:
        page: The tab.
        done: Whether the effect shows.
        act: What is done for it.
        seconds: When to give up.
        pause: Seconds before it acts again; more where acting twice has another effect than acting once.
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        act()
        for _ in range(int(pause * 10)):
            page.wait_for_timeout(100)
            if done():
                return
    raise AssertionError("the page did not come to show what was expected")
