"""A frozen dataset as a folder: one file a split, or one bundle a domain, with a data card and a manifest."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, NamedTuple, cast

from engine.errors import ExportError
from engine.export.bundle import fill_bundle
from engine.export.checks import checked
from engine.export.data_card import data_card
from engine.export.files import write_folder
from engine.export.rows import JsonlFile, ParquetFile, RowFile, training_row
from engine.models.dataset import SPLITS, DatasetManifest, Split
from engine.models.domain import Domain
from engine.models.task import Task

Format = Literal["bundle", "jsonl", "parquet"]

FORMAT = "scaleenv-dataset"
FORMAT_VERSION = 1
MEMBERS = "members.jsonl"
"""The file whose SHA-256 is the version's digest."""

_ROW_FILES: dict[str, Callable[[Path], RowFile]] = {"jsonl": JsonlFile, "parquet": ParquetFile}


class FrozenDomain(NamedTuple):
    """A domain of a version; `tasks` reads its tasks in order with their splits, one after the other."""

    domain: Domain
    tasks: Callable[[], Iterable[tuple[Split, Task]]]


def write_dataset(
    manifest: DatasetManifest,
    domains: Iterable[FrozenDomain],
    members: Iterable[str],
    folder: Path,
    format: Format,
) -> Path:
    """Writes a version; the same version gives the same bytes, whenever and wherever.

    Args:
        manifest: Of the version.
        domains: In order; each is read while it is written, so nothing is held as a whole.
        members: The lines that the version's digest is made of.
        folder: Where to. An older export of a dataset there is replaced as a whole.
        format: What to write.

    Returns:
        The folder.

    Raises:
        ExportError: A task can't be exported, `folder` holds something else or can't be written, or the members are
            not those that were frozen.
    """

    def fill(draft: Path) -> None:
        with (draft / MEMBERS).open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(members)
        if _hash(draft / MEMBERS) != manifest.digest:
            raise ExportError(
                f"The members of {manifest.name}@{manifest.version} are not those that were frozen; "
                f"see `scaleenv dataset verify {manifest.name}@{manifest.version}`."
            )
        counts = _fill_bundles(domains, draft) if format == "bundle" else _fill_rows(domains, draft, format)
        if counts != {split: size for split, size in manifest.split.sizes.items() if size}:
            raise ExportError(f"{manifest.name}@{manifest.version} holds other tasks than were frozen.")
        (draft / "README.md").write_text(data_card(manifest, format), "utf-8", newline="\n")
        (draft / "manifest.json").write_text(_manifest(manifest, format, draft), "utf-8", newline="\n")

    write_folder(folder, fill, _is_dataset)
    return folder


def row_file(split: Split, format: Format) -> str:
    """Where the rows of a split are, within the folder."""
    return f"data/{split}.{format}"


def _fill_rows(domains: Iterable[FrozenDomain], folder: Path, format: Format) -> dict[Split, int]:
    counts: Counter[Split] = Counter()
    (folder / "data").mkdir()
    with ExitStack() as open_files:
        files: dict[Split, RowFile] = {}
        for own in domains:
            for split, task in _checked(own):
                if split not in files:
                    files[split] = open_files.enter_context(_ROW_FILES[format](folder / row_file(split, format)))
                files[split].write(training_row(own.domain, task))
                counts[split] += 1
    return dict(counts)


def _fill_bundles(domains: Iterable[FrozenDomain], folder: Path) -> dict[Split, int]:
    counts: Counter[Split] = Counter()

    def with_split(own: FrozenDomain) -> Iterator[tuple[Task, dict[str, Any]]]:
        for split, task in own.tasks():
            counts[split] += 1
            yield task, {"split": split}

    for own in domains:
        (folder / own.domain.name).mkdir()
        fill_bundle(own.domain, with_split(own), folder / own.domain.name)
    return dict(counts)


def _checked(own: FrozenDomain) -> Iterator[tuple[Split, Task]]:
    splits: list[Split] = []

    def plain() -> Iterator[Task]:
        for split, task in own.tasks():
            splits.append(split)
            yield task

    for task in checked(own.domain, plain()):
        yield splits.pop(), task


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        found = sha256()
        while block := file.read(1 << 20):
            found.update(block)
    return found.hexdigest()


def _manifest(manifest: DatasetManifest, format: Format, folder: Path) -> str:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    data = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "content": format,
        **manifest.model_dump(mode="json"),
        "files": {path.relative_to(folder).as_posix(): _hash(path) for path in paths},
    }
    return json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _is_dataset(folder: Path) -> bool:
    try:
        manifest: Any = json.loads((folder / "manifest.json").read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(manifest, dict) and cast("dict[str, Any]", manifest).get("format") == FORMAT


def splits_of(manifest: DatasetManifest) -> list[Split]:
    """The splits that have tasks, in their order."""
    return [split for split in SPLITS if manifest.split.sizes.get(split)]
