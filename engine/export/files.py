"""Writes files and folders so that they are there as a whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from engine.errors import ExportError


def write_file(path: Path, write: Callable[[Path], object]) -> None:
    """Lets `write` fill a file beside `path`, then puts it in its place.

    Raises:
        ExportError: The file can't be written.
    """
    is_new = not path.parent.exists()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        os.close(handle)
    except OSError as error:
        raise ExportError(f"can't write {path}: {error.strerror or error}; choose another --out") from error
    draft = Path(name)
    try:
        write(draft)
        draft.chmod(0o644)
        draft.replace(path)
    except OSError as error:
        raise ExportError(f"can't write {path}: {error.strerror or error}; choose another --out") from error
    finally:
        draft.unlink(missing_ok=True)
        if is_new and not path.exists():
            path.parent.rmdir()


def write_folder(folder: Path, fill: Callable[[Path], object], is_ours: Callable[[Path], bool]) -> None:
    """Lets `fill` fill a new folder, then puts it in place of `folder`.

    Args:
        fill: Writes the contents into the empty folder that it is given.
        is_ours: Whether an existing folder is one that may be replaced.

    Raises:
        ExportError: The folder holds something else, or can't be written.
    """
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise ExportError(f"{folder} exists and is no folder; choose another --out")
    if folder.is_dir() and any(folder.iterdir()) and not is_ours(folder):
        raise ExportError(f"{folder} holds other things, which an export would delete; choose another --out")
    draft: Path | None = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        new, old = draft / "new", draft / "old"
        new.mkdir()
        fill(new)
        if folder.is_dir():
            folder.rename(old)
        new.rename(folder)
    except OSError as error:
        raise ExportError(f"can't write {folder}: {error.strerror or error}; choose another --out") from error
    finally:
        if draft is not None:
            if (draft / "old").is_dir() and not folder.exists():
                (draft / "old").rename(folder)
            shutil.rmtree(draft, ignore_errors=True)
