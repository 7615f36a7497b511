"""`scaleenv dataset`: thin, but every outcome has its exit code and one JSON document."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from engine.cli import run
from tests.studio.filled import DOMAIN, TASKS, fill


@pytest.fixture
def db(tmp_path: Path) -> Path:
    return fill(tmp_path / "studio.db")


def call(db: Path, capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> Any:
    assert run(["dataset", *arguments, "--db", str(db), "--json"]) == code
    return json.loads(capsys.readouterr().out)


def test_from_freezing_to_deleting(db: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = call(db, capsys, "freeze", "--review", "open", "--curator", "ada")
    assert (first["new"], first["dataset"], first["split"]["sizes"]) == (True, f"{DOMAIN}@1", {"train": TASKS})
    assert not call(db, capsys, "freeze", "--review", "open")["new"]
    second = call(db, capsys, "freeze", "--review", "open", "--shares", "50/0/50", "--seed", "3")
    assert [each["version"] for each in call(db, capsys, "list")["datasets"]] == [2, 1]
    assert call(db, capsys, "show", DOMAIN)["digest"] == second["digest"]
    assert call(db, capsys, "show", f"{DOMAIN}@1")["digest"] == first["digest"]
    found = call(db, capsys, "diff", f"{DOMAIN}@1", DOMAIN)
    assert (found["moved"], found["added"], found["removed"]) == (second["split"]["sizes"]["test"], 0, 0)
    written = call(db, capsys, "export", f"{DOMAIN}@2", "--out", str(tmp_path / "out"), "--format", "jsonl")
    assert written["tasks"] == TASKS
    assert (tmp_path / "out" / "data" / "test.jsonl").is_file()
    assert call(db, capsys, "verify", DOMAIN)["passed"]
    assert "--yes" in call(db, capsys, "delete", f"{DOMAIN}@2", code=2)["error"]
    assert call(db, capsys, "delete", f"{DOMAIN}@2", "--yes") == {"deleted": f"{DOMAIN}@2"}
    assert [each["version"] for each in call(db, capsys, "list")["datasets"]] == [1]


@pytest.mark.parametrize(
    "arguments", [("list",), ("show", DOMAIN), ("diff", DOMAIN, f"{DOMAIN}@1"), ("verify", DOMAIN)]
)
def test_people_read_lines(arguments: tuple[str, ...], db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call(db, capsys, "freeze", "--review", "open")
    assert run(["dataset", *arguments, "--db", str(db)]) == 0
    assert capsys.readouterr().out.strip()


@pytest.mark.parametrize(
    "arguments, told",
    [
        (("freeze",), "None of the tasks is approved"),
        (("freeze", "--review", "rejected"), "--review rejected"),
        (("freeze", "--review", "open", "--shares", "80/10"), "such as 80/10/10"),
        (("freeze", "--review", "open", "--shares", "80/10/20"), "add up to 100"),
        (("freeze", "--review", "open", "--name", "../x"), "can't be called"),
        (("freeze", "--domain", "nowhere"), "There is no domain `nowhere`"),
        (("show", "nothing"), "There is no dataset `nothing`"),
        (("show", "nothing@two"), "write it as `name@2`"),
        (("delete", DOMAIN, "--yes"), "Which version"),
    ],
    ids=["nothing", "rejected", "two shares", "sum", "name", "domain", "unknown", "label", "delete"],
)
def test_what_is_wrongly_asked_is_told(
    arguments: tuple[str, ...], told: str, db: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told in call(db, capsys, *arguments, code=2)["error"]


def test_verify_fails_on_a_tampered_store(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call(db, capsys, "freeze", "--review", "open")
    with sqlite3.connect(db) as raw:
        raw.execute("drop trigger dataset_content_is_never_changed")
        raw.execute("update dataset_content set body = x'00' where kind = 'task'")
    found = call(db, capsys, "verify", DOMAIN, code=1)
    assert not found["passed"]
    assert len(found["problems"]) == TASKS
