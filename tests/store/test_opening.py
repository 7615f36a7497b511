"""Whatever is wrong with the file is said in one sentence with a remedy; many may use it at once."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from engine.errors import StoreError
from engine.store import Store
from engine.store.connection import Connection
from engine.store.migrations import MIGRATIONS, migrate
from tests.store import samples

ROOT = Path(__file__).resolve().parents[2]


def test_a_new_store_is_in_wal_mode_with_foreign_keys_on(tmp_path: Path) -> None:
    with Store.open(tmp_path / "a" / "b" / "studio.db") as store:
        assert store.journal_mode() == "wal"
        assert store.problems() == []
        with pytest.raises(sqlite3.IntegrityError):
            store.tools.save("nowhere", [samples.tool("add_note")])


def test_a_new_store_does_without_pandas_and_does_not_keep_others_from_it(tmp_path: Path) -> None:
    code = f"""
import sys
from pathlib import Path
from engine.store import Store
Store.open(Path({str(tmp_path / "studio.db")!r})).close()
assert "sqlite_utils" in sys.modules
assert "pandas" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_opening_again_changes_nothing_and_does_not_import_sqlite_utils(tmp_path: Path) -> None:
    path = tmp_path / "studio.db"
    Store.open(path).close()
    code = f"import sys; from engine.store import Store; Store.open({str(path)!r}).close(); print('sqlite_utils' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
        == "False"
    )


def test_two_processes_that_open_a_new_store_at_once_migrate_it_once(tmp_path: Path) -> None:
    code = f"from engine.store import Store; print(Store.open({str(tmp_path / 'studio.db')!r}).domains.names())"
    running = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    assert [process.communicate() for process in running] == [("[]\n", "")] * 4


def not_a_database(path: Path) -> None:
    path.write_text("hello, I am text " * 100)


def someone_elses(path: Path) -> None:
    with sqlite3.connect(path) as raw:
        raw.execute("create table album (id integer)")
    raw.close()


def newer(path: Path) -> None:
    Store.open(path).close()
    with sqlite3.connect(path) as raw:
        raw.execute(f"pragma user_version = {len(MIGRATIONS) + 3}")
    raw.close()


def a_folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize(
    "prepare, says",
    [
        pytest.param(not_a_database, "is not an SQLite database", id="text file"),
        pytest.param(someone_elses, "not a store of ScaleEnv", id="another program's database"),
        pytest.param(newer, "written by a newer version", id="newer schema"),
        pytest.param(a_folder, "is a folder", id="folder"),
    ],
)
def test_files_that_are_no_store_are_refused_and_left_alone(tmp_path: Path, prepare, says: str) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "studio.db"
    prepare(path)
    before = path.read_bytes() if path.is_file() else b""
    with pytest.raises(StoreError, match=says) as caught:
        Store.open(path)
    assert str(path) in str(caught.value)
    assert (path.read_bytes() if path.is_file() else b"") == before


def test_a_missing_store_is_not_made_by_readers(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no store at"):
        Store.open(tmp_path / "studio.db", create=False)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="can't be made"):
        Store.open(tmp_path / "file" / "sub" / "studio.db")


def test_a_place_that_takes_no_files() -> None:
    with pytest.raises(StoreError, match="can't be opened"):
        Store.open("/proc/studio.db")


def test_a_lock_that_is_held_too_long(tmp_path: Path) -> None:
    path = tmp_path / "studio.db"
    Store.open(path).close()
    blocker = sqlite3.connect(path, isolation_level=None)
    blocker.execute("begin immediate")
    with Store.open(path, timeout=0.1) as store:
        assert store.domains.names() == [], "readers go on beside a writer"
        with pytest.raises(StoreError, match="another process has been writing to it for too long"):
            store.domains.save(samples.spec(), samples.OPTIONS)
        blocker.execute("commit")
        store.domains.save(samples.spec(), samples.OPTIONS)
    blocker.close()


def test_a_full_disk_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "studio.db"
    with Store.open(path) as store:
        store.domains.save(samples.spec(), samples.OPTIONS)
    connection = Connection(path)
    connection.value(f"pragma max_page_count = {connection.value('pragma page_count')}")
    store = Store(connection)
    with pytest.raises(StoreError, match="disk is full"), store.transaction():
        store.traces.add("notes", "x", [samples.trace(f"t{n}") for n in range(2000)])
    assert store.traces.count("notes") == 0
    assert store.domains.names() == ["notes"]
    store.close()


def test_a_damaged_file(tmp_path: Path) -> None:
    path = tmp_path / "studio.db"
    with Store.open(path) as store:
        store.domains.save(samples.spec(), samples.OPTIONS)
    raw = bytearray(path.read_bytes())
    raw[4096:] = b"\x5a" * (len(raw) - 4096)
    path.write_bytes(raw)
    with pytest.raises(StoreError, match="is damaged"), Store.open(path) as store:
        store.domains.get("notes")


def test_many_writers_that_read_before_they_write_all_get_through(tmp_path: Path) -> None:
    path = tmp_path / "studio.db"
    with Store.open(path) as store:
        store.domains.save(samples.spec(), samples.OPTIONS)
        store.tasks.add("notes", samples.outcome(0))
    code = (
        "import sys; from engine.store import Store\n"
        f"store = Store.open({str(path)!r})\n"
        "for n in range(40): store.reviews.record('notes', 'notes-0000', 'note', sys.argv[1], text=str(n))\n"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", code, f"curator {n}"], cwd=ROOT, stderr=subprocess.PIPE, text=True)
        for n in range(3)
    ]
    assert [process.communicate()[1] for process in running] == [""] * 3
    with Store.open(path) as store:
        log = store.reviews.log("notes", "notes-0000")
    assert len(log) == 120
    assert [entry.text for entry in log if entry.curator == "curator 1"] == [str(n) for n in range(40)]


def test_migrating_twice_is_migrating_once(tmp_path: Path) -> None:
    connection = Connection(tmp_path / "studio.db")
    migrate(connection)
    before = connection.all("select sql from sqlite_master")
    migrate(connection)
    assert [tuple(row) for row in connection.all("select sql from sqlite_master")] == [tuple(row) for row in before]
    connection.close()
