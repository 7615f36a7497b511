"""The page about runs, in every state that a run can be in."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from engine.errors import UsageError
from engine.models.run import RunCounts, RunEvent, RunOptions
from engine.store import Store
from engine.store.lease import new_owner
from engine.store.run_log import LogFilter
from engine.store.runs import Progress
from studio import jobs
from studio.queries import runs as queries
from tests.studio.conftest import open_page, shown
from tests.studio.filled import ATTACK, DOMAIN, TASKS, fill_with_attacks


def add(path: Path, status: str, *, cancel: bool = False, domain: str = "library", events: int = 1) -> str:
    with Store.open(path) as store:
        id = store.runs.create(domain, RunOptions(tasks=10), seed_kind="sql", seed_digest="d", seed='{"spec": 1}').id
        if status == "queued":
            return id
        owner = new_owner()
        store.runs.claim(id, owner)
        progress = Progress(
            phase="tasks",
            done=4,
            total=10,
            counts=RunCounts(tools_admitted=3, tools_rejected=1, tasks_audited=4, tasks_rejected=2),
            phase_seconds={"test": 2.0, "tasks": 8.0},
        )
        lines = [RunEvent(kind="step", phase="tasks", message=f"Line {n}") for n in range(events)]
        store.runs.advance(id, owner, "task:1", progress, lines)
        if cancel:
            store.runs.request_cancel(id)
        if status != "running":
            store.runs.end(id, owner, status, error="The disk is full." if status == "failed" else "")  # type: ignore[arg-type]
        return id


def buttons(page: Any) -> list[str]:
    return [button.label for button in page.button if button.label not in ("Log out",)]


def text(page: Any) -> str:
    return shown(page) + "\n" + "\n".join(str(element.proto.body) for element in page.get("html"))


@pytest.mark.parametrize(
    "status, words, offered",
    [
        ("queued", "waiting for its turn", ["Cancel"]),
        ("running", "running", ["Cancel"]),
        ("interrupted", "stands still", ["Resume", "Run again"]),
        ("cancelled", "stands still", ["Resume", "Run again"]),
        ("failed", "The disk is full.", ["Resume", "Run again"]),
        ("short", "Only 4 of 10 tasks", ["More tasks", "Run again"]),
        ("done", "done", ["More tasks", "Run again"]),
    ],
)
def test_every_status_says_what_is_and_what_can_be_done(
    status: str, words: str, offered: list[str], empty_store: Path
) -> None:
    id = add(empty_store, status)
    page = open_page("runs", run=id)
    assert not page.exception
    assert words in text(page)
    assert buttons(page) == offered
    assert page.query_params["run"] == id


def test_a_run_that_is_about_to_stop_says_so(empty_store: Path) -> None:
    page = open_page("runs", run=add(empty_store, "running", cancel=True))
    assert "stopping" in text(page)
    assert buttons(page) == []


def test_an_ended_run_leads_to_its_tasks(full_store: Path) -> None:
    page = open_page("runs")
    assert f"Review its {TASKS} tasks" in [link.proto.label for link in page.get("page_link")]
    assert {link.proto.query_string for link in page.get("page_link")} == {f"domain={DOMAIN}"}


def test_a_live_run_shows_its_pace(empty_store: Path) -> None:
    page = open_page("runs", run=add(empty_store, "running"))
    assert "0.5 tasks a second" in text(page)
    assert "about 12 s" in text(page)
    assert "4 of 10" in text(page)


def test_those_that_wait_know_their_place(empty_store: Path) -> None:
    first, second = add(empty_store, "queued"), add(empty_store, "queued", domain="other")
    assert "number 1 in the line" in text(open_page("runs", run=first))
    assert "number 2 in the line" in text(open_page("runs", run=second))


def test_a_link_to_a_run_that_is_gone_says_so(full_store: Path) -> None:
    page = open_page("runs", run="<b>gone</b>-7")
    assert "not here" in page.warning[0].value
    assert "<b>gone</b>-7" in [element.value for element in page.text]
    assert page.query_params["run"] == f"{DOMAIN}-1"


def test_the_log_is_filtered_and_paged(empty_store: Path) -> None:
    id = add(empty_store, "done", events=120)
    page = open_page("runs", run=id)
    assert "120 lines" in text(page)
    assert "Line 119<" in text(page)
    assert "Line 1<" not in text(page)
    page = open_page("runs", run=id, words="line 1")
    assert "39 lines" in text(page)
    page = open_page("runs", run=id, kind="rejection")
    assert "No line of the log is like that." in text(page)


def test_nothing_that_a_run_says_is_read_as_html(empty_store: Path) -> None:
    fill_with_attacks(empty_store)
    page = open_page("runs", words=ATTACK)
    assert not page.exception
    assert "<img src=x" not in "".join(str(element.proto.body) for element in page.get("html"))
    assert "&lt;img src=x" in text(page)


def test_cancel_and_resume_are_asked_for(empty_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []
    monkeypatch.setattr(jobs, "_start_process", started.append)
    id = add(empty_store, "queued")
    page = open_page("runs", run=id)
    page.button(key=f"cancel-{id}").click().run()
    assert not page.exception
    assert "cancelled" in text(page)
    page.button(key=f"resume-{id}").click().run()
    assert started == [id]
    assert "waiting for its turn" in text(page)


def test_a_domain_is_thrown_away_only_after_a_second_word(full_store: Path) -> None:
    page = open_page("runs")
    page.button(key=f"rerun-{DOMAIN}-1").click().run()
    assert not page.exception
    assert "is thrown away and made anew" in shown(page)
    with Store.open(full_store) as store:
        assert store.domains.names() == [DOMAIN]


def test_a_domain_is_made_anew_from_the_same_seed(full_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []
    monkeypatch.setattr(jobs, "_start_process", started.append)
    with Store.open(full_store) as store:
        before, seed = store.runs.get(f"{DOMAIN}-1"), store.runs.seed(f"{DOMAIN}-1")
    run = jobs.rerun(f"{DOMAIN}-1", by="Ada").run
    assert started == [run.id]
    with Store.open(full_store) as store:
        assert (store.runs.get(run.id).status, store.domains.names()) == ("queued", [])
        assert (store.runs.seed(run.id), run.options, run.seed_digest) == (seed, before.options, before.seed_digest)


def test_more_tasks_keep_what_is_there(full_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []
    monkeypatch.setattr(jobs, "_start_process", started.append)
    with pytest.raises(UsageError, match="ask for more"):
        jobs.extend(f"{DOMAIN}-1", TASKS)
    jobs.extend(f"{DOMAIN}-1", TASKS + 5)
    assert started == [f"{DOMAIN}-1"]
    with Store.open(full_store) as store:
        assert store.runs.get(f"{DOMAIN}-1").options.tasks == TASKS + 5
        assert store.domains.names() == [DOMAIN]


def test_a_revision_is_neither_made_anew_nor_extended(full_store: Path) -> None:
    with Store.open(full_store) as store:
        seed = {"seed_kind": "revision", "seed_digest": "d", "seed": "{}"}
        id = store.runs.create(DOMAIN, RunOptions(), **seed, kind="revision").id  # type: ignore[arg-type]
    for act in (jobs.rerun, lambda run: jobs.extend(run, 1000)):
        with pytest.raises(UsageError, match="revised a domain"):
            act(id)


def test_a_log_is_downloaded_whole(empty_store: Path) -> None:
    id = add(empty_store, "done", events=3, domain="sheet")
    with Store.open(empty_store) as store:
        store.queue.say(id, "=HYPERLINK(1)")
    lines = [json.loads(line) for line in queries.log_text(id, LogFilter(), "jsonl").decode().splitlines()]
    assert [line["message"] for line in lines] == ["Line 0", "Line 1", "Line 2", "=HYPERLINK(1)"]
    assert {line["run"] for line in lines} == {id}
    rows = list(csv.reader(StringIO(queries.log_text(id, LogFilter(), "csv").decode())))
    assert rows[0] == ["number", "at", "phase", "kind", "subject", "message"]
    assert rows[-1][-1] == "'=HYPERLINK(1)"
    assert len(queries.log_text(id, LogFilter(words="line 1"), "jsonl").splitlines()) == 1


def test_who_asked_is_remembered(empty_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "_start_process", lambda run: None)
    id = jobs.start("job_seeking", tasks=1, seed=1, by="Ada").run.id
    (row,) = queries.rows()
    assert (row.id, row.by, row.live) == (id, "Ada", True)
    assert queries.view(id).by == "Ada"
