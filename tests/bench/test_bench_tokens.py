"""The token bench replays the cassette that ships with the engine, which must fit this version's prompts."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from engine.bench.tokens import (
    FOUNDATION_AIM,
    FOUNDATION_PAPER,
    OPTIONS,
    RECORD,
    TASK_AIM,
    TASK_PAPER,
    TASK_ROLES,
    measure_tokens,
)
from engine.datafiles import data_path
from engine.errors import UsageError


def _tape() -> list[bytes]:
    return gzip.decompress(data_path("cassettes", "bicycle_workshop.jsonl.gz").read_bytes()).splitlines(keepends=True)


def test_the_cassette_is_current_and_the_aims_are_met() -> None:
    report = measure_tokens()
    assert (report.tools, report.tasks) == (OPTIONS.tools, OPTIONS.tasks)
    assert report.per_foundation <= FOUNDATION_AIM
    assert report.per_task <= TASK_AIM
    assert sum(each.total for each in report.by_role.values()) == report.foundation.total + report.of_tasks.total
    assert {role for role in report.by_role if role in TASK_ROLES} >= {"chain", "instruction"}
    data = report.data()
    assert data["paper"] == {"foundation": FOUNDATION_PAPER, "task": TASK_PAPER}
    assert data["by_role"]["code"]["total"] == report.by_role["code"].total


def test_other_prompts_are_told_with_the_remedy(tmp_path: Path) -> None:
    header, *answers = _tape()
    kept = [line for line in answers if b"Role: domain" not in line]
    assert len(kept) < len(answers)
    tape = tmp_path / "old.jsonl"
    tape.write_bytes(header.replace(b'"answers":%d' % len(answers), b'"answers":%d' % len(kept)) + b"".join(kept))
    with pytest.raises(UsageError, match="recorded with other prompts") as caught:
        measure_tokens(tape)
    assert RECORD in str(caught.value)


def test_what_is_no_cassette_is_refused(tmp_path: Path) -> None:
    tape = tmp_path / "broken.jsonl.gz"
    tape.write_bytes(b"no gzip")
    with pytest.raises(UsageError, match="can't be used, line 1"):
        measure_tokens(tape)
