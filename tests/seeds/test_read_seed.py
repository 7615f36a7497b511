import sqlite3
from hashlib import sha256
from pathlib import Path

import pytest

from engine.datafiles import data_path
from engine.errors import SeedError
from engine.seeds import built_in, read_seed
from tests.seeds.library import LIBRARY


@pytest.mark.parametrize("text", ["job_seeking", "Job Seeking", "job-seeking", " job seeking "])
def test_a_built_in_domain_is_found_by_its_name(text: str) -> None:
    seed = read_seed(text)
    assert (seed.blueprint.name, seed.kind) == ("job_seeking", "blueprint")
    assert seed.digest == sha256(data_path("blueprints", "job_seeking.yaml").read_bytes()).hexdigest()
    assert "job_seeking" in built_in()


def test_a_name_that_is_not_built_in_names_the_nearest() -> None:
    with pytest.raises(SeedError, match="did you mean `job_seeking`"):
        read_seed("job_seaking")


def test_a_blueprint_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "my library.yml"
    path.write_text(LIBRARY)
    seed = read_seed(str(path), with_rows=True)
    assert (seed.blueprint.name, seed.kind, seed.base_rows) == ("library", "blueprint", {})
    assert seed.warnings


def test_sql_and_sqlite_files_are_read_whatever_their_name(tmp_path: Path) -> None:
    ddl = "create table pet (id integer primary key, name text not null);"
    (tmp_path / "pets.sql").write_text(ddl)
    connection = sqlite3.connect(tmp_path / "pets.data")
    connection.execute(ddl)
    connection.execute("insert into pet values (1, 'Rex')")
    connection.commit()
    connection.close()
    (tmp_path / "sqlite3").write_text(ddl)
    (tmp_path / "schema.ddl").write_text(ddl)
    assert {read_seed(str(tmp_path / name)).kind for name in ("pets.sql", "sqlite3", "schema.ddl")} == {"sql"}
    seed = read_seed(str(tmp_path / "pets.data"), with_rows=True)
    assert seed.kind == "sqlite"
    assert [row["name"] for row in seed.base_rows["pet"]] == ["Rex"]


def test_other_texts_are_refused_with_one_message(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\x00")
    for text, says in [
        ("", "empty"),
        (str(tmp_path), "folder"),
        (str(tmp_path / "none.yaml"), "no such file"),
        (str(tmp_path / "notes.txt"), "can't read this statement"),
        (str(tmp_path / "picture.png"), "neither"),
        ("x" * 5000, "no built-in domain"),
    ]:
        with pytest.raises(SeedError, match=says):
            read_seed(text)
