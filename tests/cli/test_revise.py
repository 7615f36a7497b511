"""`scaleenv revise`: the same edit as in the studio, from files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.cli import run
from engine.store import Store
from tests.pipeline import samples


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(samples.make(tmp_path_factory.mktemp("revise") / "studio.db"))


def revise(db: str, *arguments: str) -> int:
    return run(["revise", "library", "add_wish", "--db", db, "--workers", "1", *arguments])


def test_an_edit_from_files_counts_and_is_verified(db: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert revise(db, "--print-contract") == 0
    contract = capsys.readouterr().out
    with Store.open(db) as store:
        source = store.tools.get("library", "add_wish").tool.source
    (tmp_path / "contract.yaml").write_text(contract.replace("< 6", "< 7"), "utf-8")
    (tmp_path / "source.py").write_text(source.replace(">= 6", ">= 7"), "utf-8")
    files = ("--source", str(tmp_path / "source.py"), "--contract", str(tmp_path / "contract.yaml"))
    assert revise(db, *files, "--note", "seven", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["state"], told["status"], told["tools_admitted"]) == ("counts", "done", 1)
    assert run(["verify", "library", "--db", db, "--workers", "1"]) == 0
    with Store.open(db) as store:
        assert [edit.note for edit in store.tool_edits.of("library", "add_wish")] == ["seven"]


def test_an_edit_that_fails_its_tests_is_told_with_its_reasons(
    db: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Store.open(db) as store:
        source = store.tools.get("library", "add_wish").tool.source
    (tmp_path / "source.py").write_text(source.replace("list_full", "list_is_full"), "utf-8")
    assert revise(db, "--source", str(tmp_path / "source.py")) == 1
    told = capsys.readouterr()
    assert "was refused; the tool stays as it was" in told.out
    assert "expected the rejection list_full" in told.out


@pytest.mark.parametrize(
    "text, said",
    [("requires: [", "contract, line 1"), ("requires: 7", "contract, line 1"), ("{}", "uses it; use or drop it")],
    ids=["not-yaml", "not-a-list", "empty"],
)
def test_a_contract_that_can_not_be_tested(
    db: str, tmp_path: Path, text: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "contract.yaml").write_text(text, "utf-8")
    assert revise(db, "--contract", str(tmp_path / "contract.yaml")) == 2
    assert said in capsys.readouterr().err


def test_a_missing_file_and_no_change(db: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert revise(db, "--source", str(tmp_path / "nowhere.py")) == 2
    assert "can't be read" in capsys.readouterr().err
    assert revise(db) == 2
    assert "Nothing of `add_wish` is changed" in capsys.readouterr().err


def test_a_model_is_asked_for_the_edit_and_what_it_leaves_as_it_is_does_not_count(
    db: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert revise(db, "--model", "composer", "--hint", "shorter", "--role", "code", "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["state"], told["status"]) == ("refused", "done")
    assert "composer leaves the tool as it is" in told["reasons"][0]


@pytest.mark.parametrize(
    "arguments, words",
    [
        (("--model", "x y"), "that is no model's name"),
        (("--model", "composer", "--note", "why"), "leave out --source"),
        (("--hint", "shorter"), "name one with --model"),
        (("--max-cost", "1"), "name one with --model"),
        (("--model", "composer", "--config", "nowhere.toml"), "there is no such file"),
        (("--model", "composer", "--base-url", "ftp://there"), "no base URL"),
    ],
)
def test_a_wish_for_a_model_that_makes_no_sense_is_refused(
    db: str, arguments: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert revise(db, *arguments) == 2
    assert words in capsys.readouterr().err
