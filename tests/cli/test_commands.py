"""The commands as people and scripts use them, as processes of their own where it matters."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from engine.cli import run
from engine.models.run import RunOptions
from engine.store import Store
from tests.pipeline import samples
from tests.store.samples import spec

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = str(samples.LIBRARY)
SYNTH_NAMES = {
    *("domain", "tools_admitted", "tools_rejected", "edges_proven", "edges_unproven"),
    *("tasks_audited", "tasks_rejected", "seconds"),
}


def scaleenv(*arguments: str | Path, **more: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "engine.cli", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120, **more)


def answer(capsys: pytest.CaptureFixture[str], *arguments: str | Path, code: int = 0) -> Any:
    """The JSON document of a command that is run in this process."""
    capsys.readouterr()
    got = run([*map(str, arguments), "--json"])
    out, err = capsys.readouterr()
    assert got == code, err
    return json.loads(out)


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return samples.make(tmp_path_factory.mktemp("cli") / "studio.db")


def test_synth_prints_one_document_and_tells_its_progress_on_stderr(tmp_path: Path) -> None:
    path = tmp_path / "made" / "studio.db"
    done = scaleenv("synth", LIBRARY, "--tasks", "2", "--seed", "3", "--workers", "1", "--json", "--db", path)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert set(document) >= SYNTH_NAMES
    assert (document["domain"], document["tools_admitted"], document["tasks_audited"]) == ("library", 6, 2)
    for words in ("Compose tools", "Test tools 6/6", "Prove edges", "Build tasks 2/2", "2 audited"):
        assert words in done.stderr
    again = scaleenv("synth", LIBRARY, "--tasks", "2", "--seed", "3", "--json", "--db", path)
    assert again.returncode == 0
    assert "up to date" in again.stderr
    assert json.loads(again.stdout) == document
    other = scaleenv("synth", LIBRARY, "--tasks", "2", "--seed", "4", "--db", path)
    assert other.returncode == 2
    assert "--force" in other.stderr
    assert "Traceback" not in other.stderr


def test_a_second_name_makes_a_second_domain(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "studio.db"
    for name in ("library", "twin"):
        made = answer(capsys, "synth", LIBRARY, "--name", name, "--tasks", "1", "--workers", "1", "--db", path)
        assert made["domain"] == name
    assert [each["name"] for each in answer(capsys, "list", "--db", path)["domains"]] == ["library", "twin"]
    forced = answer(capsys, "synth", LIBRARY, "--tasks", "1", "--seed", "9", "--force", "--workers", "1", "--db", path)
    assert forced["tasks_audited"] == 1
    exported = answer(capsys, "export", "--out", tmp_path / "out", "--db", path)["exported"]
    assert [(each["domain"], Path(each["path"]).name) for each in exported] == [
        ("library", "library"),
        ("twin", "twin"),
    ]


def test_list_and_show(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (listed,) = answer(capsys, "list", "--db", db)["domains"]
    shown = answer(capsys, "show", "library", "--db", db)
    assert listed.items() <= shown.items()
    assert [tool["name"] for tool in shown["tools"]][:2] == ["find_member", "search_books"]
    assert {"ownership", "quota", "uniqueness"} <= set(shown["rules"])
    assert len(shown["tasks"]) == shown["tasks_audited"] == 4
    assert len(shown["graph"]["unproven"]) == shown["edges_unproven"]
    assert run(["show", "library", "--db", str(db)]) == 0
    text = capsys.readouterr().out
    for words in ("City Library", "add_wish", "quota", "data_flow: ", shown["tasks"][0]["task_id"]):
        assert words in text


def test_only_a_keyword_has_a_blueprint_of_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "studio.db"
    with Store.open(path) as store:
        for name, kind in (("notes", "sql"), ("workshop", "keyword")):
            store.domains.save(spec().model_copy(update={"name": name, "seed_kind": kind}), RunOptions())
        store.domains.save_blueprint("workshop", "domain: workshop\ntitle: Workshop\n")

    assert answer(capsys, "show", "workshop", "--blueprint", "--db", path)["blueprint"].startswith("domain: workshop")
    assert run(["show", "workshop", "--blueprint", "--db", str(path)]) == 0
    assert capsys.readouterr().out == "domain: workshop\ntitle: Workshop\n"
    assert run(["show", "notes", "--blueprint", "--db", str(path)]) == 2
    assert "`notes` was made from a sql seed" in capsys.readouterr().err


def test_verify(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    verified = answer(capsys, "verify", "--workers", "1", "--db", db)
    assert verified["failed"] == 0
    assert verified["checked"] > 20


def test_verify_fails_loudly(db: Path, tmp_path: Path) -> None:
    import sqlite3

    with sqlite3.connect(db) as source, sqlite3.connect(tmp_path / "bad.db") as copy:
        source.backup(copy)
        copy.execute("update edge set proven = 0 where proven = 1")
    source.close()
    copy.close()
    done = scaleenv("verify", "library", "--workers", "1", "--json", "--db", tmp_path / "bad.db")
    assert done.returncode == 1
    assert json.loads(done.stdout)["failed"] > 5
    assert "FAILED edge" in done.stderr


@pytest.mark.parametrize(
    "format, file", [("bundle", "manifest.json"), ("jsonl", "tasks.jsonl"), ("parquet", "tasks.parquet")]
)
def test_export(db: Path, format: str, file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    for _ in range(2):
        made = answer(capsys, "export", "--format", format, "--domain", "library", "--out", out, "--db", db)
        assert (made["tasks"], made["exported"][0]["domain"]) == (4, "library")
        assert (out / file).is_file()


def test_export_of_what_curators_approved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = samples.make(tmp_path / "studio.db")
    with Store.open(path) as store:
        second = list(store.tasks.iterate("library"))[1]
        store.reviews.record("library", second.id, "approve", "ada")
    answer(capsys, "export", "--format", "jsonl", "--approved-only", "--out", tmp_path / "out", "--db", path)
    rows = (tmp_path / "out" / "tasks.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(row)["task_id"] for row in rows] == [second.id]


def test_an_exported_bundle_replays_every_task_without_the_engine(db: Path, tmp_path: Path) -> None:
    assert run(["export", "--out", str(tmp_path / "bundle"), "--db", str(db)]) == 0
    code = (
        "import sys, importlib.util as u\n"
        "spec = u.spec_from_file_location('environment', 'bundle/environment.py')\n"
        "module = u.module_from_spec(spec); sys.modules['environment'] = module; spec.loader.exec_module(module)\n"
        "env = module.Environment.load('bundle')\n"
        "for task in env.tasks:\n"
        "    env.reset(task['task_id'])\n"
        "    assert env.reward() == 0.0, 'doing nothing'\n"
        "    for call in task['reference_calls']: env.step(call['name'], call['arguments'])\n"
        "    assert env.reward() == 1.0, task['task_id']\n"
        "print(len(env.tasks))\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "4", done.stderr


def test_ctrl_c_and_resume(tmp_path: Path) -> None:
    path = tmp_path / "studio.db"
    command = [
        sys.executable,
        "-m",
        "engine.cli",
        "synth",
        LIBRARY,
        "--tasks",
        "60",
        "--workers",
        "2",
        "--db",
        str(path),
    ]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("Test tools"):
            break
    time.sleep(0.3)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: the whole group
    _, err = process.communicate(timeout=60)
    assert process.returncode in (130, -signal.SIGINT), err  # a shell reports both as 130
    assert "scaleenv resume" in err
    assert "Traceback" not in err
    listed = json.loads(scaleenv("list", "--json", "--db", path).stdout)
    assert [(each["run"], each["status"]) for each in listed["runs"]] == [("library-1", "interrupted")]
    with Store.open(path) as store:
        store.runs.retarget("library-1", store.runs.get("library-1").options.model_copy(update={"tasks": 2}))
    resumed = scaleenv("resume", "--json", "--workers", "1", "--db", path)
    assert resumed.returncode == 0, resumed.stderr
    (summary,) = json.loads(resumed.stdout)["resumed"]
    assert summary["status"] == "done"
    assert summary["tasks_audited"] >= 2


def test_too_few_tasks_are_a_failure_that_says_why(tmp_path: Path) -> None:
    seed = tmp_path / "reading.yaml"
    text = samples.LIBRARY.read_text("utf-8").replace("domain: library", "domain: reading")
    seed.write_text(text[: text.index("      add_wish:")], "utf-8")
    done = scaleenv("synth", seed, "--tasks", "1", "--workers", "1", "--json", "--db", tmp_path / "studio.db")
    assert done.returncode == 1
    assert json.loads(done.stdout)["tasks_audited"] == 0
    assert "Only 0 of 1 tasks came about" in done.stderr
    assert "not built" in done.stderr


def test_a_bad_blueprint_is_told_with_its_line(tmp_path: Path) -> None:
    seed = tmp_path / "bad.yaml"
    seed.write_text(samples.LIBRARY.read_text("utf-8").replace("title: title", "title: tittle"), "utf-8")
    done = scaleenv("synth", seed, "--json", "--db", tmp_path / "studio.db")
    assert done.returncode == 2
    assert "bad.yaml:" in json.loads(done.stdout)["error"]
    assert not (tmp_path / "studio.db").exists(), "what can't be read leaves no trace"


def test_text_of_foreign_seeds_is_never_markup(tmp_path: Path) -> None:
    seed = tmp_path / "odd.yaml"
    text = samples.LIBRARY.read_text("utf-8").replace(
        "City Library", "'[bold red]Oops[/] <img src=x onerror=alert(1)>'"
    )
    seed.write_text(text, "utf-8")
    path = tmp_path / "studio.db"
    assert scaleenv("synth", seed, "--tasks", "0", "--workers", "1", "--db", path).returncode == 0
    assert "[bold red]Oops[/] <img" in scaleenv("show", "library", "--db", path).stdout


def test_bench_mutations_and_synth(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    planted = answer(capsys, "bench", "mutations", "library", "--limit", "12", "--db", db)
    assert {"planted", "caught", "caught_rate", "survivors"} <= set(planted)
    assert planted["planted"] <= 12
    measured = answer(capsys, "bench", "synth", LIBRARY, "--tasks", "1", "--workers", "1")
    assert measured["tasks"] == 1
    assert measured["tasks_per_s"] > 0


def test_bench_runtime(capsys: pytest.CaptureFixture[str]) -> None:
    measured = answer(capsys, "bench", "runtime", "--rows", "50", "--seconds", "0.05")
    assert {
        *("inprocess_steps_per_s", "inprocess_resets_per_s", "inprocess_rewards_per_s", "sandbox_steps_per_s"),
        *("sandbox_batched_steps_per_s", "sandbox_resets_per_s", "rows", "rss_mb"),
    } <= set(measured)
