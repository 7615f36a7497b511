"""What the SQL seed makes of columns and names that real schemas have and do not explain."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import SeedError
from engine.seeds.blueprint import Blueprint, EntityColumn
from engine.seeds.sql import SqlSeed, read_sql
from engine.seeds.sql_vocabulary import guessed_states, value_list, values_of


def read(tmp_path: Path, text: str, *, with_rows: bool = False) -> SqlSeed:
    path = tmp_path / "seed.sql"
    path.write_text(text, encoding="utf-8")
    return read_sql(path, with_rows=with_rows)


def blueprint(tmp_path: Path, text: str) -> Blueprint:
    return read(tmp_path, text).blueprint


def column(tmp_path: Path, declared: str, table: str = "parcels") -> EntityColumn:
    """The one column beside the key of a table."""
    (entity,) = blueprint(tmp_path, f"CREATE TABLE {table} (id INTEGER PRIMARY KEY, {declared});").entities.values()
    return next(entry for name, entry in entity.columns.items() if name not in entity.key)


# Status columns whose states nobody wrote down


@pytest.mark.parametrize(
    "table, declared, states",
    [
        ("loans", "status TEXT NOT NULL DEFAULT 'borrowed'", ("borrowed", "returned", "lost")),
        ("orders", "status TEXT", ("pending", "paid", "shipped", "delivered", "cancelled")),
        ("orders", "status VARCHAR(20) DEFAULT 'PENDING'", ("PENDING", "PAID", "SHIPPED", "DELIVERED", "CANCELLED")),
        ("tickets", "state TEXT DEFAULT 'Open'", ("Open", "In Progress", "Resolved", "Closed")),
        ("gadgets", "status TEXT DEFAULT 'active'", ("active", "inactive")),
    ],
    ids=["loan", "order-without-default", "upper-case", "title-case", "by-default-alone"],
)
def test_states_are_guessed_with_a_warning(tmp_path: Path, table: str, declared: str, states: tuple[str, ...]) -> None:
    seed = read(tmp_path, f"CREATE TABLE {table} (id INTEGER PRIMARY KEY, name TEXT, {declared});")
    (entity,) = seed.blueprint.entities.values()
    assert entity.lifecycle is not None
    assert set(entity.lifecycle.states) == set(states)
    assert entity.lifecycle.initial == states[0]
    assert any("are guessed" in warning for warning in seed.blueprint.warnings)


@pytest.mark.parametrize("declared", ["status TEXT", "status TEXT DEFAULT 'purple'", "status INTEGER DEFAULT 0"])
def test_states_that_nobody_could_know_are_not_guessed(tmp_path: Path, declared: str) -> None:
    assert column(tmp_path, declared, "gadgets").enum is None


def test_rows_that_say_otherwise_stop_the_guess(tmp_path: Path) -> None:
    script = "CREATE TABLE loans (id INTEGER PRIMARY KEY, status TEXT DEFAULT 'borrowed'); INSERT INTO loans VALUES (1, 'mislaid');"
    seed = read(tmp_path, script, with_rows=True)
    assert seed.blueprint.entities["loan"].lifecycle is None
    assert seed.rows["loan"][0]["status"] == "mislaid"


def test_every_guess_is_a_lifecycle_that_begins_with_its_default() -> None:
    for entity in ("order", "booking", "loan", "payment", "task", "ticket", "project", "user", "shipment"):
        assert len(guessed_states(entity, None)) > 1
    assert guessed_states("gizmo", "DRAFT") == ("DRAFT", "PUBLISHED", "ARCHIVED")
    assert guessed_states("gizmo", None) == ()


# Types


@pytest.mark.parametrize(
    "declared, kind",
    [
        ("created_at INTEGER NOT NULL", "datetime"),
        ("order_date INTEGER", "datetime"),
        ("expires_at INTEGER DEFAULT (unixepoch())", "datetime"),
        ("date_count INTEGER", "integer"),
        ("weight INTEGER", "integer"),
        ("copies_available INTEGER", "integer"),
        ("amount_paid INTEGER", "integer"),
        ("available INTEGER", "boolean"),
        ("paid INTEGER", "boolean"),
    ],
)
def test_whole_numbers_are_what_their_names_say(tmp_path: Path, declared: str, kind: str) -> None:
    assert column(tmp_path, declared).type == kind


def test_unix_times_become_moments(tmp_path: Path) -> None:
    script = """
        CREATE TABLE posts (id INTEGER PRIMARY KEY, title TEXT NOT NULL, created_at INTEGER NOT NULL, seen_at DATETIME, sent_at INTEGER);
        INSERT INTO posts VALUES (1, 'a', 1700000000, 1700000000123, 7), (2, 'b', 1600000000, NULL, 8);
    """
    seed = read(tmp_path, script, with_rows=True)
    first = seed.rows["post"][0]
    assert (first["created_at"], first["seen_at"]) == ("2023-11-14T22:13:20", "2023-11-14T22:13:20")
    assert first["sent_at"] == 7  # too small for a time since 1970, so it is a number


# Names


def test_a_number_of_the_table_itself_is_no_reference(tmp_path: Path) -> None:
    script = """
        CREATE TABLE tables (id INTEGER PRIMARY KEY, table_number INTEGER NOT NULL, capacity INTEGER NOT NULL);
        CREATE TABLE votes (id INTEGER PRIMARY KEY, vote INTEGER);
        CREATE TABLE staff (id INTEGER PRIMARY KEY, name TEXT NOT NULL, manager_id INTEGER);
    """
    found = blueprint(tmp_path, script).entities
    assert [entry.to for entry in found["table"].columns.values() if entry.to] == []
    assert [entry.to for entry in found["vote"].columns.values() if entry.to] == []
    assert found["staff"].columns["manager_id"].to == "staff.staff_id"


def test_names_with_a_meaning_of_their_own_are_told_apart_by_their_entity(tmp_path: Path) -> None:
    script = """
        CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT);
        CREATE TABLE settings (id INTEGER PRIMARY KEY, value TEXT);
        CREATE TABLE comments (id INTEGER PRIMARY KEY, comment TEXT NOT NULL);
        CREATE TABLE order_lines (id INTEGER PRIMARY KEY, item_id INTEGER NOT NULL REFERENCES items(id));
        CREATE TABLE mentorings (id INTEGER PRIMARY KEY, s_id INTEGER NOT NULL REFERENCES students(id));
        CREATE TABLE students (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
    """
    found = blueprint(tmp_path, script).entities
    assert "setting_value" in found["setting"].columns
    assert "comment_text" in found["comment"].columns
    assert found["order_line"].columns["item_record_id"].to == "item_record.item_record_id"
    assert found["mentoring"].columns["student_id"].to == "student.student_id"


def test_columns_draw_from_what_their_names_mean(tmp_path: Path) -> None:
    found = blueprint(tmp_path, "CREATE TABLE pets (id INTEGER PRIMARY KEY, sex TEXT, fur_color TEXT, nickname TEXT);")
    columns = found.entities["pet"].columns
    assert (columns["sex"].values, columns["fur_color"].values, columns["nickname"].values) == (
        "genders",
        "colours",
        None,
    )
    assert set(found.values) == {"genders", "colours"}
    assert all(values_of(name) for name in found.values)
    assert value_list(["payment", "method"]) == "payment_methods"


def test_choices_are_handed_down_along_composite_references(tmp_path: Path) -> None:
    script = """
        CREATE TABLE course (code TEXT PRIMARY KEY);
        CREATE TABLE section (code TEXT, term TEXT CHECK (term IN ('Fall', 'Spring')), year INTEGER CHECK (year > 1900),
          PRIMARY KEY (code, term, year), FOREIGN KEY (code) REFERENCES course);
        CREATE TABLE takes (who TEXT, code TEXT, term TEXT, year INTEGER, PRIMARY KEY (who, code, term, year),
          FOREIGN KEY (code, term, year) REFERENCES section);
        CREATE TABLE grade (who TEXT, code TEXT, term TEXT, year INTEGER, mark TEXT, PRIMARY KEY (who, code, term, year),
          FOREIGN KEY (who, code, term, year) REFERENCES takes);
    """
    found = blueprint(tmp_path, script).entities
    for entity in ("section", "take", "grade"):
        assert found[entity].columns["term"].enum == ("Fall", "Spring")
        assert found[entity].columns["year"].minimum == 1901


# Files


def test_hash_comments_are_skipped_and_lines_still_counted(tmp_path: Path) -> None:
    script = """# a header that isn't SQL
        CREATE TABLE a (x TEXT DEFAULT '# no comment', -- it's fine
                        y INTEGER  # don't ask
                       );
    """
    assert list(blueprint(tmp_path, script).entities) == ["a"]
    with pytest.raises(SeedError, match="line 3"):
        read(tmp_path, "# one\n# two\nCREATE TABLE a (x,, y);")


@pytest.mark.parametrize(
    "script, says",
    [
        ("CREATE TABLE a (id UUID PRIMARY KEY DEFAULT gen_random_uuid());", "PostgreSQL"),
        ("# c\nCREATE TABLE a (id INT UNSIGNED NOT NULL AUTO_INCREMENT, PRIMARY KEY (id)) ENGINE=InnoDB DEFAULT CHARSET=utf8 COMMENT='a::b';", "MySQL"),
    ],
    ids=["postgres-default", "mysql-with-a-colon-or-two"],
)  # fmt: skip
def test_the_refusal_names_the_database_that_the_file_is_for(tmp_path: Path, script: str, says: str) -> None:
    with pytest.raises(SeedError, match=f"looks like {says}"):
        read(tmp_path, script)


def test_a_check_on_a_column_that_is_left_out_is_dropped(tmp_path: Path) -> None:
    script = """CREATE TABLE a (kind TEXT CHECK (kind IN ('x', 'y')), data BLOB, CHECK ("kind" <= "data"));"""
    seed = read(tmp_path, script)
    assert seed.blueprint.entities["a"].checks == ()
    assert any("CHECKs of 'a'" in warning for warning in seed.blueprint.warnings)


def test_a_user_name_that_is_unique_with_its_host_is_not_unique_alone(tmp_path: Path) -> None:
    script = "CREATE TABLE users (id INTEGER PRIMARY KEY, username TEXT NOT NULL, host TEXT NOT NULL{});"
    assert blueprint(tmp_path, script.format("")).entities["user"].columns["username"].unique
    assert (
        not blueprint(tmp_path, script.format(", UNIQUE (username, host)")).entities["user"].columns["username"].unique
    )
