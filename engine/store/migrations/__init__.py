"""The schema, as numbered migrations; SQLite's `user_version` says how many have run.

A new migration is a new module here and one more entry at the end of `MIGRATIONS`; one that was released is never changed.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from engine.errors import StoreError
from engine.store.connection import Connection
from engine.store.migrations.first import first
from engine.store.migrations.second import second
from engine.store.migrations.third import third

if TYPE_CHECKING:
    from sqlite_utils import Database

APPLICATION_ID = 0x5CA1E
"""Marks the file as ours in SQLite's header, so that nobody's other database is migrated by mistake."""

MIGRATIONS: tuple[Callable[[Database], None], ...] = (first, second, third)


def migrate(connection: Connection) -> None:
    """Brings the file to this version of the schema; does nothing, and imports nothing, where it is there already.

    Raises:
        StoreError: The file is of a newer version, or is another program's database.
    """
    version = _checked_version(connection)
    if version == len(MIGRATIONS):
        return
    with _no_pandas():
        from sqlite_utils import Database

    # Written into the file's header, so once is enough; not before the file is known to be ours.
    connection.value("pragma journal_mode = wal")
    with connection.transaction():
        # Another process may have been faster: what counts is what holds inside the transaction.
        version = _checked_version(connection)
        database = Database(connection.raw, recursive_triggers=False, execute_plugins=False)
        for migration in MIGRATIONS[version:]:
            migration(database)
        connection.raw.execute(f"pragma application_id = {APPLICATION_ID}")
        connection.raw.execute(f"pragma user_version = {len(MIGRATIONS)}")


@contextmanager
def _no_pandas() -> Generator[None, None, None]:
    """Hides pandas from sqlite-utils, which would import it for nothing of ours, and spend more time on that than on all the rest.

    Not where another thread might be looking for pandas itself.
    """
    hidden = "pandas" not in sys.modules and threading.active_count() == 1
    if hidden:
        sys.modules["pandas"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        if hidden:
            del sys.modules["pandas"]


def _checked_version(connection: Connection) -> int:
    version = int(connection.value("pragma user_version"))
    if connection.value("pragma application_id") != APPLICATION_ID:
        if version or connection.value("select count(*) from sqlite_master"):
            raise StoreError(
                f"`{connection.path}` is a database, but not a store of ScaleEnv; "
                "choose another file with --db (a database to learn a domain from goes to `scaleenv synth`)."
            )
    elif version > len(MIGRATIONS):
        raise StoreError(
            f"The store `{connection.path}` was written by a newer version (schema {version}, this one knows "
            f"{len(MIGRATIONS)}); update ScaleEnv Studio or choose another file with --db."
        )
    return version
