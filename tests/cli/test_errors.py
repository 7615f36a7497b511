"""What a user does wrong is answered in one sentence, with the right exit code, and in JSON where asked."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine.cli import run
from engine.store import Store

ROOT = Path(__file__).resolve().parents[2]


def said(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    code = run([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    return code, out, err


@pytest.fixture
def db(tmp_path: Path) -> Path:
    path = tmp_path / "studio.db"
    Store.open(path).close()
    return path


@pytest.mark.parametrize(
    "arguments, code, says",
    [
        pytest.param(["synth"], 2, "Missing argument", id="no seed"),
        pytest.param(["synth", "x", "--tasks", "many"], 2, "--tasks", id="no number"),
        pytest.param(["synth", "x", "--tasks", "-1"], 2, "--tasks", id="negative"),
        pytest.param(["synth", "x", "--workers", "0"], 2, "--workers", id="no workers"),
        pytest.param(["synth", "x", "--difficulty", "insane"], 2, "--difficulty", id="difficulty"),
        pytest.param(["synht", "x"], 2, "No such command", id="command"),
        pytest.param(["list", "--nonsense"], 2, "No such option", id="option"),
        pytest.param(["export"], 2, "--out", id="no folder"),
        pytest.param(["export", "--out", "x", "--format", "xml"], 2, "--format", id="format"),
        pytest.param(["show", "nowhere"], 2, "no domain `nowhere`", id="domain"),
        pytest.param(["verify", "nowhere"], 2, "no domain `nowhere`", id="verify"),
        pytest.param(["resume", "nowhere-1"], 2, "no run `nowhere-1`", id="run"),
        pytest.param(["cancel", "nowhere-1"], 2, "no run `nowhere-1`", id="cancel"),
        pytest.param(["synth", "job_seekin"], 2, "job_seeking", id="nearly a built-in"),
        pytest.param(["synth", "zebra breeding"], 2, "job_seeking", id="keyword"),
        pytest.param(["synth", "missing.yaml"], 2, "missing.yaml", id="missing file"),
    ],
)
def test_wrong_wishes(arguments: list[str], code: int, says: str, db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = [] if arguments[0] == "synht" or "--nonsense" in arguments else ["--db", db]
    assert said(capsys, *arguments, *place)[0] == code
    got, out, err = said(capsys, *arguments, *place, "--json")
    assert got == code
    document = json.loads(out)
    assert list(document) == ["error"]
    assert says in document["error"]
    assert document["error"] in err
    assert "Traceback" not in err


def test_a_file_that_is_no_store(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("just some text, long enough to be looked at " * 50)
    code, out, err = said(capsys, "list", "--db", path, "--json")
    assert (code, list(json.loads(out))) == (1, ["error"])
    assert "not an SQLite database" in err


def test_an_empty_place_is_listed_as_such(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = said(capsys, "list", "--db", tmp_path / "none.db", "--json")
    assert (code, json.loads(out)) == (0, {"domains": [], "runs": []})
    assert "scaleenv synth" in err
    assert said(capsys, "show", "x", "--db", tmp_path / "none.db")[0] == 1


def test_nothing_to_resume_is_no_failure(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, "resume", "--db", db, "--json")
    assert (code, json.loads(out)) == (0, {"resumed": []})


def test_the_store_may_be_named_in_the_environment(
    db: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCALEENV_DB", str(db))
    assert json.loads(said(capsys, "list", "--json")[1]) == {"domains": [], "runs": []}


def test_doctor_finds_everything_in_place_here(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, "doctor", "--db", db, "--json")
    checks = {check["name"]: check for check in json.loads(out)["checks"]}
    assert code == 0, checks
    assert {"python", "sqlite", "sandbox", "store", "blueprints", "disk space", "data folder"} <= set(checks)


def test_doctor_says_what_is_wrong_with_the_store(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with sqlite3.connect(tmp_path / "other.db") as raw:
        raw.execute("create table album (id integer)")
    raw.close()
    code, out, _ = said(capsys, "doctor", "--db", tmp_path / "other.db", "--json")
    document = json.loads(out)
    assert (code, document["ok"]) == (1, False)
    assert "not a store of ScaleEnv" in next(c["detail"] for c in document["checks"] if c["name"] == "store")


def test_help_is_quick_and_lists_every_command() -> None:
    code = "import sys; from engine.cli import run; sys.exit(run(['--help']))"
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert time.monotonic() - began < 2.0, "generous, for a machine under load; 0.1 s at rest"
    for command in ("synth", "list", "show", "verify", "resume", "cancel", "export", "bench", "doctor", "studio"):
        assert f"\n  {command} " in done.stdout
