"""Starting, stopping and continuing runs from a page, and what an upload may be."""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path

import pytest

from engine.errors import SeedError, UsageError
from engine.models.run import Run
from engine.store import Store
from studio import jobs

SCHEMA = b"""
create table member (
  member_id integer primary key, name text not null, email text not null unique,
  status text not null check (status in ('active', 'paused', 'closed'))
);
"""


BOMB = b"a: &a [x, x, x, x, x, x, x, x, x, x]\n" + b"".join(
    b"%c: &%c [%s]\n" % (98 + n, 98 + n, b", ".join([b"*%c" % (97 + n)] * 10)) for n in range(9)
)
"""A thousand million parts in a few hundred bytes, as references to references."""


def wait_for(store: Path, run: str, *, seconds: float = 60) -> Run:
    """The run when no process works on it any more."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with Store.open(store) as opened:
            found = opened.runs.get(run)
        if found.status not in ("queued", "running"):
            return found
        time.sleep(0.1)
    raise AssertionError(f"{run} is still {found.status}")


def test_an_upload_becomes_a_domain_in_a_process_of_its_own(empty_store: Path) -> None:
    requested = jobs.start_upload("../../My Club.sql", SCHEMA, tasks=0, seed=1)
    assert requested.answer == "new"
    run = wait_for(empty_store, requested.run.id)
    assert (run.status, run.error) == ("done", "")
    assert run.counts.tools_admitted > 0
    again = jobs.start_upload("My Club.sql", SCHEMA, tasks=0, seed=1)
    assert again.answer == "up_to_date"


def test_a_cancelled_run_goes_on_when_asked(empty_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []
    monkeypatch.setattr(jobs, "_start_process", started.append)
    run = jobs.start_upload("club.sql", SCHEMA, tasks=0, seed=1).run.id
    jobs.cancel(run)
    with Store.open(empty_store) as store:
        assert store.runs.get(run).status == "cancelled"
    jobs.resume(run)
    with Store.open(empty_store) as store:
        assert store.runs.get(run).status == "queued"
    assert started == [run, run]


def test_a_finished_run_can_be_neither_cancelled_nor_resumed(full_store: Path) -> None:
    with pytest.raises(UsageError, match="ended already"):
        jobs.cancel("room_booking-1")
    with pytest.raises(UsageError, match="ended already"):
        jobs.resume("room_booking-1")


def test_another_seed_does_not_replace_a_domain_unless_asked(
    empty_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "_start_process", lambda run: None)
    jobs.start_upload("club.sql", SCHEMA, tasks=0, seed=1)
    with pytest.raises(UsageError, match="--force"):
        jobs.start_upload("club.sql", SCHEMA, tasks=0, seed=2)
    assert jobs.start_upload("club.sql", SCHEMA, tasks=0, seed=2, rename="second_club").run.domain == "second_club"
    assert jobs.start_upload("club.sql", SCHEMA, tasks=0, seed=2, replace=True).answer == "rebuilt"


@pytest.mark.parametrize(
    "name, content, words",
    [
        pytest.param("club.exe", b"MZ", "files of this kind are not read", id="kind"),
        pytest.param("club", b"create table a (b);", "files of this kind are not read", id="no-ending"),
        pytest.param("club.sql", b"", "empty", id="empty"),
        pytest.param("club.db", b"create table a (b);", "no SQLite file", id="not-sqlite"),
        pytest.param("club.sql", b"\xff\xfe\x00", "no UTF-8", id="not-text"),
        pytest.param("club.sql", b"create\0table", "binary file", id="binary"),
        pytest.param("club.sql", b"a" * (jobs.TEXT_BYTES + 1), "more than the 2.1 MB", id="large"),
        pytest.param("club.yaml", b"a" * (jobs.YAML_BYTES + 1), "more than the 0.262 MB", id="large-blueprint"),
        pytest.param("club.yaml", b"a: " + b"[" * 50_000, "brackets within brackets", id="deep-yaml"),
        pytest.param("club.yaml", b"- " * 50_000, "club.yaml", id="deep-list"),
        pytest.param("club.yaml", BOMB, "more than 40 levels or 200000 parts", id="yaml-bomb"),
        pytest.param("club.yaml", b"a: &a\n  b: *a\n", "more than 40 levels", id="endless-yaml"),
        pytest.param("club.yaml", b"!!python/object/apply:os.system ['true']", "club.yaml", id="yaml-tag"),
        pytest.param("club.sql", b"attach 'x.db' as x; create table x.t (a);", "unknown database", id="attach"),
        pytest.param("club.db", jobs.SQLITE_BEGINS + b"\0" * 200, "can't be read", id="broken-sqlite"),
        pytest.param("club.sql", b"select 1;", "club.sql", id="no-tables"),
        pytest.param("club.yaml", b"a: [", "club.yaml", id="bad-yaml"),
        pytest.param("a" * 400 + ".sql", SCHEMA, "rename the file", id="long-name"),
        pytest.param("a\0b.sql", SCHEMA, "rename the file", id="null-in-name"),
    ],
)
def test_an_unusable_upload_is_refused_with_the_files_own_name(
    name: str, content: bytes, words: str, empty_store: Path
) -> None:
    with pytest.raises(SeedError) as refused:
        jobs.start_upload(name, content, tasks=1, seed=1)
    assert words in str(refused.value)
    assert "scaleenv-upload" not in str(refused.value)
    assert not empty_store.exists()


def test_what_a_database_would_run_by_itself_is_left_behind(
    empty_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Views that never end and triggers that delete are in the file; only its tables are looked at."""
    monkeypatch.setattr(jobs, "_start_process", lambda run: None)
    file = tmp_path / "club.db"
    with sqlite3.connect(file) as connection:
        connection.executescript(
            SCHEMA.decode()
            + "create view endless as with recursive r (n) as (select 1 union all select n + 1 from r) select n from r;"
            "create trigger gone after insert on member begin delete from member; end;"
        )
    connection.close()
    requested = jobs.start_upload("club.db", file.read_bytes(), tasks=1, seed=1, with_rows=True)
    assert requested.answer == "new"


def test_all_built_in_domains_are_offered() -> None:
    assert "job_seeking" in jobs.builtins()


def test_no_ended_worker_stays_behind(empty_store: Path) -> None:
    others = _zombies()
    requested = jobs.start_upload("club.sql", SCHEMA, tasks=0, seed=1)
    wait_for(empty_store, requested.run.id)
    until = time.monotonic() + 20
    while (children := _zombies() - others) and time.monotonic() < until:
        time.sleep(0.1)
    assert not children


def _zombies() -> set[str]:
    found: set[str] = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[0] == "Z" and fields[1] == str(os.getpid()):
            found.add(stat.parent.name)
    return found
