"""Another process holds the store for seconds: reads go on, writes wait, and who waits in vain loses nothing."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from engine.models.run import RunOptions
from engine.store import Store
from studio.queries import opened as opening
from tests.studio.conftest import open_page, shown
from tests.studio.filled import DOMAIN

BLOCKER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("begin immediate")
print("locked", flush=True)
sys.stdin.readline()
connection.execute("rollback")
print("free", flush=True)
"""


@contextmanager
def locked(path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the store's write lock until it reads a line."""
    with subprocess.Popen(
        [sys.executable, "-c", BLOCKER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "locked\n"
        try:
            yield process
        finally:
            release(process)


def release(process: subprocess.Popen[str]) -> None:
    """Lets the lock go."""
    if process.poll() is None:
        process.communicate("\n")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "PATIENCE", 0.2)


@pytest.fixture
def waiting_run(full_store: Path) -> str:
    with Store.open(full_store) as store:
        return store.runs.create("other", RunOptions(tasks=1), seed_kind="sql", seed_digest="d", seed="{}").id


@pytest.mark.parametrize("name", ["overview", "domains", "runs", "tools", "graph", "traces", "tasks", "datasets"])
def test_pages_are_read_while_another_process_writes(name: str, full_store: Path) -> None:
    with locked(full_store):
        page = open_page(name)
        assert not page.exception
        assert not page.error
        assert DOMAIN in shown(page) or page.title[0].value


def test_who_waited_in_vain_is_told_once_and_tries_again(full_store: Path, waiting_run: str) -> None:
    page = open_page("runs", run=waiting_run, words="any words")
    with locked(full_store):
        page.button(key=f"cancel-{waiting_run}").click().run()
        assert not page.exception
        assert [error.value for error in page.error] == ["That did not work."]
        assert "Nothing was changed and nothing is lost" in shown(page)
        assert page.text_input(key="words").value == "any words"
    with Store.open(full_store) as store:
        assert store.runs.get(waiting_run).status == "queued"
    page.button(key=f"cancel-{waiting_run}").click().run()
    assert not page.error
    with Store.open(full_store) as store:
        assert store.runs.get(waiting_run).status == "cancelled"


def test_a_write_waits_for_its_turn(full_store: Path, waiting_run: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "PATIENCE", 20.0)
    page = open_page("runs", run=waiting_run)
    with locked(full_store) as blocker:
        soon = threading.Timer(0.5, release, (blocker,))
        soon.start()
        page.button(key=f"cancel-{waiting_run}").click().run()
        soon.join()
        assert not page.error
    with Store.open(full_store) as store:
        assert store.runs.get(waiting_run).status == "cancelled"
