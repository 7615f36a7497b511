"""An export as one file to download."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from engine.pipeline.datasets import export_version
from engine.pipeline.exports import Format, export_domains
from studio.queries.opened import opened

OLDEST = (1980, 1, 1, 0, 0, 0)
"""The time of every entry: the earliest that a zip can say."""

MOST = 10_000
"""Tasks up to which a browser gets a zip: it goes through the server's memory. More are written by the command line."""


class Download(NamedTuple):
    """A zip with an export; the same tasks give the same bytes."""

    name: str
    content: bytes
    tasks: int


def make_download(domain: str, format: Format, *, approved_only: bool) -> Download:
    """Exports a domain into a zip.

    Args:
        domain: The domain.
        format: What to write.
        approved_only: Only tasks that a curator approved.

    Raises:
        UsageError: There is no such domain.
        ExportError: It can't be written.
    """
    with TemporaryDirectory(prefix="scaleenv-export-") as folder:
        out = Path(folder) / domain
        with opened() as store:
            written = export_domains(store, [domain], out, format=format, approved_only=approved_only)
        which = "-approved" if approved_only else ""
        return Download(f"{domain}-{format}{which}.zip", zip_folder(out), sum(each.tasks for each in written))


def version_file(name: str, version: int, format: Format) -> str:
    """The file name of a version's zip."""
    return f"{name}-v{version}-{format}.zip"


def version_zip(name: str, version: int, format: Format) -> Callable[[], bytes]:
    """Makes a version's zip when it is called; the same version gives the same bytes.

    The call raises a `ScaleEnvError` where the version is gone, damaged, or can't be written.
    """

    def make() -> bytes:
        with TemporaryDirectory(prefix="scaleenv-export-") as folder:
            out = Path(folder) / f"{name}-v{version}"
            with opened() as store:
                export_version(store, name, version, out, format)
            return zip_folder(out)

    return make


def zip_folder(folder: Path) -> bytes:
    """The folder as a zip, in order of names and without anything that says when or by whom it was made.

    Only the zip itself is held in memory, never what is in it.
    """
    draft = folder.with_name(f"{folder.name}.zip")
    with ZipFile(draft, "w", ZIP_DEFLATED) as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = ZipInfo(str(Path(folder.name) / path.relative_to(folder)), OLDEST)
            entry.compress_type = ZIP_DEFLATED
            entry.create_system = 3  # the same on every system, else Windows writes another byte
            entry.external_attr = 0o644 << 16
            entry.file_size = path.stat().st_size
            with path.open("rb") as source, archive.open(entry, "w") as target:
                shutil.copyfileobj(source, target, 1 << 20)
    content = draft.read_bytes()
    draft.unlink()
    return content
