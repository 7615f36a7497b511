"""The zip that the export page offers."""

from __future__ import annotations

import json
import sys
from importlib import import_module, invalidate_caches
from io import BytesIO
from pathlib import Path
from typing import get_args
from zipfile import ZipFile

import pytest

from engine.errors import UsageError
from engine.pipeline.exports import Format
from engine.store import Store
from studio.downloads import make_download
from tests.studio.filled import DOMAIN, TASKS


def test_the_same_tasks_give_the_same_bytes(full_store: Path) -> None:
    formats: tuple[Format, ...] = get_args(Format)
    first = [make_download(DOMAIN, format, approved_only=False) for format in formats]
    assert [make_download(DOMAIN, format, approved_only=False) for format in formats] == first
    assert [made.tasks for made in first] == [TASKS] * 3
    assert [made.name for made in first] == [f"{DOMAIN}-{format}.zip" for format in formats]
    for made in first:
        entries = ZipFile(BytesIO(made.content)).infolist()
        assert all(entry.filename.startswith(f"{DOMAIN}/") for entry in entries)
        assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}  # not when it was made


def test_a_bundle_runs_from_the_zip(full_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = make_download(DOMAIN, "bundle", approved_only=False)
    ZipFile(BytesIO(made.content)).extractall(tmp_path / "out")
    monkeypatch.syspath_prepend(str(tmp_path / "out"))
    invalidate_caches()
    module = import_module(f"{DOMAIN}.environment")
    environment = module.Environment.load(tmp_path / "out" / DOMAIN)
    for line in (tmp_path / "out" / DOMAIN / "tasks.jsonl").read_text().splitlines():
        task = json.loads(line)
        environment.reset(task["task_id"])
        for call in task["reference_calls"]:
            environment.step(call["name"], call["arguments"])
        assert environment.reward() == 1.0
    for name in [name for name in sys.modules if name.split(".")[0] == DOMAIN]:
        del sys.modules[name]


def test_only_approved_tasks_where_asked(full_store: Path) -> None:
    with Store.open(full_store) as store:
        ids = [task.id for task in store.tasks.iterate(DOMAIN)]
        store.reviews.record(DOMAIN, ids[1], "approve", "me")
    made = make_download(DOMAIN, "jsonl", approved_only=True)
    lines = ZipFile(BytesIO(made.content)).read(f"{DOMAIN}/tasks.jsonl").decode().splitlines()
    assert [json.loads(line)["task_id"] for line in lines] == [ids[1]]
    assert made.name == f"{DOMAIN}-jsonl-approved.zip"


def test_an_unknown_domain_is_refused(full_store: Path) -> None:
    with pytest.raises(UsageError, match="no domain"):
        make_download("nowhere", "bundle", approved_only=False)


def test_nothing_is_exported_before_an_edit_is_verified_again(full_store: Path) -> None:
    with Store.open(full_store) as store:
        store.tasks.mark_stale(DOMAIN, [next(store.tasks.iterate(DOMAIN)).id], "a tool was edited")
    with pytest.raises(UsageError, match="not verified again yet"):
        make_download(DOMAIN, "jsonl", approved_only=False)
