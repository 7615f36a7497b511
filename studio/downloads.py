"""An export as one file to download."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from engine.pipeline.exports import Format, export_domains
from studio.queries.opened import opened

OLDEST = (1980, 1, 1, 0, 0, 0)
"""The time of every entry: the earliest that a zip can say."""


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


def zip_folder(folder: Path) -> bytes:
    """The folder as a zip, in order of names and without anything that says when or by whom it was made."""
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = ZipInfo(str(Path(folder.name) / path.relative_to(folder)), OLDEST)
            entry.compress_type = ZIP_DEFLATED
            entry.create_system = 3  # the same on every system, else Windows writes another byte
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, path.read_bytes())
    return buffer.getvalue()
