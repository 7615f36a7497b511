"""One row a task, for training: JSONL and Parquet that `datasets` reads."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Iterable
from contextlib import AbstractContextManager
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

from engine.errors import ExportError
from engine.export.checks import checked
from engine.export.files import write_file
from engine.models.base import Rows, canonical_json
from engine.models.domain import Domain
from engine.models.task import Task
from engine.runtime.spec import openai_schema


@cache
def _packaged(name: str) -> str:
    return files("engine.export").joinpath(name).read_text("utf-8")


def messages(domain: Domain, task: Task) -> list[dict[str, str]]:
    """The conversation that an agent starts from: a system message and the user's instruction."""
    known = [f"- {name.replace('_', ' ')}: {value}" for name, value in task.user_profile.items() if value is not None]
    system = _packaged("system_prompt.txt").format(
        title=domain.spec.title,
        description=domain.spec.description,
        now=task.initial_state.now.replace("T", " "),
        profile="\n".join(known) or "- nothing",
    )
    return [{"role": "system", "content": system.strip()}, {"role": "user", "content": task.instruction}]


def initial_rows(domain: Domain, task: Task) -> Rows:
    """All rows of s0, those of the domain's base included where the task stands on it."""
    own, state = domain.spec.base_rows, task.initial_state
    if not state.extends_base:
        return state.rows
    return {table: [*own.get(table, ()), *state.rows.get(table, ())] for table in {**own, **state.rows}}


def task_fields(task: Task) -> dict[str, Any]:
    """A task as plain data, under the names that every export uses."""
    return {
        "task_id": task.id,
        "domain": task.domain,
        "instruction": task.instruction,
        "user_profile": dict(task.user_profile),
        "difficulty": task.difficulty,
        "tools": list(task.tools),
        "reference_calls": [call.model_dump(mode="json") for call in task.reference_calls],
        "chain": task.chain.model_dump(mode="json"),
        "gold_diff": [change.model_dump(mode="json") for change in task.gold_diff],
        "initial_state": task.initial_state.model_dump(mode="json"),
    }


def training_row(domain: Domain, task: Task) -> dict[str, Any]:
    """A task as a row that needs nothing else: with its messages, tool schemas and whole initial state."""
    return {
        **task_fields(task),
        "messages": messages(domain, task),
        "tools": [openai_schema(domain.tool[name]) for name in task.tools],
        "initial_state": {"now": task.initial_state.now, "rows": initial_rows(domain, task)},
    }


def json_line(row: dict[str, Any]) -> str:
    """A row as one line of JSON: its fields in order, everything within them in canonical order but tool schemas."""
    parts = [
        f"{json.dumps(name)}:{_schemas(value) if name == 'tools' else canonical_json(value)}"
        for name, value in row.items()
    ]
    return "{" + ",".join(parts) + "}\n"


def _schemas(value: Any) -> str:
    """Tool schemas keep the order of their parameters, which means something to people and models."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def write_jsonl(domain: Domain, tasks: Iterable[Task], folder: Path) -> Path:
    """Writes `tasks.jsonl` into `folder`: one row a task, the same bytes for the same tasks.

    A dataset card beside it (`README.md`) names the columns' types, so that `datasets.load_dataset(folder)` of version
    4.7 or later reads nested values without loss.

    Returns:
        The file.

    Raises:
        ExportError: A task does not belong here (see `checked`), the file can't be written, or the folder has a
            README.md of its own.
    """
    path = folder / "tasks.jsonl"
    card, text = folder / "README.md", _packaged("dataset_card.md")
    if card.is_file() and card.read_bytes() != text.encode():
        raise ExportError(f"{card} exists and would be overwritten; choose another --out")

    def write(draft: Path) -> None:
        with JsonlFile(draft) as file:
            for task in checked(domain, tasks):
                file.write(training_row(domain, task))

    write_file(path, write)
    write_file(card, lambda draft: draft.write_text(text, "utf-8"))
    return path


class RowFile(AbstractContextManager["RowFile"]):
    """A file of rows that is written one row at a time; give it to `with`."""

    @abstractmethod
    def write(self, row: dict[str, Any]) -> None:
        """Adds a row."""


class JsonlFile(RowFile):
    """One line of JSON a row.

    Args:
        path: Where to; what is there is overwritten.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8", newline="\n")

    def write(self, row: dict[str, Any]) -> None:
        """Adds a row."""
        self._file.write(json_line(row))

    def __exit__(self, *error: object) -> None:
        """Closes the file."""
        self._file.close()


NESTED = ("user_profile", "tools", "reference_calls", "chain", "gold_diff", "initial_state")
"""Columns of the Parquet file that hold JSON as text.

Arrow structs would pad every missing key with a null, and models learn the nulls.
"""

ROWS_AT_ONCE = 1000
"""Rows of one row group: what is held in memory while Parquet is written."""


class ParquetFile(RowFile):
    """Rows with nested values as JSON text, written in row groups.

    Args:
        path: Where to; what is there is overwritten.

    Raises:
        ExportError: pyarrow is not installed.
    """

    TEXT = ("task_id", "domain", "instruction", "difficulty")

    def __init__(self, path: Path) -> None:
        try:
            import pyarrow as arrow
            from pyarrow import parquet
        except ImportError as error:
            raise ExportError(
                "Parquet needs pyarrow, which is not installed; pip install 'scaleenv-studio[parquet]', or use jsonl"
            ) from error
        # pyarrow has no complete type information, so it is used as plain objects.
        self._arrow = cast("Any", arrow)
        pa = self._arrow
        message = pa.struct([("role", pa.string()), ("content", pa.string())])
        self._schema = pa.schema(
            [
                *((name, pa.string()) for name in self.TEXT),
                ("messages", pa.list_(message)),
                *((name, pa.string()) for name in NESTED),
            ]
        )
        self._file = cast("Any", parquet).ParquetWriter(path, self._schema, compression="zstd")
        self._rows: list[dict[str, Any]] = []

    def write(self, row: dict[str, Any]) -> None:
        """Adds a row."""
        flat = {name: (_schemas if name == "tools" else canonical_json)(row[name]) for name in NESTED}
        self._rows.append({**{name: row[name] for name in (*self.TEXT, "messages")}, **flat})
        if len(self._rows) >= ROWS_AT_ONCE:
            self._flush()

    def _flush(self) -> None:
        self._file.write_table(self._arrow.Table.from_pylist(self._rows, schema=self._schema))
        self._rows = []

    def __exit__(self, *error: object) -> None:
        """Writes what is left and closes the file."""
        if self._rows:
            self._flush()
        self._file.close()


def write_parquet(domain: Domain, tasks: Iterable[Task], folder: Path) -> Path:
    """Writes `tasks.parquet` into `folder`: one row a task, with nested values as JSON text.

    Returns:
        The file.

    Raises:
        ExportError: A task does not belong here (see `checked`), pyarrow is not installed, or the file can't be
            written.
    """

    def write(draft: Path) -> None:
        with ParquetFile(draft) as file:
            for task in checked(domain, tasks):
                file.write(training_row(domain, task))

    path = folder / "tasks.parquet"
    write_file(path, write)
    return path
