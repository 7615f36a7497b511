"""A frozen version as files: complete, the same bytes every time, split as `datasets` reads it, and runnable."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, get_args

import pyarrow.parquet as pq
import pytest

from engine.errors import ExportError
from engine.export.dataset import Format
from engine.models.dataset import DatasetChoice, SplitPlan
from engine.pipeline.datasets import export_version, freeze
from engine.store import Store
from tests.studio.filled import ATTACK, DOMAIN, TASKS, fill, fill_with_attacks

ALL = DatasetChoice(reviews=("approved", "open"))
SPLIT = SplitPlan(train=60, validation=0, test=40)
FORMATS = get_args(Format)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(fill(tmp_path / "studio.db")) as opened:
        freeze(opened, ALL, SPLIT, curator="ada", note="a *first* <b>look</b>")
        yield opened


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").split("\n") if line]


def test_jsonl_has_a_file_for_each_split_and_the_card_names_them(store: Store, tmp_path: Path) -> None:
    out = export_version(store, DOMAIN, 1, tmp_path / "out", "jsonl").path
    members = {member.task_id: member.split for member in store.datasets.members(DOMAIN, 1)}
    rows = {split: lines(out / "data" / f"{split}.jsonl") for split in ("train", "test")}
    assert {row["task_id"]: split for split, own in rows.items() for row in own} == members
    assert all(
        row["messages"] and row["tools"] and row["initial_state"]["rows"] for own in rows.values() for row in own
    )
    assert not (out / "data" / "validation.jsonl").exists()  # `load_dataset` stumbles over an empty file
    head = (out / "README.md").read_text("utf-8").split("---\n")[1]
    assert "- split: train\n    path: data/train.jsonl\n  - split: test\n    path: data/test.jsonl\n" in head
    assert all(f"- name: {column}\n" in head for column in rows["train"][0])


def test_parquet_holds_the_same_rows(store: Store, tmp_path: Path) -> None:
    out = export_version(store, DOMAIN, 1, tmp_path / "parquet", "parquet").path
    other = export_version(store, DOMAIN, 1, tmp_path / "jsonl", "jsonl").path
    for split in ("train", "test"):
        read = pq.read_table(out / "data" / f"{split}.parquet").to_pylist()
        rows = lines(other / "data" / f"{split}.jsonl")
        assert [row["task_id"] for row in read] == [row["task_id"] for row in rows]
        assert [json.loads(row["initial_state"]) for row in read] == [row["initial_state"] for row in rows]


def test_a_bundle_names_the_split_of_each_task_and_runs_in_plain_python(store: Store, tmp_path: Path) -> None:
    out = export_version(store, DOMAIN, 1, tmp_path / "out", "bundle").path
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from environment import Environment\n"
        "env = Environment.load(sys.argv[1])\n"
        "for task in env.tasks:\n"
        "    env.reset(task['task_id'])\n"
        "    for call in task['reference_calls']: env.step(call['name'], call['arguments'])\n"
        "    print(task['task_id'], task['split'], env.reward())\n"
    )
    ran = subprocess.run(
        [sys.executable, "-I", "-c", code, str(out / DOMAIN)], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    said = [line.split() for line in ran.stdout.splitlines()]
    assert said == [[each.task_id, each.split, "1.0"] for each in store.datasets.members(DOMAIN, 1)]
    assert len(said) == TASKS


@pytest.mark.parametrize("format", FORMATS)
def test_the_same_content_gives_the_same_bytes_wherever_it_was_frozen(
    format: Format, store: Store, tmp_path: Path
) -> None:
    first = files(export_version(store, DOMAIN, 1, tmp_path / "one", format).path)
    with Store.open(fill(tmp_path / "other.db"), clock=lambda: 5.0) as other:
        freeze(other, ALL, SPLIT, curator="somebody else", note="a *first* <b>look</b>")
        assert files(export_version(other, DOMAIN, None, tmp_path / "two", format).path) == first
    assert files(export_version(store, DOMAIN, 1, tmp_path / "one", format).path) == first  # replaced as a whole


@pytest.mark.parametrize("format", FORMATS)
def test_the_manifest_has_the_hash_of_every_file_and_the_members_have_the_digest(
    format: Format, store: Store, tmp_path: Path
) -> None:
    out = export_version(store, DOMAIN, 1, tmp_path / "out", format).path
    manifest = json.loads((out / "manifest.json").read_text("utf-8"))
    found = {name: sha256(content).hexdigest() for name, content in files(out).items()}
    found.pop("manifest.json")
    assert manifest["files"] == found
    assert manifest["digest"] == found["members.jsonl"]
    assert [each.get("task_id") for each in lines(out / "members.jsonl")] == [
        None,
        *(each.task_id for each in store.datasets.members(DOMAIN, 1)),
    ]


def test_the_card_says_what_it_is_and_quotes_foreign_words_safely(store: Store, tmp_path: Path) -> None:
    card = (export_version(store, DOMAIN, 1, tmp_path / "out", "jsonl").path / "README.md").read_text("utf-8")
    manifest = store.datasets.get(DOMAIN, 1).manifest
    assert r"a \*first\* \<b\>look\</b\>" in card
    assert manifest.digest in card
    assert "| train | 60% | 66.7% | 2 |" in card
    assert "Leakage check of the result: passed" in card
    for part in ("How to load it", "Splits", "Balance", "Where it comes from", "Limits"):
        assert f"\n## {part}\n" in card


def test_a_card_of_hostile_words_holds_no_markup(tmp_path: Path) -> None:
    with Store.open(fill_with_attacks(tmp_path / "hostile.db")) as store:
        manifest = freeze(store, ALL, curator="ada", note=ATTACK, name="hostile").version.manifest
    from engine.export.data_card import data_card

    card = data_card(manifest, "bundle")
    assert r"\<img src=x onerror" in card
    for markup in ("<img", "<script", "](http", "](javascript", "**b**", "$x^2$"):
        assert markup not in card.replace("\\<", "").replace("\\]", "").replace("\\*", "").replace("\\$", "")


def test_a_folder_with_other_things_is_left_alone(store: Store, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "thesis.txt").write_text("years of work")
    with pytest.raises(ExportError, match="holds other things"):
        export_version(store, DOMAIN, 1, out, "jsonl")
    assert files(out) == {"thesis.txt": b"years of work"}


def test_an_export_of_a_tampered_version_is_refused_and_leaves_nothing(store: Store, tmp_path: Path) -> None:
    store._connection.write("drop trigger dataset_member_is_never_changed")  # pyright: ignore[reportPrivateUsage]
    store._connection.write("update dataset_member set split = 'validation' where position = 0")  # pyright: ignore[reportPrivateUsage]
    with pytest.raises(ExportError, match="are not those that were frozen"):
        export_version(store, DOMAIN, 1, tmp_path / "out", "jsonl")
    assert not (tmp_path / "out").exists()
