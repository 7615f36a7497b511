"""Rows for training: complete, the same bytes for the same tasks, and free of padding."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.errors import ExportError
from engine.export.rows import NESTED, initial_rows, messages, write_jsonl, write_parquet
from tests.export.booking_tasks import ADDED, BASE, ROOMS, base_domain, booking_tasks


def rows(folder: Path) -> list[dict[str, Any]]:
    text = write_jsonl(base_domain(), booking_tasks(), folder).read_text("utf-8")
    return [json.loads(line) for line in text.strip("\n").split("\n")]


def test_a_row_has_all_that_training_needs(tmp_path: Path) -> None:
    row = rows(tmp_path)[1]
    task = booking_tasks()[1]
    assert row["task_id"] == task.id
    assert [message["role"] for message in row["messages"]] == ["system", "user"]
    assert row["messages"][1]["content"] == row["instruction"] == task.instruction
    assert [tool["function"]["name"] for tool in row["tools"]] == list(task.tools)
    assert row["reference_calls"] == [call.model_dump() for call in task.reference_calls]
    assert row["gold_diff"] == [change.model_dump(mode="json") for change in task.gold_diff]
    assert row["chain"]["steps"][0]["tool"] == "book_room"


def test_the_initial_state_is_whole(tmp_path: Path) -> None:
    state = rows(tmp_path)[1]["initial_state"]
    assert state == {
        "now": "2026-03-02T09:00:00",
        "rows": {**ROOMS, "customer": [*BASE["customer"], *ADDED["customer"]]},
    }
    assert initial_rows(base_domain(), booking_tasks()[0]) == booking_tasks()[0].initial_state.rows


def test_the_system_message_tells_the_time_and_what_is_known_of_the_user() -> None:
    system = messages(base_domain(), booking_tasks()[0])[0]["content"]
    assert "Room Booking" in system
    assert "It is 2026-03-02 09:00:00." in system
    assert "- name: Ada “Moss”" in system
    assert "city" not in system  # null: nothing is known
    assert "book_room" not in system


def test_tool_parameters_keep_their_order(tmp_path: Path) -> None:
    tools = {tool["function"]["name"]: tool["function"]["parameters"] for tool in rows(tmp_path)[0]["tools"]}
    assert list(tools["book_room"]["properties"])[:3] == ["customer_id", "room_id", "starts_at"]


def test_both_formats_are_the_same_bytes_every_time(tmp_path: Path) -> None:
    for write in (write_jsonl, write_parquet):
        first, second = (write(base_domain(), booking_tasks(), tmp_path / name) for name in ("a", "b"))
        assert first.read_bytes() == second.read_bytes()
        assert write(base_domain(), booking_tasks(), tmp_path / "a") == first
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["README.md", "tasks.jsonl", "tasks.parquet"]


def test_parquet_holds_the_same_rows_without_padding(tmp_path: Path) -> None:
    table = pq.read_table(write_parquet(base_domain(), booking_tasks(), tmp_path))
    read = [
        {name: json.loads(value) if name in NESTED else value for name, value in row.items()}
        for row in table.to_pylist()
    ]
    assert read == [{name: row[name] for name in table.column_names} for row in rows(tmp_path)]
    assert table.schema.field("messages").type == pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))


def test_the_dataset_card_names_every_column(tmp_path: Path) -> None:
    """`datasets` takes the types from it, and so does not guess (dates would become timestamps)."""
    columns = list(rows(tmp_path)[0])
    card = (tmp_path / "README.md").read_text("utf-8")
    listed = [line.split(": ")[1] for line in card.split("\n") if line.startswith("  - name: ")]
    assert listed == columns
    assert "data_files: tasks.jsonl" in card


def test_a_readme_of_ones_own_is_kept(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# Mine")
    with pytest.raises(ExportError, match="would be overwritten"):
        write_jsonl(base_domain(), booking_tasks(), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]


def test_no_tasks_make_an_empty_file(tmp_path: Path) -> None:
    assert write_jsonl(base_domain(), (), tmp_path).read_bytes() == b""
    assert pq.read_table(write_parquet(base_domain(), (), tmp_path)).num_rows == 0


def test_parquet_without_pyarrow_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ExportError, match=r"scaleenv-studio\[parquet\]"):
        write_parquet(base_domain(), booking_tasks(), tmp_path)


def test_a_place_that_can_not_be_written_is_an_export_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ExportError, match="choose another --out"):
        write_jsonl(base_domain(), booking_tasks(), tmp_path / "file")
