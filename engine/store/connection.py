"""One connection to the store's file: how it is opened, how transactions begin, how errors are told."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from engine.errors import StoreError

Parameters = Sequence[Any] | Mapping[str, Any]

BUSY_SECONDS = 30.0
"""How long a statement waits for another process's write before it gives up."""

_EXPLAINED = {
    sqlite3.SQLITE_NOTADB: "is not an SQLite database; choose another file with --db",
    sqlite3.SQLITE_BUSY: "is locked: another process has been writing to it for too long. Nothing was changed and nothing "
    "is lost; try again in a moment, or find out which process holds it open",
    sqlite3.SQLITE_LOCKED: "is locked by another statement; try again",
    sqlite3.SQLITE_READONLY: "can't be written: the file or its folder is read-only; "
    "change its permissions or choose another place with --db",
    sqlite3.SQLITE_CANTOPEN: "can't be opened: the folder is missing or may not be written; choose another place with --db",
    sqlite3.SQLITE_FULL: "can't grow: the disk is full; free some space, nothing that was stored is lost",
    sqlite3.SQLITE_CORRUPT: "is damaged; restore a copy, or start a new one with --db",
    sqlite3.SQLITE_IOERR: "can't be read or written: the disk answered with an error",
    sqlite3.SQLITE_PERM: "may not be accessed; change its permissions or choose another place with --db",
    sqlite3.SQLITE_AUTH: "may not be accessed; change its permissions or choose another place with --db",
}


def explain(path: Path, error: sqlite3.Error) -> StoreError:
    """An SQLite error as one that names the file and a remedy."""
    # Extended codes keep the primary one in the low byte.
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return StoreError(f"The store `{path}` {_EXPLAINED.get(code, f'refused: {error}')}.")


class Connection:
    """A connection of one thread; plain `sqlite3` underneath, since importing sqlite-utils takes a second.

    Args:
        path: The file.
        timeout: Seconds to wait for another writer.

    Raises:
        StoreError: The file can't be opened, or is not an SQLite database.
    """

    def __init__(self, path: Path, *, timeout: float = BUSY_SECONDS) -> None:
        self.path = path
        with self._explained():
            # isolation_level None: transactions begin only where `transaction` says so.
            self.raw = sqlite3.connect(path, timeout=timeout, isolation_level=None)
        self.raw.row_factory = sqlite3.Row
        try:
            with self._explained():
                self.raw.execute("pragma foreign_keys = on")
                # A killed process loses nothing with `normal`; a power cut may lose the last steps, never half of one.
                self.raw.execute("pragma synchronous = normal")
        except StoreError:
            self.raw.close()
            raise

    @contextmanager
    def _explained(self) -> Generator[None, None, None]:
        try:
            yield
        except sqlite3.IntegrityError:
            raise  # a defect of ours, not of the file
        except sqlite3.DatabaseError as error:
            raise explain(self.path, error) from error

    def all(self, sql: str, parameters: Parameters = ()) -> list[sqlite3.Row]:
        """All rows of a query."""
        with self._explained():
            return self.raw.execute(sql, parameters).fetchall()

    def each(self, sql: str, parameters: Parameters = ()) -> Generator[sqlite3.Row, None, None]:
        """The rows of a query one after the other, for what does not fit into memory."""
        with self._explained():
            yield from self.raw.execute(sql, parameters)

    def one(self, sql: str, parameters: Parameters = ()) -> sqlite3.Row | None:
        """The first row of a query, if there is one."""
        with self._explained():
            row: sqlite3.Row | None = self.raw.execute(sql, parameters).fetchone()
            return row

    def value(self, sql: str, parameters: Parameters = ()) -> Any:
        """The first column of the first row, or `None`."""
        row = self.one(sql, parameters)
        return None if row is None else row[0]

    def write(self, sql: str, parameters: Parameters = ()) -> int:
        """Runs one writing statement, in a transaction of its own unless one is open; returns the rows it touched."""
        with self.transaction(), self._explained():
            return self.raw.execute(sql, parameters).rowcount

    def write_many(self, sql: str, rows: Iterable[Parameters]) -> None:
        """Runs one writing statement for each of `rows`, all or none."""
        with self.transaction(), self._explained():
            self.raw.executemany(sql, rows)

    @contextmanager
    def transaction(self) -> Generator[None, None, None]:
        """All or nothing. Inside an open transaction it joins that one.

        Begins IMMEDIATE: two writers that read before they write would otherwise both hold a read lock
        and one of them fail at once, whatever the timeout.
        """
        if self.raw.in_transaction:
            yield
            return
        with self._explained():
            self.raw.execute("begin immediate")
        try:
            yield
            with self._explained():
                self.raw.execute("commit")
        except BaseException:
            if self.raw.in_transaction:
                self.raw.execute("rollback")
            raise

    @contextmanager
    def snapshot(self) -> Generator[None, None, None]:
        """Everything read inside is of one moment, whatever others write meanwhile."""
        if self.raw.in_transaction:
            yield
            return
        with self._explained():
            self.raw.execute("begin")
        try:
            yield
        finally:
            if self.raw.in_transaction:
                self.raw.execute("rollback")

    def close(self) -> None:
        """Closes the connection; an open transaction is rolled back."""
        self.raw.close()
