"""Every page on an empty store, on a full one, and where something is wrong."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from streamlit import config

from engine.store import Store
from studio import jobs
from tests.studio.conftest import APP, open_page, shown
from tests.studio.filled import ATTACK, DOMAIN, TASKS, fill_with_attacks

PAGES = ("domains", "runs", "tools", "graph", "traces", "tasks", "play", "datasets")


@pytest.mark.parametrize("name", PAGES)
def test_an_empty_page_says_what_to_do_next(name: str, empty_store: Path) -> None:
    page = open_page(name)
    assert not page.exception
    assert len(page.info) == 1
    assert "Start" in page.info[0].value


@pytest.mark.parametrize("name", [name for name in PAGES if name != "datasets"])  # where nothing is approved yet
def test_a_full_page_is_drawn_without_a_complaint(name: str, full_store: Path) -> None:
    page = open_page(name)
    assert not page.exception
    assert not page.error
    assert not page.warning
    assert not page.info
    assert page.title[0].value


@pytest.mark.parametrize("name", PAGES)
def test_a_broken_store_gives_one_clear_message(name: str, empty_store: Path) -> None:
    empty_store.write_bytes(b"This is no database." * 100)
    page = open_page(name)
    assert not page.exception
    assert [error.value for error in page.error] == ["That did not work."]
    assert "is not an SQLite database" in shown(page)


@pytest.mark.parametrize("name", PAGES)
def test_foreign_text_never_reaches_markdown(name: str, empty_store: Path) -> None:
    fill_with_attacks(empty_store)
    page = open_page(name)
    assert not page.exception
    for kind in ("markdown", "caption", "title", "subheader", "info", "error", "warning", "success"):
        assert not [element for element in page.get(kind) if "hacked" in str(element.value)]


def test_the_studio_serves_nothing_on_other_addresses(full_store: Path) -> None:
    config.set_option("server.address", "0.0.0.0")
    page = open_page("tasks")
    assert page.error[0].value == "The studio is not served here."
    assert "without authentication" in shown(page)
    assert DOMAIN not in shown(page)


@pytest.mark.parametrize(
    "name, parameter", [("tools", "tool"), ("traces", "trace"), ("tasks", "task"), ("runs", "run"), ("tasks", "domain")]
)
def test_a_link_to_what_is_not_there_says_so_and_shows_something_else(
    name: str, parameter: str, full_store: Path
) -> None:
    page = open_page(name, **{parameter: ATTACK})
    assert not page.exception
    assert f"names a {parameter} that is not here" in page.warning[0].value
    assert ATTACK in [text.value for text in page.text]


def test_a_link_leads_to_its_tool(full_store: Path) -> None:
    page = open_page("tools", domain=DOMAIN, tool="cancel_booking", tab="code")
    assert page.selectbox(key=f"choose-tool-{DOMAIN}").value == "cancel_booking"
    assert "def cancel_booking" in shown(page)


def test_a_finished_run_shows_its_counts_and_offers_neither_cancel_nor_resume(full_store: Path) -> None:
    page = open_page("runs")
    assert f"{TASKS} audited" in "".join(str(element.proto.body) for element in page.get("html"))
    assert not {"Cancel", "Resume"} & {button.label for button in page.button}


def test_a_stopped_run_offers_to_go_on(full_store: Path) -> None:
    with Store.open(full_store) as store:
        run = store.runs.all()[0]
        store.runs.retarget(run.id, run.options)
        store.runs.request_cancel(run.id)
    labels = [button.label for button in open_page("runs").button]
    assert "Resume" in labels
    assert "Cancel" not in labels


def test_the_settings_that_keep_the_studio_safe_stand_beside_its_start_script() -> None:
    settings = tomllib.loads((APP.parents[1] / ".streamlit" / "config.toml").read_text("utf-8"))
    assert settings["server"]["address"] == "127.0.0.1"
    assert settings["server"]["maxUploadSize"] * 1024 * 1024 == jobs.UPLOAD_BYTES
    assert settings["client"]["showErrorDetails"] == "none"
    assert settings["browser"]["gatherUsageStats"] is False


def test_a_deep_link_meets_the_navigation_first() -> None:
    # Of a folder `pages` beside the start script Streamlit would run the files by itself.
    assert not (APP.parent / "pages").exists()
